package flight

import (
	"context"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// Month is what the posted flights of a month (UTC) add up to. Sessions in a training device are no flights.
type Month struct {
	Month                      string // 2026-11
	Flights, Minutes, Landings int64
}

// maxMonths bounds how far back sums are asked for.
const maxMonths = 120

// Months are the last months up to the present one, the oldest first, each of them also where nobody flew. Minutes are
// what counted for the aircraft. The sums are stored.
func (s *Service) Months(ctx context.Context, who scope.Principal, last int) ([]Month, error) {
	if err := who.Need(scope.FlightsRead); err != nil {
		return nil, err
	}
	months := s.lastMonths(last)
	if len(months) == 0 {
		return nil, nil
	}
	stored, err := db.All(ctx, s.db, scanMonth, listMonths, who.Org, months[0].Month, months[len(months)-1].Month)
	return merged(months, stored), err
}

// AircraftMonths are the same of one aircraft, added up from the ledger.
func (s *Service) AircraftMonths(ctx context.Context, who scope.Principal, aircraft string, last int) ([]Month, error) {
	if err := who.NeedAny(scope.FleetRead, scope.FlightsRead); err != nil {
		return nil, err
	}
	return s.addUp(ctx, who, aircraftMonthHead, aircraft, last)
}

// PersonMonths are the same of one person, with what they logged. Whoever may not read all flights sees their own.
func (s *Service) PersonMonths(ctx context.Context, who scope.Principal, person string, last int) ([]Month, error) {
	if !who.Can(scope.FlightsRead) && (!who.Can(scope.FlightsReadOwn) || person == "" || person != who.PersonID) {
		return nil, who.Need(scope.FlightsRead)
	}
	return s.addUp(ctx, who, personMonthHead, person, last)
}

// addUp reads each month by the index on the time.
func (s *Service) addUp(ctx context.Context, who scope.Principal, month, subject string, last int) ([]Month, error) {
	months := s.lastMonths(last)
	if len(months) == 0 {
		return nil, nil
	}
	args := []any{subject, who.Org}
	parts := make([]string, len(months))
	for i, m := range months {
		from := monthStart(m.Month)
		args = append(args, clock.Of(from), clock.Of(from.AddDate(0, 1, 0)))
		parts[i] = monthHead + `'` + m.Month + `' AS month, ` + month + ` AND p.flown_at >= $` + strconv.Itoa(len(args)-1) +
			` AND p.flown_at < $` + strconv.Itoa(len(args))
	}
	sums, err := db.All(ctx, s.db, scanMonth, strings.Join(parts, ` UNION ALL `), args...)
	return merged(months, sums), err
}

// lastMonths names the last months, with nothing in them.
func (s *Service) lastMonths(last int) []Month {
	now := s.db.Clock().Now().UTC()
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	var months []Month
	for i := min(last, maxMonths) - 1; i >= 0; i-- {
		months = append(months, Month{Month: first.AddDate(0, -i, 0).Format(monthForm)})
	}
	return months
}

const monthForm = "2006-01"

func monthStart(month string) time.Time {
	t, _ := time.Parse(monthForm, month) // written by lastMonths
	return t
}

func merged(months, sums []Month) []Month {
	for _, sum := range sums {
		for i := range months {
			if months[i].Month == sum.Month {
				months[i] = sum
			}
		}
	}
	return months
}

func scanMonth(s db.Scanner) (m Month, err error) {
	err = s.Scan(&m.Month, &m.Flights, &m.Minutes, &m.Landings)
	m.Minutes /= 60 // the sums are in seconds
	return m, err
}
