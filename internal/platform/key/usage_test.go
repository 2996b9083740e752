package key_test

import (
	"slices"
	"testing"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// callsOf are the calls on the days that have any, as 'day calls'.
func (h *house) callsOf(keys *key.Service, id key.ID, days int) map[string]int64 {
	h.t.Helper()
	all, err := keys.Usage(h.ctx, h.operator(), id, days)
	if err != nil || len(all) != days {
		h.t.Fatalf("%d days, %v", len(all), err)
	}
	calls := map[string]int64{}
	for i, d := range all {
		if i > 0 && d.Day <= all[i-1].Day {
			h.t.Errorf("%s follows %s", d.Day, all[i-1].Day)
		}
		if d.Calls != 0 {
			calls[d.Day] = d.Calls
		}
	}
	return calls
}

func TestUsageByDay(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint()
		who := h.good(token, "fresh")
		call := func(n int) {
			for range n {
				h.keys.Used(who, somewhere)
			}
		}
		h.clock.Advance(12*time.Hour - time.Second) // 23:59:59
		call(3)
		h.clock.Advance(2 * time.Second)
		call(2)
		want := func(when string, keys *key.Service, days int, want map[string]int64) {
			h.t.Helper()
			if got := h.callsOf(keys, k.ID, days); !equal(got, want) {
				h.t.Errorf("%s: %v, want %v", when, got, want)
			}
		}
		both := map[string]int64{"2026-04-24": 3, "2026-04-25": 2}
		want("not written yet", h.keys, 30, both)
		if err := h.keys.Flush(h.ctx); err != nil {
			h.t.Fatal(err)
		}
		want("written", key.New(key.Options{DB: h.db}), 30, both)
		call(1)
		both["2026-04-25"] = 3
		want("partly written", h.keys, 30, both)
		if err := h.keys.Flush(h.ctx); err != nil {
			h.t.Fatal(err)
		}
		want("added to", h.keys, 30, both)
		want("today only", h.keys, 1, map[string]int64{"2026-04-25": 3})

		other, _ := h.mint()
		calls, err := h.keys.Calls(h.ctx, h.operator(), []key.ID{k.ID, other.ID}, 30)
		if err != nil || calls[k.ID] != 6 || calls[other.ID] != 0 {
			h.t.Errorf("calls: %v, %v", calls, err)
		}
		if got, err := h.keys.Get(h.ctx, h.operator(), k.ID); err != nil || got.LastAddress != somewhere.String() {
			h.t.Errorf("last from %q, %v", got.LastAddress, err)
		}
		call(1)
		strangers, _ := h.found("other-club")
		if calls, err := h.keys.Calls(h.ctx, scope.Operator(strangers.ID), []key.ID{k.ID}, 30); err != nil || len(calls) != 0 {
			h.t.Errorf("another organization's calls: %v, %v", calls, err)
		}
		if _, err := h.keys.Usage(h.ctx, scope.Operator(strangers.ID), k.ID, 30); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("another organization's usage: %v", err)
		}
	})
}

func equal(a, b map[string]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// TestOwnTokens: whoever may not manage keys finds the tokens of their own and no others.
func TestOwnTokens(t *testing.T) {
	each(t, func(h *house) {
		m := h.member(scope.Member, "beat@aero-club.example")
		mine, _ := h.token(m.ID)
		owners, _ := h.token(h.owner.ID)
		public, token := h.mint()
		h.keys.Used(h.good(token, "fresh"), somewhere)
		beat := scope.Principal{Kind: scope.KindSession, Org: h.org.ID, ID: "session", MemberID: string(m.ID), Role: scope.Member,
			Rights: scope.Rights(scope.Member), Label: "Beat Frei"}

		found, err := h.keys.List(h.ctx, beat, key.Filter{Kind: scope.KindManagement}, page.Page{Limit: 10})
		if err != nil || len(found.Rows) != 1 || found.Rows[0].ID != mine.ID {
			h.t.Errorf("own tokens: %+v, %v", found.Rows, err)
		}
		for _, f := range []key.Filter{{}, {Kind: scope.KindOrganization}, {Kind: scope.KindManagement, MemberID: string(h.owner.ID)}} {
			_, err := h.keys.List(h.ctx, beat, f, page.Page{Limit: 10})
			wantCode(h.t, err, "insufficient_scope")
		}
		if k, err := h.keys.Get(h.ctx, beat, mine.ID); err != nil || k.ID != mine.ID {
			h.t.Errorf("one's own: %+v, %v", k, err)
		}
		for _, id := range []key.ID{owners.ID, public.ID, "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41"} {
			_, err := h.keys.Get(h.ctx, beat, id)
			wantCode(h.t, err, "insufficient_scope")
			_, err = h.keys.Usage(h.ctx, beat, id, 30)
			wantCode(h.t, err, "insufficient_scope")
			_, _, err = h.keys.Rotate(h.ctx, beat, id, 0)
			wantCode(h.t, err, "insufficient_scope")
			_, err = h.keys.Revoke(h.ctx, beat, id)
			wantCode(h.t, err, "insufficient_scope")
		}
		if calls, err := h.keys.Calls(h.ctx, beat, []key.ID{owners.ID, public.ID}, 30); err != nil || len(calls) != 0 {
			h.t.Errorf("others' calls: %v, %v", calls, err)
		}
		if _, token, err := h.keys.Rotate(h.ctx, beat, mine.ID, 0); err != nil || token == "" {
			h.t.Errorf("rotate: %v", err)
		}
		nobody := scope.Principal{Kind: scope.KindOrganization, Org: h.org.ID, ID: string(public.ID), Rights: scope.Of(scope.PublicFlights)}
		_, err = h.keys.List(h.ctx, nobody, key.Filter{Kind: scope.KindManagement}, page.Page{Limit: 10})
		wantCode(h.t, err, "insufficient_scope")
	})
}

func TestNewestFirst(t *testing.T) {
	each(t, func(h *house) {
		a, _ := h.mint()
		b, _ := h.mint()
		c, _ := h.mint()
		var ids []key.ID
		var at page.Position
		for range 3 {
			found, err := h.keys.List(h.ctx, h.operator(), key.Filter{Newest: true}, page.Page{Limit: 1, After: at})
			if err != nil || len(found.Rows) != 1 {
				h.t.Fatal(found, err)
			}
			k := found.Rows[0]
			ids, at = append(ids, k.ID), page.Position{ChangeNo: k.ChangeNo, ID: string(k.ID)}
		}
		if !slices.Equal(ids, []key.ID{c.ID, b.ID, a.ID}) {
			h.t.Errorf("newest first: %v", ids)
		}
	})
}
