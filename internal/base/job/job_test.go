package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/job"
)

var (
	bg    = context.Background()
	start = time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)
)

// process is one process that serves a store.
type process struct {
	t     *testing.T
	db    *db.DB
	node  *job.Node
	queue *job.Queue
	stop  func()
}

func newProcess(t *testing.T, d *db.DB) *process {
	n := job.NewNode(d, nil)
	return &process{t: t, db: d, node: n, queue: job.New(d, n, nil), stop: func() {}}
}

// run starts the process; what it stops, it stops in order.
func (p *process) run() {
	p.t.Helper()
	ctx, cancel := context.WithCancel(bg)
	var node, queue sync.WaitGroup
	nodeCtx, stopNode := context.WithCancel(bg)
	node.Go(func() { p.node.Run(nodeCtx) })
	queue.Go(func() { p.queue.Run(ctx) })
	p.stop = sync.OnceFunc(func() {
		cancel()
		queue.Wait()
		stopNode()
		node.Wait()
		if err := p.node.Leave(bg); err != nil {
			p.t.Error(err)
		}
	})
	p.t.Cleanup(p.stop)
	eventually(p.t, "the node is alive", p.node.Alive)
}

func (p *process) enqueue(kind, key string, payload any, at clock.Time) {
	p.t.Helper()
	if err := p.db.Write(bg, func(tx *db.Tx) error { return job.Enqueue(tx, kind, key, payload, at) }); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) count(query string, args ...any) (n int) {
	p.t.Helper()
	if err := p.db.QueryRow(bg, query, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

func (p *process) jobs() int { return p.count("SELECT count(*) FROM jobs") }

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("it never came that %s", what)
}

func each(t *testing.T, test func(p *process, c *clock.Fake)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		c := clock.NewFake(start)
		o.Clock = c
		test(newProcess(t, dbtest.Open(t, o)), c)
	})
}

func TestJobsRunOnceAndAreGone(t *testing.T) {
	each(t, func(p *process, _ *clock.Fake) {
		var mu sync.Mutex
		var got []string
		p.queue.Handle("mail", func(_ context.Context, payload []byte) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, string(payload))
			return nil
		})
		p.run()
		var want []string
		for i := range 20 {
			p.enqueue("mail", fmt.Sprint(i), map[string]int{"n": i}, 0)
			want = append(want, fmt.Sprintf(`{"n":%d}`, i))
		}
		p.enqueue("unknown", "", nil, 0)
		eventually(p.t, "the jobs are done", func() bool { return p.jobs() == 1 })
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			p.t.Errorf("got %v", got)
		}
	})
}

func TestAJobOfAFailedTransactionIsNone(t *testing.T) {
	each(t, func(p *process, _ *clock.Fake) {
		no := errors.New("no")
		err := p.db.Write(bg, func(tx *db.Tx) error {
			return errors.Join(job.Enqueue(tx, "mail", "", nil, 0), no)
		})
		if !errors.Is(err, no) || p.jobs() != 0 {
			p.t.Errorf("%v, %d jobs", err, p.jobs())
		}
	})
}

func TestJobsWaitForTheirTime(t *testing.T) {
	each(t, func(p *process, c *clock.Fake) {
		var ran atomic.Int64
		p.queue.Handle("mail", func(context.Context, []byte) error { ran.Add(1); return nil })
		p.run()
		p.enqueue("mail", "", "late", clock.Of(start.Add(time.Hour)))
		p.enqueue("mail", "", "early", clock.Of(start.Add(time.Minute)))
		p.enqueue("mail", "", "later", clock.Of(start.Add(2*time.Hour)))
		if n := p.jobs(); n != 1 {
			p.t.Errorf("one kind and key make %d jobs", n)
		}
		time.Sleep(100 * time.Millisecond) // would run now
		c.Advance(time.Minute - time.Second)
		time.Sleep(100 * time.Millisecond)
		if ran.Load() != 0 {
			p.t.Error("it ran before its time")
		}
		eventually(p.t, "it runs", func() bool { c.Advance(time.Second); return ran.Load() == 1 })
		eventually(p.t, "it is gone", func() bool { return p.jobs() == 0 })
	})
}

func TestFailedJobsAreTriedAgain(t *testing.T) {
	each(t, func(p *process, c *clock.Fake) {
		var tries atomic.Int64
		p.queue.Handle("mail", func(context.Context, []byte) error {
			switch tries.Add(1) {
			case 1:
				return errors.New("the server is away")
			case 2:
				panic("oh")
			}
			return nil
		})
		p.run()
		p.enqueue("mail", "", nil, 0)
		failed := func(n int) func() bool {
			return func() bool {
				return p.count("SELECT count(*) FROM jobs WHERE attempts = $1 AND node_id IS NULL AND error IS NOT NULL", n) == 1
			}
		}
		eventually(p.t, "the first attempt failed", failed(1))
		c.Advance(time.Second)
		eventually(p.t, "the second attempt failed", failed(2))
		time.Sleep(50 * time.Millisecond)
		c.Advance(3 * time.Second)
		time.Sleep(50 * time.Millisecond)
		if n := tries.Load(); n != 2 {
			p.t.Errorf("%d attempts after 4 s", n)
		}
		c.Advance(time.Second)
		eventually(p.t, "it is done", func() bool { return p.jobs() == 0 })
	})
}

// TestAskedForWhileRunning: the work that is asked for may be later than what the running one has looked at.
func TestAskedForWhileRunning(t *testing.T) {
	each(t, func(p *process, _ *clock.Fake) {
		began, goOn := make(chan string), make(chan bool)
		p.queue.Handle("sum", func(_ context.Context, payload []byte) error {
			began <- string(payload)
			<-goOn
			return nil
		})
		p.run()
		p.enqueue("sum", "k", 1, 0)
		if got := <-began; got != "1" {
			p.t.Errorf("it runs with %s", got)
		}
		p.enqueue("sum", "k", 2, 0)
		goOn <- true
		if got := <-began; got != "2" {
			p.t.Errorf("it runs again with %s", got)
		}
		goOn <- true
		eventually(p.t, "it is gone", func() bool { return p.jobs() == 0 })
	})
}

// TestAJobThatAsksForItself comes again at the time that it asked for.
func TestAJobThatAsksForItself(t *testing.T) {
	each(t, func(p *process, c *clock.Fake) {
		var ran atomic.Int64
		p.queue.Handle("daily", func(context.Context, []byte) error {
			ran.Add(1)
			return p.db.Write(bg, func(tx *db.Tx) error {
				return job.Enqueue(tx, "daily", "", nil, tx.Now().Add(24*time.Hour))
			})
		})
		p.run()
		p.enqueue("daily", "", nil, 0)
		eventually(p.t, "it waits for tomorrow", func() bool {
			return p.count("SELECT count(*) FROM jobs WHERE node_id IS NULL AND run_at > $1", clock.Of(start)) == 1
		})
		time.Sleep(100 * time.Millisecond)
		if n := ran.Load(); n != 1 {
			p.t.Errorf("it ran %d times on the first day", n)
		}
		eventually(p.t, "it runs the next day", func() bool { c.Advance(time.Hour); return ran.Load() >= 2 })
	})
}

func TestEvery(t *testing.T) {
	each(t, func(p *process, c *clock.Fake) {
		var ran atomic.Int64
		p.queue.Every("purge", time.Hour, func(context.Context, []byte) error {
			if ran.Add(1) == 2 {
				return errors.New("once it fails")
			}
			return nil
		})
		p.run()
		waiting := func(n int64) {
			p.t.Helper()
			eventually(p.t, fmt.Sprintf("run %d is over", n), func() bool {
				return ran.Load() == n && p.count("SELECT count(*) FROM jobs WHERE node_id IS NULL AND run_at > $1", clock.Of(c.Now())) == 1
			})
			time.Sleep(50 * time.Millisecond) // let the queue go to sleep
		}
		waiting(1)
		c.Advance(time.Hour)
		waiting(2)
		c.Advance(time.Second) // tried again sooner
		waiting(3)
		c.Advance(time.Hour)
		waiting(4)
	})
}

func TestRunNow(t *testing.T) {
	each(t, func(p *process, _ *clock.Fake) {
		var fail atomic.Bool
		p.queue.Handle("import", func(_ context.Context, payload []byte) error {
			if fail.Load() {
				return errors.New("row 7 is bad")
			}
			return nil
		})
		far := clock.Of(start.Add(time.Hour))
		p.enqueue("import", "1", nil, far)
		if err := p.queue.RunNow(bg, "import", "1"); err != nil || p.jobs() != 0 {
			p.t.Errorf("without Run: %v, %d jobs are left", err, p.jobs())
		}
		if err := p.queue.RunNow(bg, "import", "1"); err != nil {
			p.t.Errorf("what is done: %v", err)
		}
		if err := p.queue.RunNow(bg, "weather", "1"); err == nil {
			p.t.Error("a kind that nobody handles")
		}
		p.run()
		fail.Store(true)
		p.enqueue("import", "2", nil, far)
		if err := p.queue.RunNow(bg, "import", "2"); err == nil || err.Error() != "row 7 is bad" || p.jobs() != 1 {
			p.t.Errorf("%v, %d jobs are left", err, p.jobs())
		}
	})
}

// TestRunNowTellsOfTheStore: whoever waited for a worker that the store failed under is told to come back, as that worker was.
func TestRunNowTellsOfTheStore(t *testing.T) {
	each(t, func(p *process, _ *clock.Fake) {
		began, goOn := make(chan bool), make(chan error)
		p.queue.Handle("import", func(context.Context, []byte) error { began <- true; return <-goOn })
		p.run()
		p.enqueue("import", "1", nil, 0)
		<-began
		result := make(chan error)
		go func() { result <- p.queue.RunNow(bg, "import", "1") }()
		time.Sleep(50 * time.Millisecond)
		goOn <- fault.New(fault.Unavailable, "storage_unavailable").Because(errors.New("the disk is full"))
		if err := <-result; fault.KindOf(err) != fault.Unavailable {
			p.t.Errorf("got %v", err)
		}
	})
}

// TestRunNowWaits for the worker that has the job, and not for longer than it is asked to.
func TestRunNowWaits(t *testing.T) {
	each(t, func(p *process, _ *clock.Fake) {
		began, goOn := make(chan bool), make(chan error)
		p.queue.Handle("import", func(context.Context, []byte) error { began <- true; return <-goOn })
		p.run()
		for _, want := range []error{nil, errors.New("row 7 is bad")} {
			p.enqueue("import", "1", nil, 0)
			<-began
			short, cancel := context.WithTimeout(bg, 50*time.Millisecond)
			if err := p.queue.RunNow(short, "import", "1"); !errors.Is(err, context.DeadlineExceeded) {
				p.t.Errorf("it waited, but %v", err)
			}
			cancel()
			result := make(chan error)
			go func() { result <- p.queue.RunNow(bg, "import", "1") }()
			time.Sleep(50 * time.Millisecond)
			goOn <- want
			if err := <-result; fmt.Sprint(err) != fmt.Sprint(want) {
				p.t.Errorf("got %v, want %v", err, want)
			}
		}
	})
}

// TestStopLetsGo: a job that a stop interrupts is free at once, and no attempt is counted.
func TestStopLetsGo(t *testing.T) {
	each(t, func(p *process, _ *clock.Fake) {
		began := make(chan bool)
		p.queue.Handle("long", func(ctx context.Context, _ []byte) error {
			began <- true
			<-ctx.Done()
			return ctx.Err()
		})
		p.run()
		p.enqueue("long", "", nil, 0)
		<-began
		p.stop()
		if n := p.count("SELECT count(*) FROM jobs WHERE node_id IS NULL AND attempts = 0"); n != 1 {
			p.t.Errorf("%d jobs are free", n)
		}
		if n := p.count("SELECT count(*) FROM nodes"); n != 0 {
			p.t.Errorf("%d nodes are left", n)
		}
		if p.node.Alive() {
			p.t.Error("a node that has left is alive")
		}
	})
}
