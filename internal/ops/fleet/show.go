package fleet

import (
	"context"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
)

// show computes what follows from the postings and from today's date.
func (s *Service) show(ctx context.Context, r record) (Managed, error) {
	f := &r.Facts
	total := f.Opening.plus(r.Posted)
	m := Managed{
		Aircraft: Aircraft{
			ID: r.ID, ExternalRef: r.ExternalRef, Registration: r.Registration, TypeDesignator: f.TypeDesignator,
			Manufacturer: f.Manufacturer, Model: f.Model, SerialNo: f.SerialNo, Year: f.Year, Class: f.Class,
			Category: f.Category, Seats: f.Seats, MTOWKg: f.MTOWKg, FuelType: f.FuelType, HomeBase: f.HomeBase,
			CurrentPlace: r.Place, Status: r.Status, Airworthiness: r.airworthiness(s.db.Clock().Now()),
			Totals: Totals{AirframeMin: total.Airframe / 60, AirframeHours: hoursOf(total.Airframe),
				Landings: total.Landings, Cycles: total.Cycles, AsOf: r.PostedAt},
			Meters: Meters{HobbsLast: formatted(lastReading(f.Hobbs, r.Hobbs)), TachoLast: formatted(lastReading(f.Tacho, r.Tacho)),
				HobbsOffset: FormatHours(f.Hobbs.Offset), TachoOffset: FormatHours(f.Tacho.Offset)},
			BillingBasis: f.BillingBasis, MaintenanceBasis: f.MaintenanceBasis,
			FSTDQualificationNo: f.FSTDQualificationNo, DeviceType: f.DeviceType,
			CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, ChangeNo: r.ChangeNo, Deleted: r.Deleted,
		},
		Unverified: r.Unverified,
		ImportID:   r.ImportID,
		Opening:    Opening{AirframeHours: hoursOf(f.Opening.Airframe), Landings: f.Opening.Landings, Cycles: f.Opening.Cycles},
		Grounding:  f.Grounding,
	}
	if r.PostedAt == 0 {
		m.Totals.AsOf = r.CreatedAt
	}
	var err error
	if m.Totals.Engines, err = s.components(ctx, r, f.Engines); err != nil {
		return m, err
	}
	m.Totals.Propellers, err = s.components(ctx, r, f.Propellers)
	return m, err
}

func (o opening) plus(p opening) opening {
	return opening{Airframe: o.Airframe + p.Airframe, Landings: o.Landings + p.Landings, Cycles: o.Cycles + p.Cycles}
}

func formatted(hundredths *int64) *string {
	if hundredths == nil {
		return nil
	}
	s := FormatHours(*hundredths)
	return &s
}

// components adds to the hours at installation what was flown since, whenever it was approved.
func (s *Service) components(ctx context.Context, r record, parts []component) ([]Component, error) {
	shown := make([]Component, len(parts))
	for i, p := range parts {
		gained := r.Posted.Airframe
		if p.InstalledAt != nil {
			day, err := time.ParseInLocation(time.DateOnly, *p.InstalledAt, zone(r.Zone))
			if err != nil {
				return nil, err
			}
			if gained, err = db.One(ctx, s.db, db.Scalar[int64], secondsSince, r.ID, clock.Of(day)); err != nil {
				return nil, err
			}
		}
		shown[i] = Component{Position: p.Position, SerialNo: p.SerialNo, InstalledAt: p.InstalledAt,
			HoursSinceNew: hoursOf(p.AtInstall + gained)}
		if p.OverhaulAtInstall != nil {
			h := hoursOf(*p.OverhaulAtInstall + gained)
			shown[i].HoursSinceOverhaul = &h
		}
	}
	return shown, nil
}

// airworthiness weighs what was set by hand first, then the dates, which hold until the end of their day where the
// organization is.
func (r *record) airworthiness(now time.Time) Airworthiness {
	f := &r.Facts
	a := Airworthiness{State: "airworthy", Reasons: []Reason{}, ARCValidUntil: f.ARCValidUntil, InsuranceValidUntil: f.InsuranceValidUntil}
	if f.ARCValidUntil == nil && f.InsuranceValidUntil == nil {
		a.State = "unknown"
	}
	today := now.In(zone(r.Zone)).Format(time.DateOnly)
	if f.ARCValidUntil != nil && *f.ARCValidUntil < today {
		a.State, a.Reasons = "grounded", append(a.Reasons, Reason{Code: "arc_expired"})
	}
	if f.InsuranceValidUntil != nil && *f.InsuranceValidUntil < today {
		a.State, a.Reasons = "grounded", append(a.Reasons, Reason{Code: "insurance_expired"})
	}
	if g := f.Grounding.State; g != "" {
		a.Reasons = append(a.Reasons, Reason{Code: "manual"})
		if !(g == "restricted" && a.State == "grounded") {
			a.State = g
		}
	}
	return a
}

func zone(name string) *time.Location {
	if l, err := time.LoadLocation(name); err == nil {
		return l
	}
	return time.UTC
}
