package key

import (
	"context"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// DayUse is how often a key was used on one day.
type DayUse struct {
	Day   string `json:"day" format:"date" doc:"In UTC" example:"2026-11-22"`
	Calls int64  `json:"calls"`
}

// MaxUsageDays is how far back the use of a key is told.
const MaxUsageDays = 366

// Usage returns the calls of a key on each of the last days, today included, oldest first: a day without any is 0.
func (s *Service) Usage(ctx context.Context, who scope.Principal, id ID, days int) ([]DayUse, error) {
	if _, err := s.Get(ctx, who, id); err != nil {
		return nil, err
	}
	days = max(1, min(days, MaxUsageDays))
	first := s.today() - int64(days) + 1
	fresh := s.uses.since(id) // before the store is asked: what is written meanwhile is not missed
	stored, err := db.All(ctx, s.db, scanDay, selectDays, id, dayText(first))
	if err != nil {
		return nil, err
	}
	calls := map[string]int64{}
	for day, n := range fresh {
		calls[dayText(day)] += n
	}
	for _, d := range stored {
		calls[d.Day] += d.Calls
	}
	all := make([]DayUse, days)
	for i := range all {
		day := dayText(first + int64(i))
		all[i] = DayUse{Day: day, Calls: calls[day]}
	}
	return all, nil
}

// Calls returns how often each of some keys was used in the last days, for a page of their list. Keys that who may not
// find are left out.
func (s *Service) Calls(ctx context.Context, who scope.Principal, ids []ID, days int) (map[ID]int64, error) {
	if err := mayManage(who); err != nil {
		return nil, err
	}
	calls := map[ID]int64{}
	if len(ids) == 0 {
		return calls, nil
	}
	var w db.Where
	w.And("k.org_id = ?", who.Org)
	switch keys, apps := who.Can(scope.KeysManage), who.Can(scope.AppsManage); {
	case keys && !apps:
		w.And("k.app_id IS NULL")
	case !keys && apps:
		w.And("(k.member_id = ? OR k.app_id IS NOT NULL)", who.MemberID)
	case !keys:
		w.And("k.member_id = ?", who.MemberID)
	}
	db.In(&w, "k.id", ids)
	found, err := db.All(ctx, s.db, db.Scalar[ID], selectIDs+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	first := s.today() - int64(days) + 1
	for _, id := range found {
		for day, n := range s.uses.since(id) {
			if day >= first {
				calls[id] += n
			}
		}
	}
	w.And("d.day >= ?", dayText(first))
	sums, err := db.All(ctx, s.db, scanCalls, callsHead+w.SQL()+" GROUP BY k.id", w.Args()...)
	for _, x := range sums {
		calls[x.id] += x.calls
	}
	return calls, err
}

type keyCalls struct {
	id    ID
	calls int64
}

func scanCalls(s db.Scanner) (x keyCalls, err error) {
	err = s.Scan(&x.id, &x.calls)
	return x, err
}

func scanDay(s db.Scanner) (d DayUse, err error) {
	err = s.Scan(&d.Day, &d.Calls)
	return d, err
}

const dayLength = int64(24 * time.Hour / time.Microsecond)

// dayOf is the day of an instant in UTC, counted from 1970.
func dayOf(at clock.Time) int64 { return int64(at) / dayLength }

func dayText(day int64) string { return clock.Time(day * dayLength).Std().Format(time.DateOnly) }

func (s *Service) today() int64 { return dayOf(clock.Of(s.clock.Now())) }
