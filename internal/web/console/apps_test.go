package console_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"airside/internal/platform/app"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

const (
	appsPage     = "settings/developers/apps"
	appKeysPage  = "settings/developers/app-keys"
	listingsPage = "settings/developers/listings"
	buildsPage   = "settings/developers/installations"
	shelfPage    = "marketplace"
	installsPage = "settings/integrations/installed-apps"
	scopeQueue   = "scope-reviews"
	listingQueue = "listing-reviews"

	flightsScope = "public.flights:read"
	fleetScope   = "public.fleet:read"
	whyFlights   = "Shows the flights of the day on the board in the hangar, with their times."
	whyFleet     = "Writes the registration of each aircraft beside its flights on the board."
)

// in adds an organization of a kind, whose owner is signed in.
func (h *house) in(slug string, kind org.Kind) (*browser, scope.OrgID) {
	h.t.Helper()
	o, _, err := h.orgs.Create(context.Background(), scope.Operator(""), org.NewOrganization{Slug: slug, Name: "Org " + slug, Kind: kind, OwnerEmail: "first@" + slug + ".example", OwnerName: "First"})
	h.must(err)
	_, link, err := h.accounts.Invite(context.Background(), scope.Operator(o.ID), org.NewMember{Email: "owner@" + slug + ".example", DisplayName: "Owner of " + slug, Role: scope.Owner})
	h.must(err)
	in, err := h.accounts.UseLink(context.Background(), link.URL[strings.LastIndex(link.URL, "/")+1:], password, h.client())
	h.must(err)
	b := h.browser(in.Token)
	b.org = slug
	return b, o.ID
}

const idAtEnd = `/([0-9a-f-]{36})"`

// newApp makes an active app by the pages, and returns its address and id.
func (b *browser) newApp(name string, scopes ...string) (page, id string) {
	b.h.t.Helper()
	made := b.post(appsPage+"/new", "name", name, "description", "A board for the hangar.", "webhook_url", "http://127.0.0.1:1/hooks", "support", "help@board.example", "event_types", "flight.approved").is(200)
	id = made.url.Path[strings.LastIndex(made.url.Path, "/")+1:]
	page = appsPage + "/" + id
	for _, s := range scopes {
		why := whyFlights
		if s == fleetScope {
			why = whyFleet
		}
		b.post(page+"/scopes/new", "scope", s, "justification", why).is(200).has("waits for review")
	}
	b.post(page + "/activate").is(200).has("The app is active.")
	return page, id
}

// approveAll lets a reviewer approve what waits.
func (b *browser) approveAll() {
	b.h.t.Helper()
	for {
		queue := b.get(scopeQueue).is(200)
		if !strings.Contains(queue.body, scopeQueue+"/") {
			return
		}
		b.post(scopeQueue+"/"+queue.find(`href="[^"]*/scope-reviews`+idAtEnd)+"/approve", "reason", "").is(200).has("Approved. The builder sees it.")
	}
}

// publish offers an app by the pages, and returns the listing's id.
func (b *browser) publish(reviewer *browser, app string, scopes ...string) string {
	b.h.t.Helper()
	pairs := []string{"name", "Hangar board", "summary", "Flights of the day on a board.", "category", "scheduling", "support", "help@board.example", "event_types", "flight.approved"}
	for _, s := range scopes {
		pairs = append(pairs, "scopes", s)
	}
	made := b.post(app+"/listings/new", pairs...).is(200).has("Saved as a draft.")
	id := made.url.Path[strings.LastIndex(made.url.Path, "/")+1:]
	b.handIn(reviewer, id)
	return id
}

func (b *browser) handIn(reviewer *browser, listing string) {
	b.h.t.Helper()
	b.post(listingsPage + "/" + listing + "/submit").is(200).has("Handed in.")
	review := reviewer.get(listingQueue).is(200).find(`href="[^"]*/listing-reviews` + idAtEnd)
	reviewer.get(listingQueue+"/"+review).is(200).has("What changes", "Publish")
	reviewer.post(listingQueue+"/"+review+"/approve", "reason", "").is(200).has("Published.")
}

// TestAnAppFromDraftToRevocation is the whole way by the pages: builder, reviewer, school.
func TestAnAppFromDraftToRevocation(t *testing.T) {
	h := newHouse(t)
	reviewer, _ := h.in("authority", org.Platform)
	school, schoolID := h.in("school", org.School)
	page, id := h.owner.newApp(attack, flightsScope, fleetScope)
	h.owner.get(page).is(200).has(attackInert, whyFlights, "waits for review").hasNot(attack)
	reviewer.get(scopeQueue).is(200).has(attackInert, whyFleet, "normal", "Aero-Club Seeland").hasNot(attack)
	reviewer.approveAll()
	h.owner.get(page+"/scopes/"+flightsScope).is(200).has("approved", "declared", "Owner of authority")

	// A key of the app carries what was approved, and no more.
	h.owner.get(page + "/keys/new").is(200).has(flightsScope).hasNot("public.pilots:read")
	made := h.owner.post(page+"/keys/new", "name", "board", "expiry", "90", "scopes", flightsScope, "scopes", fleetScope).is(200).has("X-Org-Id: ORGANIZATION-ID")
	token := made.find(`data-secret[^>]*>(gaf_[^<]+)<`)
	keyID := made.find(`href="[^"]*/app-keys` + idAtEnd)
	h.owner.get(appKeysPage+"/"+keyID).is(200).has("board", page).hasNot(token)
	h.owner.get(keysPage + "/" + keyID).is(404)
	use := func(scopes ...string) {
		t.Helper()
		who, err := h.keys.Verify(context.Background(), token, key.PublicPrefix, netip.MustParseAddr("192.0.2.9"), string(schoolID))
		for _, s := range []string{flightsScope, fleetScope} {
			sc, _ := scope.Parse(s)
			if want := strings.Contains(strings.Join(scopes, " "), s); (err == nil && who.Rights.Has(sc)) != want {
				t.Errorf("the key has %s: %v, want %v (%v)", s, !want, want, err)
			}
		}
	}
	use()

	listing := h.owner.publish(reviewer, page, flightsScope)
	school.get(shelfPage).is(200).has("Hangar board", "Flights of the day", "Aero-Club Seeland")
	school.get(shelfPage + "?category=billing").is(200).hasNot("Hangar board")
	school.get(shelfPage + "?q=hangar").is(200).has("Hangar board")
	consent := school.get(shelfPage+"/"+listing+"/install").is(200).has("Install “Hangar board” for Org school", whyFlights, "flight.approved", "Install for Org school", `name="scopes"`).hasNot(" checked")
	seen := consent.find(`name="seen" value="([^"]+)"`)
	school.post(shelfPage+"/"+listing+"/install", "seen", seen).is(422).has("Choose at least one.")
	school.post(shelfPage+"/"+listing+"/install", "seen", "1", "scopes", flightsScope).is(422).has("The listing has changed")
	school.post(shelfPage+"/"+listing+"/install", "seen", seen, "scopes", fleetScope).is(422)
	use()
	installed := school.post(shelfPage+"/"+listing+"/install", "seen", seen, "scopes", flightsScope).is(200).has("Installed.", "never", "look at its deliveries")
	install := installed.url.Path[strings.LastIndex(installed.url.Path, "/")+1:]
	use(flightsScope)
	hook := school.get(installsPage + "/" + install).find(`href="(/o/school/settings/integrations/webhooks/[^"]+)"`)
	provisioned := func(not ...string) {
		t.Helper()
		for _, verb := range not {
			school.get(hook).is(200).has("made by an installed app", install).hasNot(hook + "/" + verb + `"`)
		}
	}
	provisioned("edit", "delete", "rotate-secret", "enable")
	school.get(hook).has(hook+"/ping", hook+"/disable")
	school.post(hook + "/disable").is(200).has(hook + "/enable")
	provisioned("edit", "delete", "rotate-secret")
	school.post(hook + "/enable").is(200)
	school.post(installsPage + "/" + install + "/suspend").is(200)
	provisioned("edit", "delete", "rotate-secret", "enable")
	school.get(hook).hasNot("Enable it again")
	school.post(installsPage + "/" + install + "/resume").is(200)
	school.get(installsPage + "/" + install).is(200).has(`>Take out<span class="unseen"> ` + flightsScope)
	school.get(shelfPage+"/"+listing).is(200).has("installed", "Look at the installation")

	// The builder reads the secret, once.
	h.owner.get(page+"/installations").is(200).has("Org school", install)
	secret := h.owner.post(buildsPage + "/" + install + "/reveal-secret").is(200).find(`data-secret[^>]*>(whsec_[^<]+)<`)
	h.owner.post(buildsPage + "/" + install + "/reveal-secret").is(422).has("shown already").hasNot(secret)
	h.owner.get(buildsPage+"/"+install).is(200).hasNot(secret, "Show the webhook secret").has("/rotate-secret")
	h.owner.get(buildsPage+"/"+install+"/rotate-secret").is(200).has(`value="72" checked`, "audit log of both")
	h.owner.post(buildsPage+"/"+install+"/rotate-secret", "overlap", "other", "overlap_hours", "200").is(422)
	again := h.owner.post(buildsPage+"/"+install+"/rotate-secret", "overlap", "72").is(200).has("the old one signs too until", "at Org school").find(`data-secret[^>]*>(whsec_[^<]+)<`)
	h.owner.post(buildsPage+"/"+install+"/rotate-secret", "overlap", "0").is(200).has("does not sign any more").hasNot(again, secret)
	h.owner.get(buildsPage+"/"+install).is(200).hasNot(again, secret)
	school.post(buildsPage+"/"+install+"/rotate-secret", "overlap", "0").is(404)
	school.get(buildsPage + "/" + install).is(404)
	h.owner.get(installsPage + "/" + install).is(404)

	// A new scope waits for the school's consent.
	h.owner.post(listingsPage+"/"+listing+"/edit", "change_no", "", "name", "Hangar board", "summary", "With aircraft.", "category", "scheduling", "support", "help@board.example",
		"scopes", flightsScope, "scopes", fleetScope, "event_types", "flight.approved").is(200)
	h.owner.get(listingsPage+"/"+listing).is(200).has("With aircraft.", "Asked for consent again", ">1</dd>", "a change is being written")
	h.owner.get(listingsPage+"/"+listing+"/submit").is(200).has("asked for consent again: 1 of 1", fleetScope)
	h.owner.handIn(reviewer, listing)
	use(flightsScope)
	one := installsPage + "/" + install
	school.get(one).is(200).has("A new version asks for more", whyFleet)
	seen = school.get(one+"/consent").is(200).has("Agree for Org school", whyFleet).hasNot(" checked").find(`name="seen" value="([^"]+)"`)
	school.post(one + "/consent").is(422)
	school.post(one+"/consent", "seen", seen).is(422)
	school.post(one+"/consent", "seen", "1", "scopes", fleetScope).is(422).has("The listing has changed")
	school.post(one+"/consent", "scopes", fleetScope).is(422).has("The listing has changed")
	use(flightsScope)
	school.post(one+"/consent", "seen", seen, "scopes", fleetScope).is(200).has("Granted.")
	use(flightsScope, fleetScope)

	// Each side suspends; the school takes out what was never used, or one scope.
	school.post(one+"/suspend").is(200).has("suspended", "by the organization")
	use()
	school.post(one + "/resume").is(200).has("Resumed.")
	use(flightsScope, fleetScope)
	h.owner.post(buildsPage + "/" + install + "/suspend").is(200)
	school.get(one).has("Its builder suspends it")
	h.owner.post(buildsPage + "/" + install + "/resume").is(200)
	school.get(one + "/scopes/" + fleetScope + "/remove").is(200)
	school.post(one + "/scopes/" + fleetScope + "/remove").is(200).has("The scope is taken out.")
	use(flightsScope)
	school.get(one + "/drop-unused").is(200).has(flightsScope)
	school.post(one + "/drop-unused").is(200).has("Nothing is granted.")
	use()
	school.get(one + "/uninstall").is(200).has("it reads nothing of Org school")
	school.post(one + "/uninstall").is(200).has("Uninstalled.")
	school.get(installsPage).is(200).hasNot(install)
	school.get(installsPage + "?view=all").is(200).has(install)

	// Revoking says the four effects with their counts, and wants the name.
	seen = school.get(shelfPage + "/" + listing + "/install").find(`name="seen" value="([^"]+)"`)
	school.post(shelfPage+"/"+listing+"/install", "seen", seen, "scopes", flightsScope).is(200)
	use(flightsScope)
	h.owner.get(page+"/revoke").is(200).has("Keys that are revoked: 1.", "marketplace: 1.", "Installations that end: 1.", "disabled: 1.")
	h.owner.post(page+"/revoke", "name", "another").is(422).has("This is not the app’s name.")
	use(flightsScope)
	h.owner.post(page+"/revoke", "name", attack).is(200).has("Revoked. Nothing of the app works any more.", "revoked").hasNot(attack)
	use()
	school.get(shelfPage + "/" + listing).is(404)
	a, err := h.apps.Get(context.Background(), scope.Operator(h.org.ID), app.ID(id))
	h.must(err)
	if a.Status != app.Revoked {
		t.Error(a.Status)
	}
}

// TestScopesOfAnApp: a justification is counted, a decision is told, a withdrawal is confirmed.
func TestScopesOfAnApp(t *testing.T) {
	h := newHouse(t)
	reviewer, _ := h.in("authority", org.Platform)
	page, _ := h.owner.newApp("Board")
	h.owner.get(page+"/scopes/new").is(200).has("At least 40 characters", "data-count", flightsScope)
	h.owner.post(page+"/scopes/new", "scope", flightsScope, "justification", "Too short.").is(422).has("Has 10 characters; at least 40", ">Too short.</textarea>")
	h.owner.post(page+"/scopes/new", "scope", flightsScope, "justification", strings.Repeat("a", 60)).is(422).has("repeated characters")
	h.owner.post(page+"/scopes/new", "scope", flightsScope, "justification", whyFlights).is(200)
	review := reviewer.get(scopeQueue).find(`href="[^"]*/scope-reviews` + idAtEnd)
	reviewer.post(scopeQueue+"/"+review+"/deny", "reason", "").is(422)
	reviewer.post(scopeQueue+"/"+review+"/deny", "reason", "Say which flights.").is(200).has("Denied")
	reviewer.get(scopeQueue + "?status=denied").is(200).has(review)
	h.owner.get(page).is(200).has("denied", "Say which flights.")
	one := page + "/scopes/" + flightsScope
	h.owner.get(one).is(200).has("Declare again", "Say which flights.")
	h.owner.post(page+"/scopes/new", "scope", flightsScope, "justification", whyFlights).is(422).has("was denied")
	h.owner.post(page+"/scopes/new", "scope", flightsScope, "justification", whyFlights+" Only those of today.").is(200)
	reviewer.approveAll()
	h.owner.get(one+"/withdraw").is(200).has("It ends at once, everywhere", "No installation grants it")
	h.owner.get(one).has("approved")
	h.owner.post(page+"/keys/new", "name", "Server", "expiry", "90", "scopes", flightsScope).is(200)
	aKey := "settings/developers/app-keys/" + h.owner.get(page).find(`href="[^"]*/app-keys`+idAtEnd)
	h.owner.get(aKey).is(200).hasNot("What it may do no more")
	h.owner.post(one+"/withdraw").is(200).has("Withdrawn. No key has it any more.", "withdrawn")
	h.owner.get(aKey).is(200).has("What it may do no more", flightsScope)
	h.owner.get(aKey+"/rotate").is(200).has("The new key does not get", flightsScope)
	h.owner.post(aKey+"/rotate", "overlap", "24").is(422).has("approves none of this key")
	h.owner.get(page + "/scopes/" + fleetScope).is(404)
}

// TestManifestIsShownBeforeItIsApplied: importing says first what changes, and applies what was said.
func TestManifestIsShownBeforeItIsApplied(t *testing.T) {
	h := newHouse(t)
	page, _ := h.owner.newApp("Board", flightsScope)
	h.owner.get(page+"/manifest").is(200).has("name: \"Board\"", flightsScope)
	doc := "name: Hangar board\nevent_types:\n  - flight.rejected\nrequired_scopes:\n  - " + fleetScope + ": \"" + whyFleet + "\"\n"
	preview := h.owner.post(page+"/manifest/import", "manifest", doc).is(200).has("Board", "Hangar board", "flight.rejected", "flight.approved", whyFleet, "ends at once", "Apply these changes")
	h.owner.get(page).is(200).hasNot("Hangar board", whyFleet)
	seen := preview.find(`name="seen" value="([^"]+)"`)
	h.owner.post(page+"/edit", "name", "Other", "event_types", "flight.approved").is(200)
	h.owner.post(page+"/manifest/import", "manifest", doc, "seen", seen).is(200).has("changed meanwhile")
	h.owner.get(page).is(200).hasNot("Hangar board")
	seen = h.owner.post(page+"/manifest/import", "manifest", doc).find(`name="seen" value="([^"]+)"`)
	h.owner.post(page+"/manifest/import", "manifest", doc, "seen", seen, "again", "on").is(200).has("name: Hangar board")
	h.owner.post(page+"/manifest/import", "manifest", doc, "seen", seen).is(200).has("Applied.", "Hangar board", whyFleet, "withdrawn")
	h.owner.post(page+"/manifest/import", "manifest", "name: [").is(422).has("name: [")
	h.owner.post(page+"/manifest/import", "manifest", "homepage: gopher").is(422).has("homepage")
}

// TestAnAppChangesHands by an offer that the other organization accepts or declines.
func TestAnAppChangesHands(t *testing.T) {
	h := newHouse(t)
	other, _ := h.in("builder", org.Builder)
	page, id := h.owner.newApp("Board")
	other.get(appsPage + "/" + id).is(404)
	other.get(appsPage + "/" + id + "/accept").is(404)
	h.owner.post(page+"/offer", "organization", "nobody-here").is(422)
	h.owner.post(page+"/offer", "organization", "builder").is(200).has("Org builder is asked to take this app over")
	h.owner.post(page + "/cancel-offer").is(200).has("The offer is taken back.").hasNot("is asked to take")
	h.owner.post(page+"/offer", "organization", "builder").is(200)
	other.get(appsPage + "?view=offered").is(200).has("Board")
	other.post(appsPage + "/" + id + "/cancel-offer").is(200).has("Declined.")
	h.owner.post(page+"/offer", "organization", "builder").is(200)
	other.get(appsPage+"/"+id+"/accept").is(200).has("Take over “Board” from Aero-Club Seeland", "Decline")
	other.post(appsPage + "/" + id + "/accept").is(200).has("The app is yours now.")
	h.owner.get(page).is(404)
	other.get(appsPage + "/" + id).is(200).has("Board")
	draft := other.post(appsPage+"/new", "name", "Draft").is(200)
	at := appsPage + draft.url.Path[strings.LastIndex(draft.url.Path, "/"):]
	other.get(at + "/delete").is(200)
	other.post(at + "/delete").is(200).has("Deleted.")
	other.get(at).is(404)
}

// TestRolesOnApps: what a role or an organization may not use is neither offered nor done.
func TestRolesOnApps(t *testing.T) {
	h := newHouse(t)
	reviewer, _ := h.in("authority", org.Platform)
	page, _ := h.owner.newApp("Board", flightsScope)
	review := reviewer.get(scopeQueue).find(`href="[^"]*/scope-reviews` + idAtEnd)
	reviewer.approveAll()
	listing := h.owner.publish(reviewer, page, flightsScope)
	e, err := h.market.Install(context.Background(), scope.Operator(h.org.ID), market.ListingID(listing), market.Consent{Scopes: []string{flightsScope}})
	h.must(err)
	install := string(e.ID)
	for _, role := range []scope.Role{scope.Instructor, scope.Mechanic, scope.Accountant, scope.Member} {
		b := h.member(role, "Role "+string(role))
		b.get(tokensPage).is(200).has(`href="/o/aero-club/`+shelfPage+`"`).hasNot(`href="/o/aero-club/`+appsPage, `href="/o/aero-club/`+installsPage, `href="/o/aero-club/`+scopeQueue)
		b.get(shelfPage).is(200).has("Hangar board")
		b.get(shelfPage + "/" + listing).is(200).hasNot("/install")
		for _, p := range []string{appsPage, appsPage + "/new", page, page + "/edit", page + "/revoke", page + "/manifest", page + "/scopes/" + flightsScope, page + "/installations", listingsPage + "/" + listing,
			buildsPage + "/" + install, installsPage, installsPage + "/" + install, shelfPage + "/" + listing + "/install", scopeQueue, scopeQueue + "/" + review, listingQueue} {
			b.get(p).is(403)
		}
		for _, p := range []string{appsPage + "/new", page + "/activate", page + "/revoke", page + "/scopes/new", page + "/scopes/" + flightsScope + "/withdraw", page + "/manifest/import", page + "/keys/new", page + "/offer",
			listingsPage + "/" + listing + "/deprecate", buildsPage + "/" + install + "/reveal-secret", buildsPage + "/" + install + "/rotate-secret", installsPage + "/" + install + "/uninstall", installsPage + "/" + install + "/drop-unused",
			installsPage + "/" + install + "/consent", shelfPage + "/" + listing + "/install", scopeQueue + "/" + review + "/deny"} {
			b.post(p, "name", "Board", "scopes", flightsScope, "reason", "x").is(403)
		}
	}
	// Reviews are of the platform's organization only, and the navigation says so.
	h.owner.get(scopeQueue).is(403)
	h.owner.get(appsPage).is(200).hasNot("/"+scopeQueue, "/"+listingQueue)
	reviewer.get(scopeQueue).is(200).has("/"+listingQueue, "Nothing waits")
	// Others' records are nobody's.
	other, _ := h.in("builder", org.Builder)
	for _, p := range []string{page, page + "/edit", page + "/scopes/" + flightsScope, page + "/revoke", listingsPage + "/" + listing, listingsPage + "/" + listing + "/edit", buildsPage + "/" + install, installsPage + "/" + install} {
		other.get(p).is(404)
	}
	for _, p := range []string{page + "/revoke", page + "/activate", listingsPage + "/" + listing + "/deprecate", buildsPage + "/" + install + "/uninstall", installsPage + "/" + install + "/uninstall"} {
		other.post(p, "name", "Board").is(404)
	}
}

// TestAppsInBothLanguages: pages answer in the reader's language, and no key of the catalogue is left bare.
func TestAppsInBothLanguages(t *testing.T) {
	h := newHouse(t)
	reviewer, _ := h.in("authority", org.Platform)
	page, _ := h.owner.newApp("Board", flightsScope)
	reviewer.approveAll()
	listing := h.owner.publish(reviewer, page, flightsScope)
	for _, lang := range []string{"en", "fr"} {
		h.owner.lang, reviewer.lang = lang, lang
		for _, p := range []string{appsPage, appsPage + "?view=offered", appsPage + "/new", page, page + "/edit", page + "/scopes/new", page + "/scopes/" + flightsScope, page + "/manifest", page + "/manifest/import",
			page + "/keys/new", page + "/installations", page + "/revoke", page + "/offer", listingsPage + "/" + listing, listingsPage + "/" + listing + "/edit", listingsPage + "/" + listing + "/deprecate", shelfPage, shelfPage + "/" + listing,
			shelfPage + "/" + listing + "/install", installsPage} {
			h.owner.get(p).is(200).has(`<html lang="`+lang+`"`).hasNot(">apps.", ">listings.", ">market.", ">installs.", ">builds.", ">reviews.", ">nav.", "ZgotmplZ", "{n}.")
		}
		for _, p := range []string{scopeQueue, listingQueue, scopeQueue + "?status=approved", listingQueue + "?status=approved"} {
			reviewer.get(p).is(200).hasNot(">reviews.", ">apps.", ">market.")
		}
	}
}
