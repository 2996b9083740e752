package webhook

import (
	"context"
	"fmt"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/page"
)

// secondNode opens another node on the same PostgreSQL database.
func secondNode(t *testing.T, first *station, o db.Options) *station {
	s := stationOn(t, dbtest.Open(t, o), loopback)
	s.who = first.who
	return s
}

// Two nodes share the endpoints, and no delivery is made twice while both live.
func TestNodesShareEndpoints(t *testing.T) {
	o := dbtest.Postgres(t)
	a := newStation(t, o, loopback)
	r := newReceiver(t, nil)
	for i := range 10 {
		a.endpoint(fmt.Sprintf("%s/%d", r.URL, i))
	}
	a.start()
	a.await("the first node having all", func() bool { return a.owned() == 10 })
	b := secondNode(t, a, o).start()
	sent := 0
	a.await("a fair share of each", func() bool {
		a.emit(1)
		sent++
		return a.owned() == 5 && b.owned() == 5
	})
	for range 100 {
		a.emit(1)
		sent++
	}
	a.settled(10*sent, Succeeded)
	seen := map[string]int{}
	for _, got := range r.requests() {
		seen[got.header.Get("webhook-id")]++
	}
	if len(seen) != 10*sent || len(r.requests()) != 10*sent {
		t.Errorf("%d deliveries, %d requests, of %d", len(seen), len(r.requests()), 10*sent)
	}
	b.stop()
	stopped := time.Now()
	a.await("the first node having all again", func() bool { return a.owned() == 10 })
	if took := time.Since(stopped); took > 3*time.Second {
		t.Errorf("an orderly stop handed over in %v", took)
	}
}

// The endpoints of a node that vanished are taken over within seconds, and all it left is delivered.
func TestVanishedNodeIsReplaced(t *testing.T) {
	o := dbtest.Postgres(t)
	a := newStation(t, o, loopback)
	r := newReceiver(t, nil)
	for range 4 {
		a.endpoint(r.URL)
	}
	a.start()
	a.await("the first node having all", func() bool { return a.owned() == 4 })
	b := secondNode(t, a, o).start()
	a.await("a share of each", func() bool { return a.owned() == 2 && b.owned() == 2 })
	a.kill() // it sends no beat any more, and must not send deliveries either once it cannot be sure
	vanished := time.Now()
	for range 50 {
		b.emit(1)
		time.Sleep(100 * time.Millisecond)
	}
	b.settled(200, Succeeded)
	b.await("the second node having all", func() bool { return b.owned() == 4 })
	if took := time.Since(vanished); took > 12*time.Second {
		t.Errorf("taken over after %v", took)
	}
	seen := map[string]int{}
	for _, got := range r.requests() {
		seen[got.header.Get("webhook-id")]++
	}
	if len(seen) != 200 {
		t.Errorf("%d of 200 deliveries", len(seen))
	}
	if extra := len(r.requests()) - 200; extra > 64 {
		t.Errorf("%d repeated", extra)
	}
}

// owned counts the endpoints that the store says this node has.
func (s *station) owned() int {
	n, err := db.One(context.Background(), s.db, db.Scalar[int], `SELECT count(*) FROM webhook_endpoints WHERE node_id = $1`, s.node.ID())
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// When the store does not take what came of the attempts, it is recorded later, and nothing is sent twice.
func TestOutcomesSurviveAStoreThatStalls(t *testing.T) {
	o := dbtest.Postgres(t)
	s := newStation(t, o, loopback)
	r := newReceiver(t, nil)
	s.endpoint(r.URL)
	s.emit(700)
	s.start()
	s.await("a first request", func() bool { return len(r.requests()) > 0 })
	for range 8 { // every connection is cut, in the middle of whatever it does
		s.db.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			return err
		})
		time.Sleep(50 * time.Millisecond)
	}
	s.await("an end of all", func() bool {
		l, err := s.ListDeliveries(context.Background(), s.who, DeliveryFilter{Status: Succeeded}, page.Page{Limit: 10000})
		return err == nil && len(l.Rows) == 700
	})
	seen := map[string]bool{}
	for _, got := range r.requests() {
		seen[got.header.Get("webhook-id")] = true
	}
	if len(seen) != 700 || len(r.requests()) != 700 {
		t.Errorf("%d requests for %d deliveries of 700", len(r.requests()), len(seen))
	}
	for _, d := range s.deliveries(DeliveryFilter{}) {
		if d.AttemptCount != 1 {
			t.Errorf("%+v", d)
		}
	}
}
