package webhook

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/platform/event"
)

// rounds is how many steps a random schedule has: a few in CI, more for each of AIRSIDE_TORTURE's in `make torture`.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("AIRSIDE_TORTURE")); err == nil && n > 0 {
		return 10 + 2*n
	}
	return 12
}

// tortureSeed is AIRSIDE_SEED, to repeat a schedule, or chance.
func tortureSeed(t *testing.T) uint64 {
	seed := rand.Uint64()
	if s, err := strconv.ParseUint(os.Getenv("AIRSIDE_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("AIRSIDE_SEED=%d", seed)
	return seed
}

// torture is a random schedule: nodes that share a store come, stop and are killed, endpoints come, change and go, events
// happen, the clock moves, and receivers answer anything.
type torture struct {
	t     *testing.T
	rnd   *rand.Rand
	o     db.Options
	fake  *clock.Fake
	nodes []*station // those alive; the first one speaks for all
	most  int
	l     *ledger

	endpoints []Endpoint
	made      []event.Event
	mood      moods

	mu     sync.Mutex
	deaths []time.Time // by the machine's clock: when a node was killed or lost its leases, and its requests may come once more
}

// moods is how receivers answer; it is told by path, so that some endpoints do well and others badly.
type moods struct {
	mu  sync.Mutex
	rnd *rand.Rand
	by  map[string]int // how many of ten requests go wrong
}

func (m *moods) answer(a arrival) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	bad, ok := m.by[a.path]
	if !ok {
		bad = []int{0, 0, 1, 3, 9}[m.rnd.IntN(5)]
		m.by[a.path] = bad
	}
	if m.rnd.IntN(10) >= bad {
		return []int{200, 201, 204, 299}[m.rnd.IntN(4)]
	}
	switch n := m.rnd.IntN(200); {
	case n == 0 && a.path != "/0":
		return 410
	default:
		return []int{500, 503, 429, 400, 404, 302, 0, 0}[n%8]
	}
}

func (m *moods) calm() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for path := range m.by {
		m.by[path] = 0
	}
}

func newTorture(t *testing.T, most int) *torture {
	seed := tortureSeed(t)
	o, fake := withFake(dbtest.Postgres(t))
	w := &torture{t: t, rnd: rand.New(rand.NewPCG(seed, 0)), o: o, fake: fake, most: most}
	w.mood = moods{rnd: rand.New(rand.NewPCG(seed, 1)), by: map[string]int{}}
	w.l = newLedger(t, fake.Now, w.mood.answer)
	slow := rand.New(rand.NewPCG(seed, 2))
	var mu sync.Mutex
	w.l.sayAfter(func(arrival) {
		mu.Lock()
		long := time.Duration(slow.IntN(3)) * time.Millisecond
		if slow.IntN(50) == 0 {
			long = 100 * time.Millisecond
		}
		mu.Unlock()
		time.Sleep(long) // a slow receiver
	}, w.mood.answer)
	first := newStation(t, o, loopback)
	first.node.OnFenced(w.death)
	w.nodes = []*station{first.start()}
	return w
}

func (w *torture) death() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaths = append(w.deaths, time.Now())
}

// deathAbout tells whether a node died so shortly before that its requests may still be under way.
func (w *torture) deathAbout(at time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.deaths, func(d time.Time) bool { return at.Sub(d).Abs() < 10*time.Second })
}

func (w *torture) died() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.deaths)
}

func (w *torture) one() *station { return w.nodes[w.rnd.IntN(len(w.nodes))] }

func (w *torture) endpoint() {
	n := NewEndpoint{URL: fmt.Sprintf("%s/%d", w.l.URL, len(w.endpoints)), Ordered: w.rnd.IntN(3) == 0, Ed25519: w.rnd.IntN(4) == 0}
	if w.rnd.IntN(3) == 0 {
		n.Concurrency = new(1 + w.rnd.IntN(4))
	}
	if w.rnd.IntN(4) == 0 && len(w.endpoints) > 0 {
		n.Filter = Match{"data.block_min": float64(w.rnd.IntN(2))}
	}
	e, err := w.one().Create(w.t.Context(), w.nodes[0].who, n)
	if err != nil {
		w.t.Fatal(err)
	}
	w.endpoints = append(w.endpoints, e)
}

func (w *torture) join() {
	next := secondNode(w.t, w.nodes[0], w.o)
	next.node.OnFenced(w.death)
	w.nodes = append(w.nodes, next.start())
}

// step does one thing, and says what.
func (w *torture) step() string {
	s, e := w.one(), w.endpoints[1+w.rnd.IntN(len(w.endpoints)-1)]
	ctx, who := w.t.Context(), w.nodes[0].who
	switch n := w.rnd.IntN(20); {
	case n < 2 && len(w.nodes) < w.most:
		w.join()
		return "join"
	case n < 4 && len(w.nodes) > 1:
		i := w.rnd.IntN(len(w.nodes))
		gone := w.nodes[i]
		w.nodes = slices.Delete(w.nodes, i, i+1)
		switch w.rnd.IntN(3) {
		case 0:
			gone.stop()
			return "stop"
		case 1:
			gone.kill()
		default:
			gone.crash()
		}
		w.death()
		return "kill"
	case n == 4:
		w.endpoint()
		return "create"
	case n == 5:
		s.Disable(ctx, who, e.ID) // or is it already
		return "disable"
	case n < 8:
		s.Enable(ctx, who, e.ID)
		return "enable"
	case n == 8 && len(w.endpoints) > 2:
		s.Delete(ctx, who, e.ID)
		return "delete"
	case n == 9:
		s.Update(ctx, who, e.ID, Patch{Ordered: new(w.rnd.IntN(2) == 0), Concurrency: limitOrNone(w.rnd.IntN(5)), RateLimit: limitOrNone(w.rnd.IntN(2) * 1000)}, 0)
		return "update"
	case n == 10:
		s.Ping(ctx, who, e.ID)
		return "ping"
	case n == 11:
		s.Recover(ctx, who, e.ID, []RecoveryKind{RecoverFailed, RecoverMissed}[w.rnd.IntN(2)], 0)
		return "recover"
	case n == 12:
		s.RotateSecret(ctx, who, e.ID, nil)
		return "rotate"
	case n < 15:
		w.fake.Advance(time.Duration(1+w.rnd.IntN(120)) * time.Second)
		return "time"
	}
	w.emit(s)
	return "events"
}

func (w *torture) emit(s *station) {
	err := s.db.Write(w.t.Context(), func(tx *db.Tx) error {
		var made []event.Event
		for range 1 + w.rnd.IntN(40) {
			e, err := s.events.Append(tx, s.who.Org, event.FlightApproved, approval("HB-KGA", new(w.rnd.IntN(2))))
			if err != nil {
				return err
			}
			made = append(made, e)
		}
		tx.OnCommit(func() { w.made = append(w.made, made...) })
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestRandomSchedules of nodes that share a store: no attempt beside another of the same delivery while its holder lives,
// every delivery ends, in one state, after six attempts at most and none before its time, and nothing is lost.
func TestRandomSchedules(t *testing.T) {
	for _, most := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("%d nodes", most), func(t *testing.T) {
			w := newTorture(t, most)
			for range 3 {
				w.endpoint()
			}
			var did []string
			for range rounds() {
				did = append(did, w.step())
				w.emit(w.one())
				before := w.count()
				w.nodes[0].await("something to happen", func() bool {
					w.fake.Advance(time.Second) // all that is due may belong to endpoints that are spared
					return w.count() > before || w.idle()
				})
			}
			t.Log(strings.Join(did, " "))
			w.finish()
			w.check()
		})
	}
}

func (w *torture) count() int {
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	return len(w.l.all)
}

// idle tells that nothing is due now.
func (w *torture) idle() bool {
	n, err := db.One(w.t.Context(), w.nodes[0].db, db.Scalar[int], `SELECT count(*) FROM deliveries_due WHERE due_at <= $1`, clock.Of(w.fake.Now()))
	if err != nil {
		w.t.Fatal(err)
	}
	return n == 0
}

// finish lets all receivers accept, and waits until nothing is due.
func (w *torture) finish() {
	w.t.Helper()
	w.mood.calm()
	stop := goOn(w.fake, 2*time.Second)
	defer stop()
	s := w.nodes[0]
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		n, err := db.One(w.t.Context(), s.db, db.Scalar[int], `SELECT (SELECT count(*) FROM deliveries_due) + (SELECT count(*) FROM webhook_recoveries WHERE status = 'running')`)
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%d deliveries and recoveries never end", n)
		}
	}
}

func (w *torture) check() {
	s := w.nodes[0]
	p, err := s.ListDeliveries(w.t.Context(), s.who, DeliveryFilter{}, page.Page{Limit: 1e6})
	if err != nil {
		w.t.Fatal(err)
	}
	all := p.Rows
	got := map[string][]arrival{}
	w.l.mu.Lock()
	for _, a := range w.l.all {
		got[a.delivery] = append(got[a.delivery], *a)
	}
	w.l.mu.Unlock()
	w.checkLost(all)
	for _, d := range all {
		if !d.Status.ended() {
			w.t.Errorf("%+v has not ended", d)
		}
		w.checkDelivery(d, got[string(d.ID)])
		delete(got, string(d.ID))
	}
	if len(got) > 0 {
		w.t.Errorf("%d deliveries came that nobody knows of", len(got))
	}
	twice, err := db.One(w.t.Context(), s.db, db.Scalar[int], `SELECT count(*) FROM deliveries_due d JOIN deliveries e ON e.id = d.id`)
	if err != nil || twice != 0 {
		w.t.Errorf("%d in two states, %v", twice, err)
	}
	w.t.Logf("%d events, %d deliveries, %d requests, %d nodes died", len(w.made), len(all), w.count(), w.died())
}

// checkDelivery compares what the log says of a delivery with what came.
func (w *torture) checkDelivery(d Delivery, came []arrival) {
	slices.SortFunc(came, func(a, b arrival) int { return a.seq - b.seq })
	accepted := 0
	for i, a := range came {
		if a.answered >= 200 && a.answered < 300 {
			accepted++
		}
		if i > 0 && a.seq < came[i-1].done && !w.deathAbout(a.real) {
			w.t.Errorf("%s: two attempts at once", d.ID)
		}
	}
	attempts := w.nodes[0].detail(d.ID).Attempts
	if len(attempts) != d.AttemptCount || d.AttemptCount > 1+len(schedule) {
		w.t.Errorf("%+v has %d attempts", d, len(attempts))
	}
	for i, a := range attempts {
		if a.N != i+1 {
			w.t.Errorf("%s: attempt %d is called %d", d.ID, i+1, a.N)
		}
		if i > 0 && a.At.Sub(attempts[i-1].At) < schedule[i-1] {
			w.t.Errorf("%s: attempt %d came %v after the one before", d.ID, i+1, a.At.Sub(attempts[i-1].At))
		}
		if ok := a.ErrorCode == nil; ok != (d.Status == Succeeded && i == len(attempts)-1) {
			w.t.Errorf("%s: attempt %d of one that %s: %v", d.ID, i+1, d.Status, show(a.ErrorCode))
		}
		signed := a.At.Std().Format(time.RFC3339)
		if !slices.ContainsFunc(came, func(c arrival) bool { return c.timestamp == signed }) {
			w.t.Errorf("%s: nothing came that was signed at %s", d.ID, signed)
		}
	}
	if more := len(came) - d.AttemptCount; more < 0 || more > w.died() {
		w.t.Errorf("%s: %d requests for %d attempts", d.ID, len(came), d.AttemptCount)
	}
	switch {
	case d.Status == Succeeded && accepted == 0:
		w.t.Errorf("%s has succeeded and was never accepted", d.ID)
	case d.Status == Filtered && len(came)+d.AttemptCount > 0:
		w.t.Errorf("%s was held back and came %d times", d.ID, len(came))
	case d.Status == Failed && d.AttemptCount <= len(schedule) && (len(attempts) == 0 || attempts[len(attempts)-1].Response == nil || attempts[len(attempts)-1].Response.Status != 410):
		w.t.Errorf("%+v was given up early", d)
	}
}

// checkLost holds the endpoint that was there for the whole time, and is never touched, to every event.
func (w *torture) checkLost(all []Delivery) {
	have := map[event.ID][]Delivery{}
	for _, d := range all {
		if d.EndpointID == w.endpoints[0].ID && d.Origin == OriginEvent {
			have[d.EventID] = append(have[d.EventID], d)
		}
	}
	for _, ev := range w.made {
		if got := have[ev.ID]; len(got) != 1 || got[0].Status != Succeeded && got[0].Status != Failed {
			w.t.Errorf("event %s has the deliveries %+v", ev.ID, got)
		}
	}
	if len(have) != len(w.made) {
		w.t.Errorf("%d events have deliveries, of %d", len(have), len(w.made))
	}
}

// limitOrNone is a limit as a patch has it, and none for 0.
func limitOrNone(n int) merge.Field[int] { return merge.Field[int]{V: n, Set: true, Null: n == 0} }
