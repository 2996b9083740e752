package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// keys is Settings → Integrations → API keys.
func (v *visit) keys() error {
	l := v.keyList(scope.KindOrganization, nil)
	l.Title, l.Intro, l.Name = v.T("keys.title"), v.T("keys.intro"), "api-keys"
	l.Actions = []action{{Label: v.T("keys.new"), Href: v.keyPath(scope.KindOrganization, "new"), Primary: true}}
	l.Empty = empty{Title: v.T("keys.empty"), Text: v.T("keys.empty_text"), Action: l.Actions[0]}
	return v.list(l)
}

// keyPath is the address of a page about keys of a kind.
func (v *visit) keyPath(kind scope.Kind, parts ...string) string {
	base := []string{"integrations", "api-keys"}
	switch kind {
	case scope.KindManagement:
		base = []string{"developers", "tokens"}
	case scope.KindApp:
		base = []string{"developers", "app-keys"}
	}
	return v.settings(append(base, parts...)...)
}

// keyList is what the lists of keys and of tokens have in common. members are the names of whose they are, or nil.
func (v *visit) keyList(kind scope.Kind, members map[string]string) list {
	all := v.query("view") == "all"
	f := key.Filter{Kind: kind, Newest: true}
	if !all {
		f.Status = key.Active
	}
	l := list{Tabs: []link{{Label: v.T("keys.active"), Href: v.keyPath(kind), Current: !all},
		{Label: v.T("keys.all"), Href: v.keyPath(kind) + "?view=all", Current: all}},
		Columns: []column{{Label: v.T("keys.name")}, {Label: v.T("keys.token")}, {Label: v.T("keys.scopes")}, {Label: v.T("keys.state")},
			{Label: v.T("keys.expires")}, {Label: v.T("keys.last_used")}, {Label: v.T("keys.calls"), Kind: "num"}}}
	if members != nil {
		l.Columns = slices.Insert(l.Columns, 1, column{Label: v.T("tokens.member")})
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Keys.List(v.ctx(), v.Who, f, p)
		if err != nil {
			return rowsPage{}, err
		}
		ids := make([]key.ID, len(found.Rows))
		for i, k := range found.Rows {
			ids[i] = k.ID
		}
		calls, err := v.c.Keys.Calls(v.ctx(), v.Who, ids, usageDays)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, placeOfKey, func(k key.Key) row {
			r := v.keyRow(k, calls[k.ID])
			if members != nil {
				r.Cells = slices.Insert(r.Cells, 1, txt(members[k.MemberID]))
			}
			return r
		}), nil
	}
	return l
}

// usageDays is how many days of use are shown.
const usageDays = 30

func placeOfKey(k key.Key) page.Position {
	return page.Position{ChangeNo: k.ChangeNo, ID: string(k.ID)}
}

func (v *visit) keyRow(k key.Key, calls int64) row {
	return row{Href: v.keyPath(k.Kind, string(k.ID)), Cells: []cell{txt(k.Name), mono(shownToken(k)), txt(v.scopeNames(k.Scopes)),
		v.keyState(k), txt(v.expiry(k)), txt(v.Ago(k.LastUsedAt)), txt(v.Number(calls))}}
}

// shownToken is what a token is known by.
func shownToken(k key.Key) string { return k.Prefix + "…" + k.LastFour }

// scopeNames lists scopes, or counts them where they are many.
func (v *visit) scopeNames(names []string) string {
	if len(names) > 4 {
		return v.T("keys.scopes_count", "n", len(names))
	}
	return strings.Join(names, ", ")
}

func (v *visit) keyState(k key.Key) cell {
	tone := map[key.Status]string{key.Active: "good", key.Disabled: "warn"}[k.Status]
	if tone == "" {
		tone = "quiet"
	}
	return badge(v.T("keys.status."+string(k.Status)), tone)
}

func (v *visit) expiry(k key.Key) string {
	if k.ExpiresAt == 0 {
		return v.T("keys.never")
	}
	return v.Time(k.ExpiresAt)
}

// newKey mints an API key, and shows its token.
func (v *visit) newKey() error {
	if err := v.Who.Need(scope.KeysManage); err != nil {
		return err
	}
	f := form{Title: v.T("keys.new"), Intro: v.T("keys.new_intro"), Submit: v.T("keys.mint"), Cancel: v.keyPath(scope.KindOrganization), Back: v.keyTrail(scope.KindOrganization),
		Fields: append([]field{
			{Name: "name", Label: v.T("keys.name"), Hint: v.T("keys.name_hint"), Required: true, Max: 100, Focus: true},
			{Name: "scopes", Label: v.T("keys.scopes"), Kind: "checks", Options: v.scopeOptions(scope.AllPublic())},
		}, v.limitFields()...)}
	return v.mint(f, key.NewKey{Kind: scope.KindOrganization})
}

func (v *visit) keyTrail(kind scope.Kind) []link {
	if kind == scope.KindManagement {
		return []link{{Label: v.T("tokens.title"), Href: v.keyPath(kind)}}
	}
	return []link{{Label: v.T("keys.title"), Href: v.keyPath(kind)}}
}

// scopeOptions offers the scopes of a set, each with the sentence that says what it lets its holder do.
func (v *visit) scopeOptions(set scope.Set) []option {
	var all []option
	for _, i := range scope.Catalogue() {
		if set.Has(i.Scope) {
			all = append(all, option{Value: i.Name, Label: v.T("scope." + i.Name), Hint: i.Name})
		}
	}
	return all
}

// limitFields ask for what bounds a new key: until when and from where.
func (v *visit) limitFields() []field {
	expiry := field{Name: "expiry", Label: v.T("keys.expires"), Kind: "select", Required: true, Half: true, Value: "90"}
	for _, days := range []int{30, 90, 365} {
		value := strconv.Itoa(days)
		expiry.Options = append(expiry.Options, option{Value: value, Label: v.T("keys.in_days", "n", days), Chosen: value == expiry.Value})
	}
	expiry.Options = append(expiry.Options, option{Value: "date", Label: v.T("keys.on_date")}, option{Value: "never", Label: v.T("keys.never")})
	return []field{expiry,
		{Name: "expires_on", Label: v.T("keys.last_day"), Hint: v.T("keys.last_day_hint"), Kind: "date", Half: true},
		{Name: "allowed_ips", Label: v.T("keys.addresses"), Hint: v.T("keys.addresses_hint"), Kind: "textarea", Rows: 3, Placeholder: "192.0.2.0/24"},
	}
}

// readLimits reads limitFields.
func (v *visit) readLimits(n *key.NewKey) error {
	n.AllowedIPs = lines(v.value("allowed_ips"))
	now := v.c.Clock.Now()
	choice := v.value("expiry")
	switch days, err := strconv.Atoi(choice); {
	case choice == "never":
	case err == nil && days > 0 && days <= 3650:
		n.ExpiresAt = clock.Of(now.AddDate(0, 0, days))
	default:
		day, err := time.ParseInLocation(time.DateOnly, v.value("expires_on"), v.zone)
		if err != nil {
			return fault.InvalidFields(fault.Field{Name: "expires_on", Where: "body", Code: "required"})
		}
		n.ExpiresAt = clock.Of(day.AddDate(0, 0, 1)) // through that day
	}
	return nil
}

// mint makes a key or token of what a form says.
func (v *visit) mint(f form, n key.NewKey) error {
	if !v.posted() {
		return v.form(f)
	}
	n.Name, n.Scopes = v.value("name"), v.values("scopes")
	if err := v.readLimits(&n); err != nil {
		return v.refuse(f, err)
	}
	if len(n.Scopes) == 0 { // none would mean all rights to a management token
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "scopes", Where: "body", Code: "choose_one"}))
	}
	k, token, err := v.c.Keys.Mint(v.once(), v.Who, n)
	if err != nil {
		return v.refuse(f, err, "expires_at", "expires_on")
	}
	return v.showToken(k, token, v.T("keys.minted", "name", k.Name), "")
}

// showToken shows a token, this once.
func (v *visit) showToken(k key.Key, token, title, said string) error {
	d := detail{Title: title, Back: v.keyTrailOf(k), Sections: []section{
		{Secret: &secret{Label: v.T("keys.the_token"), Value: token, Warning: v.T("secret.once")}, Wide: true},
		{Title: v.T("keys.try"), Intro: v.T("keys.try_intro"), Pre: v.curl(k, token), Wide: true},
		{Facts: v.keyFacts(k), Wide: true, Actions: []action{{Label: v.T("keys.to_key"), Href: v.keyPath(k.Kind, string(k.ID))},
			{Label: v.T("keys.to_list"), Href: v.keyHome(k)}}},
	}}
	if k.Kind == scope.KindApp {
		d.Sections[1].Intro = v.T("apps.try_intro")
	}
	if said != "" {
		d.Notices = []notice{{"info", said}}
	}
	return v.detail(d)
}

// curl is a line that works with a token against this deployment.
func (v *visit) curl(k key.Key, token string) string {
	if k.Kind == scope.KindManagement {
		return "curl -H 'Authorization: Bearer " + token + "' '" + v.c.BaseURL() + "/api/v1/manage/" + tryNoun(k.Scopes, map[string]string{
			"organization:read": "organization", "flights:read": "flights?limit=2", "flights:read-own": "flights?limit=2", "people:read": "people?limit=2",
			"fleet:read": "aircraft?limit=2"}, "management-tokens") + "'"
	}
	org := string(v.Who.Org)
	if k.Kind == scope.KindApp {
		org = "ORGANIZATION-ID"
	}
	return "curl -H 'Authorization: Bearer " + token + "' -H 'X-Org-Id: " + org + "' '" + v.c.BaseURL() + "/api/v1/public/" + tryNoun(k.Scopes,
		map[string]string{"public.flights:read": "flights?limit=2", "public.pilots:read": "pilots?limit=2", "public.fleet:read": "fleet?limit=2",
			"public.events:read": "events?limit=2"}, "flights") + "'"
}

// tryNoun is what the first of some scopes may read.
func tryNoun(scopes []string, nouns map[string]string, otherwise string) string {
	for _, s := range scopes {
		if noun, ok := nouns[s]; ok {
			return noun
		}
	}
	return otherwise
}
