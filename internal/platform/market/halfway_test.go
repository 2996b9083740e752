package market_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"modernc.org/sqlite"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/db/schema"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// TestRevocationEndsAllOrNothing breaks the revocation of an app at every place there is, one after the other: on SQLite at
// every row that it writes, on PostgreSQL at every statement, reads, BEGIN and COMMIT too, whose connection is cut before
// the database has it, or before its answer is there. Each time nothing at all has changed, and all still works; only when
// the answer to the COMMIT gets lost all is done.
func TestRevocationEndsAllOrNothing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		o := dbtest.SQLite(t)
		f := furnished(t, o)
		f.stumble(t)
		f.breakEverywhere(func(n int64) { steps.Store(-n) }, func() bool { return steps.Swap(1) == 0 }, func(err error) bool { return strings.Contains(err.Error(), errStep.Error()) })
	})
	for _, after := range []bool{false, true} {
		t.Run("postgres, cut "+map[bool]string{false: "before", true: "after"}[after], func(t *testing.T) {
			o := dbtest.Postgres(t)
			c := newCutter(t, o.URL, after)
			o.URL = c.url
			f := furnished(t, o)
			f.breakEverywhere(c.arm, c.disarm, func(err error) bool { return fault.KindOf(err) == fault.Unavailable })
		})
	}
}

// furnished is a fair with an app that has some of everything that a revocation ends.
func furnished(t *testing.T, o db.Options) *revocable {
	fake := clock.NewFake(start)
	o.Clock = fake
	f := &revocable{fair: open(t, dbtest.Open(t, o))}
	f.clock = fake
	l := f.publish(f.list(pilots, flights))
	f.token = f.mint(pilots, flights)
	old, _, err := f.keys.Mint(f.ctx, f.builder, key.NewKey{Kind: scope.KindApp, AppID: f.app, Name: "Rotated", Scopes: []string{flights}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.keys.Rotate(f.ctx, f.builder, old.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	f.places = []scope.Principal{f.school, f.stranger, f.builder, f.found("silent", "school"), f.found("left", "school")}
	var at []market.Evidence
	for _, who := range f.places {
		at = append(at, f.installAt(who, l, flights, pilots))
	}
	must(f.Suspend(f.ctx, f.stranger, at[1].ID))(t)
	must(f.webhooks.Disable(f.ctx, f.places[3], webhook.EndpointID(*at[3].EndpointID)))(t)
	must(f.Uninstall(f.ctx, f.places[4], at[4].ID))(t)
	f.exec(`INSERT INTO webhook_recoveries (id, org_id, endpoint_id, kind, since, until, status, made, at_change, at_id, created_by, created_at, updated_at, change_no)
		VALUES ($1, $2, $3, 'failed', 0, 1, 'running', 0, 0, '', 'Anna', 1, 1, 1)`, id.New(), f.school.Org, *at[0].EndpointID)
	f.emit(event.FlightSubmitted, event.FlightApproved)
	f.declare(f.app, "public.events:read", "pending")
	must(f.Update(f.ctx, f.builder, l.ID, market.ContentPatch{}, 0))(t)
	f.review(l)
	return f
}

// revocable is a fair to revoke the app of; places are where it was installed, at the last no more.
type revocable struct {
	*fair
	token  string
	places []scope.Principal
}

// breakEverywhere revokes the app with a break at the first place, the second, and so on, until there is none to break at.
// arm takes the number, hit tells whether the place was come to, and expected knows the error.
func (f *revocable) breakEverywhere(arm func(int64), hit func() bool, expected func(error) bool) {
	f.t.Helper()
	before := f.dump()
	for n := int64(1); ; n++ {
		arm(n)
		_, err := f.RevokeApp(f.ctx, f.builder, f.app)
		broke := hit()
		if (err != nil) != broke {
			f.t.Fatalf("place %d: broken %v, and the answer is %v", n, broke, err)
		}
		changed := differing(before, f.dump())
		if len(changed) > 0 && slices.Contains(changed, "apps") { // it went through: no place was left, or none but the answer's way back
			if n < 20 {
				f.t.Errorf("only %d places: the test proves nothing", n-1)
			}
			f.t.Logf("broken at %d places", n-1)
			break
		}
		switch {
		case err == nil:
			f.t.Fatal("the app is revoked, and nothing has changed")
		case !expected(err):
			f.t.Errorf("place %d: %v", n, err)
		case len(changed) > 0:
			f.t.Fatalf("place %d: half done: %v differ", n, changed)
		}
		f.wantMay(f.token, f.school, reads, "not revoked")
		f.wantMay(f.token, f.stranger, notGranted, "suspended, and not revoked")
	}
	f.gone()
}

// gone holds that nothing of the app is left, and that it was told of once.
func (f *revocable) gone() {
	f.t.Helper()
	_, err := f.RevokeApp(f.ctx, f.builder, f.app)
	wantState(f.t, "once more", err, "revoked")
	if left := must(f.Leftovers(f.ctx))(f.t); len(left) > 0 {
		f.t.Errorf("left: %+v", left)
	}
	for _, at := range f.places {
		f.wantMay(f.token, at, notAccepted, "revoked")
		if v := must(f.audit.Verify(f.ctx, at))(f.t); !v.OK {
			f.t.Errorf("%+v", v)
		}
	}
	if told := must(f.audit.List(f.ctx, f.builder, audit.Filter{Verb: "app.revoke"}, all))(f.t); len(told.Rows) != 1 {
		f.t.Errorf("the audit log has it %d times", len(told.Rows))
	}
	ended := 0
	for _, what := range f.happened(f.builder) {
		if what == string(event.InstallationUninstalled) {
			ended++
		}
	}
	if ended != len(f.places) {
		f.t.Errorf("the builder heard of %d ends, not of %d", ended, len(f.places))
	}
}

// dump is every row of every table, as sorted text.
func (f *fair) dump() map[string]string {
	f.t.Helper()
	tables := must(schema.Tables())(f.t)
	all := map[string]string{}
	for _, table := range tables {
		rows, err := f.db.Query(f.ctx, "SELECT * FROM "+table.Name)
		if err != nil {
			f.t.Fatal(err)
		}
		var lines []string
		for rows.Next() {
			values, at := make([]any, len(table.Columns)), make([]any, len(table.Columns))
			for n := range values {
				at[n] = &values[n]
			}
			if err := rows.Scan(at...); err != nil {
				f.t.Fatal(err)
			}
			lines = append(lines, fmt.Sprint(values...))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			f.t.Fatal(err)
		}
		slices.Sort(lines)
		all[table.Name] = strings.Join(lines, "\n")
	}
	return all
}

// differing are the tables that are not alike.
func differing(a, b map[string]string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	return names
}

// steps counts up to 0, where the step fails; above it counts nothing.
var (
	steps   atomic.Int64
	errStep = errors.New("the step fails")
)

func init() {
	steps.Store(1)
	sqlite.MustRegisterScalarFunction("step", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		if n := steps.Load(); n > 0 || n == 0 || steps.Add(1) < 0 {
			return int64(0), nil
		}
		return nil, errStep
	})
}

// stumble has every row that is written take a step first.
func (f *fair) stumble(t *testing.T) {
	t.Helper()
	for _, table := range must(schema.Tables())(t) {
		for _, verb := range []string{"INSERT", "UPDATE", "DELETE"} {
			f.exec(fmt.Sprintf("CREATE TRIGGER step_%s_%s BEFORE %s ON %s BEGIN SELECT step(); END", verb, table.Name, verb, table.Name))
		}
	}
}
