package webhook

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Run with -benchtime=1x: each benchmark is one measured run, its figures are the custom metrics.

func eachEngine(b *testing.B, bench func(b *testing.B, o db.Options)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, dbtest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { bench(b, dbtest.Postgres(b)) })
}

// BenchmarkDeliver drains 20,000 deliveries to one endpoint while 500 more events a second are written in eight other
// organizations, with an endpoint each at the same receiver, and reports deliveries recorded a second.
func BenchmarkDeliver(b *testing.B) {
	eachEngine(b, func(b *testing.B, o db.Options) {
		const backlog, rate = 20000, 500
		s := newStation(b, o, loopback)
		url := countingServer(b, nil)
		s.endpoint(url)
		others := s.inOrgs(8, url)
		for range backlog / 500 {
			s.emit(500)
		}
		ctx, cancel := context.WithCancel(context.Background())
		b.ResetTimer()
		started, cpu := time.Now(), cpuOf(b, o)
		s.start()
		var written atomic.Int64
		var writers sync.WaitGroup
		paced(ctx, &writers, 8, rate, func(client int) { others[client].emit(1); written.Add(1) })
		for ended := 0; ended < backlog; time.Sleep(50 * time.Millisecond) {
			ended = countFinished(b, s)
		}
		took := time.Since(started)
		done, more := countFinished(b, s), written.Load()
		b.StopTimer()
		cancel()
		writers.Wait()
		b.ReportMetric(ms(cpuOf(b, o)-cpu)/float64(done), "cpu-ms/delivery")
		b.ReportMetric(float64(done)/took.Seconds(), "deliveries/s")
		b.ReportMetric(float64(more)/took.Seconds(), "events/s")
	})
}

// BenchmarkDeliverClosed has 32 clients append an event a transaction over 8 organizations as fast as they can.
func BenchmarkDeliverClosed(b *testing.B) {
	eachEngine(b, func(b *testing.B, o db.Options) {
		const total, orgs, clients = 20000, 8, 32
		s := newStation(b, o, loopback)
		url := countingServer(b, nil)
		stations := s.inOrgs(orgs, url)
		s.start()
		b.ResetTimer()
		started := time.Now()
		var next atomic.Int64
		var writers sync.WaitGroup
		for range clients {
			writers.Go(func() {
				for n := next.Add(1); n <= total; n = next.Add(1) {
					stations[n%orgs].emit(1)
				}
			})
		}
		writers.Wait()
		wrote := time.Since(started)
		for countFinished(b, s) < total {
			time.Sleep(50 * time.Millisecond)
		}
		b.StopTimer()
		b.ReportMetric(total/time.Since(started).Seconds(), "deliveries/s")
		b.ReportMetric(total/wrote.Seconds(), "events/s")
	})
}

// BenchmarkLatency writes 500 events a second in 8 organizations for ten seconds, open loop, and reports how long after the commit the
// receiver has them.
func BenchmarkLatency(b *testing.B) {
	eachEngine(b, func(b *testing.B, o db.Options) {
		s := newStation(b, o, loopback)
		var mu sync.Mutex
		arrived := map[string]time.Time{}
		committed := map[event.ID]time.Time{}
		stations := s.inOrgs(8, countingServer(b, func(body []byte) {
			now := time.Now()
			mu.Lock()
			arrived[string(body)] = now
			mu.Unlock()
		}))
		s.start()
		for _, one := range stations {
			one.emit(1)
			one.settled(1, Succeeded)
		}
		bodies := map[event.ID]string{}
		cpu := cpuOf(b, o)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		b.ResetTimer()
		var writers sync.WaitGroup
		paced(ctx, &writers, 16, 500, func(client int) {
			e := stations[client%len(stations)].emit(1)[0]
			now := time.Now()
			mu.Lock()
			committed[e.ID], bodies[e.ID] = now, e.Body
			mu.Unlock()
		})
		writers.Wait()
		time.Sleep(500 * time.Millisecond)
		b.StopTimer()
		mu.Lock()
		defer mu.Unlock()
		var took []time.Duration
		for id, at := range committed {
			took = append(took, max(0, arrived[bodies[id]].Sub(at)))
		}
		slices.Sort(took)
		b.ReportMetric(ms(cpuOf(b, o)-cpu)/float64(len(took)), "cpu-ms/event")
		b.ReportMetric(float64(len(took))/10, "events/s")
		b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
		b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
		b.ReportMetric(ms(took[len(took)-1]), "max-ms")
	})
}

// inOrgs makes n organizations with an endpoint each.
func (s *station) inOrgs(n int, url string) []*station {
	stations := make([]*station, n)
	for i := range stations {
		one := *s
		one.who = scope.System(newOrg(s.t, s.db))
		one.endpoint(url)
		stations[i] = &one
	}
	return stations
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// paced runs f rate times a second, spread over clients, until ctx ends.
func paced(ctx context.Context, wg *sync.WaitGroup, clients, rate int, f func(client int)) {
	for c := range clients {
		wg.Go(func() {
			every := time.Second * time.Duration(clients) / time.Duration(rate)
			for next := time.Now().Add(every * time.Duration(c) / time.Duration(clients)); ctx.Err() == nil; next = next.Add(every) {
				time.Sleep(time.Until(next))
				f(c)
			}
		})
	}
}

// countingServer answers 200 at once.
func countingServer(b *testing.B, seen func(body []byte)) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if seen != nil {
			seen(body)
		}
	}))
	b.Cleanup(srv.Close)
	return srv.URL
}

func countFinished(b *testing.B, s *station) int {
	n, err := db.One(context.Background(), s.db, db.Scalar[int], `SELECT count(*) FROM deliveries`)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkSign is what one delivery costs to sign.
func BenchmarkSign(b *testing.B) {
	row, _ := event.Find(event.FlightApproved)
	body := []byte(db.AsJSON(row.Example))
	with, _ := newSigner(newSecret())
	signers := []signer{with}
	at := clock.Of(time.Now()).Std()
	b.ReportAllocs()
	for b.Loop() {
		requestHeaders(sign(signers, "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41", at, body), "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41", at)
	}
}

// cpuOf is what this process and PostgreSQL's for this store have used: the figure that other work on the machine
// disturbs least. It counts the receiver, and the clients that write events.
func cpuOf(b *testing.B, o db.Options) time.Duration {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		b.Fatal(err)
	}
	sum := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	u, err := url.Parse(o.URL)
	if err != nil || o.URL == "" {
		return sum
	}
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range processes {
		line, _ := os.ReadFile(p)
		if !strings.Contains(string(line), " "+strings.TrimPrefix(u.Path, "/")+" ") {
			continue
		}
		stat, _ := os.ReadFile(filepath.Join(filepath.Dir(p), "stat"))
		_, fields, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(fields); len(f) > 12 {
			user, _ := strconv.Atoi(f[11])
			system, _ := strconv.Atoi(f[12])
			sum += time.Duration(user+system) * 10 * time.Millisecond
		}
	}
	return sum
}
