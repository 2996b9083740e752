package blackbox_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/test/airside"
)

// TestListenForwardsEachEventOnce lets 300 flights be submitted and approved while `airside listen` runs, and the
// server be killed and started again in the middle. The receiver gets each event of the log once, in the log's order.
func TestListenForwardsEachEventOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		s := airside.Serve(t, store)
		address := strings.TrimPrefix(s.URL, "http://")
		school := airside.NewSchool(t, s, "listen")
		draft := hangar(t, school.Manage, "HB-LST")
		approved(t, school.Manage, draft(999)) // before: none of these
		before := logged(t, school.Manage, "")
		r := newLocal(t, "127.0.0.1:0")
		l := listen(t, t.TempDir(), s.URL, school.Manage.Token, "--forward", r.url())

		var made atomic.Int64
		burst := func(until int64) {
			var wg sync.WaitGroup
			for w := range 4 {
				of := hangar(t, school.Manage, fmt.Sprintf("HB-L%d%c", until, 'A'+w))
				wg.Go(func() {
					for i := 0; made.Load() < until; i++ {
						if _, ok := tryApprove(context.Background(), school.Manage, of(i)); ok {
							made.Add(1)
						} else {
							time.Sleep(20 * time.Millisecond) // while the server is down
						}
					}
				})
			}
			wg.Wait()
		}
		burst(150)
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			for made.Load() < 200 {
				time.Sleep(time.Millisecond)
			}
			s.Kill()
			time.Sleep(time.Second)
			if _, err := airside.TryServe(t, store, "--listen", address); err != nil {
				t.Error(err)
			}
		}()
		burst(300)
		<-killed

		want := logged(t, school.Manage, "")[len(before):]
		for range want {
			if line := l.next(t); !line.OK {
				t.Errorf("%+v", line)
			}
		}
		notes := l.stop(t)
		if !strings.Contains(notes, "cannot be reached") || !strings.Contains(notes, "answers again") {
			t.Errorf("notes:\n%s", notes)
		}
		got := r.requests()
		same(t, "received", idsOf(got), want)
		deliveries := map[string]bool{}
		for _, q := range got {
			deliveries[q.header.Get("X-GA-Webhook-Delivery")] = true
			if !q.signed(l.Secret) {
				t.Errorf("event %s does not verify with the secret that was printed", q.id)
			}
		}
		if len(deliveries) != len(want) || len(want) < 600 {
			t.Errorf("%d delivery ids for %d events", len(deliveries), len(want))
		}
	})
}

// TestListenSendsWhatProductionSends compares with a delivery to an endpoint that has the same secret.
func TestListenSendsWhatProductionSends(t *testing.T) {
	s := airside.Serve(t, airside.Store{Data: t.TempDir()})
	school := airside.NewSchool(t, s, "alike")
	production, r := newLocal(t, "127.0.0.1:0"), newLocal(t, "127.0.0.1:0")
	var e struct{ Secret string }
	school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": production.url()}).Data(t, &e)
	home := t.TempDir()
	l := listen(t, home, s.URL, school.Manage.Token, "--forward", r.url(), "--secret", e.Secret)
	approved(t, school.Manage, hangar(t, school.Manage, "HB-ÜÉ雪")(0))
	l.next(t)
	l.next(t)
	waitForDeliveries(t, school.Manage)
	l.stop(t)

	byID := map[string]localRequest{}
	for _, q := range production.requests() {
		byID[q.id] = q
	}
	got := r.requests()
	if len(got) != 2 || len(byID) != 2 {
		t.Fatalf("%d forwarded, %d delivered", len(got), len(byID))
	}
	own := map[string]bool{"X-Ga-Webhook-Delivery": true, "X-Ga-Webhook-Timestamp": true, "Webhook-Id": true, "Webhook-Timestamp": true, "Webhook-Signature": true}
	for _, q := range got {
		real := byID[q.id]
		if string(q.body) != string(real.body) {
			t.Errorf("forwarded %s\ndelivered %s", q.body, real.body)
		}
		names := slices.Sorted(maps.Keys(real.header))
		if !slices.Equal(slices.Sorted(maps.Keys(q.header)), names) {
			t.Errorf("forwarded with %v\ndelivered with %v", q.header, real.header)
		}
		for _, name := range names {
			if !own[name] && q.header.Get(name) != real.header.Get(name) {
				t.Errorf("%s: forwarded %q, delivered %q", name, q.header.Get(name), real.header.Get(name))
			}
		}
	}
	file := filepath.Join(home, "airside", "listen.json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v %v", file, info, err)
	}
}

// TestListenChooses: which events, from when on, and with the secret of the last time.
func TestListenChooses(t *testing.T) {
	s := airside.Serve(t, airside.Store{Data: t.TempDir()})
	school := airside.NewSchool(t, s, "choose")
	draft := hangar(t, school.Manage, "HB-CHO")
	r := newLocal(t, "127.0.0.1:0")
	home := t.TempDir()

	// Nothing has ever happened here, and one type only.
	l := listen(t, home, s.URL, school.Manage.Token, "--forward", r.url(), "--events", "flight.approved,flight.rejected")
	for i := range 3 {
		approved(t, school.Manage, draft(i))
	}
	for range 3 {
		if line := l.next(t); line.Type != "flight.approved" {
			t.Errorf("%+v", line)
		}
	}
	l.stop(t)
	same(t, "of two types", idsOf(r.requests()), logged(t, school.Manage, "&type=flight.approved"))

	// Everything of the last hour, to the same address with the same secret.
	again := listen(t, home, s.URL, school.Manage.Token, "--since", "1h")
	for range 6 {
		again.next(t)
	}
	again.stop(t)
	same(t, "since an hour", idsOf(r.requests()[3:]), logged(t, school.Manage, ""))
	if again.Secret != l.Secret {
		t.Error("the secret has changed")
	}
}

// TestListenRefuses: what cannot work ends at once and says why.
func TestListenRefuses(t *testing.T) {
	store := airside.Store{Data: t.TempDir()}
	s := airside.Serve(t, store)
	school := airside.NewSchool(t, s, "refuse")
	airside.Run(t, store, "member", "add", "--organization", "refuse", "--email", "m@refuse.example", "--name", "Max", "--role", "member")
	member := airside.Run(t, store, "token", "mint", "--organization", "refuse", "--member", "m@refuse.example")
	home := t.TempDir()
	forward := []string{"--forward", "http://127.0.0.1:9/"}
	for name, c := range map[string]struct {
		token string
		args  []string
		want  string
	}{
		"no token":        {"", forward, "AIRSIDE_TOKEN is missing"},
		"wrong token":     {"gaf_mt_wrong", forward, "does not take this token (401)"},
		"an API key":      {school.Public.Token, forward, "does not take this token (401)"},
		"without a right": {member, forward, "may not read the event log (403)"},
		"unknown type":    {school.Manage.Token, append(forward, "--events", "flight.landed"), `there is no event type "flight.landed"; the catalogue has flight.submitted,`},
		"no forward":      {school.Manage.Token, nil, "--forward is missing"},
		"bad forward":     {school.Manage.Token, []string{"--forward", "localhost:3000"}, "not an address"},
		"bad secret":      {school.Manage.Token, append(forward, "--secret", "whsec_abc"), "a secret is whsec_"},
	} {
		if name == "no forward" {
			home = t.TempDir()
		}
		cmd := developer(t, home, append([]string{"listen", "--server", s.URL}, c.args...)...)
		cmd.Env = append(cmd.Env, "AIRSIDE_TOKEN="+c.token)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestListenAndAReceiverThatFails: one that is being started again gets the event late, one that stays away or
// refuses gets it with --resend, and a redirect leads nowhere.
func TestListenAndAReceiverThatFails(t *testing.T) {
	s := airside.Serve(t, airside.Store{Data: t.TempDir()})
	school := airside.NewSchool(t, s, "fails")
	draft := hangar(t, school.Manage, "HB-FAI")
	r := newLocal(t, "127.0.0.1:0")
	r.server.Close()
	home := t.TempDir()
	l := listen(t, home, s.URL, school.Manage.Token, "--forward", r.url())

	submitted(t, school.Manage, draft(0))
	down := l.next(t)
	if down.OK || down.Status != nil || down.Attempts != 4 || !strings.Contains(*down.Error, "refused") {
		t.Fatalf("nobody there: %+v", down)
	}
	submitted(t, school.Manage, draft(1))
	time.Sleep(time.Second)
	r = newLocal(t, r.address)
	late := l.next(t)
	if !late.OK || late.Attempts < 2 || late.DeliveryID != r.requests()[0].header.Get("webhook-id") {
		t.Errorf("there late: %+v", late)
	}
	r.answer(http.StatusInternalServerError)
	submitted(t, school.Manage, draft(2))
	refused := l.next(t)
	if refused.OK || *refused.Status != 500 || refused.Attempts != 1 {
		t.Errorf("refused: %+v", refused)
	}
	r.answer(http.StatusFound)
	submitted(t, school.Manage, draft(3))
	if line := l.next(t); line.OK || *line.Status != 302 || !strings.Contains(*line.Error, "redirects are not followed") {
		t.Errorf("redirected: %+v", line)
	}
	notes := l.stop(t)
	if !strings.Contains(notes, "4 events forwarded, 3 of them not taken") || !strings.Contains(notes, "airside listen --resend "+down.EventID) {
		t.Errorf("notes:\n%s", notes)
	}

	r.answer(http.StatusNoContent)
	seen := len(r.requests())
	resend := developer(t, home, "listen", "--server", s.URL, "--token", school.Manage.Token, "--resend", down.EventID+","+refused.EventID)
	if out, err := resend.CombinedOutput(); err != nil || strings.Count(string(out), "204 in") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
	got := r.requests()[seen:]
	same(t, "sent again", idsOf(got), []string{down.EventID, refused.EventID})
	body := string(school.Manage.Call(t, 200, "GET", manage+"/events/"+down.EventID, nil).Body)
	if len(got) > 0 && (!got[0].signed(l.Secret) || `{"data":`+string(got[0].body)+`}` != body) {
		t.Errorf("sent again %s\nlogged %s", got[0].body, body)
	}
}

// TestListenGoesOn: whatever is between it and the server answers for a while, nothing is lost or sent twice; and while
// nothing happens the server says no more than that.
func TestListenGoesOn(t *testing.T) {
	s := airside.Serve(t, airside.Store{Data: t.TempDir()})
	school := airside.NewSchool(t, s, "goes-on")
	draft := hangar(t, school.Manage, "HB-GOO")
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	var trouble atomic.Pointer[func(http.ResponseWriter)]
	var unchanged, full atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(res *http.Response) error {
		if res.StatusCode == http.StatusNotModified {
			unchanged.Add(1)
		} else {
			full.Add(1)
		}
		return nil
	}
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if f := trouble.Swap(nil); f != nil {
			(*f)(w)
			return
		}
		proxy.ServeHTTP(w, req)
	}))
	defer between.Close()
	r := newLocal(t, "127.0.0.1:0")
	submitted(t, school.Manage, draft(100)) // the newest event of before
	before := len(logged(t, school.Manage, ""))
	l := listen(t, t.TempDir(), between.URL, school.Manage.Token, "--forward", r.url())
	answering := func(status int, header, value, body string) *func(http.ResponseWriter) {
		f := func(w http.ResponseWriter) {
			if header != "" {
				w.Header().Set(header, value)
			}
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
		return &f
	}
	for i, f := range []*func(http.ResponseWriter){
		answering(410, "", "", `{"code":"cursor_too_old","detail":"The cursor is too old."}`), // before the first event
		answering(503, "", "", ""),
		answering(401, "", "", `{"code":"invalid_token","detail":"The token is not valid."}`),
		answering(429, "Retry-After", "1", `{"code":"rate_limited","detail":"Too many requests."}`),
		answering(200, "Content-Type", "text/html", "<h1>Maintenance</h1>"),
		answering(410, "", "", `{"code":"cursor_too_old","detail":"The cursor is too old."}`),
		answering(400, "", "", `{"code":"invalid_cursor","detail":"The cursor is not valid."}`),
	} {
		trouble.Store(f)
		for trouble.Load() != nil {
			time.Sleep(5 * time.Millisecond)
		}
		approved(t, school.Manage, draft(i))
		l.next(t)
		l.next(t)
	}
	time.Sleep(500 * time.Millisecond)
	unchanged.Store(0)
	full.Store(0)
	time.Sleep(1500 * time.Millisecond)
	if u, f := unchanged.Load(), full.Load(); u < 3 || f > 0 {
		t.Errorf("while nothing happened: %d times 304, %d full answers", u, f)
	}
	notes := l.stop(t)
	for _, want := range []string{"answers 503", "(401): The token is not valid", "(429): Too many requests; waiting 1s", "does not speak the management API",
		"no longer keeps events as old"} {
		if !strings.Contains(notes, want) {
			t.Errorf("not noted: %s\n%s", want, notes)
		}
	}
	same(t, "received", idsOf(r.requests()), logged(t, school.Manage, "")[before:])
}
