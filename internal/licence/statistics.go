package licence

import (
	"context"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// StatisticsFilter says what to count. From and To are days in UTC, both inclusive; without them, the last 30 days.
type StatisticsFilter struct {
	ProductID ProductID
	From, To  clock.Time
}

// Statistics are what became of the vendor's licences.
type Statistics struct {
	Days          []Day `json:"days" nullable:"false" doc:"One row a day in UTC, also where nothing happened"`
	Licences      int64 `json:"licences" doc:"Issued, all in all"`
	Enabled       int64 `json:"enabled" doc:"Of them, those that give out tokens"`
	ActiveDevices int64 `json:"active_devices" doc:"Devices that take a place now"`
	ExpiringSoon  int64 `json:"expiring_soon" doc:"Licences that end within 30 days"`
}

// Day is what happened on a day.
type Day struct {
	Day       string `json:"day" format:"date" example:"2026-11-22"`
	Activated int64  `json:"activated" doc:"Devices that a licence became active on"`
	Ended     int64  `json:"ended" doc:"Devices that were deactivated"`
	Refused   int64  `json:"refused" doc:"Times that a device was refused for want of a place"`
}

// maxDays bounds a chart.
const maxDays = 400

// Statistics counts. It needs LicencesRead.
func (s *Service) Statistics(ctx context.Context, who scope.Principal, f StatisticsFilter) (st Statistics, err error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return st, err
	}
	now := s.now()
	if f.To == 0 {
		f.To = now
	}
	if f.From == 0 {
		f.From = f.To.Add(-days(29))
	}
	first, last := f.From.Std().Truncate(24*time.Hour), f.To.Std().Truncate(24*time.Hour)
	if last.Before(first) || last.Sub(first) >= days(maxDays) {
		return st, fault.InvalidFields(fault.Field{Name: "from", Where: "query", Code: "too_many_days", Args: []any{"max", maxDays}})
	}
	var l db.Where
	l.And("org_id = ?", who.Org)
	if f.ProductID != "" {
		l.And("product_id = ?", f.ProductID)
	}
	rows, err := db.All(ctx, s.db, scanDay, selectDays, who.Org, first.Format(time.DateOnly), last.Format(time.DateOnly), f.ProductID)
	if err != nil {
		return st, err
	}
	place := map[string]Day{}
	for _, d := range rows {
		place[d.Day] = d
	}
	for at := first; !at.After(last); at = at.AddDate(0, 0, 1) {
		day := at.Format(time.DateOnly)
		d := place[day]
		d.Day = day
		st.Days = append(st.Days, d)
	}
	row := s.db.QueryRow(ctx, selectTotals+l.SQL(), l.Args()...)
	if err := row.Scan(&st.Licences, &st.Enabled, &st.ActiveDevices); err != nil {
		return st, err
	}
	l.And("expires_at > ? AND expires_at <= ? AND enabled", now, now.Add(days(30)))
	st.ExpiringSoon, err = db.One(ctx, s.db, db.Scalar[int64], countLicences+l.SQL(), l.Args()...)
	return st, err
}
