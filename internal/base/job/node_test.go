package job_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/job"
)

// buried collects the dead that a process is told of.
func (p *process) buried() func() []string {
	var mu sync.Mutex
	var ids []string
	p.node.OnDead(func(tx *db.Tx, dead string) error {
		tx.OnCommit(func() {
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, dead)
		})
		return nil
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(ids)
	}
}

// orphan leaves behind what a process that was killed leaves: its node, and a job that it had begun.
func orphan(t *testing.T, d *db.DB, node string) {
	t.Helper()
	err := d.Write(bg, func(tx *db.Tx) error {
		if _, err := tx.Exec("INSERT INTO nodes (id, beat, started_at) VALUES ($1, 5, 1)", node); err != nil {
			return err
		}
		if err := job.Enqueue(tx, "mail", node, nil, 0); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE jobs SET node_id = $1 WHERE key = $1", node)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTakesOverFromTheDead: at once on SQLite, where nobody else can be; on PostgreSQL when the beat has stood still.
func TestTakesOverFromTheDead(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		orphan(t, d, "dead")
		p := newProcess(t, d)
		buried := p.buried()
		var ran atomic.Int64
		p.queue.Handle("mail", func(context.Context, []byte) error { ran.Add(1); return nil })
		p.run()
		began := time.Now()
		eventually(t, "the dead node's job has run", func() bool { return ran.Load() == 1 })
		if took := time.Since(began); d.Engine() == db.Postgres && took < 2500*time.Millisecond {
			t.Errorf("a node was taken for dead after %s", took)
		}
		eventually(t, "the job is gone", func() bool { return p.jobs() == 0 })
		if got := buried(); !slices.Equal(got, []string{"dead"}) || p.count("SELECT count(*) FROM nodes") != 1 {
			t.Errorf("buried %v", got)
		}
	})
}

// TestAJobOfAVanishedNode is free too, as after restoring a backup.
func TestAJobOfAVanishedNode(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		orphan(t, d, "gone")
		if err := d.Write(bg, func(tx *db.Tx) error { _, err := tx.Exec("DELETE FROM nodes"); return err }); err != nil {
			t.Fatal(err)
		}
		p := newProcess(t, d)
		var ran atomic.Int64
		p.queue.Handle("mail", func(context.Context, []byte) error { ran.Add(1); return nil })
		p.run()
		eventually(t, "it has run", func() bool { return ran.Load() == 1 && p.jobs() == 0 })
	})
}

// TestFenced: a node that was taken for dead knows it, lets go of what it runs, and comes back as another one.
func TestFenced(t *testing.T) {
	d := dbtest.Open(t, dbtest.Postgres(t))
	p := newProcess(t, d)
	var told atomic.Int64
	p.node.OnFenced(func() { told.Add(1) })
	began := make(chan bool, 2)
	p.queue.Handle("long", func(ctx context.Context, payload []byte) error {
		began <- true
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Second):
			t.Error("the node lost the job, and the job goes on")
			return nil
		}
	})
	p.run()
	p.enqueue("long", "", nil, 0)
	<-began
	first := p.node.ID()
	if err := d.Write(bg, func(tx *db.Tx) error { return p.node.Fence(tx, p.node.ID()) }); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(bg, func(tx *db.Tx) error { _, err := tx.Exec("DELETE FROM nodes"); return err }); err != nil {
		t.Fatal(err)
	}
	fence := func(tx *db.Tx) error { return p.node.Fence(tx, first) }
	if err := d.Write(bg, fence); !errors.Is(err, job.ErrFenced) { // under the id that was buried, for ever
		t.Errorf("its leases are another's, and %v", err)
	}
	eventually(t, "the node came back", func() bool { return told.Load() == 1 && p.node.ID() != first && p.node.Alive() })
	if err := d.Write(bg, func(tx *db.Tx) error { return p.node.Fence(tx, p.node.ID()) }); err != nil {
		t.Error(err)
	}
	<-began // the job runs again, under the new id
}

// TestAliveOnlyWhileCertain: a node that cannot show that it lives stops relying on its leases before others may take them.
func TestAliveOnlyWhileCertain(t *testing.T) {
	d := dbtest.Open(t, dbtest.Postgres(t))
	n := job.NewNode(d, nil)
	if n.Alive() {
		t.Error("alive before it joined")
	}
	if err := n.Join(bg); err != nil {
		t.Fatal(err)
	}
	joined := time.Now()
	if !n.Alive() {
		t.Error("not alive after it joined")
	}
	eventually(t, "it is no longer certain", func() bool { return !n.Alive() })
	if d := time.Since(joined); d > 2400*time.Millisecond {
		t.Errorf("it was certain for %s", d) // others may take over after 2.5 s
	}
}

// TestManyNodes: each job runs once, though every node wants it, and a node that is killed loses none.
func TestManyNodes(t *testing.T) {
	url := dbtest.PostgresURL(t)
	const nodes, jobs = 3, 120
	var mu sync.Mutex
	ran := map[string]int{}
	byNode := map[int]int{}
	all := make([]*process, nodes)
	for i := range nodes {
		all[i] = newProcess(t, dbtest.Open(t, db.Options{URL: url, Readers: 8}))
		all[i].queue.Handle("count", func(_ context.Context, payload []byte) error {
			time.Sleep(5 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			ran[string(payload)]++
			byNode[i]++
			return nil
		})
	}
	// The one that is killed takes a job and never comes back to it.
	orphan(t, all[0].db, "killed")
	for i := range nodes {
		all[i].queue.Handle("mail", func(context.Context, []byte) error {
			mu.Lock()
			defer mu.Unlock()
			ran["killed"]++
			return nil
		})
		all[i].run()
	}
	for i := range jobs {
		all[i%nodes].enqueue("count", string(rune('a'+i%26))+time.Duration(i).String(), i, 0)
	}
	eventually(t, "all jobs are done", func() bool { return all[0].jobs() == 0 })
	mu.Lock()
	defer mu.Unlock()
	if len(ran) != jobs+1 {
		t.Errorf("%d different jobs ran", len(ran))
	}
	for payload, n := range ran {
		if n != 1 {
			t.Errorf("job %s ran %d times", payload, n)
		}
	}
	if len(byNode) != nodes {
		t.Errorf("only %d nodes took part: %v", len(byNode), byNode)
	}
	eventually(t, "each sees the others", func() bool {
		return all[0].node.Others() == nodes-1 && all[1].node.Others() == nodes-1
	})
}
