package apps_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
	"airside/internal/server"
	"airside/test/airside"
)

// TestKilledWhileRevoking kills the server at random moments of the revocation of an app that many schools have installed.
// After the restart the app is revoked with all that hangs on it, or active with all of it: its keys read everywhere and its
// events come. What was answered before the kill holds; and what is still active is revoked then.
func TestKilledWhileRevoking(t *testing.T) {
	const schools = 80
	rnd := dice(t)
	eachStore(t, func(t *testing.T, store airside.Store, _ int) {
		w := newTown(t, store, schools)
		in := newInbox(t, func() time.Duration { return 0 })
		var field airfield
		var ended []revoked
		takes := 30 * time.Millisecond // a revocation, until one was measured
		outcomes := map[string]int{}
		for k := range rounds() {
			m := stall{builder: w.builder, platform: w.platform}
			hook := fmt.Sprint("/killed/", k)
			inProcess(t, store, func(ctx context.Context, s *server.Server) { m.spread(t, ctx, s, w, in.URL+hook) })
			s := airside.Serve(t, store)
			w.at(s)
			if k == 0 {
				field = newAirfield(t, w.schools[0])
			}
			m.builder, m.platform, field.school = w.builder, w.platform, w.schools[0]
			_, key := m.mint(t)
			after := time.Duration(rnd.Int64N(int64(takes * 3 / 2)))
			answered, began := make(chan bool, 1), time.Now()
			go func() {
				a, err := m.builder.Manage.Try(context.Background(), "POST", m.path("revoke"), nil)
				if err == nil && a.Status == 200 {
					takes = time.Since(began)
				}
				answered <- err == nil && a.Status == 200
			}()
			time.Sleep(after)
			s.Kill()
			said := <-answered
			settled(t, store)

			s = airside.Serve(t, store)
			w.at(s)
			m.builder, m.platform, field.school = w.builder, w.platform, w.schools[0]
			key.URL = s.URL
			var is struct{ Status string }
			m.builder.Manage.Call(t, 200, "GET", manage+"/apps/"+m.app, nil).Data(t, &is)
			what := is.Status
			if said {
				what += ", and answered"
			}
			outcomes[what]++
			switch {
			case is.Status == "active" && !said:
				m.holds(t, w, key)
				before := len(in.at(hook))
				field.submit(t)
				eventually(t, 10*time.Second, "an event to come to an app that is active", func() bool { return len(in.at(hook)) > before })
				began = time.Now()
				var of struct{ Ended proof }
				m.builder.Manage.Call(t, 200, "POST", m.path("revoke"), nil).Data(t, &of)
				takes = time.Since(began)
				if of.Ended.Installations.Count != schools || of.Ended.Endpoints.Count != schools || of.Ended.Keys.Count != 1 || of.Ended.Listings.Count != 1 {
					t.Errorf("it ended %+v", of.Ended)
				}
				ended = append(ended, revoked{m.app, of.Ended})
			case is.Status != "revoked":
				t.Fatalf("the app is %s, and the answer was there: %v", is.Status, said)
			}
			m.ended(t, w, key)
			if err := s.Stop(30 * time.Second); err != nil {
				t.Fatal("ordered stop:", err)
			}
			lookInside(t, store, ended)
			if t.Failed() {
				return
			}
		}
		t.Logf("a revocation takes %s; after the kill the app was %v", takes.Round(time.Millisecond), outcomes)
		airside.Run(t, store, "check")
	})
}

// spread makes an app with its listing and has all schools install it.
func (m *stall) spread(t testing.TB, ctx context.Context, s *server.Server, w *town, hook string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	builder, platform := scope.Operator(scope.OrgID(w.builder.ID)), scope.Operator(scope.OrgID(w.platform.ID))
	m.scopes = []string{scopeFleet}
	a, err := s.Apps.Create(ctx, builder, app.NewApp{Name: "Killed", WebhookURL: hook, EventTypes: both})
	must(err)
	m.app = string(a.ID)
	_, err = s.Apps.Activate(ctx, builder, a.ID)
	must(err)
	d, err := s.Apps.Declare(ctx, builder, a.ID, scopeFleet, why)
	must(err)
	_, err = s.Apps.Approve(ctx, platform, d.ReviewID, "")
	must(err)
	summary := "For a test"
	l, err := s.Market.Create(ctx, builder, market.NewListing{AppID: m.app, Summary: &summary})
	must(err)
	m.listing = string(l.ID)
	_, err = s.Market.Submit(ctx, builder, l.ID)
	must(err)
	of, err := s.Market.ListReviews(ctx, platform, market.ReviewFilter{Status: market.Pending, ListingID: l.ID}, page.Page{Limit: 200})
	must(err)
	_, err = s.Market.Approve(ctx, platform, of.Rows[0].ID, "")
	must(err)
	for _, school := range w.schools {
		_, err := s.Market.Install(ctx, scope.Operator(scope.OrgID(school.ID)), l.ID, market.Consent{Scopes: m.scopes})
		must(err)
	}
}

// settled waits until PostgreSQL has noticed that the server is gone: it may still be about to commit.
func settled(t testing.TB, store airside.Store) {
	t.Helper()
	if store.URL == "" {
		return
	}
	pool := openStore(t, store)
	defer pool.Close()
	eventually(t, 30*time.Second, "the sessions of the killed server to end", func() bool {
		var n int
		err := pool.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
			AND backend_type = 'client backend'`).Scan(&n)
		return err == nil && n == 0
	})
}

// some are a few of the schools, another choice each time.
func (w *town) some() []airside.School {
	n := rand.IntN(len(w.schools) - 4)
	return append([]airside.School{w.schools[0]}, w.schools[n:n+4]...)
}

// holds finds the app active as before: installed everywhere, and its key read.
func (m stall) holds(t testing.TB, w *town, key airside.Client) {
	t.Helper()
	var of []obj
	m.builder.Manage.Call(t, 200, "GET", manage+"/installations?limit=200&status=active&app_id="+m.app, nil).Data(t, &of)
	if len(of) != len(w.schools) {
		t.Errorf("the app is active at %d of %d schools", len(of), len(w.schools))
	}
	for _, school := range w.some() {
		key.Org = school.ID
		key.Call(t, 200, "GET", public+"/fleet?limit=1", nil)
	}
}

// ended finds nothing of the app left.
func (m stall) ended(t testing.TB, w *town, key airside.Client) {
	t.Helper()
	for _, status := range []string{"active", "suspended"} {
		var of []obj
		m.builder.Manage.Call(t, 200, "GET", manage+"/installations?limit=200&app_id="+m.app+"&status="+status, nil).Data(t, &of)
		if len(of) != 0 {
			t.Errorf("the revoked app is %s at %d schools", status, len(of))
		}
	}
	for _, school := range w.some() {
		key.Org = school.ID
		key.Call(t, 401, "GET", public+"/fleet?limit=1", nil)
		school.Manage.Call(t, 409, "POST", manage+"/installations", obj{"listing_id": m.listing, "scopes": m.scopes})
	}
	m.builder.Manage.Call(t, 409, "POST", m.path("api-keys"), obj{"name": "late", "scopes": m.scopes})
	m.builder.Manage.Call(t, 409, "POST", m.path("revoke"), nil)
}
