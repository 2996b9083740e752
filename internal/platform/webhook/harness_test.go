package webhook

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/id"
	"airside/internal/base/job"
	"airside/internal/base/page"
	"airside/internal/base/secret"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// loopback lets tests send to their own receivers.
var loopback = Policy{AllowHTTP: true, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}

// stationKey is the master key of every station.
const stationKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// station is one node with everything that delivering takes.
type station struct {
	*Service
	t      testing.TB
	db     *db.DB
	events *event.Service
	node   *job.Node
	jobs   *job.Queue
	who    scope.Principal
	stop   func() // ends the engine in order; once
	kill   func() // ends the node's beat without a word
}

// newStation opens a node on a store and makes an organization there.
func newStation(t testing.TB, o db.Options, p Policy) *station {
	d := dbtest.Open(t, o)
	s := stationOn(t, d, p)
	s.who = scope.System(newOrg(t, d))
	return s
}

func stationOn(t testing.TB, d *db.DB, p Policy) *station {
	t.Helper()
	box, err := secret.Open(context.Background(), d, secret.Options{Key: stationKey})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	node := job.NewNode(d, log)
	events := event.New(event.Options{DB: d})
	s := &station{t: t, db: d, events: events, node: node,
		Service: New(Options{DB: d, Events: events, Box: box, Node: node, Log: log, Policy: p})}
	events.OnAppend(s.Fanout)
	events.OnPurge(s.Needed)
	s.jobs = job.New(d, node, log)
	s.RegisterJobs(s.jobs)
	return s
}

// start lets the node join and its engine run until the test ends.
func (s *station) start() *station {
	s.t.Helper()
	if err := s.node.Join(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	beat, endBeat := context.WithCancel(context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	both.Go(func() { s.node.Run(beat) })
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		var work sync.WaitGroup
		work.Go(func() { s.jobs.Run(ctx) })
		s.Run(ctx)
		work.Wait()
	}()
	s.kill = endBeat
	s.stop = sync.OnceFunc(func() {
		cancel()
		<-ran
		endBeat()
		both.Wait()
	})
	s.t.Cleanup(s.stop)
	return s
}

func newOrg(t testing.TB, d *db.DB) scope.OrgID {
	t.Helper()
	org := id.New()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO organizations (id, slug, name, kind, authority, time_zone, currency, allow_sole_pic, created_at, updated_at, change_no)
			VALUES ($1, $1, 'School', 'school', 'EASA', 'Europe/Zurich', 'CHF', $2, $3, $3, 1)`, org, false, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO org_counters (org_id, change_no, changed_at, audit_no, audit_head) VALUES ($1, 1, $2, 0, $3)`,
			org, tx.Now(), make([]byte, 32))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return scope.OrgID(org)
}

// endpoint makes an endpoint for a receiver.
func (s *station) endpoint(url string, types ...string) Endpoint {
	s.t.Helper()
	e, err := s.Create(context.Background(), s.who, NewEndpoint{URL: url, EventTypes: types})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// emit appends n events of a type in one transaction.
func (s *station) emit(n int, types ...event.Type) []event.Event {
	s.t.Helper()
	var made []event.Event
	err := s.db.Write(context.Background(), func(tx *db.Tx) error {
		made = nil
		for i := range n {
			t := event.FlightSubmitted
			if len(types) > 0 {
				t = types[i%len(types)]
			}
			row, _ := event.Find(t)
			e, err := s.events.Append(tx, s.who.Org, t, row.Example)
			if err != nil {
				return err
			}
			made = append(made, e)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// deliveries lists the organization's deliveries, newest first.
func (s *station) deliveries(f DeliveryFilter) []Delivery {
	s.t.Helper()
	p, err := s.ListDeliveries(context.Background(), s.who, f, page.Page{Limit: 10000})
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Rows
}

// await waits until something holds.
func (s *station) await(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain for: %s; deliveries: %+v", what, s.deliveries(DeliveryFilter{}))
		}
	}
}

// settled waits until n deliveries have the status, and returns them.
func (s *station) settled(n int, st Status) []Delivery {
	s.t.Helper()
	s.await(string(st), func() bool { return len(s.deliveries(DeliveryFilter{Status: st})) >= n })
	return s.deliveries(DeliveryFilter{Status: st})
}

// settledIn is settled while the clock goes on, a second at a time.
func (s *station) settledIn(fake *clock.Fake, n int, st Status) []Delivery {
	s.t.Helper()
	s.await(string(st), func() bool {
		fake.Advance(time.Second)
		return len(s.deliveries(DeliveryFilter{Status: st})) >= n
	})
	return s.deliveries(DeliveryFilter{Status: st})
}

func (s *station) detail(id DeliveryID) DeliveryDetail {
	s.t.Helper()
	d, err := s.GetDelivery(context.Background(), s.who, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// received is a request as a receiver got it.
type received struct {
	at     time.Time
	path   string
	header http.Header
	body   []byte
}

// receiver is a partner's server.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer http.HandlerFunc
}

// newReceiver answers 204 until answer says otherwise.
func newReceiver(t testing.TB, answer http.HandlerFunc) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.got = append(r.got, received{time.Now(), req.URL.Path, req.Header, body})
	answer := r.answer
	r.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, req.WithContext(context.WithValue(req.Context(), bodyKey{}, body)))
}

// bodyKey is where an answer finds the body, which has been read.
type bodyKey struct{}

func (r *receiver) set(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) requests() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// withFake puts a fake clock into the options of a store.
func withFake(o db.Options) (db.Options, *clock.Fake) {
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	o.Clock = fake
	return o, fake
}
