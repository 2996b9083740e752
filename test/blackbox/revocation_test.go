package blackbox_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/test/airside"
)

// TestRevocationHoldsAtOnce sends 100,000 requests around the revocations of keys: no request that began after the
// revocation was answered is let in, on one node and on two over PostgreSQL, with all caches on.
func TestRevocationHoldsAtOnce(t *testing.T) {
	const requests = 100_000
	t.Run("sqlite, one node", func(t *testing.T) {
		store := airside.Store{Data: t.TempDir()}
		revokeUnderFire(t, requests, airside.Serve(t, store))
	})
	t.Run("postgres, two nodes", func(t *testing.T) {
		store := airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)}
		revokeUnderFire(t, requests, airside.Serve(t, store), airside.Serve(t, store))
	})
}

func revokeUnderFire(t *testing.T, requests int, nodes ...*airside.Server) {
	school := airside.NewSchool(t, nodes[0], "revocation")
	const keys = 10
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	var before, after, late, sent atomic.Int64
	for k := range keys {
		var key struct{ ID, Token string }
		school.Manage.Call(t, 201, "POST", manage+"/api-keys", obj{"name": fmt.Sprint("key ", k), "scopes": []string{"public.fleet:read"}}).Data(t, &key)
		var revoking, revoked atomic.Bool
		var wg sync.WaitGroup
		quota := int64(requests / keys)
		var mine atomic.Int64
		for i := range 16 {
			wg.Go(func() {
				for mine.Add(1) <= quota {
					began := revoked.Load() // read before the request is made
					req, _ := http.NewRequest("GET", nodes[i%len(nodes)].URL+public+"/fleet?limit=1", nil)
					req.Header.Set("Authorization", "Bearer "+key.Token)
					req.Header.Set("X-Org-Id", school.ID)
					res, err := client.Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					res.Body.Close()
					sent.Add(1)
					switch {
					case res.StatusCode == 200 && began:
						late.Add(1)
					case res.StatusCode == 200:
						before.Add(1)
					case res.StatusCode == 401 && revoking.Load():
						after.Add(1)
					default:
						t.Errorf("status %d", res.StatusCode)
					}
				}
			})
		}
		for mine.Load() < quota/2 { // in the middle of the fire
			time.Sleep(time.Millisecond)
		}
		revoking.Store(true)
		school.Manage.Call(t, 200, "POST", manage+"/api-keys/"+key.ID+"/revoke", nil)
		revoked.Store(true)
		wg.Wait()
	}
	t.Logf("%d requests: %d accepted before, %d refused, %d accepted after the commit", sent.Load(), before.Load(), after.Load(), late.Load())
	if late.Load() != 0 {
		t.Errorf("%d requests that began after the revocation were let in", late.Load())
	}
	if before.Load() == 0 || after.Load() == 0 {
		t.Error("the requests did not surround the revocation: the test proves nothing")
	}
}
