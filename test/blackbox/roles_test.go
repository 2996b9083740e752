package blackbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/id"
	"airside/test/airside"
)

// newStage founds the organizations and gives everybody a token.
func newStage(t *testing.T, s *airside.Server, all []row) *stage {
	t.Helper()
	in := newInbox(t)
	g := &stage{t: t, own: airside.NewSchool(t, s, marker), partner: airside.NewSchool(t, s, "partner"), other: airside.NewSchool(t, s, "stranger"),
		people: map[string]string{}, roles: map[string]airside.Client{}, platform: map[string]airside.Client{},
		lacking: map[string]airside.Client{}, only: map[string]airside.Client{}}
	g.crew.Manage = *platform(t, s)
	g.mine = &records{t: t, school: g.own, draft: hangar(t, g.own.Manage, "HB-KOL"), sink: in.URL, store: s.Store, judge: &g.crew.Manage}
	g.partners = &records{t: t, school: g.partner, sink: in.URL, store: s.Store, judge: &g.crew.Manage}
	member := func(in airside.School, slug, email, role, person string) airside.Client {
		body := obj{"email": email, "display_name": "The " + role + " of " + slug, "role": role}
		if person != "" {
			body["person_id"] = person
		}
		in.Manage.Call(t, 201, "POST", manage+"/members", body)
		return airside.Client{URL: s.URL, Token: airside.Run(t, s.Store, "token", "mint", "--organization", slug, "--member", email)}
	}
	g.pilot = g.mine.make("people")
	for _, l := range letters {
		role := l.role
		g.people[role] = g.mine.make("people")
		g.roles[role] = member(g.own, marker, "the-"+role+"@"+marker+".example", role, g.people[role])
		g.platform[role] = member(g.crew, "the-crew", role+"@crew.example", role, "")
	}
	g.second = member(g.own, marker, "second@elsewhere.example", "owner", "")
	g.kin = member(g.crew, "the-crew", "second@elsewhere.example", "member", "")
	token := func(by airside.Client, scopes []string) airside.Client {
		var made struct{ Token string }
		by.Call(t, 201, "POST", manage+"/management-tokens", obj{"name": "narrow", "scopes": scopes}).Data(t, &made)
		return airside.Client{URL: s.URL, Token: made.Token}
	}
	names := allRights(all)
	g.readOnly = token(g.own.Manage, slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !readOnly(n) }))
	for _, r := range all {
		key := strings.Join(r.rights, "|")
		if _, ok := g.lacking[key]; ok || key == "" {
			continue
		}
		lacks := func(n string) bool { return slices.Contains(r.rights, n) }
		g.lacking[key] = token(g.own.Manage, slices.DeleteFunc(slices.Clone(names), lacks))
		g.only[key] = token(g.own.Manage, r.rights[:1])
		if r.platform {
			g.platformLacksRight = token(g.crew.Manage, slices.DeleteFunc(slices.Clone(names), lacks))
		}
	}
	app, _ := g.app(g.mine, "active")
	var made struct{ Token string }
	g.own.Manage.Call(t, 201, "POST", manage+"/apps/"+app+"/api-keys", obj{"name": "board", "scopes": []string{someScope}}).Data(t, &made)
	g.appKey = airside.Client{URL: s.URL, Token: made.Token}
	return g
}

func readOnly(right string) bool {
	return strings.HasSuffix(right, ":read") || strings.HasSuffix(right, ":read-own")
}

// a caller is somebody who tries a row, and what should come of it: nothing is refused when refused is empty.
type caller struct {
	name, role string
	client     airside.Client
	own        bool     // tries it with what is its own
	refused    []string // codes, any of them
	unseen     bool     // the list is answered without what the row is about
	abroad     bool     // does it in another organization, where there is nothing of this one
	hidden     bool     // 404, the same as with nobody's id
}

// list tells whether a row is about the list of a noun.
func (r row) list(o operation) bool { return o.noun() == "" && strings.HasPrefix(o.id, "list") }

// callers are all who try a row.
func (g *stage) callers(r row, o operation) (all []caller) {
	add := func(c caller) { all = append(all, c) }
	missing := r.because
	if missing == nil {
		missing = []string{nounOf(o) + "_not_found"}
	}
	for _, l := range letters {
		role, letter := l.role, l.letter
		c := caller{name: role, role: role, client: g.roles[role]}
		switch {
		case r.platform:
			c.refused = []string{"reviewers_only"}
		case r.may(letter):
		case r.mayOwn(letter):
			add(caller{name: role + " with its own", role: role, client: c.client, own: true})
			if c.unseen = r.list(o); !c.unseen {
				c.refused = missing
			}
		case r.because != nil && (role == "owner" || role == "admin"):
			c.refused = r.because
		default:
			c.refused = []string{"insufficient_scope"}
		}
		add(c)
		if r.platform {
			add(caller{name: "the platform's " + role, client: g.platform[role]})
		}
	}
	if key := strings.Join(r.rights, "|"); key != "" {
		lacking := caller{name: "a token without " + key, client: g.lacking[key], refused: []string{"insufficient_scope"}}
		switch {
		case r.op == "listInstallations": // it shows the other side
			lacking.refused, lacking.unseen = nil, true
		case r.record == "app-key": // whoever manages keys, but no apps, finds no keys of apps
			lacking.refused = []string{"api_key_not_found"}
		}
		add(lacking)
		reads := caller{name: "a token that only reads", client: g.readOnly}
		if !slices.ContainsFunc(r.rights, readOnly) {
			reads.refused = []string{"insufficient_scope"}
		}
		add(reads)
		only := caller{name: "a token with nothing but " + r.rights[0], client: g.only[key]}
		switch {
		case r.platform:
			only.refused = []string{"reviewers_only"}
		case r.who == "-":
			only.refused = append([]string{"insufficient_scope"}, r.because...)
		}
		add(only)
	}
	add(caller{name: "the app's key", client: g.appKey, refused: []string{"invalid_token"}})
	strangers := []caller{{name: "the owner of another organization", client: g.other.Manage}, {name: "a reviewer", client: g.crew.Manage}}
	if r.platform {
		add(caller{name: "a reviewer without the right", client: g.platformLacksRight, refused: []string{"insufficient_scope"}})
		kin := caller{name: "a reviewer who is of the builder", client: g.kin}
		if o.method != http.MethodGet {
			kin.refused = []string{"reviewer_of_own_app"}
		}
		add(kin)
		add(caller{name: "the owner of another organization", client: g.other.Manage, refused: []string{"reviewers_only"}})
		return all
	}
	for _, c := range strangers {
		switch {
		case r.record == "shelf": // is for everybody
		case o.noun() != "":
			c.hidden, c.refused = true, []string{nounOf(o) + "_not_found"}
		case r.op == "createListing" || r.op == "createFlight" || r.op == "createLicenceEdition":
			c.refused = []string{"invalid_body"}
		case r.op == "createLicenceFile": // the key is another vendor's
			c.refused = []string{"license_not_found"}
		case r.op == "createLicenceSigningKey": // the platform's own organization may
			c.abroad = c.client.Token == g.crew.Manage.Token
			if !c.abroad {
				c.refused = r.because
			}
		default:
			c.unseen, c.abroad = true, true
		}
		add(c)
	}
	return all
}

var singular = map[string]string{"people": "person", "aircraft": "aircraft", "webhook-deliveries": "webhook_delivery", "management-tokens": "api_key",
	"marketplace": "listing", "webhook-recoveries": "webhook_recovery", "licence-batches": "licence_batch"}

// nounOf is what the code of a 404 begins with.
func nounOf(o operation) string {
	noun := o.noun()
	if s, ok := singular[noun]; ok {
		return s
	}
	return strings.ReplaceAll(strings.TrimSuffix(noun, "s"), "-", "_")
}

func statusOf(code string) int {
	switch {
	case strings.HasSuffix(code, "_not_found"):
		return 404
	case code == "invalid_body":
		return 422
	case code == "invalid_token":
		return 401
	case code == "state_conflict":
		return 409
	}
	return 403
}

// try does what a row says to a record.
func (g *stage) try(c airside.Client, r row, o operation, at, record string) airside.Answer {
	g.t.Helper()
	body, headers := g.body(r, o, record)
	path := o.at(at)
	switch {
	case o.id == "createImport":
		path += "?file_name=a.csv"
	case r.list(o):
		path += "?limit=200"
	}
	a, err := c.Try(context.Background(), o.method, path, body, headers...)
	if err != nil {
		g.t.Fatalf("%s: %v", o, err)
	}
	return a
}

// passing is what changes although nobody changes the record.
var passing = regexp.MustCompile(`"(last_used_at|last_address|age_hours|calls|records|first_use_at|last_use_at)":("[^"]*"|null|[0-9]+)`)

func (g *stage) get(c airside.Client, path string) string {
	g.t.Helper()
	return passing.ReplaceAllString(string(c.Call(g.t, 200, "GET", manage+path, nil).Body), "")
}

// state is all that an attempt on a record might have changed: the record itself as who owns it sees it, and the end of the
// audit log.
func (g *stage) state(r row, o operation, record string) string {
	const end = "/audit-entries?order=desc&limit=1"
	s := g.get(g.own.Manage, end)
	reads := g.own.Manage
	if r.platform {
		s, reads = s+g.get(g.crew.Manage, end), g.crew.Manage
	}
	if r.record == "app:offered-here" {
		return s + g.get(reads, "/apps?offered=true") + g.get(reads, "/apps?limit=200")
	}
	if noun := o.noun(); noun != "" && noun != "oauth-grants" { // which have no address of their own: the audit log tells of one that ends
		s += g.get(reads, "/"+noun+"/"+record)
	}
	return s
}

// all is the list that the record is on.
func (g *stage) all(r row, o operation) string {
	noun := strings.Split(strings.TrimPrefix(o.path, manage+"/"), "/")[0]
	reads := g.own.Manage
	if r.platform {
		reads = g.crew.Manage
	}
	switch {
	case noun == "import-inspections", noun == "licence-batch-checks", noun == "licence-files":
		return ""
	case noun == "organization", noun == "security-file", noun == "licence-statistics", noun == "licence-signing-keys":
		return g.get(reads, "/"+noun)
	case noun == "oauth-grants":
		noun = "oauth-clients"
	}
	return g.get(reads, "/"+noun+"?limit=200")
}

// TestRoles has everybody try everything: each operation of the management API's document, in each role, with tokens that
// carry less, from another organization, as a reviewer and with an app's key. Who may is in a table of its own. What is
// refused changes nothing and tells nothing, and whoever may succeeds with that same record.
func TestRoles(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		s := airside.Serve(t, store)
		all, of := rows(t, operations(t, airside.Client{URL: s.URL}, "/api/v1/manage/openapi.json", manage))
		g := newStage(t, s, all)
		allowed, refused := 0, 0
		for _, r := range all {
			o := of[r.op]
			t.Run(r.name, func(t *testing.T) {
				g.t, g.mine.t, g.partners.t = t, t, t
				record := g.make(r.record, "")
				if strings.HasPrefix(o.path, manage+"/webhook-") || o.noun() == "events" {
					g.settle()
				}
				callers := g.callers(r, o)
				before := g.all(r, o)
				for _, c := range callers {
					if len(c.refused) > 0 {
						g.refuse(r, o, c, record)
						refused++
					}
				}
				if now := g.all(r, o); now != before {
					t.Errorf("the refusals have changed the list\nfrom %s\nto   %s", before, now)
				}
				fresh := true
				for _, c := range callers {
					if len(c.refused) > 0 {
						continue
					}
					if !c.own && !c.unseen && !fresh && o.method != http.MethodGet {
						record = g.make(r.record, "")
					}
					g.allow(r, o, c, record)
					fresh = fresh && (c.own || c.unseen)
					allowed++
				}
			})
		}
		t.Logf("%d rows: %d were let in, %d refused", len(all), allowed, refused)
		if strings.Contains(s.Log(), "panic") {
			t.Error("the log tells of a panic")
		}
	})
}

// refuse makes an attempt that has to be refused, word for word, without a trace.
func (g *stage) refuse(r row, o operation, c caller, record string) {
	g.t.Helper()
	what := r.name + " by " + c.name
	before := g.state(r, o, record)
	a := g.try(c.client, r, o, record, record)
	var p problem
	json.Unmarshal(a.Body, &p)
	code := c.refused[0]
	if slices.Contains(c.refused, p.Code) {
		code = p.Code
	}
	refused(g.t, what, a, statusOf(code), code)
	if c.hidden {
		nobody := id.New()
		if o.noun() == "events" {
			nobody = id.NewPrefixed("evt_")
		}
		alike(g.t, what, a, g.try(c.client, r, o, nobody, nobody))
	}
	g.silent(what, a)
	if now := g.state(r, o, record); now != before {
		g.t.Errorf("%s was refused, and yet changed\n%s\nto\n%s", what, before, now)
	}
}

// silent wants nothing of the organization in an answer.
func (g *stage) silent(what string, a airside.Answer) {
	g.t.Helper()
	if body := strings.ToLower(string(a.Body)); strings.Contains(body, marker) || strings.Contains(body, g.own.ID) {
		g.t.Errorf("%s tells of the organization: %s", what, a.Body)
	}
}

// allow makes an attempt that has to succeed.
func (g *stage) allow(r row, o operation, c caller, record string) {
	g.t.Helper()
	what := r.name + " by " + c.name
	theirs := record
	if c.own {
		theirs = g.make(r.record, c.role)
	}
	a := g.try(c.client, r, o, theirs, theirs)
	want := http.StatusOK
	switch {
	case answers[o.id] != 0:
		want = answers[o.id]
	case o.method == http.MethodDelete:
		want = http.StatusNoContent
	case o.method == http.MethodPost && o.noun() == "":
		want = http.StatusCreated
	}
	if a.Status != want {
		g.t.Errorf("%s: %d %s, want %d", what, a.Status, a.Body, want)
	}
	if c.abroad && !(o.id == "listAuditEntries" && c.name == "a reviewer") { // the platform has written down what it decided
		g.silent(what, a)
	}
	if r.record != "-" && r.list(o) {
		if shown := strings.Contains(string(a.Body), record); shown != (!c.unseen && !c.own) {
			g.t.Errorf("%s: the record is shown: %v", what, shown)
		}
		if c.own && !strings.Contains(string(a.Body), theirs) {
			g.t.Errorf("%s: its own is not shown: %s", what, a.Body)
		}
	}
}
