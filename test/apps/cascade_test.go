package apps_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/test/airside"
)

// TestRevocationAmongEverythingElse revokes apps while schools install them, consent, suspend, resume and uninstall, while
// their builder mints and rotates keys and has narrower and wider listings published, while keys read and events are
// delivered. After the answer nothing of the app works, whatever was begun before it; and nothing is half done.
func TestRevocationAmongEverythingElse(t *testing.T) {
	rnd := dice(t)
	eachStore(t, func(t *testing.T, store airside.Store, n int) {
		w := newTown(t, store, 10)
		var nodes []*airside.Server
		for range n {
			nodes = append(nodes, airside.Serve(t, store))
		}
		w.at(nodes[0])
		in := newInbox(t, func() time.Duration { return rand.N(100 * time.Millisecond) })
		var fields []airfield
		for _, s := range w.schools {
			fields = append(fields, newAirfield(t, s))
			s.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": in.URL + "/own/" + s.ID, "event_types": []string{"flight.submitted"}})
		}
		var ended []revoked
		for k := range rounds() {
			r := &race{T: t, nodes: nodes, town: w, in: in, fields: fields, hook: fmt.Sprint("/app/", k), tokens: map[string]string{}, said: map[string]int{}}
			r.seed = rnd.Uint64()
			ended = append(ended, r.run(k))
			if t.Failed() {
				for _, s := range nodes {
					t.Logf("errors of the server:\n%s", errorsIn(s.Log()))
				}
				return
			}
		}
		for _, s := range nodes {
			if err := s.Stop(30 * time.Second); err != nil {
				t.Error("ordered stop:", err)
			}
		}
		airside.Run(t, store, "check")
		lookInside(t, store, ended)
	})
}

// revoked is an app and what the answer to its revocation said.
type revoked struct {
	app   string
	ended proof
}

type counted struct {
	Count  int
	SHA256 string
}

type proof struct{ Keys, Listings, Installations, Endpoints counted }

// race is one app, and all that happens to it at once.
type race struct {
	*testing.T
	*town
	stall
	nodes  []*airside.Server
	in     *inbox
	fields []airfield
	hook   string
	seed   uint64

	over atomic.Bool // the revocation is answered
	when time.Time   // and since when

	mu       sync.Mutex
	tokens   map[string]string // every token that was ever answered, and the id of its key
	said     map[string]int    // how often what was answered
	installs []string          // that there ever were
}

const scopeFleet, scopeFlights = "public.fleet:read", "public.flights:read"

// clerks are how many hand flights in at once, each at schools of their own.
const clerks = 5

// both are what the listing receives at its widest.
var both = []string{"flight.rejected", "flight.submitted"}

func (r *race) run(k int) revoked {
	r.stall = stall{builder: r.town.builder, platform: r.town.platform, school: r.schools[0], scopes: []string{scopeFleet, scopeFlights}, events: both}
	r.publish(r.T, r.in.URL+r.hook)
	dealers := make([]*dealer, len(r.schools))
	for n, s := range r.schools {
		dealers[n] = &dealer{race: r, school: s}
		if n%2 == 0 {
			r.stall.school = s
			dealers[n].at = r.install(r.T)
			r.installs = append(r.installs, dealers[n].at)
		}
	}
	id, key := r.mint(r.T)
	r.tokens[key.Token] = id

	var racers sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	number := uint64(0)
	racer := func(do func(*rand.Rand)) {
		number++
		rnd := rand.New(rand.NewPCG(r.seed, number))
		racers.Go(func() {
			for ctx.Err() == nil {
				do(rnd)
				time.Sleep(time.Duration(rnd.IntN(10)) * time.Millisecond)
			}
		})
	}
	for _, d := range dealers {
		racer(d.deal)
	}
	for range 2 {
		racer(r.mints)
		racer(r.reads)
		racer(r.reads)
	}
	racer(r.meddles)
	racer(r.revises)
	for n := range clerks {
		racer(func(rnd *rand.Rand) { r.fields[rnd.IntN(len(r.fields)/clerks)*clerks+n].submit(r.T) })
	}
	r.sees("install 201 before", "mint 201 before", "read 200 before")
	eventually(r, 20*time.Second, "deliveries to come", func() bool { return len(r.in.at(r.hook)) >= 10 })
	time.Sleep(time.Duration(rand.New(rand.NewPCG(r.seed, 0)).IntN(1000)) * time.Millisecond)
	p := r.revokes(1 + k%2)
	r.sees("install 409 listing_not_published after", "mint 409 state_conflict after", "rotate 409 state_conflict after", "consent 409 state_conflict after",
		"approve 409 state_conflict after", "read 401 invalid_token after")
	stop()
	racers.Wait()
	r.nothingWorks()
	all := 0
	for _, n := range r.said {
		all += n
	}
	r.Logf("%d requests with %d different answers, %d deliveries; %d keys and %d installations ever, of which it ended %d and %d", all, len(r.said),
		len(r.in.at(r.hook)), len(r.tokens), len(r.installs), p.Keys.Count, p.Installations.Count)
	return revoked{r.app, p}
}

// sees waits until the race has seen some answers: without them it proves little.
func (r *race) sees(answers ...string) {
	for _, what := range answers {
		eventually(r, 20*time.Second, "the answer "+what, func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.said[what] > 0
		})
	}
}

// revokes revokes the app, by so many at once of whom one is the first.
func (r *race) revokes(callers int) (p proof) {
	answers := make(chan airside.Answer, callers)
	for n := range callers {
		go func() {
			c := r.stall.builder.Manage
			c.URL = r.nodes[n%len(r.nodes)].URL
			a, err := c.Try(context.Background(), "POST", r.path("revoke"), nil)
			if err != nil {
				r.Error(err)
			} else if a.Status == 200 {
				r.when = time.Now()
				r.over.Store(true)
			}
			answers <- a
		}()
	}
	first := 0
	for range callers {
		a := <-answers
		switch code, state := problem(a); {
		case a.Status == 200:
			var of struct{ Ended proof }
			a.Data(r.T, &of)
			p = of.Ended
			first++
		case a.Status != 409 || code != "state_conflict" || state != "revoked":
			r.Errorf("revoke: %d %s", a.Status, a.Body)
		}
	}
	if first != 1 {
		r.Fatalf("revoked %d times", first)
	}
	return p
}

func problem(a airside.Answer) (code, state string) {
	var p struct{ Code, State string }
	if a.Status >= 400 {
		json.Unmarshal(a.Body, &p)
	}
	return p.Code, p.State
}

// late are the codes that verbs are refused with after the revocation.
var late = map[string][]string{
	"install": {"listing_not_published"},
	"mint":    {"state_conflict"}, "rotate": {"state_conflict"},
	"suspend": {"state_conflict"}, "resume": {"state_conflict"}, "uninstall": {"state_conflict"}, "consent": {"state_conflict"}, "remove a scope": {"state_conflict"},
	"enable": {"provisioned"}, "disable": {"state_conflict"},
	"revise": {"state_conflict"}, "submit": {"state_conflict"}, "approve": {"state_conflict"},
	"read": {"invalid_token"},
}

// ask makes a request at some node, notes what was said, and refuses what may never be said; ok tells whether it was done.
func (r *race) ask(verb string, c airside.Client, method, path string, body any) (a airside.Answer, ok bool) {
	c.URL = r.nodes[rand.IntN(len(r.nodes))].URL
	after, began := r.over.Load(), time.Now() // before the request is made
	a, err := c.Try(context.Background(), method, path, body)
	if err != nil {
		r.Errorf("%s: %v", verb, err)
		return a, false
	}
	code, _ := problem(a)
	when := "before"
	if after {
		when = "after"
	}
	what := fmt.Sprintf("%s %d %s", verb, a.Status, when)
	if code != "" {
		what = fmt.Sprintf("%s %d %s %s", verb, a.Status, code, when)
	}
	r.mu.Lock()
	r.said[what]++
	r.mu.Unlock()
	ok = a.Status/100 == 2
	switch {
	case a.Status >= 500:
		r.Errorf("%s: %s, after %s", what, a.Body, time.Since(began))
	case after && (ok || !slices.Contains(late[verb], code)):
		r.Errorf("%s, %s after the revocation: %s", what, began.Sub(r.when), a.Body)
	}
	return a, ok
}

// mints is the builder, who mints and rotates keys.
func (r *race) mints(rnd *rand.Rand) {
	verb, path, body := "mint", r.path("api-keys"), obj{"name": "more", "scopes": []string{scopeFleet}}
	if rnd.IntN(3) == 0 {
		verb, path, body = "rotate", manage+"/api-keys/"+r.someKey()+"/rotate", obj{"overlap_hours": rnd.IntN(2)}
	}
	a, ok := r.ask(verb, r.stall.builder.Manage, "POST", path, body)
	if !ok {
		return
	}
	var k struct{ ID, Token string }
	a.Data(r.T, &k)
	r.mu.Lock()
	r.tokens[k.Token] = k.ID
	r.mu.Unlock()
}

func (r *race) someKey() (id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id = range r.tokens { // any: maps are read in no order
		break
	}
	return id
}

// reads is the app, with any of its keys at any school.
func (r *race) reads(rnd *rand.Rand) {
	r.mu.Lock()
	var token string
	for token = range r.tokens {
		break
	}
	r.mu.Unlock()
	r.ask("read", airside.Client{Token: token, Org: r.schools[rnd.IntN(len(r.schools))].ID}, "GET", public+"/fleet?limit=1", nil)
}

// meddles is the builder, who suspends, resumes and uninstalls what schools have installed.
func (r *race) meddles(rnd *rand.Rand) {
	r.mu.Lock()
	if len(r.installs) == 0 {
		r.mu.Unlock()
		return
	}
	install := r.installs[len(r.installs)-1-rnd.IntN(min(len(r.installs), len(r.schools)))]
	r.mu.Unlock()
	verb := []string{"suspend", "resume", "resume", "resume", "resume", "uninstall"}[rnd.IntN(6)]
	r.ask(verb, r.stall.builder.Manage, "POST", install+"/"+verb, nil)
}

// revises is the builder, who asks for less and for more again, and the platform that agrees.
func (r *race) revises(rnd *rand.Rand) {
	scopes, events := r.scopes, both
	if rnd.IntN(2) == 0 {
		scopes = scopes[:1]
	}
	if rnd.IntN(2) == 0 {
		events = events[rnd.IntN(2):][:1]
	}
	listing := manage + "/listings/" + r.listing
	r.ask("revise", r.stall.builder.Manage, "PATCH", listing, obj{"scopes": scopes, "event_types": events})
	r.ask("submit", r.stall.builder.Manage, "POST", listing+"/submit", nil)
	a, err := r.stall.platform.Manage.Try(context.Background(), "GET", manage+"/listing-reviews?limit=200&listing_id="+r.listing, nil)
	if err != nil || a.Status != 200 {
		r.Errorf("reviews: %v %d %s", err, a.Status, a.Body)
		return
	}
	var reviews []struct{ ID string }
	a.Data(r.T, &reviews)
	if len(reviews) > 0 {
		r.ask("approve", r.stall.platform.Manage, "POST", manage+"/listing-reviews/"+reviews[len(reviews)-1].ID+"/approve", nil)
	}
}

// dealer is a school with its installation, of the app or of none.
type dealer struct {
	*race
	school airside.School
	at     string
}

// deal does what a school may think of.
func (d *dealer) deal(rnd *rand.Rand) {
	if d.at == "" || d.over.Load() && rnd.IntN(4) == 0 {
		a, ok := d.ask("install", d.school.Manage, "POST", manage+"/installations", obj{"listing_id": d.listing, "scopes": []string{scopeFleet}})
		if ok {
			var i struct{ ID string }
			a.Data(d.T, &i)
			d.at = manage + "/installations/" + i.ID
			d.mu.Lock()
			d.installs = append(d.installs, d.at)
			d.mu.Unlock()
		}
		return
	}
	verb := []string{"suspend", "resume", "resume", "resume", "consent", "consent", "consent", "remove a scope", "uninstall", "disable", "enable", "enable"}[rnd.IntN(12)]
	method, path, body := "POST", d.at+"/"+verb, any(nil)
	switch verb {
	case "consent":
		body = obj{"scopes": []string{scopeFleet, scopeFlights}[rnd.IntN(2):], "event_types": both[rnd.IntN(2):]}
	case "remove a scope":
		method, path = "DELETE", d.at+"/scopes/"+[]string{scopeFleet, scopeFlights}[rnd.IntN(2)]
	case "enable", "disable":
		var i struct {
			EndpointID string `json:"endpoint_id"`
		}
		d.school.Manage.Call(d.T, 200, "GET", d.at, nil).Data(d.T, &i)
		if i.EndpointID == "" {
			return
		}
		path = manage + "/webhook-endpoints/" + i.EndpointID + "/" + verb
	}
	a, ok := d.ask(verb, d.school.Manage, method, path, body)
	if _, state := problem(a); ok && verb == "uninstall" || state == "uninstalled" && !d.over.Load() {
		d.at = ""
	}
}

// nothingWorks looks at all that was of the app.
func (r *race) nothingWorks() {
	for token := range r.tokens {
		for _, s := range r.nodes {
			a, err := airside.Client{URL: s.URL, Token: token, Org: r.schools[0].ID}.Try(context.Background(), "GET", public+"/fleet?limit=1", nil)
			if code, _ := problem(a); err != nil || a.Status != http.StatusUnauthorized || code != "invalid_token" {
				r.Errorf("a key of the revoked app: %v %d %s", err, a.Status, a.Body)
			}
		}
	}
	build := r.stall.builder.Manage
	for _, status := range []string{"active", "suspended"} {
		var left []obj
		build.Call(r.T, 200, "GET", manage+"/installations?app_id="+r.app+"&status="+status, nil).Data(r.T, &left)
		if len(left) > 0 {
			r.Errorf("%d installations are %s", len(left), status)
		}
	}
	r.endpointsAreOff()
	r.nothingComes()
	r.isTold()
}

// endpointsAreOff looks at the endpoints that installations of the app have provisioned.
func (r *race) endpointsAreOff() {
	for _, s := range r.schools {
		var of []struct {
			ID, URL  string
			Active   bool
			Disabled string `json:"disabled_reason"`
		}
		s.Manage.Call(r.T, 200, "GET", manage+"/webhook-endpoints?limit=200", nil).Data(r.T, &of)
		for _, e := range of {
			if e.URL != r.in.URL+r.hook {
				continue
			}
			if e.Active || e.Disabled != "install_revoked" {
				r.Errorf("an endpoint of the app: %+v", e)
			}
			for _, status := range []string{"pending", "delivering"} {
				eventually(r, 10*time.Second, "what is due to an endpoint that is off to be cancelled", func() bool {
					var due []obj
					s.Manage.Call(r.T, 200, "GET", manage+"/webhook-deliveries?limit=1&endpoint_id="+e.ID+"&status="+status, nil).Data(r.T, &due)
					return len(due) == 0
				})
			}
		}
	}
}

// afterwards is how long after the answer a request may come that had left before the commit: the time that a busy machine
// takes from there to its receiver. The race fills far more than that with deliveries that are due.
const afterwards = 500 * time.Millisecond

// nothingComes has an event happen at each school, which its own endpoint gets, and looks at what the app got meanwhile.
func (r *race) nothingComes() {
	for _, a := range r.fields {
		asked := time.Now()
		a.submit(r.T)
		eventually(r, 10*time.Second, "the school to get its own event", func() bool {
			own := r.in.at("/own/" + a.school.ID)
			return slices.ContainsFunc(own, func(m mail) bool { return !m.happened.Before(asked.Truncate(time.Millisecond)) })
		})
	}
	slowest := time.Duration(0)
	for _, m := range r.in.at(r.hook) {
		if m.happened.After(r.when) {
			r.Errorf("an event that happened %s after the revocation was delivered", m.happened.Sub(r.when))
		}
		slowest = max(slowest, m.came.Sub(r.when))
	}
	if slowest > afterwards {
		r.Errorf("a delivery came %s after the revocation", slowest)
	} else if slowest > 0 {
		r.Logf("the last delivery came %s after the answer", slowest)
	}
}

// isTold compares what the audit log has with what was answered.
func (r *race) isTold() {
	var of []struct {
		Subject struct{ ID string }
	}
	r.stall.builder.Manage.Call(r.T, 200, "GET", manage+"/audit-entries?limit=200&verb=app.revoke", nil).Data(r.T, &of)
	told := 0
	for _, e := range of {
		if e.Subject.ID == r.app {
			told++
		}
	}
	if told != 1 {
		r.Errorf("the audit log has the revocation %d times", told)
	}
}
