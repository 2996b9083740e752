package console

import (
	"cmp"
	"strconv"

	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/fleet"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// newCraft adds an aircraft.
func (v *visit) newCraft() error {
	if err := v.Who.Need(scope.FleetWrite); err != nil {
		return err
	}
	f := v.craftForm(fleet.Managed{Aircraft: fleet.Aircraft{Status: "in_service", BillingBasis: "block", MaintenanceBasis: "block"}})
	f.Title, f.Back, f.Cancel = v.T("fleet.new"), v.fleetTrail(), v.Path("fleet")
	if !v.posted() {
		return v.form(f)
	}
	p, err := v.readCraft(map[string]string{})
	if err != nil {
		return v.refuse(f, err)
	}
	made, err := v.c.Fleet.Create(v.once(), v.Who, fleet.Draft(p))
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.Path("fleet", made.ID), "done.saved")
}

// editCraft changes an aircraft. Saving it says that somebody has looked at what an import added.
func (v *visit) editCraft() error {
	if err := v.Who.Need(scope.FleetWrite); err != nil {
		return err
	}
	was, err := v.theCraft()
	if err != nil {
		return err
	}
	f := v.craftForm(was)
	f.Title, f.Cancel = v.T("fleet.edit", "registration", was.Registration), v.Path("fleet", was.ID)
	f.Back = append(v.fleetTrail(), link{Label: was.Registration, Href: v.Path("fleet", was.ID)})
	seen := v.lock(&f, was.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	shown := map[string]string{}
	for _, one := range f.Fields {
		shown[one.Name] = one.Value
	}
	p, err := v.readCraft(shown)
	if err != nil {
		return v.refuse(f, err)
	}
	if was.Unverified {
		p.Unverified = merge.To(false)
	}
	if _, err := v.c.Fleet.Update(v.once(), v.Who, fleet.ID(was.ID), p, seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.Path("fleet", was.ID), "done.saved")
}

func (v *visit) craftForm(a fleet.Managed) form {
	m, o := a.Meters, a.Opening
	dash := []option{{Label: "–"}}
	f := form{Submit: v.T("form.save"), Intro: v.T("fleet.form_intro"), Fields: []field{
		{Name: "registration", Label: v.T("fleet.registration"), Required: true, Half: true, Max: 20, Value: a.Registration, Placeholder: "HB-KGA", Group: v.T("fleet.group_aircraft")},
		{Name: "type_designator", Label: v.T("fleet.type"), Half: true, Max: 20, Value: deref(a.TypeDesignator), Placeholder: "P28A", Hint: v.T("fleet.type_hint")},
		{Name: "manufacturer", Label: v.T("fleet.manufacturer"), Half: true, Max: 100, Value: deref(a.Manufacturer)},
		{Name: "model", Label: v.T("fleet.model"), Half: true, Max: 100, Value: deref(a.Model)},
		{Name: "serial_no", Label: v.T("fleet.serial_no"), Span: "third", Max: 50, Value: deref(a.SerialNo)},
		{Name: "year", Label: v.T("fleet.year"), Kind: "number", Span: "third", Value: digits(a.Year)},
		{Name: "class", Label: v.T("fleet.class"), Kind: "select", Span: "third", Value: deref(a.Class), Options: append(dash, plain(fleet.Classes)...)},
		{Name: "category", Label: v.T("people.category"), Kind: "select", Span: "third", Value: deref(a.Category), Options: v.words("category.", fleet.Categories, "–")},
		{Name: "seats", Label: v.T("fleet.seats"), Kind: "number", Span: "third", Value: digits(a.Seats)},
		{Name: "mtow_kg", Label: v.T("fleet.mtow_kg"), Kind: "number", Span: "third", Value: digits(a.MTOWKg)},
		{Name: "fuel_type", Label: v.T("fleet.fuel_type"), Span: "third", Max: 30, Value: deref(a.FuelType), Placeholder: "AVGAS_100LL"},
		{Name: "home_base", Label: v.T("people.home_base"), Span: "third", Max: 64, Value: ident(a.HomeBase), Placeholder: "LSZB"},
		{Name: "status", Label: v.T("fleet.status"), Kind: "select", Required: true, Span: "third", Value: a.Status, Options: v.words("fleet.status.", fleet.Statuses, "")},
		{Name: "external_ref", Label: v.T("people.external_ref"), Max: 100, Value: deref(a.ExternalRef)},
		{Name: "arc_valid_until", Label: v.T("fleet.arc"), Kind: "date", Half: true, Value: deref(a.Airworthiness.ARCValidUntil), Group: v.T("fleet.airworthiness")},
		{Name: "insurance_valid_until", Label: v.T("fleet.insurance"), Kind: "date", Half: true, Value: deref(a.Airworthiness.InsuranceValidUntil)},
		{Name: "grounding.state", Label: v.T("fleet.grounding"), Kind: "select", Half: true, Value: a.Grounding.State,
			Options: v.words("fleet.airworthiness.", []string{"restricted", "grounded", "aog"}, v.T("fleet.grounding_none"))},
		{Name: "grounding.note", Label: v.T("fleet.grounding_note"), Half: true, Max: 500, Value: a.Grounding.Note},
		{Name: "billing_basis", Label: v.T("fleet.billing_basis"), Kind: "select", Required: true, Half: true, Value: a.BillingBasis,
			Options: v.words("fleet.basis.", fleet.Bases, ""), Group: v.T("fleet.group_meters")},
		{Name: "maintenance_basis", Label: v.T("fleet.maintenance_basis"), Kind: "select", Required: true, Half: true, Value: a.MaintenanceBasis,
			Options: v.words("fleet.basis.", fleet.Bases, "")},
		{Name: "meters.hobbs_last", Label: v.T("fleet.hobbs_last"), Half: true, Inputmode: "decimal", Max: 10, Value: deref(m.HobbsLast), Hint: v.T("fleet.meter_hint")},
		{Name: "meters.tacho_last", Label: v.T("fleet.tacho_last"), Half: true, Inputmode: "decimal", Max: 10, Value: deref(m.TachoLast)},
		{Name: "opening.airframe_hours", Label: v.T("fleet.opening_hours"), Span: "third", Inputmode: "decimal", Max: 10, Value: cmp.Or(o.AirframeHours, "0.00"),
			Group: v.T("fleet.opening"), Hint: v.T("fleet.opening_hint")},
		{Name: "opening.landings", Label: v.T("fleet.landings"), Kind: "number", Span: "third", Value: strconv.FormatInt(o.Landings, 10)},
		{Name: "opening.cycles", Label: v.T("fleet.cycles"), Kind: "number", Span: "third", Value: strconv.FormatInt(o.Cycles, 10)},
		{Name: "fstd_qualification_no", Label: v.T("flight.qualification_no"), Half: true, Max: 50, Value: deref(a.FSTDQualificationNo), Group: v.T("flight.fstd")},
		{Name: "device_type", Label: v.T("flight.device_type"), Kind: "select", Half: true, Value: deref(a.DeviceType), Options: append([]option{{Label: "–"}}, plain(fleet.DeviceTypes)...)},
	}}
	f.choose()
	f.unmark()
	return f
}

// readCraft makes of the form the body of a verb: only what differs from what was shown.
func (v *visit) readCraft(shown map[string]string) (p fleet.Patch, err error) {
	var c fault.Check
	changed := func(name string) (string, bool) {
		s := v.value(name)
		return s, s != shown[name]
	}
	for name, target := range map[string]*merge.Field[string]{"registration": &p.Registration, "type_designator": &p.TypeDesignator,
		"manufacturer": &p.Manufacturer, "model": &p.Model, "serial_no": &p.SerialNo, "class": &p.Class, "category": &p.Category, "fuel_type": &p.FuelType,
		"status": &p.Status, "external_ref": &p.ExternalRef, "arc_valid_until": &p.ARCValidUntil, "insurance_valid_until": &p.InsuranceValidUntil,
		"billing_basis": &p.BillingBasis, "maintenance_basis": &p.MaintenanceBasis, "fstd_qualification_no": &p.FSTDQualificationNo, "device_type": &p.DeviceType} {
		if s, ok := changed(name); ok {
			*target = set(s)
		}
	}
	for name, target := range map[string]*merge.Field[int]{"year": &p.Year, "seats": &p.Seats, "mtow_kg": &p.MTOWKg} {
		if s, ok := changed(name); ok {
			n, there, err := number(s)
			c.Require(err == nil && n < 1_000_000, name, "not_whole")
			if *target = merge.To(int(n)); !there {
				*target = merge.Clear[int]()
			}
		}
	}
	if s, ok := changed("home_base"); ok {
		p.HomeBase = merge.To(reference.Ident(s))
	}
	state, stateNew := changed("grounding.state")
	note, noteNew := changed("grounding.note")
	if stateNew || noteNew {
		p.Grounding = merge.To(fleet.Grounding{State: state, Note: note})
	}
	v.readPanel(&p, changed)
	v.readCraftOpening(&c, &p, changed)
	return p, c.Err()
}

func (v *visit) readPanel(p *fleet.Patch, changed func(string) (string, bool)) {
	var m fleet.MetersPatch
	for name, target := range map[string]*merge.Field[string]{"meters.hobbs_last": &m.HobbsLast, "meters.tacho_last": &m.TachoLast} {
		if s, ok := changed(name); ok {
			*target = set(point(s))
		}
	}
	if m.HobbsLast.Set || m.TachoLast.Set {
		p.Meters = merge.To(m)
	}
}

func (v *visit) readCraftOpening(c *fault.Check, p *fleet.Patch, changed func(string) (string, bool)) {
	hours, hoursNew := changed("opening.airframe_hours")
	landings, landingsNew := changed("opening.landings")
	cycles, cyclesNew := changed("opening.cycles")
	if !hoursNew && !landingsNew && !cyclesNew {
		return
	}
	o := fleet.Opening{AirframeHours: point(hours)}
	var err error
	o.Landings, _, err = number(landings)
	c.Require(err == nil, "opening.landings", "not_whole")
	o.Cycles, _, err = number(cycles)
	c.Require(err == nil, "opening.cycles", "not_whole")
	p.Opening = merge.To(o)
}
