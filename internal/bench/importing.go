package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// importing measures the import of a long logbook as history while others write, and that of a real one alone.
func importing(ctx context.Context, b *bench) error {
	for _, engine := range b.engines() {
		rows, goal := b.rowsOf(100_000), "< 30 s for 100,000; others' p99 < 100 ms"
		if engine == "postgres" {
			rows, goal = b.rowsOf(10_000), "others' p99 < 100 ms"
		}
		if err := b.importBesides(ctx, engine, rows, goal); err != nil {
			return err
		}
		if err := b.importReal(ctx, engine); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf is how many are imported, unless -rows says fewer.
func (b *bench) rowsOf(usual int) int {
	if b.atMost > 0 {
		return min(b.atMost, usual)
	}
	return usual
}

// importBesides imports while a flight is created, submitted and approved every 20 ms, in turns in the same
// organization and in another.
func (b *bench) importBesides(ctx context.Context, engine string, rows int, goal string) error {
	h, err := open(ctx, b, engine)
	if err != nil {
		return err
	}
	defer h.clean()
	other, err := h.school(ctx, "other")
	if err != nil {
		return err
	}
	one, err := h.writer(ctx, h.who)
	if err != nil {
		return err
	}
	two, err := h.writer(ctx, scope.Operator(other))
	if err != nil {
		return err
	}
	data := logbookOf(rows)
	before, began := spent(), time.Now()
	im, err := h.Logbook.Upload(ctx, h.who, "logbook.csv", data, logbook.UploadOptions{})
	if err != nil {
		return err
	}
	read, readCPU := time.Since(began), spent()-before

	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, w := range []*writer{one, two} {
		wg.Go(func() { w.write(ctx, 40*time.Millisecond, done) })
	}
	_, err = h.Logbook.Commit(ctx, h.who, logbook.ID(im.ID), "history")
	took, cpu := time.Since(began), spent()-before
	close(done)
	wg.Wait()
	for _, e := range []error{err, one.err, two.err} {
		if e != nil {
			return e
		}
	}
	same, others := percentile(one.took, 0.99), percentile(two.took, 0.99)
	ok := same < 100*time.Millisecond && others < 100*time.Millisecond
	if engine == "sqlite" {
		ok = ok && took.Seconds()/float64(rows) < 30.0/100_000
	}
	b.report(ok, fmt.Sprintf("import of %d rows as history while others write, %s", rows, engine), goal,
		"%.1f s (%.1f s of it reading), %.0f rows/s, %.0f µs CPU a row (%.0f reading, %.0f writing, others included); "+
			"%d writes in the same organization p50 %.1f ms, p99 %.1f ms; in another p50 %.1f ms, p99 %.1f ms",
		took.Seconds(), read.Seconds(), float64(rows)/took.Seconds(), micros(cpu, rows), micros(readCPU, rows), micros(cpu-readCPU, rows),
		len(one.took), ms(percentile(one.took, 0.5)), ms(same), ms(percentile(two.took, 0.5)), ms(others))
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func micros(d time.Duration, rows int) float64 { return float64(d.Microseconds()) / float64(rows) }

// spent is the processor time of this program so far.
func spent() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// writer enters flights while something else goes on.
type writer struct {
	h        *house
	who      scope.Principal
	aircraft string
	pilot    string
	took     []time.Duration // of each write
	err      error
}

func (h *house) writer(ctx context.Context, who scope.Principal) (*writer, error) {
	ad, err := decode[fleet.Draft](map[string]any{"registration": "N1WR", "class": "SEP"})
	if err != nil {
		return nil, err
	}
	a, err := h.Fleet.Create(ctx, who, ad)
	if err != nil {
		return nil, err
	}
	pd, err := decode[person.Draft](map[string]any{"display_name": "Writer", "roles": []string{"pilot"}})
	if err != nil {
		return nil, err
	}
	p, err := h.People.Create(ctx, who, pd)
	return &writer{h: h, who: who, aircraft: a.ID, pilot: p.ID}, err
}

// write enters, submits and approves a flight at a steady pace, however long the last one took.
func (w *writer) write(ctx context.Context, every time.Duration, done <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		off := time.Date(2024, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 2 * time.Hour)
		d, err := decode[flight.Draft](map[string]any{
			"aircraft_id": w.aircraft, "departure": "LSZB", "arrival": "LSZG", "off_block_at": off, "on_block_at": off.Add(time.Hour),
			"logged_min": 60, "takeoffs_day": 1, "landings_day": 1,
			"crew": []map[string]any{{"person_id": w.pilot, "function": "pic", "pic_min": 60}},
		})
		if err != nil {
			w.err = err
			return
		}
		var f flight.Managed
		for _, verb := range []func() error{
			func() (err error) { f, err = w.h.Flights.Create(ctx, w.who, d); return err },
			func() error { _, err := w.h.Flights.Submit(ctx, w.who, flight.ID(f.ID)); return err },
			func() error { _, err := w.h.Posting.Approve(ctx, w.who, flight.ID(f.ID), true, 0); return err },
		} {
			began := time.Now()
			if w.err = verb(); w.err != nil {
				return
			}
			w.took = append(w.took, time.Since(began))
		}
	}
}

// importReal measures the import of the 3,491 flights of a real logbook, which is not part of the repository; without it
// a made-up one of as many flights stands in.
func (b *bench) importReal(ctx context.Context, engine string) error {
	what := "import of the 3,491-flight file as history"
	data, err := os.ReadFile(filepath.Join("..", "shared", "data", "pyflightlog_1982_2011_us_instructor.csv"))
	if err != nil {
		data, what = logbookOf(3491), "import of 3,491 made-up flights as history"
	}
	h, err := open(ctx, b, engine)
	if err != nil {
		return err
	}
	defer h.clean()
	before, began := spent(), time.Now()
	im, err := h.Logbook.Upload(ctx, h.who, "logbook.csv", data, logbook.UploadOptions{})
	if err == nil {
		_, err = h.Logbook.Commit(ctx, h.who, logbook.ID(im.ID), "history")
	}
	took := time.Since(began)
	if err != nil {
		return err
	}
	goal := "< 2 s"
	if engine == "postgres" {
		goal = "none"
	}
	b.report(took < 2*time.Second || goal == "none", what+", "+engine, goal, "%.2f s, read, stored and posted; %.0f µs CPU a row here",
		took.Seconds(), micros(spent()-before, 3491))
	return nil
}
