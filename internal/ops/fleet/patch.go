package fleet

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/reference"
)

// Patch is the body of a create or a change: a JSON merge patch in the names of Managed.
type Patch struct {
	ExternalRef         merge.Field[string]          `json:"external_ref,omitzero" maxLength:"100"`
	Registration        merge.Field[string]          `json:"registration,omitzero" maxLength:"20" doc:"Required at creation"`
	TypeDesignator      merge.Field[string]          `json:"type_designator,omitzero" maxLength:"20"`
	Manufacturer        merge.Field[string]          `json:"manufacturer,omitzero" maxLength:"100"`
	Model               merge.Field[string]          `json:"model,omitzero" maxLength:"100"`
	SerialNo            merge.Field[string]          `json:"serial_no,omitzero" maxLength:"50"`
	Year                merge.Field[int]             `json:"year,omitzero" minimum:"1900" maximum:"2100"`
	Class               merge.Field[string]          `json:"class,omitzero" doc:"SEP, MEP, SET, TMG, HEL, GLD, UL or FSTD"`
	Category            merge.Field[string]          `json:"category,omitzero" doc:"A, H, S or B"`
	Seats               merge.Field[int]             `json:"seats,omitzero" minimum:"0" maximum:"1000"`
	MTOWKg              merge.Field[int]             `json:"mtow_kg,omitzero" minimum:"0" maximum:"1000000"`
	FuelType            merge.Field[string]          `json:"fuel_type,omitzero" maxLength:"30"`
	HomeBase            merge.Field[reference.Ident] `json:"home_base,omitzero"`
	Status              merge.Field[string]          `json:"status,omitzero" doc:"in_service (at creation), out_of_service or sold"`
	BillingBasis        merge.Field[string]          `json:"billing_basis,omitzero" doc:"hobbs, tacho, block (at creation) or airborne"`
	MaintenanceBasis    merge.Field[string]          `json:"maintenance_basis,omitzero" doc:"hobbs, tacho, block (at creation) or airborne"`
	FSTDQualificationNo merge.Field[string]          `json:"fstd_qualification_no,omitzero" maxLength:"50"`
	DeviceType          merge.Field[string]          `json:"device_type,omitzero" doc:"FFS, FTD, FNPT_I, FNPT_II or BITD"`
	ARCValidUntil       merge.Field[string]          `json:"arc_valid_until,omitzero" format:"date"`
	InsuranceValidUntil merge.Field[string]          `json:"insurance_valid_until,omitzero" format:"date"`
	Grounding           merge.Field[Grounding]       `json:"grounding,omitzero" doc:"Replaced as a whole; null lifts it"`
	Opening             merge.Field[Opening]         `json:"opening,omitzero" doc:"Replaced as a whole"`
	Engines             merge.Field[[]Component]     `json:"engines,omitzero" doc:"Replaced as a whole; hours are those at installation"`
	Propellers          merge.Field[[]Component]     `json:"propellers,omitzero" doc:"Replaced as a whole; hours are those at installation"`
	Meters              merge.Field[MetersPatch]     `json:"meters,omitzero"`
	Unverified          merge.Field[bool]            `json:"unverified,omitzero"`
}

// MetersPatch changes readings. One lower than the last says that the meter was replaced by one that shows this.
type MetersPatch struct {
	HobbsLast   merge.Field[string]     `json:"hobbs_last,omitzero" example:"0.10"`
	TachoLast   merge.Field[string]     `json:"tacho_last,omitzero" example:"0.10"`
	HobbsOffset merge.Field[string]     `json:"hobbs_offset,omitzero"`
	TachoOffset merge.Field[string]     `json:"tacho_offset,omitzero"`
	ReplacedAt  merge.Field[clock.Time] `json:"replaced_at,omitzero" doc:"When a lower reading's meter was put in; now, if left out"`
}

// Draft is the body of a create.
type Draft Patch

// apply merges the patch into what is kept of an aircraft, and checks the result.
func (p Patch) apply(r *record, places Places, now clock.Time) error {
	var c fault.Check
	f := &r.Facts
	p.ExternalRef.IntoPtr(&r.ExternalRef)
	p.Registration.Into(&r.Registration)
	p.Status.Into(&r.Status)
	p.Unverified.Into(&r.Unverified)
	p.applyNames(f)
	p.BillingBasis.Into(&f.BillingBasis)
	p.MaintenanceBasis.Into(&f.MaintenanceBasis)
	p.ARCValidUntil.IntoPtr(&f.ARCValidUntil)
	p.InsuranceValidUntil.IntoPtr(&f.InsuranceValidUntil)
	p.Grounding.Into(&f.Grounding)
	if p.HomeBase.Set {
		f.HomeBase = nil
		if p.HomeBase.V != "" {
			place := places.Resolve(string(p.HomeBase.V))
			f.HomeBase = &place
		}
	}
	if p.Opening.Set {
		o := p.Opening.V
		f.Opening = opening{Airframe: hours(&c, "opening.airframe_hours", cmp.Or(o.AirframeHours, "0")) * SecondsPerHundredth,
			Landings: o.Landings, Cycles: o.Cycles}
	}
	if p.Engines.Set {
		f.Engines = components(&c, "engines", p.Engines.V)
	}
	if p.Propellers.Set {
		f.Propellers = components(&c, "propellers", p.Propellers.V)
	}
	p.applyMeters(&c, r, now)
	r.tidy()
	r.check(&c)
	return c.Err()
}

func (p Patch) applyNames(f *facts) {
	p.TypeDesignator.IntoPtr(&f.TypeDesignator)
	p.Manufacturer.IntoPtr(&f.Manufacturer)
	p.Model.IntoPtr(&f.Model)
	p.SerialNo.IntoPtr(&f.SerialNo)
	p.Year.IntoPtr(&f.Year)
	p.Class.IntoPtr(&f.Class)
	p.Category.IntoPtr(&f.Category)
	p.Seats.IntoPtr(&f.Seats)
	p.MTOWKg.IntoPtr(&f.MTOWKg)
	p.FuelType.IntoPtr(&f.FuelType)
	p.FSTDQualificationNo.IntoPtr(&f.FSTDQualificationNo)
	p.DeviceType.IntoPtr(&f.DeviceType)
}

func (p Patch) applyMeters(c *fault.Check, r *record, now clock.Time) {
	if !p.Meters.Set {
		return
	}
	m := p.Meters.V
	at := now
	if m.ReplacedAt.Set && m.ReplacedAt.V != 0 {
		at = m.ReplacedAt.V
	}
	read(c, "meters.hobbs_last", m.HobbsLast, &r.Facts.Hobbs, r.Hobbs, at)
	read(c, "meters.tacho_last", m.TachoLast, &r.Facts.Tacho, r.Tacho, at)
	if m.HobbsOffset.Set {
		r.Facts.Hobbs.Offset = hours(c, "meters.hobbs_offset", cmp.Or(m.HobbsOffset.V, "0"))
	}
	if m.TachoOffset.Set {
		r.Facts.Tacho.Offset = hours(c, "meters.tacho_offset", cmp.Or(m.TachoOffset.V, "0"))
	}
}

// read notes a reading. A lower one than the last is a new meter, whose offset carries on where the old one stopped.
func read(c *fault.Check, name string, reading merge.Field[string], m *meter, posted *int64, at clock.Time) {
	if !reading.Set {
		return
	}
	if reading.Null {
		m.Reading = nil
		return
	}
	h := hours(c, name, reading.V)
	if last := lastReading(*m, posted); last != nil && h < *last {
		m.Offset += *last - h
		m.Replaced = append(m.Replaced, at)
		slices.Sort(m.Replaced)
	}
	m.Reading = &h
}

func hours(c *fault.Check, name, s string) int64 {
	h, ok := ParseHours(s)
	c.Require(ok, name, "not_hours")
	return h
}

func components(c *fault.Check, list string, parts []Component) []component {
	kept := make([]component, len(parts))
	for i, p := range parts {
		at := list + "[" + strconv.Itoa(i) + "]."
		c.Require(p.Position >= 1, at+"position", "required")
		date(c, at+"installed_at", p.InstalledAt)
		k := component{Position: p.Position, SerialNo: p.SerialNo, InstalledAt: p.InstalledAt,
			AtInstall: hours(c, at+"hours_since_new", cmp.Or(p.HoursSinceNew, "0")) * SecondsPerHundredth}
		if p.HoursSinceOverhaul != nil {
			h := hours(c, at+"hours_since_overhaul", *p.HoursSinceOverhaul) * SecondsPerHundredth
			k.OverhaulAtInstall = &h
		}
		kept[i] = k
	}
	return kept
}

func (r *record) tidy() {
	r.Registration = strings.TrimSpace(r.Registration)
	r.Status = cmp.Or(r.Status, "in_service")
	r.Facts.BillingBasis = cmp.Or(r.Facts.BillingBasis, "block")
	r.Facts.MaintenanceBasis = cmp.Or(r.Facts.MaintenanceBasis, "block")
	if r.ExternalRef != nil && strings.TrimSpace(*r.ExternalRef) == "" {
		r.ExternalRef = nil
	}
}

func (r *record) check(c *fault.Check) {
	f := &r.Facts
	c.Require(Key(r.Registration) != "", "registration", "required")
	c.Require(len([]rune(r.Registration)) <= 20, "registration", "too_long", "max", 20)
	oneOf(c, "status", &r.Status, Statuses)
	oneOf(c, "class", f.Class, Classes)
	oneOf(c, "category", f.Category, Categories)
	oneOf(c, "device_type", f.DeviceType, DeviceTypes)
	oneOf(c, "billing_basis", &f.BillingBasis, Bases)
	oneOf(c, "maintenance_basis", &f.MaintenanceBasis, Bases)
	oneOf(c, "grounding.state", &f.Grounding.State, groundings)
	date(c, "arc_valid_until", f.ARCValidUntil)
	date(c, "insurance_valid_until", f.InsuranceValidUntil)
	for name, n := range map[string]*int{"year": f.Year, "seats": f.Seats, "mtow_kg": f.MTOWKg} {
		c.Require(n == nil || *n >= 0, name, "not_negative")
	}
	c.Require(min(f.Opening.Landings, f.Opening.Cycles) >= 0, "opening", "not_negative")
}

func oneOf(c *fault.Check, name string, value *string, values []string) {
	c.Require(value == nil || slices.Contains(values, *value), name, "one_of", "values", strings.Join(values, ", "))
}

func date(c *fault.Check, name string, value *string) {
	if value == nil {
		return
	}
	_, err := time.Parse(time.DateOnly, *value)
	c.Require(err == nil, name, "not_a_date")
}
