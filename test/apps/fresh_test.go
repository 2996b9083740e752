package apps_test

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"airside/internal/base/db/dbtest"
	"airside/test/airside"
)

// TestWhatEndsEndsAtOnce sends 100,000 requests with an app's key around all that can take its authority away: none that
// began after the answer was let in, on one node and on three over PostgreSQL that are cut off from each other's notices,
// with all caches on.
func TestWhatEndsEndsAtOnce(t *testing.T) {
	const requests = 100_000
	t.Run("sqlite, one node", func(t *testing.T) {
		endUnderFire(t, requests, airside.Serve(t, airside.Store{Data: t.TempDir()}))
	})
	t.Run("postgres, three nodes", func(t *testing.T) {
		store := airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)}
		nodes := []*airside.Server{airside.Serve(t, store), airside.Serve(t, store), airside.Serve(t, store)}
		deafen(t, store.URL)
		endUnderFire(t, requests, nodes...)
	})
}

// deafen ends the connections over which nodes hear of each other, again and again.
func deafen(t *testing.T, url string) {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int64)
	go func() {
		var n int64
		for ctx.Err() == nil {
			res, err := pool.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ILIKE 'listen%'`)
			if err == nil {
				cut, _ := res.RowsAffected()
				n += cut
			}
			time.Sleep(5 * time.Millisecond)
		}
		ended <- n
	}()
	t.Cleanup(func() {
		stop()
		if n := <-ended; n == 0 {
			t.Error("no connection that listens was found: the nodes were not cut off")
		}
		pool.Close()
	})
}

// an end is something after which a request is refused, with a status.
type end struct {
	name   string
	status int // a request in between may meet the end of something else that goes with it: 401 or 403
	do     func(m stall, install, key, review string)
}

func endUnderFire(t *testing.T, requests int, nodes ...*airside.Server) {
	const scope = "public.fleet:read"
	m := open(t, nodes[0], "fresh", "", scope)
	call := func(c airside.Client, method, path string) { c.Call(t, 200, method, path, nil) }
	ends := []end{
		{"suspended by the school", 403, func(m stall, install, _, _ string) { call(m.school.Manage, "POST", install+"/suspend") }},
		{"suspended by the builder", 403, func(m stall, install, _, _ string) { call(m.builder.Manage, "POST", install+"/suspend") }},
		{"scope taken back by the school", 403, func(m stall, install, _, _ string) {
			m.school.Manage.Call(t, 200, "DELETE", install+"/scopes/"+scope, nil)
		}},
		{"uninstalled", 403, func(m stall, install, _, _ string) { call(m.school.Manage, "POST", install+"/uninstall") }},
		{"key revoked", 401, func(m stall, _, key, _ string) { call(m.builder.Manage, "POST", manage+"/api-keys/"+key+"/revoke") }},
		{"scope denied by the platform", 403, func(m stall, _, _, review string) {
			m.platform.Manage.Call(t, 200, "POST", manage+"/scope-reviews/"+review+"/deny", obj{"reason": "It asks for more than it shows."})
		}},
		{"scope withdrawn by the builder", 403, func(m stall, _, _, _ string) {
			m.builder.Manage.Call(t, 200, "DELETE", m.path("scopes/"+scope), nil)
		}},
		{"app revoked", 401, func(m stall, _, _, _ string) { call(m.builder.Manage, "POST", m.path("revoke")) }},
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	for i, e := range ends {
		if i > 0 && slices.Contains([]string{"app revoked"}, ends[i-1].name) {
			t.Fatal("an app that is revoked is revoked for good: that has to be the last one")
		}
		review := m.renew(t, scope)
		install := m.install(t)
		key, at := m.mint(t)
		around(t, client, at, nodes, requests/len(ends), e, func() { e.do(m, install, key, review) })
		m.clear(t, install)
	}
}

// renew has the scope approved again where it is not, and returns its review.
func (m stall) renew(t *testing.T, scope string) string {
	t.Helper()
	var reviews []struct {
		ID, Scope string
		AppID     string `json:"app_id"`
	}
	m.platform.Manage.Call(t, 200, "GET", manage+"/scope-reviews?status=approved", nil).Data(t, &reviews)
	for _, r := range reviews {
		if r.AppID == m.app && r.Scope == scope {
			return r.ID
		}
	}
	m.builder.Manage.Call(t, 200, "PUT", m.path("scopes/"+scope), obj{"justification": why + " " + time.Now().String()})
	m.platform.Manage.Call(t, 200, "GET", manage+"/scope-reviews?status=pending", nil).Data(t, &reviews)
	for _, r := range reviews {
		if r.AppID == m.app && r.Scope == scope {
			m.platform.Manage.Call(t, 200, "POST", manage+"/scope-reviews/"+r.ID+"/approve", nil)
			return r.ID
		}
	}
	t.Fatal("the scope is not in the queue")
	return ""
}

// clear uninstalls what is still installed.
func (m stall) clear(t *testing.T, install string) {
	t.Helper()
	var i struct{ Status string }
	m.school.Manage.Call(t, 200, "GET", install, nil).Data(t, &i)
	if i.Status != "uninstalled" {
		m.school.Manage.Call(t, 200, "POST", install+"/uninstall", nil)
	}
}

// around sends requests while something ends their authority, and looks at which were let in.
func around(t *testing.T, client *http.Client, at airside.Client, nodes []*airside.Server, requests int, e end, do func()) {
	var ending, ended atomic.Bool
	var sent, before, after, late atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for sent.Add(1) <= int64(requests) {
				began := ended.Load() // read before the request is made
				req, _ := http.NewRequest("GET", nodes[i%len(nodes)].URL+public+"/fleet?limit=1", nil)
				req.Header.Set("Authorization", "Bearer "+at.Token)
				req.Header.Set("X-Org-Id", at.Org)
				res, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				res.Body.Close()
				switch {
				case res.StatusCode == 200 && began:
					late.Add(1)
				case res.StatusCode == 200:
					before.Add(1)
				case (res.StatusCode == e.status || !began && res.StatusCode/100 == 4 && res.StatusCode <= 403) && ending.Load():
					after.Add(1)
				default:
					t.Errorf("%s: status %d", e.name, res.StatusCode)
					return
				}
			}
		})
	}
	for sent.Load() < int64(requests)/2 { // in the middle of the fire
		time.Sleep(time.Millisecond)
	}
	ending.Store(true)
	do()
	ended.Store(true)
	wg.Wait()
	t.Logf("%s: %d accepted before, %d refused, %d accepted after the answer", e.name, before.Load(), after.Load(), late.Load())
	if late.Load() != 0 {
		t.Errorf("%s: %d requests that began after it were let in", e.name, late.Load())
	}
	if before.Load() == 0 || after.Load() == 0 {
		t.Errorf("%s: the requests did not surround it: the test proves nothing", e.name)
	}
}
