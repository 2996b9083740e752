package blackbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"airside/internal/base/id"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/test/airside"
)

// The adversary is generated from the served OpenAPI documents: every operation × every bad credential, missing right,
// other organization, and × the ids of own, other's and nobody's records. An operation that it has no record for fails.

type operation struct {
	method, path, id string
	needs            []string // any of these scopes; none: any credential
	body             obj      // the least that fits, or nil
}

// operations reads what a served document says.
func operations(t *testing.T, c airside.Client, document, prefix string) []operation {
	t.Helper()
	var doc struct {
		Paths      map[string]map[string]map[string]any
		Components struct{ Schemas map[string]map[string]any }
	}
	a := airside.Client{URL: c.URL}.Call(t, 200, "GET", document, nil)
	if err := json.Unmarshal(a.Body, &doc); err != nil {
		t.Fatal(err)
	}
	var ops []operation
	for path, methods := range doc.Paths {
		if !strings.HasPrefix(path, prefix) {
			t.Errorf("%s describes %s, which is not below %s", document, path, prefix)
		}
		for method, op := range methods {
			o := operation{method: strings.ToUpper(method), path: path, id: fmt.Sprint(op["operationId"])}
			for _, s := range op["security"].([]any) {
				for _, scopes := range s.(map[string]any) {
					for _, n := range scopes.([]any) {
						if !slices.Contains(o.needs, n.(string)) { // once for each kind of credential
							o.needs = append(o.needs, n.(string))
						}
					}
				}
			}
			if right, ok := op["x-required-right"].([]any); ok {
				for _, n := range right {
					if !slices.Contains(o.needs, n.(string)) {
						o.needs = append(o.needs, n.(string))
					}
				}
			}
			if rb, ok := op["requestBody"].(map[string]any); ok {
				if media, ok := rb["content"].(map[string]any)["application/json"].(map[string]any); ok {
					o.body = leastBody(doc.Components.Schemas, media["schema"].(map[string]any))
				}
			}
			ops = append(ops, o)
		}
	}
	sort.Slice(ops, func(i, j int) bool { return ops[i].path+ops[i].method < ops[j].path+ops[j].method })
	return ops
}

// leastBody makes an object with the required properties only.
func leastBody(schemas map[string]map[string]any, s map[string]any) obj {
	if ref, ok := s["$ref"].(string); ok {
		s = schemas[ref[strings.LastIndex(ref, "/")+1:]]
	}
	body := obj{}
	required, _ := s["required"].([]any)
	properties, _ := s["properties"].(map[string]any)
	for _, name := range required {
		body[name.(string)] = leastValue(properties[name.(string)].(map[string]any))
	}
	return body
}

func leastValue(s map[string]any) any {
	if e, ok := s["enum"].([]any); ok {
		return e[0]
	}
	if e, ok := s["examples"].([]any); ok {
		return e[0]
	}
	switch s["format"] {
	case "date-time":
		return "2026-01-01T00:00:00Z"
	case "email":
		return "nobody-" + id.New()[24:] + "@example.org"
	case "uri":
		return "http://127.0.0.1:9/"
	case "uuid":
		return id.New()
	}
	switch s["type"] {
	case "array":
		return []string{"public.fleet:read"}
	case "boolean":
		return true
	case "integer", "number":
		return 1
	}
	return "text"
}

var pathID = regexp.MustCompile(`\{[^}]+\}`)

// records makes one record of every noun in an organization and returns their ids; a fresh one for each call, because
// verbs use records up.
type records struct {
	t      *testing.T
	school airside.School
	draft  func(int) obj
	sink   string
	n      int
	store  airside.Store
	judge  *airside.Client // of the platform, who approves what the school offers
	hides  bool            // it has nothing published
}

func (r *records) make(noun string) string {
	r.t.Helper()
	r.n++
	c := r.school.Manage
	create := func(noun string, body obj) string {
		var made struct{ ID string }
		c.Call(r.t, 201, "POST", manage+"/"+noun, body).Data(r.t, &made)
		return made.ID
	}
	unique := fmt.Sprintf("%s-%d", r.school.Slug, r.n)
	switch noun {
	case "aircraft":
		return create(noun, obj{"registration": "N" + strings.ToUpper(id.New()[28:]), "class": "SEP"})
	case "people":
		return create(noun, obj{"display_name": "Person " + unique, "roles": []string{"pilot"}})
	case "flights":
		return submitted(r.t, c, r.draft(r.n))
	case "members":
		return create(noun, obj{"email": unique + "@example.org", "display_name": "Member " + unique, "role": "member"})
	case "api-keys":
		return create(noun, obj{"name": unique, "scopes": []string{"public.fleet:read"}})
	case "management-tokens":
		return create(noun, obj{"name": unique})
	case "oauth-clients":
		return create(noun, obj{"name": unique, "kind": "confidential", "grant_types": []string{"client_credentials"}, "scopes": []string{"fleet:read"}})
	case "oauth-grants":
		return r.consent()
	case "webhook-endpoints":
		return create(noun, obj{"url": r.sink})
	case "webhook-deliveries", "events":
		endpoint := create("webhook-endpoints", obj{"url": r.sink})
		var d struct {
			ID      string
			EventID string `json:"event_id"`
		}
		c.Call(r.t, 202, "POST", manage+"/webhook-endpoints/"+endpoint+"/ping", nil).Data(r.t, &d)
		if noun == "events" {
			return d.EventID
		}
		return d.ID
	case "webhook-recoveries":
		endpoint := create("webhook-endpoints", obj{"url": r.sink})
		var made struct{ ID string }
		c.Call(r.t, 202, "POST", manage+"/webhook-endpoints/"+endpoint+"/recover", obj{"since": "2026-01-01T00:00:00Z"}).Data(r.t, &made)
		return made.ID
	case "apps", "scope-reviews":
		app := create("apps", obj{"name": unique})
		var declared struct {
			ReviewID string `json:"review_id"`
		}
		c.Call(r.t, 200, "PUT", manage+"/apps/"+app+"/scopes/"+someScope, obj{"justification": "Shows the day's approved flights on the board in the hangar."}).Data(r.t, &declared)
		if noun == "scope-reviews" {
			return declared.ReviewID
		}
		return app
	case "listings", "listing-reviews":
		return create("listings", obj{"app_id": r.make("apps")})
	case "marketplace", "installations":
		return r.market(noun)
	case "import-mappings":
		return create(noun, obj{"name": unique, "mapping": obj{"columns": []obj{{"column": "Day", "field": "date"}, {"column": "Time", "field": "total"}}}})
	case "licences":
		return create(noun, obj{"email": unique + "@example.com", "product": "Kit " + r.school.Slug, "edition": "Pro"})
	case "licence-products":
		return create(noun, obj{"code": "Kit " + unique})
	case "licence-editions":
		return create(noun, obj{"product_id": r.make("licence-products"), "code": "Pro", "term_days": 30})
	case "licence-tokens":
		r.endTokens()
		return create(noun, obj{"role": "client", "name": unique})
	case "licence-batches":
		return create(noun, obj{"name": unique, "csv": "email,product,edition\n" + unique + "@example.com,Kit " + r.school.Slug + ",Pro\n"})
	case "imports":
		var made struct{ ID string }
		csv := "YEAR,DATE,PLANE,DEP,DES,DYLAND,NILAND,APPR,HOURS,NIGHT,IFR,GAD,CFI,STDNT,DUAL,PIC,SIC,SFTY\n1999,713,N100,AAA,BBB,1,0,0,5,0,0,0,0,0,5,0,0,0\n"
		c.Call(r.t, 201, "POST", manage+"/imports?file_name=a.csv", []byte(csv), "Content-Type", "text/csv").Data(r.t, &made)
		return made.ID
	}
	r.t.Fatalf("no way is known to make a record of %q: give the adversary one", noun)
	return ""
}

// endTokens makes room for another token at the licence server.
func (r *records) endTokens() {
	r.t.Helper()
	eachRow(r.t, r.school.Manage, manage+"/licence-tokens?status=active", func(m map[string]any) {
		r.school.Manage.Call(r.t, 200, "POST", manage+"/licence-tokens/"+m["id"].(string)+"/revoke", nil)
	})
}

// noun is the collection that an id in a path belongs to.
func (o operation) noun() string {
	parts := strings.Split(o.path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			return parts[i-1]
		}
	}
	return ""
}

// someScope is the one that paths name.
const someScope = "public.flights:read"

func (o operation) at(id string) string {
	return pathID.ReplaceAllString(strings.ReplaceAll(o.path, "{scope}", someScope), id)
}

// forReviewers tells whether the operation is the platform's own: nobody else is told what there is.
func (o operation) forReviewers() bool {
	return strings.HasPrefix(o.path, manage+"/scope-reviews") || strings.HasPrefix(o.path, manage+"/listing-reviews")
}

func (o operation) String() string { return o.method + " " + o.path }

// try makes the operation's request.
func (o operation) try(t *testing.T, c airside.Client, id string, headers ...string) airside.Answer {
	t.Helper()
	var body any
	if o.body != nil {
		body = o.body
	}
	a, err := c.Try(context.Background(), o.method, o.at(id), body, headers...)
	if err != nil {
		t.Fatalf("%s: %v", o, err)
	}
	return a
}

type problem struct {
	Type, Title, Detail, Instance, Code string
	Status                              int
	RequestID                           string `json:"request_id"`
}

// refused checks a refusal word for word and returns its problem.
func refused(t *testing.T, what string, a airside.Answer, status int, code string) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(a.Body, &p); err != nil || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %d %s is not a problem document", what, a.Status, a.Body)
		return p
	}
	if a.Status != status || p.Status != status || p.Code != code || p.Type == "" || p.Title == "" || p.Detail == "" || p.RequestID != a.Header.Get("X-Request-Id") || p.RequestID == "" {
		t.Errorf("%s: %d %s, want %d %s", what, a.Status, a.Body, status, code)
	}
	challenge := a.Header.Get("WWW-Authenticate")
	switch {
	case code == "credential_required" && (challenge != `Bearer realm="airside"`):
		t.Errorf("%s: WWW-Authenticate %q", what, challenge)
	case code == "invalid_token" && !strings.Contains(challenge, `error="invalid_token"`):
		t.Errorf("%s: WWW-Authenticate %q", what, challenge)
	case code == "insufficient_scope" && (!strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, `scope="`)):
		t.Errorf("%s: WWW-Authenticate %q", what, challenge)
	}
	for _, leak := range []string{"SELECT", "goroutine", "gaf_pk_", "gaf_mt_", "whsec_", ".go:"} {
		if strings.Contains(string(a.Body), leak) {
			t.Errorf("%s: the error shows %q: %s", what, leak, a.Body)
		}
	}
	return p
}

// alike tells that two refusals differ in nothing but the request.
func alike(t *testing.T, what string, a, b airside.Answer) {
	t.Helper()
	var x, y map[string]any
	json.Unmarshal(a.Body, &x)
	json.Unmarshal(b.Body, &y)
	for _, m := range []map[string]any{x, y} {
		delete(m, "request_id")
		delete(m, "instance")
	}
	if a.Status != b.Status || fmt.Sprint(x) != fmt.Sprint(y) {
		t.Errorf("%s: somebody else's is answered %d %s, nobody's %d %s", what, a.Status, a.Body, b.Status, b.Body)
	}
}

// badTokens are credentials that must all be answered alike.
func badTokens(t *testing.T, s *airside.Server, school airside.School, prefix string) map[string]string {
	t.Helper()
	good := school.Public.Token
	mint := []string{"key", "mint", "--organization", school.Slug, "--name", "bad"}
	noun := "api-keys"
	if prefix == key.ManagementPrefix {
		good = school.Manage.Token
		mint = []string{"token", "mint", "--organization", school.Slug, "--member", "owner@" + school.Slug + ".example"}
		noun = "management-tokens"
	}
	flipped := []byte(good)
	flipped[len(flipped)-1] ^= 1
	type minted struct{ ID, Token string }
	fresh := func(flags ...string) (m minted) {
		if err := json.Unmarshal([]byte(airside.Run(t, s.Store, append(append(slices.Clone(mint), "--json"), flags...)...)), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	bad := map[string]string{
		"malformed": "hello", "bad checksum": string(flipped), "unknown": key.NewToken(prefix),
		"too long": good + strings.Repeat("A", 5000), "other surface": school.Manage.Token,
	}
	if prefix == key.ManagementPrefix {
		bad["other surface"] = school.Public.Token
	}
	revoked := fresh()
	school.Manage.Call(t, 200, "POST", manage+"/"+noun+"/"+revoked.ID+"/revoke", nil)
	bad["revoked"] = revoked.Token
	expired := fresh("--expires", "1s")
	bad["expired"] = expired.Token
	if noun == "api-keys" {
		disabled := fresh()
		school.Manage.Call(t, 200, "PATCH", manage+"/api-keys/"+disabled.ID, obj{"enabled": false})
		bad["disabled"] = disabled.Token
	} else { // a token is disabled with its member
		airside.Run(t, s.Store, "member", "add", "--organization", school.Slug, "--email", "gone@example.org", "--name", "Gone", "--role", "owner")
		gone := minted{Token: airside.Run(t, s.Store, "token", "mint", "--organization", school.Slug, "--member", "gone@example.org")}
		eachRow(t, school.Manage, manage+"/members?status=active", func(m map[string]any) {
			if m["email"] == "gone@example.org" {
				school.Manage.Call(t, 204, "DELETE", manage+"/members/"+m["id"].(string), nil)
			}
		})
		bad["disabled"] = gone.Token
	}
	time.Sleep(1100 * time.Millisecond) // until the expired one has
	return bad
}

func TestAdversary(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		s := airside.Serve(t, store)
		in := newInbox(t)
		own, other := airside.NewSchool(t, s, "adversary-own"), airside.NewSchool(t, s, "adversary-other")
		mine := &records{t: t, school: own, draft: hangar(t, own.Manage, "HB-OWN"), sink: in.URL, store: store, judge: platform(t, s)}
		theirs := &records{t: t, school: other, draft: hangar(t, other.Manage, "HB-OTH"), sink: in.URL, store: store}
		theirs.judge, theirs.hides = mine.judge, true
		cases := 0

		t.Run("public", func(t *testing.T) {
			bad := badTokens(t, s, own, key.PublicPrefix)
			far := airside.Run(t, store, "key", "mint", "--organization", own.Slug, "--name", "far", "--allowed-ips", "192.0.2.0/24")
			for _, o := range operations(t, own.Public, "/api/v1/openapi.json", public) {
				if len(o.needs) != 1 {
					t.Errorf("%s does not name its one scope: %v", o, o.needs)
					continue
				}
				nobody := id.NewPrefixed("evt_")
				with := func(token, org string) airside.Client { return airside.Client{URL: s.URL, Token: token, Org: org} }
				refused(t, o.String()+" without key", o.try(t, with("", own.ID), nobody), 401, "credential_required")
				for what, token := range bad {
					refused(t, fmt.Sprint(o, " ", what), o.try(t, with(token, own.ID), nobody), 401, "invalid_token")
				}
				refused(t, o.String()+" wrong address", o.try(t, with(far, own.ID), nobody), 403, "ip_not_allowed")
				refused(t, o.String()+" without organization", o.try(t, with(own.Public.Token, ""), nobody), 400, "org_id_required")
				refused(t, o.String()+" organization is no uuid", o.try(t, with(own.Public.Token, "aero-club"), nobody), 400, "org_id_invalid")
				a := o.try(t, with(own.Public.Token, other.ID), nobody)
				refused(t, o.String()+" other organization", a, 403, "org_not_accessible")
				alike(t, o.String()+" organization", a, o.try(t, with(own.Public.Token, id.New()), nobody))

				wrong := "public.fleet:read"
				if o.needs[0] == wrong {
					wrong = "public.pilots:read"
				}
				poor := airside.Run(t, store, "key", "mint", "--organization", own.Slug, "--name", "poor", "--scopes", wrong)
				a = o.try(t, with(poor, own.ID), nobody)
				refused(t, o.String()+" missing scope", a, 403, "insufficient_scope")
				if !strings.Contains(a.Header.Get("WWW-Authenticate"), `scope="`+o.needs[0]+`"`) || !strings.Contains(string(a.Body), o.needs[0]) {
					t.Errorf("%s: the refusal does not name %s: %s", o, o.needs[0], a.Body)
				}
				refused(t, o.String()+" unknown parameter", tryBare(t, with(own.Public.Token, own.ID), o.method, o.at(nobody)+"?sttaus=x"), 400, "invalid_parameters")
				cases += 8 + len(bad)
				if noun := o.noun(); noun != "" {
					a, b := o.try(t, own.Public, theirs.make(noun)), o.try(t, own.Public, nobody)
					refused(t, o.String()+" other's id", a, 404, "event_not_found")
					alike(t, o.String(), a, b)
					if a := o.try(t, own.Public, mine.make(noun)); a.Status/100 != 2 {
						t.Errorf("%s own id: %d %s", o, a.Status, a.Body)
					}
					cases += 3
				} else if a := o.try(t, own.Public, ""); a.Status != 200 {
					t.Errorf("%s: %d %s", o, a.Status, a.Body)
				}
				for _, m := range []string{"POST", "PUT", "PATCH", "DELETE"} {
					if m != o.method && o.method == "GET" {
						a := tryBare(t, own.Public, m, o.at(nobody))
						refused(t, m+" "+o.path, a, 405, "method_not_allowed")
						if !strings.Contains(a.Header.Get("Allow"), "GET") {
							t.Errorf("%s %s: Allow %q", m, o.path, a.Header.Get("Allow"))
						}
						cases++
					}
				}
			}
		})

		t.Run("management", func(t *testing.T) {
			bad := badTokens(t, s, own, key.ManagementPrefix)
			roles := map[scope.Role]string{}
			for _, r := range scope.Roles {
				email := string(r) + "@roles.example"
				airside.Run(t, store, "member", "add", "--organization", own.Slug, "--email", email, "--name", "Role "+string(r), "--role", string(r))
				roles[r] = airside.Run(t, store, "token", "mint", "--organization", own.Slug, "--member", email)
			}
			poor := map[string]string{}
			for _, right := range []string{"organization:read", "fleet:read"} {
				poor[right] = airside.Run(t, store, "token", "mint", "--organization", own.Slug, "--member", "owner@"+own.Slug+".example", "--scopes", right)
			}
			with := func(token string) airside.Client { return airside.Client{URL: s.URL, Token: token} }
			for _, o := range operations(t, own.Manage, "/api/v1/manage/openapi.json", manage) {
				nobody := id.New()
				refused(t, o.String()+" without token", o.try(t, with(""), nobody), 401, "credential_required")
				for what, token := range bad {
					refused(t, fmt.Sprint(o, " ", what), o.try(t, with(token), nobody), 401, "invalid_token")
				}
				cases += 1 + len(bad)
				if len(o.needs) > 0 {
					token := poor["organization:read"]
					if slices.Contains(o.needs, "organization:read") {
						token = poor["fleet:read"]
					}
					refused(t, o.String()+" missing right", o.try(t, with(token), nobody), 403, "insufficient_scope")
					cases++
					for r, token := range roles {
						may := slices.ContainsFunc(o.needs, func(n string) bool { s, ok := scope.Parse(n); return ok && scope.Rights(r).Has(s) })
						a := o.try(t, with(token), nobody)
						if may == (a.Status == 403 && strings.Contains(string(a.Body), "insufficient_scope")) {
							t.Errorf("%s as %s: %d %s", o, r, a.Status, a.Body)
						}
						cases++
					}
				}
				if o.forReviewers() {
					b := o.try(t, own.Manage, nobody)
					refused(t, o.String()+" nobody's id", b, 403, "reviewers_only")
					if noun := o.noun(); noun != "" {
						alike(t, o.String()+" other's", o.try(t, own.Manage, theirs.make(noun)), b)
						alike(t, o.String()+" own", o.try(t, own.Manage, mine.make(noun)), b)
					}
					cases += 3
					continue
				}
				if noun := o.noun(); noun != "" {
					a, b := o.try(t, own.Manage, theirs.make(noun)), o.try(t, own.Manage, nobody)
					if a.Status != 404 {
						t.Errorf("%s other's id: %d %s", o, a.Status, a.Body)
					}
					alike(t, o.String(), a, b)
					alike(t, o.String()+" no uuid", b, o.try(t, own.Manage, "not-a-uuid"))
					a = o.try(t, own.Manage, mine.make(noun))
					if a.Status >= 500 || a.Status == 401 || a.Status == 403 || a.Status == 404 {
						t.Errorf("%s own id: %d %s", o, a.Status, a.Body)
					}
					cases += 4
				} else if a := o.try(t, own.Manage, ""); a.Status >= 500 || a.Status == 401 || a.Status == 404 ||
					a.Status == 403 && !strings.Contains(string(a.Body), "platform_only") {
					t.Errorf("%s: %d %s", o, a.Status, a.Body)
				}
			}
		})
		t.Logf("%d cases", cases)
	})
}

// tryBare makes a request without a body.
func tryBare(t *testing.T, c airside.Client, method, path string) airside.Answer {
	t.Helper()
	a, err := c.Try(context.Background(), method, path, nil)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}
