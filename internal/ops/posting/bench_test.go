package posting_test

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
)

type engine struct {
	name    string
	options func(testing.TB) db.Options
}

func engines(testing.TB) []engine {
	all := []engine{{"sqlite", dbtest.SQLite}}
	if os.Getenv("AIRSIDE_TEST_POSTGRES") != "" {
		all = append(all, engine{"postgres", dbtest.Postgres})
	}
	return all
}

// BenchmarkApprove approves submitted flights with 32 clients: in one organization on SQLite, in eight on PostgreSQL.
func BenchmarkApprove(b *testing.B) {
	for _, e := range engines(b) {
		b.Run(e.name, func(b *testing.B) {
			house := opstest.Open(b, e.options(b))
			schools := make([]*opstest.School, map[string]int{"sqlite": 1, "postgres": 8}[e.name])
			for i := range schools {
				schools[i] = house.Found(fmt.Sprintf("school-%d", i))
			}
			each := make([][]func() error, len(schools))
			for i, s := range schools {
				each[i] = prepare(s, b.N/len(schools)+min(1, max(0, b.N%len(schools)-i)))
			}
			work := make(chan func() error, b.N)
			for i := range b.N { // in turns, as schools do not wait for each other
				work <- each[i%len(each)][i/len(each)]
			}
			close(work)
			b.ResetTimer()
			started := time.Now()
			var failed atomic.Int64
			var wg sync.WaitGroup
			for range 32 {
				wg.Go(func() {
					for approve := range work {
						if err := approve(); err != nil {
							failed.Add(1)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(started).Seconds(), "approvals/s")
			if n := failed.Load(); n > 0 {
				b.Errorf("%d approvals failed", n)
			}
			b.StopTimer()
			for _, s := range schools {
				s.Clean()
			}
		})
	}
}

// prepare submits flights of ten aircraft, with an instructor and one of forty students, and hands out their approvals.
func prepare(s *opstest.School, n int) (work []func() error) {
	s.Helper()
	var crafts, students []string
	for i := range 10 {
		crafts = append(crafts, s.Craft(fmt.Sprintf("HB-K%02d", i), "hobbs"))
	}
	for i := range 40 {
		students = append(students, s.Person(fmt.Sprintf("Student %d", i)))
	}
	instructor := s.Person("Instructor")
	records := make([]*flight.Record, n)
	for i := range records {
		off := clock.Of(opstest.Noon.Add(time.Duration(i/10) * time.Hour))
		start, end := int64(i/10*90), int64(i/10*90+90)
		logged := int64(3240)
		records[i] = &flight.Record{Status: flight.StatusSubmitted, Kind: "training", AircraftID: crafts[i%10],
			Facts: flight.Facts{OffBlock: off, OnBlock: off.Add(54 * time.Minute), Logged: &logged, LandingsDay: 3, TakeoffsDay: 3,
				HobbsStart: &start, HobbsEnd: &end,
				Crew: []flight.Crew{{PersonID: students[i%40], Function: "student", Dual: logged}, {PersonID: instructor, Function: "instructor", Instructor: logged}}}}
	}
	for _, id := range insert(s, records, false) {
		work = append(work, func() error {
			_, err := s.Posting.Approve(ctx, s.Owner, id, true, 0)
			return err
		})
	}
	return work
}
