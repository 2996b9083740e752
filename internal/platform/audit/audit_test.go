package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// house is an organization, whose founding has left two entries.
type house struct {
	t   *testing.T
	ctx context.Context
	db  *db.DB
	log *audit.Service
	who scope.Principal
}

func each(t *testing.T, test func(h *house)) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, ctx: context.Background(), db: d, log: audit.New(d)}
		h.who = h.found("aero-club")
		test(h)
	})
}

func (h *house) found(slug string) scope.Principal {
	h.t.Helper()
	o, owner, err := org.New(org.Options{DB: h.db}).Create(h.ctx, scope.Operator(""), org.NewOrganization{
		Slug: slug, Name: "Aero-Club", OwnerEmail: "anna@example.org", OwnerName: "Anna Keller",
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return scope.Principal{Kind: scope.KindManagement, Org: o.ID, ID: "key-1", Label: "Anna Keller", MemberID: string(owner.ID),
		Rights: scope.Of(scope.AuditRead)}
}

func (h *house) append(who scope.Principal, verb, subject string, detail any) {
	h.t.Helper()
	if err := h.db.Write(h.ctx, func(tx *db.Tx) error { return audit.Append(tx, who, verb, "thing", subject, detail) }); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	if err := h.db.Write(h.ctx, func(tx *db.Tx) error { _, err := tx.Exec(query, args...); return err }); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) verify(want audit.Result) {
	h.t.Helper()
	got, err := h.log.Verify(h.ctx, h.who)
	if err != nil {
		h.t.Fatal(err)
	}
	if want.Head == "" {
		want.Head = got.Head
	}
	if got != want {
		h.t.Fatalf("got %+v, want %+v", got, want)
	}
}

func TestEntriesAreWhatWasDone(t *testing.T) {
	each(t, func(h *house) {
		h.append(h.who, "flight.approve", "F-1", map[string]any{"note": "über \u0000 \"<x>\"", "n": 1})
		h.append(h.who, "flight.reverse", "F-1", nil)
		got, err := h.log.List(h.ctx, h.who, audit.Filter{SubjectID: "F-1"}, page.Page{Limit: 10})
		if err != nil || len(got.Rows) != 2 || got.More {
			h.t.Fatalf("%+v, %v", got, err)
		}
		e := got.Rows[0]
		if e.No != 3 || e.Verb != "flight.approve" || e.Subject != (audit.Subject{Type: "thing", ID: "F-1"}) ||
			e.Actor != (audit.Actor{Kind: scope.KindManagement, ID: "key-1", Label: "Anna Keller", MemberID: h.who.MemberID}) ||
			len(e.Hash) != 32 || e.At == 0 || e.ChangeNo != 2 {
			h.t.Errorf("%+v", e)
		}
		if want := `{"n":1,"note":"über \u0000 \"\u003cx\u003e\""}`; string(e.Detail) != want {
			h.t.Errorf("detail %s, want %s", e.Detail, want)
		}
		h.verify(audit.Result{Entries: 4, OK: true, Head: got.Rows[1].Hash.String()})
	})
}

func TestList(t *testing.T) {
	each(t, func(h *house) {
		other := h.found("other-club")
		h.append(other, "x", "theirs", nil)
		for i := range 5 {
			h.append(h.who, []string{"a", "b"}[i%2], fmt.Sprint(i), nil)
		}
		var nos []int64
		p := page.Page{Limit: 3}
		for {
			got, err := h.log.List(h.ctx, h.who, audit.Filter{}, p)
			if err != nil {
				h.t.Fatal(err)
			}
			for _, e := range got.Rows {
				nos = append(nos, e.No)
			}
			if !got.More {
				break
			}
			p.After = page.Position{ChangeNo: nos[len(nos)-1]}
		}
		if want := []int64{1, 2, 3, 4, 5, 6, 7}; !slices.Equal(nos, want) {
			h.t.Errorf("got %v, want %v", nos, want)
		}
		now := clock.Of(time.Now())
		for name, c := range map[string]struct {
			f audit.Filter
			n int
		}{
			"a verb":     {audit.Filter{Verb: "a"}, 3},
			"a subject":  {audit.Filter{SubjectID: "1"}, 1},
			"theirs":     {audit.Filter{SubjectID: "theirs"}, 0},
			"the future": {audit.Filter{From: now.Add(time.Hour)}, 0},
			"the past":   {audit.Filter{To: now.Add(-time.Hour)}, 0},
			"today":      {audit.Filter{From: now.Add(-time.Hour), To: now.Add(time.Hour)}, 7},
		} {
			if got, err := h.log.List(h.ctx, h.who, c.f, page.Page{Limit: 10}); err != nil || len(got.Rows) != c.n {
				h.t.Errorf("%s: %d entries, want %d, %v", name, len(got.Rows), c.n, err)
			}
		}
		nobody := h.who
		nobody.Rights = 0
		if _, err := h.log.List(h.ctx, nobody, audit.Filter{}, page.Page{Limit: 10}); !fault.Is(err, "insufficient_scope") {
			h.t.Error(err)
		}
		if _, err := h.log.Verify(h.ctx, nobody); !fault.Is(err, "insufficient_scope") {
			h.t.Error(err)
		}
	})
}

// TestSeveralEntriesOfOneTransaction follow one another, and those of a failed one leave nothing.
func TestSeveralEntriesOfOneTransaction(t *testing.T) {
	each(t, func(h *house) {
		three := func(tx *db.Tx) error {
			for _, v := range []string{"a", "b", "c"} {
				if err := audit.Append(tx, h.who, v, "thing", v, nil); err != nil {
					return err
				}
			}
			return nil
		}
		failed := errors.New("no")
		if err := h.db.Write(h.ctx, func(tx *db.Tx) error { return errors.Join(three(tx), failed) }); !errors.Is(err, failed) {
			h.t.Fatal(err)
		}
		h.verify(audit.Result{Entries: 2, OK: true})
		if err := h.db.Write(h.ctx, three); err != nil {
			h.t.Fatal(err)
		}
		h.verify(audit.Result{Entries: 5, OK: true})
	})
}

func TestParallelWritersMakeOneChain(t *testing.T) {
	each(t, func(h *house) {
		const writers, entries = 8, 25
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				for j := range entries {
					h.append(h.who, "x", fmt.Sprintf("%d/%d", i, j), nil)
				}
			})
		}
		wg.Wait()
		h.verify(audit.Result{Entries: 2 + writers*entries, OK: true})
	})
}

// TestEveryForgeryIsFound changes each column of an entry in turn, and takes entries out.
func TestEveryForgeryIsFound(t *testing.T) {
	each(t, func(h *house) {
		for i := range 6 {
			h.append(h.who, "flight.approve", fmt.Sprint(i), map[string]any{"i": i})
		}
		sound := audit.Result{Entries: 8, OK: true}
		h.verify(sound)
		for column, forged := range map[string]string{
			"at": "at + 1", "change_no": "change_no + 1", "verb": "'flight.reverse'", "subject_type": "'f'", "subject_id": "'9'",
			"actor_kind": "'operator'", "actor_id": "'key-2'", "detail": "'{}'", "salt": "digest", "digest": "hash", "hash": "digest", "member_id": "NULL",
		} {
			h.exec("CREATE TABLE kept AS SELECT * FROM audit_entries WHERE no = 5")
			h.exec("UPDATE audit_entries SET " + column + " = " + forged + " WHERE no = 5 AND org_id = '" + string(h.who.Org) + "'")
			got, err := h.log.Verify(h.ctx, h.who)
			if err != nil || got.OK || got.FirstBad != 5 || got.Entries != 4 {
				h.t.Errorf("%s: %+v, %v", column, got, err)
			}
			h.exec("UPDATE audit_entries SET " + column + " = (SELECT " + column + " FROM kept) WHERE no = 5")
			h.exec("DROP TABLE kept")
		}
		h.verify(sound)
		h.exec("DELETE FROM audit_entries WHERE no = 8")
		h.verify(audit.Result{Entries: 7, FirstBad: 8})
		h.exec("DELETE FROM audit_entries WHERE no = 2")
		h.verify(audit.Result{Entries: 1, FirstBad: 2})
	})
}

// TestAForgedEndIsFound: who rewrites the last entry and its hash still has to move the head.
func TestAForgedEndIsFound(t *testing.T) {
	each(t, func(h *house) {
		h.append(h.who, "x", "1", nil)
		h.exec("UPDATE org_counters SET audit_head = (SELECT hash FROM audit_entries WHERE no = 2) WHERE audit_no = 3")
		h.verify(audit.Result{Entries: 3, FirstBad: 3})
	})
}

func TestErasureKeepsTheChainWhole(t *testing.T) {
	each(t, func(h *house) {
		h.append(h.who, "person.create", "P-1", map[string]any{"name": "A. Keller"})
		h.append(h.who, "x", "2", nil)
		erase := func() (erased bool) {
			if err := h.db.Write(h.ctx, func(tx *db.Tx) (err error) { erased, err = audit.Erase(tx, h.who.Org, 3); return err }); err != nil {
				h.t.Fatal(err)
			}
			return erased
		}
		named := func() (n int) {
			if err := h.db.QueryRow(h.ctx, `SELECT COUNT(*) FROM audit_entries WHERE no = 3 AND member_id IS NOT NULL`).Scan(&n); err != nil {
				h.t.Fatal(err)
			}
			return n
		}
		if named() != 1 {
			h.t.Error("the entry does not know its member: the test shows nothing")
		}
		if !erase() || erase() {
			h.t.Error("it is to be erased once")
		}
		if named() != 0 {
			h.t.Error("the member is not erased")
		}
		h.verify(audit.Result{Entries: 4, OK: true})
		got, err := h.log.List(h.ctx, h.who, audit.Filter{SubjectID: "P-1"}, page.Page{Limit: 1})
		if err != nil || len(got.Rows) != 1 || got.Rows[0].Detail != nil || got.Rows[0].Actor.Label != "" || got.Rows[0].Actor.ID != "key-1" {
			h.t.Errorf("%+v, %v", got, err)
		}
	})
}

// TestVerifyLongChain goes over the border of a chunk.
func TestVerifyLongChain(t *testing.T) {
	each(t, func(h *house) {
		for n := range 3 {
			if err := h.db.Write(h.ctx, func(tx *db.Tx) error {
				for i := range 400 {
					if err := audit.Append(tx, h.who, "x", "thing", fmt.Sprint(n, i), nil); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				h.t.Fatal(err)
			}
		}
		h.verify(audit.Result{Entries: 1202, OK: true})
		h.exec("UPDATE audit_entries SET verb = 'y' WHERE no = 1001")
		h.verify(audit.Result{Entries: 1000, FirstBad: 1001})
		if r, err := h.log.Verify(h.ctx, h.who); err != nil || strings.Trim(r.Head, "0123456789abcdef") != "" || len(r.Head) != 64 {
			h.t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestListFromTheEnd: newest first, by page, period and actor.
func TestListFromTheEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		o.Clock = fake
		d := dbtest.Open(t, o)
		h := &house{t: t, ctx: context.Background(), db: d, log: audit.New(d)}
		h.who = h.found("aero-club")
		other := h.who
		other.ID, other.Label, other.MemberID = "key-2", `50%_"Ünal`, "member-2"
		h.exec(`INSERT INTO members (id, org_id, user_id, display_name, role, status, created_at, updated_at, change_no)
			SELECT 'member-2', org_id, user_id, $1, role, 'removed', 1, 1, 1 FROM members`, other.Label)
		times := []clock.Time{0}
		for i := range 9 {
			fake.Advance(time.Hour)
			who := h.who
			if i%3 == 0 {
				who = other
				who.Kind, who.ID = scope.KindSession, "key-2" // another session each time
				if i > 0 {
					who.ID = fmt.Sprint("session-", i)
				}
			}
			h.append(who, "thing.do", fmt.Sprint(i), nil)
			times = append(times, clock.Of(fake.Now()))
		}
		list := func(f audit.Filter, limit int) (nos []int64) {
			t.Helper()
			f.Newest = true
			for p := (page.Page{Limit: limit}); ; {
				got, err := h.log.List(h.ctx, h.who, f, p)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range got.Rows {
					nos = append(nos, e.No)
					p.After = page.Position{ChangeNo: e.No}
				}
				if !got.More {
					return nos
				}
			}
		}
		want := func(what string, got []int64, want ...int64) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		want("all", list(audit.Filter{}, 4), 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
		want("a verb", list(audit.Filter{Verb: "thing.do"}, 4), 11, 10, 9, 8, 7, 6, 5, 4, 3)
		want("a period", list(audit.Filter{From: times[2], To: times[4]}, 4), 5, 4)
		want("since then", list(audit.Filter{From: times[8] + 1}, 4), 11)
		want("before all", list(audit.Filter{To: 1}, 4))
		want("after all", list(audit.Filter{From: times[9] + 1}, 4))
		want("an id", list(audit.Filter{Actor: "key-2"}, 4), 3)
		want("a member", list(audit.Filter{Actor: "member-2"}, 2), 9, 6, 3)
		want("who has no id", list(audit.Filter{Actor: "Oper"}, 1), 2, 1)
		want("nobody", list(audit.Filter{Actor: "Berta"}, 4))
		want("a name", list(audit.Filter{Actor: `50%_"`}, 4), 9, 6, 3)
		want("a name's beginning", list(audit.Filter{Actor: "anna K", Verb: "thing.do"}, 4), 11, 10, 8, 7, 5, 4)
		h.exec(`UPDATE members SET display_name = 'Ännchen'`)
		want("both by the name they have now, in pages", list(audit.Filter{Actor: "Änn", Verb: "thing.do"}, 2), 11, 10, 9, 8, 7, 6, 5, 4, 3)
		want("both, in a period", list(audit.Filter{Actor: "Änn", From: times[2], To: times[4]}, 1), 5, 4)
		up, err := h.log.List(h.ctx, h.who, audit.Filter{Actor: "Änn"}, page.Page{Limit: 3, After: page.Position{ChangeNo: 4}})
		if err != nil || len(up.Rows) != 3 || up.Rows[0].No != 5 || up.Rows[2].No != 7 || !up.More {
			t.Errorf("oldest first: %+v, %v", up, err)
		}
		h.exec(`UPDATE members SET display_name = CASE WHEN id = 'member-2' THEN $1 ELSE 'Anna Keller' END`, other.Label)
		want("a whole name", list(audit.Filter{Actor: `50%_"Ünal`}, 4), 9, 6, 3)
		want("no pattern", list(audit.Filter{Actor: "%"}, 4))
		want("no pattern", list(audit.Filter{Actor: "Anna_Keller"}, 4))

		if e, err := h.log.Get(h.ctx, h.who, 3); err != nil || e.No != 3 || e.Actor.ID != "key-2" {
			t.Errorf("one: %+v, %v", e, err)
		}
		if _, err := h.log.Get(h.ctx, h.who, 99); !fault.Is(err, "audit_entry_not_found") {
			t.Errorf("none: %v", err)
		}
		other.Rights = 0
		if _, err := h.log.Get(h.ctx, other, 3); !fault.Is(err, "insufficient_scope") {
			t.Errorf("without the right: %v", err)
		}
	})
}
