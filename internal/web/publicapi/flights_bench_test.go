package publicapi_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/id"
	"airside/test/school"
)

// fill puts n approved flights into the store, as their verbs leave them: the document is what lists copy.
func fill(b testing.TB, s *school.School, n int) {
	b.Helper()
	const insert = `INSERT INTO flights (id, org_id, number, status, kind, off_block_at, facts, doc, created_by, deleted, created_at, updated_at, change_no) VALUES`
	s.Ask("POST", "/flights", map[string]any{
		"kind": "training", "off_block_at": "2026-11-22T07:31:00Z", "on_block_at": "2026-11-22T08:45:00Z", "departure": "LSZB", "arrival": "LSZG", "logged_min": 72,
		"fstd": map[string]any{"qualification_no": "CH-1", "device_type": "FNPT_II"},
	}).Want(b, 201, "")
	doc := string(s.Read("/flights").Want(b, 200, "").Body)
	doc = doc[len(`{"data":[`):strings.Index(doc, `],"pagination"`)]
	for done := 0; done < n; {
		err := s.DB.Write(context.Background(), func(tx *db.Tx) error {
			c, err := tx.Change(string(s.Org.ID))
			if err != nil {
				return err
			}
			var rows [][]any
			for i := range 512 {
				rows = append(rows, []any{id.New(), s.Org.ID, fmt.Sprintf("F-2026-%06d", done+i+2), "approved", "training", c.At, "{}", doc, "x", false, c.At, c.At, c.No})
			}
			return db.Bulk(tx, insert, "", rows)
		})
		if err != nil {
			b.Fatal(err)
		}
		done += 512
	}
}

// BenchmarkFlightsPage measures a page of 50 flights over real connections, against a bare handler that writes the
// same bytes: built anew with varied cursors, kept, and not modified.
func BenchmarkFlightsPage(b *testing.B) {
	s := school.New(b, dbtest.SQLite(b), school.Options{Rate: 1 << 30, Quiet: true})
	fill(b, s, 10_000)
	first := s.Read("/flights?limit=50").Want(b, 200, "")
	tag := first.Header.Get("ETag")
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(first.Body)))
		w.Write(first.Body)
	}))
	b.Cleanup(bare.Close)
	var paths []string
	cursor, more := first.Next()
	for more && len(paths) < 4000 { // more pages than are kept
		paths = append(paths, "/api/v1/public/flights?limit=50&cursor="+cursor)
		cursor, more = s.Read("/flights?limit=2&cursor="+cursor).Want(b, 200, "").Next()
	}
	b.Logf("%d bytes a page", len(first.Body))
	hit := []string{"/api/v1/public/flights?limit=50"}
	b.Run("bare", func(b *testing.B) { load(b, s, bare.URL, hit, "", 200) })
	b.Run("hit", func(b *testing.B) { load(b, s, s.Base, hit, "", 200) })
	b.Run("304", func(b *testing.B) { load(b, s, s.Base, hit, tag, 304) })
	b.Run("miss", func(b *testing.B) { load(b, s, s.Base, paths, "", 200) })
}

// load sends b.N requests over kept connections from as many clients as there are processors times eight.
func load(b *testing.B, s *school.School, base string, paths []string, tag string, want int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DialContext: (&net.Dialer{}).DialContext}}
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(len(paths)); pb.Next(); i++ {
			r, _ := http.NewRequest("GET", base+paths[i%len(paths)], nil)
			r.Header.Set("Authorization", "Bearer "+s.Key)
			r.Header.Set("X-Org-Id", string(s.Org.ID))
			if tag != "" {
				r.Header.Set("If-None-Match", tag)
			}
			res, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode != want {
				b.Errorf("got %d", res.StatusCode)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// BenchmarkFlightsDoor measures the same without connections: what the server itself does for a request.
func BenchmarkFlightsDoor(b *testing.B) {
	s := school.New(b, dbtest.SQLite(b), school.Options{Rate: 1 << 30, Quiet: true})
	fill(b, s, 1000)
	tag := s.Read("/flights?limit=50").Want(b, 200, "").Header.Get("ETag")
	for _, c := range []struct{ name, tag string }{{"hit", ""}, {"304", tag}} {
		b.Run(c.name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/api/v1/public/flights?limit=50", nil)
			r.Header.Set("Authorization", "Bearer "+s.Key)
			r.Header.Set("X-Org-Id", string(s.Org.ID))
			if c.tag != "" {
				r.Header.Set("If-None-Match", c.tag)
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Front.ServeHTTP(&sink{h: http.Header{}}, r)
			}
		})
	}
}

type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
