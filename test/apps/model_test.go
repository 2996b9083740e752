package apps_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"airside/internal/base/config"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/server"
)

// TestMarketKeepsToItsModel does whatever builders, reviewers and schools may think of, in any order, and holds each answer and
// each key of the app to a model of a hundred lines: what is allowed, and what may be read where.
func TestMarketKeepsToItsModel(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { checkModel(t, config.Store{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { checkModel(t, config.Store{Data: t.TempDir(), DatabaseURL: dbtest.PostgresURL(t)}) })
}

func checkModel(t *testing.T, store config.Store) {
	s, err := server.Open(context.Background(), config.Server{Store: store}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := world{s: s, builder: organization(t, s, org.Builder), platform: organization(t, s, org.Platform)}
	for range 2 {
		w.schools = append(w.schools, organization(t, s, org.School))
	}
	flag.Set("rapid.steps", "60")
	rapid.Check(t, func(rt *rapid.T) {
		m := begin(rt, w)
		if rapid.IntRange(0, 4).Draw(rt, "from the beginning") > 0 {
			m.furnish()
		}
		m.run()
	})
}

func organization(t *testing.T, s *server.Server, kind org.Kind) scope.Principal {
	t.Helper()
	slug := string(kind) + "-" + strings.ToLower(id.New()[24:])
	o, _, err := s.Orgs.Create(context.Background(), scope.Operator(""), org.NewOrganization{Slug: slug, Name: slug, Kind: kind,
		OwnerEmail: slug + "@example.org", OwnerName: "Olga Owner"})
	if err != nil {
		t.Fatal(err)
	}
	return scope.Operator(o.ID)
}

// world is what all runs share.
type world struct {
	s                 *server.Server
	builder, platform scope.Principal
	schools           []scope.Principal
}

// asked is the scopes that runs are about.
var askable = []string{"public.pilots:read", "public.flights:read", "public.fleet:read"}

type set = map[string]bool

// model is what an app, its listing, installations and keys should be.
type model struct {
	world
	*rapid.T
	ctx   context.Context
	texts int

	app               app.ID
	status            string
	pending, approved set

	listing         market.ListingID
	state, revision string
	draft, inReview []string
	published       []string

	installs []*installed // of each school the live one, or nil
	keys     []*minted
}

type installed struct {
	id                market.InstallID
	granted           set
	bySchool, byMaker bool
	listing           market.ListingID
}

type minted struct {
	id      key.ID
	token   string
	scopes  []string
	revoked bool
}

func begin(rt *rapid.T, w world) *model {
	m := &model{world: w, T: rt, ctx: context.Background(), status: "draft", pending: set{}, approved: set{}, installs: make([]*installed, len(w.schools))}
	a, err := w.s.Apps.Create(m.ctx, w.builder, app.NewApp{Name: "Model"})
	if err != nil {
		rt.Fatal(err)
	}
	m.app = a.ID
	return m
}

// furnish takes the app to where most can go wrong: published with all scopes, installed everywhere, with two keys.
func (m *model) furnish() {
	must := func(err error) {
		if err != nil {
			m.Fatal(err)
		}
	}
	m.activate(m.T)
	for _, s := range askable {
		m.texts++
		_, err := m.s.Apps.Declare(m.ctx, m.builder, m.app, s, fmt.Sprintf("The app shows its readers what changed since text number %d was written.", m.texts))
		must(err)
		_, err = m.s.Apps.Approve(m.ctx, m.platform, m.review(s, app.Pending), "")
		must(err)
		m.approved[s] = true
	}
	summary, scopes := "For a test", slices.Clone(askable)
	l, err := m.s.Market.Create(m.ctx, m.builder, market.NewListing{AppID: string(m.app), Summary: &summary, Scopes: &scopes})
	must(err)
	m.listing, m.state, m.draft = l.ID, "draft", scopes
	m.submit(m.T)
	m.approveListing(m.T)
	for n := range m.schools {
		e, err := m.s.Market.Install(m.ctx, m.schools[n], m.listing, market.Consent{Scopes: scopes})
		must(err)
		m.installs[n] = &installed{id: e.ID, granted: setOf(scopes), listing: m.listing}
	}
	for _, scopes := range [][]string{askable, askable[:1]} {
		k, token, err := m.s.Keys.Mint(m.ctx, m.builder, key.NewKey{Kind: scope.KindApp, AppID: string(m.app), Name: "key", Scopes: scopes})
		must(err)
		m.keys = append(m.keys, &minted{id: k.ID, token: token, scopes: scopes})
	}
}

func (m *model) run() {
	m.Repeat(map[string]func(*rapid.T){
		"":                  func(*rapid.T) { m.checkKeys() },
		"activate":          m.activate,
		"declare":           m.declare,
		"withdraw a scope":  m.withdrawScope,
		"approve a scope":   m.approveScope,
		"deny a scope":      m.denyScope,
		"list":              m.list,
		"edit the listing":  m.edit,
		"submit":            m.submit,
		"take it back":      m.takeBack,
		"approve a listing": m.approveListing,
		"deny a listing":    m.denyListing,
		"deprecate":         m.deprecate,
		"install":           m.install,
		"consent":           m.consent,
		"suspend":           m.suspend,
		"resume":            m.resume,
		"uninstall":         m.uninstall,
		"remove a scope":    m.removeScope,
		"mint":              m.mint,
		"revoke a key":      m.revokeKey,
		"revoke the app":    m.revokeApp,
	})
}

// hold compares what a verb answered with whether it should have been allowed. A refusal is one that a caller can make
// sense of, never an error of the program.
func (m *model) hold(verb string, allowed bool, err error) bool {
	m.Helper()
	if (err == nil) != allowed {
		m.Fatalf("%s: %v; allowed %v by the model %+v", verb, err, allowed, *m)
	}
	if err != nil && !slices.Contains([]fault.Kind{fault.Conflict, fault.Invalid, fault.NotFound}, fault.KindOf(err)) {
		m.Fatalf("%s: %v", verb, err)
	}
	return allowed
}

func (m *model) some(of []string) []string {
	var chosen []string
	for _, s := range of {
		if rapid.Bool().Draw(m.T, s) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func all(of []string, in set) bool {
	return !slices.ContainsFunc(of, func(s string) bool { return !in[s] })
}

func (m *model) live() set {
	both := maps.Clone(m.pending)
	for s, ok := range m.approved {
		both[s] = both[s] || ok
	}
	return both
}

func (m *model) activate(*rapid.T) {
	_, err := m.s.Apps.Activate(m.ctx, m.builder, m.app)
	if m.hold("activate", m.status == "draft", err) {
		m.status = "active"
	}
}

func (m *model) declare(rt *rapid.T) {
	s := rapid.SampledFrom(askable).Draw(rt, "scope")
	m.texts++
	_, err := m.s.Apps.Declare(m.ctx, m.builder, m.app, s, fmt.Sprintf("The app shows its readers what changed since text number %d was written.", m.texts))
	if m.hold("declare", m.status != "revoked", err) {
		m.pending[s] = true
	}
}

func (m *model) withdrawScope(rt *rapid.T) {
	s := rapid.SampledFrom(askable).Draw(rt, "scope")
	_, err := m.s.Apps.Withdraw(m.ctx, m.builder, m.app, s)
	if m.hold("withdraw "+s, m.status != "revoked" && m.live()[s], err) {
		m.pending[s] = false
		m.end(s)
	}
}

// end takes a scope out of everything.
func (m *model) end(s string) {
	m.approved[s] = false
	for _, i := range m.installs {
		if i != nil {
			i.granted[s] = false
		}
	}
}

// review finds the declaration of a scope that has a status.
func (m *model) review(s string, status app.ReviewStatus) string {
	at := page.Page{Limit: 200}
	for {
		found, err := m.s.Apps.Reviews(m.ctx, m.platform, app.ReviewFilter{Status: status}, at)
		if err != nil {
			m.Fatal(err)
		}
		for _, r := range found.Rows {
			if r.AppID == m.app && r.Scope == s {
				return r.ID
			}
		}
		if !found.More {
			return ""
		}
		at.After = found.Rows[len(found.Rows)-1].Position()
	}
}

func (m *model) approveScope(rt *rapid.T) {
	s := rapid.SampledFrom(askable).Draw(rt, "scope")
	if !m.pending[s] {
		rt.Skip("nothing to approve")
	}
	_, err := m.s.Apps.Approve(m.ctx, m.platform, m.review(s, app.Pending), "")
	if m.hold("approve "+s, m.status != "revoked", err) {
		m.pending[s], m.approved[s] = false, true
	}
}

func (m *model) denyScope(rt *rapid.T) {
	s := rapid.SampledFrom(askable).Draw(rt, "scope")
	which := rapid.SampledFrom([]app.ReviewStatus{app.Pending, app.Approved}).Draw(rt, "which")
	if which == app.Pending && !m.pending[s] || which == app.Approved && !m.approved[s] || m.status == "revoked" {
		rt.Skip("nothing to deny")
	}
	_, err := m.s.Apps.Deny(m.ctx, m.platform, m.review(s, which), "It asks for more than it shows.")
	if m.hold("deny "+s, true, err) {
		if which == app.Pending {
			m.pending[s] = false
		} else {
			m.end(s)
		}
	}
}

func (m *model) list(*rapid.T) {
	scopes := m.some(askable)
	summary := "For a test"
	l, err := m.s.Market.Create(m.ctx, m.builder, market.NewListing{AppID: string(m.app), Summary: &summary, Scopes: &scopes})
	if m.hold("list", m.status != "revoked" && (m.state == "" || m.state == "deprecated") && all(scopes, m.live()), err) {
		m.listing, m.state, m.revision, m.draft, m.published, m.inReview = l.ID, "draft", "", scopes, nil, nil
	}
}

func (m *model) edit(rt *rapid.T) {
	if m.listing == "" {
		rt.Skip("no listing")
	}
	scopes := m.some(askable)
	_, err := m.s.Market.Update(m.ctx, m.builder, m.listing, market.ContentPatch{Scopes: &scopes}, 0)
	open := m.state == "draft" || m.state == "rejected" || m.state == "published" && m.revision != "in_review"
	if m.hold("edit", open && all(scopes, m.live()), err) {
		m.draft = scopes
		if m.state == "published" {
			m.revision = "draft"
		} else {
			m.state = "draft"
		}
	}
}

func (m *model) submit(rt *rapid.T) {
	if m.listing == "" {
		rt.Skip("no listing")
	}
	_, err := m.s.Market.Submit(m.ctx, m.builder, m.listing)
	open := m.state == "draft" || m.state == "published" && m.revision == "draft"
	if m.hold("submit", open && m.status == "active" && all(m.draft, m.approved), err) {
		m.inReview = m.draft
		if m.state == "published" {
			m.revision = "in_review"
		} else {
			m.state = "in_review"
		}
	}
}

func (m *model) waits() bool { return m.state == "in_review" || m.revision == "in_review" }

func (m *model) takeBack(rt *rapid.T) {
	if m.listing == "" {
		rt.Skip("no listing")
	}
	_, err := m.s.Market.Withdraw(m.ctx, m.builder, m.listing)
	if m.hold("take back", m.waits(), err) {
		m.decided("draft")
	}
}

// decided puts what was in review where it is then.
func (m *model) decided(to string) {
	if m.state == "published" {
		m.revision = to
	} else {
		m.state = to
	}
}

func (m *model) listingReview(rt *rapid.T) market.ReviewID {
	if !m.waits() {
		rt.Skip("nothing to review")
	}
	at := page.Page{Limit: 200}
	for {
		found, err := m.s.Market.ListReviews(m.ctx, m.platform, market.ReviewFilter{Status: market.Pending}, at)
		if err != nil {
			m.Fatal(err)
		}
		for _, r := range found.Rows {
			if r.ListingID == m.listing {
				return r.ID
			}
		}
		if !found.More {
			m.Fatal("it waits for review, and is not in the queue")
		}
		at.After = found.Rows[len(found.Rows)-1].Position()
	}
}

func (m *model) approveListing(rt *rapid.T) {
	_, err := m.s.Market.Approve(m.ctx, m.platform, m.listingReview(rt), "")
	if !m.hold("approve the listing", m.status == "active" && all(m.inReview, m.approved), err) {
		return
	}
	for _, i := range m.installs {
		if i == nil || i.listing != m.listing {
			continue
		}
		for _, s := range m.published {
			if !slices.Contains(m.inReview, s) {
				i.granted[s] = false
			}
		}
	}
	m.state, m.revision, m.published = "published", "", m.inReview
}

func (m *model) denyListing(rt *rapid.T) {
	_, err := m.s.Market.Deny(m.ctx, m.platform, m.listingReview(rt), "The texts promise more than the app does.")
	if m.hold("deny the listing", true, err) {
		m.decided("rejected")
	}
}

func (m *model) deprecate(rt *rapid.T) {
	if m.listing == "" {
		rt.Skip("no listing")
	}
	_, err := m.s.Market.Deprecate(m.ctx, m.builder, m.listing)
	if m.hold("deprecate", m.state == "published", err) {
		m.state, m.revision = "deprecated", ""
	}
}

func (m *model) school(rt *rapid.T) int {
	return rapid.IntRange(0, len(m.schools)-1).Draw(rt, "school")
}

func (m *model) install(rt *rapid.T) {
	if m.published == nil {
		rt.Skip("nothing was published")
	}
	n, scopes := m.school(rt), m.some(askable)
	e, err := m.s.Market.Install(m.ctx, m.schools[n], m.listing, market.Consent{Scopes: scopes})
	allowed := m.state == "published" && m.status == "active" && m.installs[n] == nil && m.offered(scopes)
	if m.hold("install", allowed, err) {
		m.installs[n] = &installed{id: e.ID, granted: setOf(scopes), listing: m.listing}
	}
}

func setOf(names []string) set {
	s := set{}
	for _, n := range names {
		s[n] = true
	}
	return s
}

// offered tells whether the published listing asks for scopes, and the platform still approves of them.
func (m *model) offered(scopes []string) bool {
	return all(scopes, setOf(m.published)) && all(scopes, m.approved)
}

// one picks a live installation, and who acts on it.
func (m *model) one(rt *rapid.T) (n int, i *installed) {
	n = m.school(rt)
	if i = m.installs[n]; i == nil {
		rt.Skip("not installed")
	}
	return n, i
}

func (m *model) consent(rt *rapid.T) {
	n, i := m.one(rt)
	scopes := m.some(askable)
	_, err := m.s.Market.Consent(m.ctx, m.schools[n], i.id, market.Consent{Scopes: scopes})
	var more []string
	for _, s := range scopes {
		if !i.granted[s] {
			more = append(more, s)
		}
	}
	if m.hold("consent", i.listing == m.listing && m.state == "published" && len(more) > 0 && m.offered(more), err) {
		for _, s := range more {
			i.granted[s] = true
		}
	}
}

// side is who acts on an installation, and whether they suspend it.
func (m *model) side(rt *rapid.T, n int, i *installed) (scope.Principal, *bool) {
	if rapid.Bool().Draw(rt, "builder") {
		return m.builder, &i.byMaker
	}
	return m.schools[n], &i.bySchool
}

func (m *model) suspend(rt *rapid.T) {
	n, i := m.one(rt)
	who, holds := m.side(rt, n, i)
	_, err := m.s.Market.Suspend(m.ctx, who, i.id)
	if m.hold("suspend", !*holds, err) {
		*holds = true
	}
}

func (m *model) resume(rt *rapid.T) {
	n, i := m.one(rt)
	who, holds := m.side(rt, n, i)
	_, err := m.s.Market.Resume(m.ctx, who, i.id)
	if m.hold("resume", *holds, err) {
		*holds = false
	}
}

func (m *model) uninstall(rt *rapid.T) {
	n, i := m.one(rt)
	who, _ := m.side(rt, n, i)
	_, err := m.s.Market.Uninstall(m.ctx, who, i.id)
	if m.hold("uninstall", true, err) {
		m.installs[n] = nil
		if _, err := m.s.Market.Resume(m.ctx, who, i.id); !fault.Is(err, "state_conflict") {
			m.Fatalf("resume what is uninstalled: %v", err)
		}
	}
}

func (m *model) removeScope(rt *rapid.T) {
	n, i := m.one(rt)
	s := rapid.SampledFrom(askable).Draw(rt, "scope")
	_, err := m.s.Market.RemoveScope(m.ctx, m.schools[n], i.id, s)
	if m.hold("remove "+s, i.granted[s], err) {
		i.granted[s] = false
	}
}

func (m *model) mint(rt *rapid.T) {
	if len(m.keys) == 4 {
		rt.Skip("enough keys")
	}
	scopes := m.some(askable)
	k, token, err := m.s.Keys.Mint(m.ctx, m.builder, key.NewKey{Kind: scope.KindApp, AppID: string(m.app), Name: "key", Scopes: scopes})
	if m.hold("mint", m.status == "active" && len(scopes) > 0 && all(scopes, m.approved), err) {
		m.keys = append(m.keys, &minted{id: k.ID, token: token, scopes: scopes})
	}
}

func (m *model) revokeKey(rt *rapid.T) {
	if len(m.keys) == 0 {
		rt.Skip("no key")
	}
	k := rapid.SampledFrom(m.keys).Draw(rt, "key")
	_, err := m.s.Keys.Revoke(m.ctx, m.builder, k.id)
	if m.hold("revoke a key", !k.revoked, err) {
		k.revoked = true
	}
}

func (m *model) revokeApp(rt *rapid.T) {
	if rapid.IntRange(0, 5).Draw(rt, "really") > 0 {
		rt.Skip("not yet")
	}
	_, err := m.s.Market.RevokeApp(m.ctx, m.builder, string(m.app))
	if !m.hold("revoke the app", m.status == "active", err) {
		return
	}
	m.status = "revoked"
	m.pending = set{}
	for _, k := range m.keys {
		k.revoked = true
	}
	if m.state != "" {
		m.state, m.revision = "deprecated", ""
	}
	clear(m.installs)
}

// checkKeys asks every key at every place what it may.
func (m *model) checkKeys() {
	for _, k := range m.keys {
		for n, school := range append(m.schools, m.builder) {
			who, err := m.s.Keys.Verify(m.ctx, k.token, key.PublicPrefix, netip.MustParseAddr("192.0.2.7"), string(school.Org))
			var i *installed
			if n < len(m.installs) {
				i = m.installs[n]
			}
			switch {
			case k.revoked:
				if !fault.Is(err, "invalid_token") {
					m.Fatalf("a revoked key: %v", err)
				}
			case i == nil || i.bySchool || i.byMaker:
				if !fault.Is(err, "org_not_accessible") {
					m.Fatalf("where it is not installed, or suspended: %v", err)
				}
			default:
				want := scope.Set(0)
				for _, s := range k.scopes {
					if sc, _ := scope.Parse(s); m.approved[s] && i.granted[s] {
						want |= scope.Of(sc)
					}
				}
				if err != nil || who.Rights != want || who.Org != school.Org {
					m.Fatalf("a key may %v at %s, not %v: %v", who.Rights.Names(), who.Org, want.Names(), err)
				}
			}
		}
	}
}
