package logbook

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/job"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

var ctx = context.Background()

// desk is where a school imports logbooks; it has no queue unless a test gives it one.
type desk struct {
	*opstest.School
	*Service
}

func openDesk(s *opstest.School) *desk {
	return &desk{s, New(Options{DB: s.DB, Places: s.Reference, Types: s.Reference, Events: s.Events,
		Post: s.Posting.PostHistory, Unpost: s.Posting.Unpost})}
}

func eachDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	opstest.Each(t, func(t *testing.T, s *opstest.School) { test(t, openDesk(s)) })
}

func (d *desk) upload(name string, data []byte, o UploadOptions) Import {
	d.Helper()
	i, err := d.Upload(ctx, d.Owner, name, data, o)
	d.OK(err)
	return i
}

func (d *desk) commit(i Import, as string) Import {
	d.Helper()
	i, err := d.Commit(ctx, d.Owner, ID(i.ID), as)
	d.OK(err)
	return i
}

func (d *desk) take(name string, data []byte, as string) Import {
	d.Helper()
	return d.commit(d.upload(name, data, UploadOptions{}), as)
}

func (d *desk) undo(i Import) Import {
	d.Helper()
	i, err := d.Undo(ctx, d.Owner, ID(i.ID))
	d.OK(err)
	return i
}

// counted wants an import to have created and left alone so many rows.
func (d *desk) counted(i Import, status Status, created, unchanged int64) {
	d.Helper()
	if i.Status != status || i.Created != created || i.Unchanged != unchanged {
		d.Errorf("%s: %d created, %d unchanged; want %s, %d and %d", i.Status, i.Created, i.Unchanged, status, created, unchanged)
	}
	if i.Status == StatusCommitted && (i.Progress.Done != i.Progress.Total || i.Progress.Total != created+unchanged) {
		d.Errorf("progress %+v", i.Progress)
	}
}

func (d *desk) ownerTotals() person.Totals {
	d.Helper()
	all, err := d.People.List(ctx, d.Owner, person.Filter{Q: ownerName}, page.Page{Limit: 10})
	d.OK(err)
	if len(all.Rows) != 1 {
		d.Fatalf("%d people are the logbook's owner", len(all.Rows))
	}
	t := all.Rows[0].Totals
	t.AsOf = 0
	return t
}

// entries are rows of flights of half an hour on days of May 2024.
func entries(days ...string) []byte {
	b := bytes.NewBufferString(head)
	for _, day := range days {
		b.WriteString("2024-05-" + day + ",HB-KGA,LSZB,LSZG,,,,,0.5,0.5,,1,1,,,,,,\n")
	}
	return b.Bytes()
}

func many(n int) []byte {
	days := make([]string, n)
	for i := range days {
		days[i] = []string{"01", "02", "03"}[i%3]
	}
	return entries(days...)
}

const liveFlights = `SELECT COUNT(*) FROM flights WHERE org_id = $1 AND NOT deleted`

func (d *desk) flightCount() int { d.Helper(); return d.Count(liveFlights, d.Org) }

func TestImportAgainAndLonger(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		preview, err := d.Preview(ctx, d.Owner, "log.csv", entries("01", "02", "02"), UploadOptions{})
		d.OK(err)
		if preview.Created != 3 || preview.Duplicates != 1 || preview.Rows != 3 || preview.ImportID != nil || preview.Totals["TotalTime"] != 90 {
			t.Errorf("preview %+v", preview)
		}
		if n := d.Count(`SELECT COUNT(*) FROM imports`); n != 0 {
			t.Errorf("a preview left %d imports", n)
		}
		i := d.upload(`C:\Users\me\log.csv`, entries("01", "02", "02"), UploadOptions{})
		d.counted(i, StatusPreviewed, 3, 0)
		if i.FileName != "log.csv" || i.As != nil || i.PilotID != nil || countIn(i, "pilot_not_named") != 1 || countIn(i, "duplicate_row") != 1 {
			t.Errorf("uploaded %+v", i)
		}
		i = d.commit(i, AsHistory)
		d.counted(i, StatusCommitted, 3, 0)
		d.counted(d.commit(i, AsHistory), StatusCommitted, 3, 0)
		if n := d.Count(`SELECT COUNT(*) FROM import_files`); n != 0 {
			t.Error("the file is still there")
		}
		_, err = d.Commit(ctx, d.Owner, ID(i.ID), AsDraft)
		d.Refused(err, "state_conflict")

		again := d.upload("log.csv", entries("01", "02", "02"), UploadOptions{})
		d.counted(again, StatusPreviewed, 0, 3)
		d.counted(d.commit(again, AsDraft), StatusCommitted, 0, 3)
		longer := d.upload("log.csv", entries("02", "01", "03", "02", "02"), UploadOptions{})
		d.counted(longer, StatusPreviewed, 2, 3)
		d.counted(d.commit(longer, AsHistory), StatusCommitted, 2, 3)
		if got, want := d.ownerTotals(), (person.Totals{FlightMin: 150, PICMin: 150, LandingsDay: 5}); got != want {
			t.Errorf("totals %+v", got)
		}
		if n := d.flightCount(); n != 5 {
			t.Errorf("%d flights", n)
		}
		if types := d.EventTypes(); len(types) != 0 {
			t.Errorf("history says %v", types)
		}
		// Another pilot's logbook may hold the very same rows.
		other := d.upload("log.csv", entries("01"), UploadOptions{PilotID: d.Person("B. Brun")})
		d.counted(other, StatusPreviewed, 1, 0)
		d.counted(d.commit(other, AsHistory), StatusCommitted, 1, 0)
		d.Clean()
	})
}

func countIn(i Import, code string) int { return countCode(&File{Findings: i.Findings}, code) }

func TestCommitAs(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		i := d.upload("log.csv", entries("01", "02"), UploadOptions{})
		_, err := d.Commit(ctx, d.Owner, ID(i.ID), "approved")
		d.BadFields(err, "as")
		d.commit(i, AsDraft)
		if n := d.Count(`SELECT COUNT(*) FROM flights WHERE status = 'draft' AND off_block_at IS NOT NULL`); n != 2 || len(d.EventTypes()) != 0 {
			t.Errorf("%d drafts, events %v", n, d.EventTypes())
		}
		noPlace := string(entries("03")) + "2024-05-04,HB-KGA,,LSZG,,,,,0.5,0.5,,1,1,,,,,,\n"
		i = d.take("more.csv", []byte(noPlace), AsSubmitted)
		d.counted(i, StatusCommitted, 2, 0)
		if types := d.EventTypes(); len(types) != 1 || types[0] != "flight.submitted" || countIn(i, "left_as_draft") != 1 {
			t.Errorf("events %v, findings %+v", types, i.Findings)
		}
		if n := d.Count(`SELECT COUNT(*) FROM flights WHERE status = 'submitted'`); n != 1 {
			t.Errorf("%d submitted", n)
		}
		if total := d.ownerTotals(); total != (person.Totals{}) {
			t.Errorf("nothing is posted yet, but %+v", total)
		}
		d.Clean()
	})
}

func TestUndo(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		before := d.Person("A. Keller")
		kept := d.Craft("HB-ABC", "block")
		d.Approve(opstest.Trip(kept, before, 0))
		person0, craft0 := d.totalsOf(before), d.craftTotals(kept)

		data := strings.ReplaceAll(string(many(300)), "HB-KGA", "HB-XYZ") + "2024-05-09,HBABC,LSZB,LSZG,,,,,0.5,0.5,,1,1,,,,,,\n"
		for _, as := range []string{AsHistory, AsDraft, AsSubmitted} {
			i := d.take("log.csv", []byte(data), as)
			d.counted(i, StatusCommitted, 301, 0)
			i = d.undo(i)
			if i.Status != StatusUndone || d.undo(i).Status != StatusUndone {
				t.Fatalf("undone: %+v", i)
			}
			_, err := d.Commit(ctx, d.Owner, ID(i.ID), as)
			d.Refused(err, "state_conflict")
			d.Clean()
			if p, c := d.totalsOf(before), d.craftTotals(kept); p != person0 || c != craft0 {
				t.Errorf("after the undo %+v, %+v; before %+v, %+v", p, c, person0, craft0)
			}
			if n := d.Count(`SELECT COUNT(*) FROM person_totals WHERE person_id <> $1 AND (flight_s <> 0 OR flights <> 0 OR landings_day <> 0)`, before); n != 0 {
				t.Errorf("%d totals are left", n)
			}
			people, err := d.People.List(ctx, d.Owner, person.Filter{}, page.Page{Limit: 10})
			d.OK(err)
			craft, err := d.Fleet.List(ctx, d.Owner, fleet.Filter{}, page.Page{Limit: 10})
			d.OK(err)
			if len(people.Rows) != 1 || len(craft.Rows) != 1 || d.flightCount() != 1 {
				t.Errorf("%d people, %d aircraft, %d flights", len(people.Rows), len(craft.Rows), d.flightCount())
			}
			if n := d.Count(`SELECT COUNT(*) FROM import_rows`); n != 0 {
				t.Errorf("%d rows are not free", n)
			}
		}
		gone, err := d.Flights.List(ctx, d.Owner, flight.Filter{IncludeDeleted: true}, page.Page{Limit: 1000})
		d.OK(err)
		if len(gone.Rows) != 1+3*301 || !gone.Rows[5].Deleted || !bytes.Contains(gone.Rows[5].Doc, []byte(`"deleted":true`)) {
			t.Errorf("%d flights and tombstones", len(gone.Rows))
		}
	})
}

func (d *desk) totalsOf(id string) person.Totals {
	d.Helper()
	p, err := d.People.Get(ctx, d.Owner, person.ID(id))
	d.OK(err)
	p.Totals.AsOf = 0
	return p.Totals
}

func (d *desk) craftTotals(id string) string {
	d.Helper()
	a, err := d.Fleet.Get(ctx, d.Owner, fleet.ID(id))
	d.OK(err)
	return db.AsJSON([]any{a.Totals.AirframeMin, a.Totals.Landings, a.Totals.Cycles})
}

func TestUndoAfterChangesByHand(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		i := d.take("log.csv", entries("01", "02", "03", "04", "05"), AsSubmitted)
		ids, err := db.All(ctx, d.DB, db.Scalar[flight.ID], `SELECT id FROM flights WHERE import_id = $1 ORDER BY off_block_at`, i.ID)
		d.OK(err)
		for _, id := range ids[:2] { // approved, and one of them reversed
			_, err := d.Posting.Approve(ctx, d.Owner, id, true, 0)
			d.OK(err)
		}
		_, err = d.Posting.Reverse(ctx, d.Owner, ids[1], "wrong aircraft", 0)
		d.OK(err)
		_, err = d.Flights.Withdraw(ctx, d.Owner, ids[2])
		d.OK(err)
		_, err = d.Flights.Update(ctx, d.Owner, ids[2], flight.Draft{NightMin: merge.To(int64(6))}, 0)
		d.OK(err)
		_, err = d.Flights.Withdraw(ctx, d.Owner, ids[3])
		d.OK(err)
		d.OK(d.Flights.Delete(ctx, d.Owner, ids[3]))

		i = d.undo(i)
		if countIn(i, "removed_after_edit") != 1 || countIn(i, "kept_since_reversed") != 1 {
			t.Errorf("findings %+v", i.Findings)
		}
		for _, f := range i.Findings {
			if f.Code == "removed_after_edit" && (f.Row != 4 || !strings.Contains(f.Text, "F-2024-0000")) {
				t.Errorf("finding %+v", f)
			}
		}
		// What was reversed by hand, and the draft to correct it, are no longer the import's.
		if n := d.flightCount(); n != 2 {
			t.Errorf("%d flights are left", n)
		}
		if got := d.ownerTotals(); got != (person.Totals{}) {
			t.Errorf("totals %+v", got)
		}
		d.Clean()
		d.counted(d.take("log.csv", entries("01", "02", "03", "04", "05"), AsHistory), StatusCommitted, 5, 0)
		d.Clean()
	})
}

func TestTwoImportsAtOnce(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		data := many(700)
		a, b := d.upload("a.csv", data, UploadOptions{}), d.upload("b.csv", data, UploadOptions{})
		var wg sync.WaitGroup
		for _, i := range []*Import{&a, &b} {
			wg.Go(func() {
				done, err := d.Commit(ctx, d.Owner, ID(i.ID), AsHistory)
				if err != nil {
					t.Error(err)
				}
				*i = done
			})
		}
		wg.Wait()
		if a.Created+b.Created != 700 || a.Unchanged+b.Unchanged != 700 || d.flightCount() != 700 {
			t.Errorf("created %d and %d, %d flights", a.Created, b.Created, d.flightCount())
		}
		if got, want := d.ownerTotals(), (person.Totals{FlightMin: 700 * 30, PICMin: 700 * 30, LandingsDay: 700}); got != want {
			t.Errorf("totals %+v", got)
		}
		d.Clean()
	})
}

// TestOneImportTwiceAtOnce: whoever is second waits for the first and changes nothing.
func TestOneImportTwiceAtOnce(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		i := d.upload("a.csv", many(500), UploadOptions{})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				done, err := d.Commit(ctx, d.Owner, ID(i.ID), AsHistory)
				if err != nil || done.Created != 500 || done.Status != StatusCommitted {
					t.Errorf("%v, %+v", err, done)
				}
			})
		}
		wg.Wait()
		if d.flightCount() != 500 {
			t.Errorf("%d flights", d.flightCount())
		}
		d.Clean()
	})
}

// TestCutShort gives up a commit and then an undo after some of their writes, and lets the job finish them.
func TestCutShort(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		var giveUp func()
		cancellable := func() context.Context {
			c, cancel := context.WithCancel(ctx)
			giveUp = cancel
			t.Cleanup(cancel)
			return c
		}
		cut := cancellable()
		d.post = func(tx *db.Tx, who scope.Principal, records []*flight.Record) error {
			giveUp()
			return d.Posting.PostHistory(tx, who, records)
		}
		d.unpost = func(tx *db.Tx, who scope.Principal, ids []flight.ID) error {
			giveUp()
			return d.Posting.Unpost(tx, who, ids)
		}
		i := d.upload("a.csv", many(500), UploadOptions{})
		_, err := d.Commit(cut, d.Owner, ID(i.ID), AsHistory)
		half, getErr := d.Get(ctx, d.Owner, ID(i.ID))
		d.OK(getErr)
		if !errors.Is(err, context.Canceled) || half.Status != StatusCommitting || half.Progress.Done == 0 || half.Progress.Done == 500 {
			t.Fatalf("%v, %+v", err, half)
		}
		if int64(d.flightCount()) != half.Created || half.Created != half.Progress.Done {
			t.Errorf("%d flights, %+v", d.flightCount(), half.Progress)
		}
		_, err = d.Commit(ctx, d.Owner, ID(i.ID), AsDraft)
		d.Refused(err, "state_conflict")

		q := d.queue()
		d.OK(q.RunNow(ctx, commitKind, i.ID))
		whole, err := d.Get(ctx, d.Owner, ID(i.ID))
		d.OK(err)
		d.counted(whole, StatusCommitted, 500, 0)
		if d.flightCount() != 500 {
			t.Errorf("%d flights", d.flightCount())
		}
		d.Clean()

		cut = cancellable()
		_, err = d.Undo(cut, d.Owner, ID(i.ID))
		half, getErr = d.Get(ctx, d.Owner, ID(i.ID))
		d.OK(getErr)
		if !errors.Is(err, context.Canceled) || half.Status != StatusUndoing || half.Progress.Done == 0 {
			t.Fatalf("%v, %+v", err, half)
		}
		d.Clean()
		d.OK(q.RunNow(ctx, undoKind, i.ID))
		if whole, err = d.Get(ctx, d.Owner, ID(i.ID)); err != nil || whole.Status != StatusUndone || d.flightCount() != 0 {
			t.Errorf("%v, %+v", err, whole)
		}
		d.Clean()
	})
}

// queue is of a node that lives until the test ends: one that shows no beat for three seconds may work no more.
func (d *desk) queue() *job.Queue {
	d.Helper()
	node := job.NewNode(d.DB, nil)
	d.OK(node.Join(ctx))
	d.run(node)
	q := job.New(d.DB, node, nil)
	d.RegisterJobs(q)
	return q
}

// TestWithQueue is what a server does: the verb waits for its job.
func TestWithQueue(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.jobs = d.queue()
		i := d.take("a.csv", many(300), AsHistory)
		d.counted(i, StatusCommitted, 300, 0)
		if i = d.undo(i); i.Status != StatusUndone || d.flightCount() != 0 {
			t.Errorf("%+v", i)
		}
		if n := d.Count(`SELECT COUNT(*) FROM jobs`); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
	})
}

// TestUndoCutsACommitShort: the way out of an import that cannot end.
func TestUndoCutsACommitShort(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		broken := errors.New("broken")
		calls := 0
		d.post = func(tx *db.Tx, who scope.Principal, records []*flight.Record) error {
			if calls++; calls > 1 {
				return broken
			}
			return d.Posting.PostHistory(tx, who, records)
		}
		i := d.upload("a.csv", many(500), UploadOptions{})
		if _, err := d.Commit(ctx, d.Owner, ID(i.ID), AsHistory); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if i = d.undo(i); i.Status != StatusUndone || d.flightCount() != 0 {
			t.Errorf("%+v", i)
		}
		d.Clean()
	})
}

func TestOthersAndRights(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		i := d.upload("a.csv", many(3), UploadOptions{})
		stranger := d.Found("other-club").Owner
		for _, c := range []struct {
			who  scope.Principal
			code string
		}{{stranger, "import_not_found"}, {d.As(scope.Instructor, ""), "insufficient_scope"}, {d.As(scope.Member, ""), "insufficient_scope"}} {
			_, err := d.Get(ctx, c.who, ID(i.ID))
			d.Refused(err, c.code)
			_, err = d.Commit(ctx, c.who, ID(i.ID), AsHistory)
			d.Refused(err, c.code)
			_, err = d.Undo(ctx, c.who, ID(i.ID))
			d.Refused(err, c.code)
			_, err = d.List(ctx, c.who, Filter{}, page.Page{Limit: 10})
			if c.code == "insufficient_scope" {
				d.Refused(err, c.code)
				_, err = d.Upload(ctx, c.who, "a.csv", many(1), UploadOptions{})
				d.Refused(err, c.code)
				_, err = d.Preview(ctx, c.who, "a.csv", many(1), UploadOptions{})
				d.Refused(err, c.code)
			}
		}
		list, err := d.List(ctx, stranger, Filter{}, page.Page{Limit: 10})
		d.OK(err)
		if len(list.Rows) != 0 {
			t.Errorf("a stranger sees %+v", list.Rows)
		}
		_, err = d.Upload(ctx, stranger, "a.csv", many(1), UploadOptions{PilotID: d.Person("A. Keller")})
		d.BadFields(err, "pilot_id")
		_, err = d.Undo(ctx, d.Owner, ID(i.ID))
		d.Refused(err, "state_conflict")
	})
}

func TestListImports(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		first := d.upload("a.csv", many(3), UploadOptions{})
		d.upload("b.csv", many(3), UploadOptions{})
		d.commit(first, AsDraft)
		all, err := d.List(ctx, d.Owner, Filter{}, page.Page{Limit: 1})
		d.OK(err)
		if !all.More || len(all.Rows) != 1 || all.Rows[0].FileName != "b.csv" || len(all.Rows[0].Findings) != 0 || all.Rows[0].Findings == nil {
			t.Errorf("first page %+v", all)
		}
		at := page.Position{ChangeNo: all.Rows[0].ChangeNo, ID: all.Rows[0].ID}
		all, err = d.List(ctx, d.Owner, Filter{Statuses: []string{"committed"}}, page.Page{Limit: 1, After: at})
		d.OK(err)
		if all.More || len(all.Rows) != 1 || all.Rows[0].FileName != "a.csv" {
			t.Errorf("second page %+v", all)
		}
		_, err = d.List(ctx, d.Owner, Filter{UpdatedSince: all.Rows[0].UpdatedAt}, page.Page{Limit: 1})
		d.OK(err)
	})
}

func TestRefusedFiles(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		for name, data := range map[string][]byte{
			"empty": nil, "zip": []byte("PK\x03\x04 and more"), "prose": []byte("Dear Sir,\nplease find my logbook below.\n"),
		} {
			_, err := d.Upload(ctx, d.Owner, name, data, UploadOptions{})
			d.BadFields(err, "file")
		}
		_, err := d.Upload(ctx, d.Owner, "huge", make([]byte, maxUpload+1), UploadOptions{})
		if d.Refused(err, "file_too_large"); fault.KindOf(err) != fault.TooLarge {
			t.Errorf("%v", err)
		}
		_, err = d.Upload(ctx, d.Owner, "a.csv", many(1), UploadOptions{PilotID: "somebody"})
		d.BadFields(err, "pilot_id")
		if n := d.Count(`SELECT COUNT(*) FROM imports`); n != 0 {
			t.Errorf("%d imports are stored", n)
		}
	})
}

// TestDamagedImports commits every damaged file: what is bad stays out and is named, all else comes in.
func TestDamagedImports(t *testing.T) {
	opened := openDesk(opstest.Open(t, dbSQLite(t)).Found("aero-club"))
	for n, c := range append([]damagedRow{
		{"no registration", "2024-05-02,HB-KGA-IS-NO-REGISTRATION,LSZB,LSZG,,,,,1.0,,,1,,,,,,,", "registration_unusable", 1},
		{"a meter that ran a week", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,100.0,300.0,,,,", "meter_left_out", 0},
	}, damaged...) {
		d := &desk{opened.Found("club-" + itoa(n)), opened.Service}
		d.TB = t
		i := d.upload("damaged.csv", []byte(head+good+c.row+"\n"+strings.Replace(good, "05-01", "07-01", 1)), UploadOptions{})
		expected := i.Created
		i = d.commit(i, AsHistory)
		d.counted(i, StatusCommitted, expected, 0)
		if countIn(i, c.code) == 0 || expected < 2 || int64(d.flightCount()) != expected || expected != i.Flights-int64(c.bad) {
			t.Errorf("%s: %d of %d flights; %+v", c.name, expected, i.Flights, i.Findings)
		}
		d.Clean()
		d.undo(i)
		d.Clean()
	}
}

func TestClosedPeriod(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		lock := "2024-05-02"
		i := d.upload("a.csv", entries("01", "03"), UploadOptions{})
		later := d.upload("b.csv", entries("04"), UploadOptions{})
		d.Settings(org.Patch{LockDate: &lock})
		for _, as := range []string{AsHistory, AsSubmitted} {
			_, err := d.Commit(ctx, d.Owner, ID(i.ID), as)
			d.Refused(err, "period_locked")
		}
		later = d.commit(later, AsHistory)
		d.undo(d.commit(i, AsDraft))
		lock = "2024-06-01"
		d.Settings(org.Patch{LockDate: &lock})
		_, err := d.Undo(ctx, d.Owner, ID(later.ID))
		d.Refused(err, "period_locked")
	})
}

func TestPilotGone(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		pilot := d.Person("A. Keller")
		i := d.upload("a.csv", many(2), UploadOptions{PilotID: strings.ToUpper(pilot)})
		if *i.PilotID != pilot || countIn(i, "pilot_not_named") != 0 {
			t.Errorf("%+v", i)
		}
		d.OK(d.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE people SET deleted = TRUE WHERE id = $1`, pilot)
			return err
		}))
		_, err := d.Commit(ctx, d.Owner, ID(i.ID), AsHistory)
		d.Refused(err, "import_pilot_gone")
	})
}
