package console

import (
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/platform/scope"
)

// fleet is the list of aircraft, by registration.
func (v *visit) fleet() error {
	l := list{Title: v.T("fleet.title"), Intro: v.T("fleet.intro"), Name: "fleet",
		Filters: []field{
			{Name: "q", Label: v.T("list.search"), Kind: "search", Placeholder: v.T("fleet.search")},
			{Name: "status", Label: v.T("fleet.status"), Kind: "select", Options: v.words("fleet.status.", fleet.Statuses, v.T("list.any"))},
			{Name: "airworthiness", Label: v.T("fleet.airworthiness"), Kind: "select",
				Options: v.words("fleet.airworthiness.", fleet.Airworthinesses, v.T("list.any"))}},
		Columns: []column{{Label: v.T("fleet.registration")}, {Label: v.T("fleet.type")}, {Label: v.T("fleet.class")}, {Label: v.T("fleet.status")},
			{Label: v.T("fleet.airworthiness")}, {Label: v.T("fleet.hours"), Kind: "num"}, {Label: v.T("fleet.landings"), Kind: "num"}, {Label: v.T("fleet.place")}},
		Empty: empty{Title: v.T("fleet.empty"), Text: v.T("fleet.empty_text")}}
	if v.Can(scope.FleetWrite) {
		add := action{Label: v.T("fleet.new"), Href: v.Path("fleet", "new"), Primary: true}
		l.Actions, l.Empty.Action = []action{add}, add
	}
	f := fleet.BrowseFilter{Q: v.query("q"), Statuses: one(v.query("status")), Airworthiness: one(v.query("airworthiness"))}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		var b fleet.Bookmark
		if at != "" {
			way, key, ok := strings.Cut(at, ".")
			if !ok {
				return rowsPage{}, fault.New(fault.BadRequest, "invalid_cursor")
			}
			b = fleet.Bookmark{Key: key, Back: way == "b"}
		}
		return v.fleetRows(f, b, limit)
	}
	return v.list(l)
}

func (v *visit) fleetRows(f fleet.BrowseFilter, b fleet.Bookmark, limit int) (rowsPage, error) {
	found, err := v.c.Fleet.Browse(v.ctx(), v.Who, f, b, limit)
	var p rowsPage
	for _, a := range found.Rows {
		p.Rows = append(p.Rows, row{Href: v.Path("fleet", a.ID), Cells: []cell{{Text: a.Registration}, sub(deref(a.TypeDesignator), deref(a.Model)),
			txt(deref(a.Class)), v.craftStatus(a.Status), v.airworthiness(a.Airworthiness.State), txt(v.Minutes(a.Totals.AirframeMin)),
			txt(v.Number(a.Totals.Landings)), placeCell(a.CurrentPlace)}})
	}
	if found.Next != nil {
		p.Next = "n." + found.Next.Key
	}
	if found.Prev != nil {
		p.Prev = "b." + found.Prev.Key
	}
	return p, err
}

func (v *visit) craftStatus(s string) cell {
	tones := map[string]string{"in_service": "good", "out_of_service": "warn", "sold": "quiet"}
	return badge(v.T("fleet.status."+s), tones[s])
}

func (v *visit) airworthiness(s string) cell {
	tones := map[string]string{"airworthy": "good", "restricted": "warn", "grounded": "bad", "aog": "bad", "unknown": "quiet"}
	return badge(v.T("fleet.airworthiness."+s), tones[s])
}

func (v *visit) fleetTrail() []link {
	return []link{{Label: v.T("fleet.title"), Href: v.Path("fleet")}}
}

func (v *visit) theCraft() (fleet.Managed, error) {
	return v.c.Fleet.Get(v.ctx(), v.Who, fleet.ID(v.id()))
}

// craft is the page of one aircraft.
func (v *visit) craft() error {
	a, err := v.theCraft()
	if err != nil {
		return err
	}
	d := detail{Title: a.Registration, Badges: []cell{v.craftStatus(a.Status), v.airworthiness(a.Airworthiness.State)}, Back: v.fleetTrail(),
		Intro: strings.TrimSpace(deref(a.Manufacturer) + " " + deref(a.Model) + " " + deref(a.TypeDesignator))}
	if a.Unverified {
		d.Notices = append(d.Notices, notice{"warn", v.T("fleet.unverified")})
	}
	if v.mayEnterFlights() {
		d.Actions = append(d.Actions, action{Label: v.T("flights.new"), Href: v.Path("flights", "new") + "?aircraft=" + a.ID})
	}
	if v.Can(scope.FleetWrite) {
		d.Actions = append(d.Actions, action{Label: v.T("form.edit"), Href: v.Path("fleet", a.ID, "edit")},
			action{Label: v.T("form.delete"), Href: v.Path("fleet", a.ID, "delete"), Danger: true})
	}
	d.Sections = []section{{Title: v.T("fleet.group_totals"), Facts: v.craftTotals(a)}, {Title: v.T("fleet.airworthiness"), Facts: v.airworthinessFacts(a)},
		{Title: v.T("fleet.group_aircraft"), Facts: v.craftFacts(a)}, {Title: v.T("fleet.group_meters"), Facts: v.panelFacts(a)}}
	if len(a.Totals.Engines)+len(a.Totals.Propellers) > 0 {
		d.Sections = append(d.Sections, section{Title: v.T("fleet.components"), Table: v.componentTable(a), Wide: true})
	}
	months, err := v.c.Flights.AircraftMonths(v.ctx(), v.Who, a.ID, 24)
	if err != nil {
		return err
	}
	latest, err := v.latestFlights(v.Who, flight.BrowseFilter{AircraftID: a.ID}, v.Path("flights")+"?aircraft="+a.ID)
	if err != nil {
		return err
	}
	d.Sections = append(d.Sections, v.hoursChart(months), latest)
	return v.detail(d)
}

func (v *visit) craftTotals(a fleet.Managed) []fact {
	t := a.Totals
	return []fact{is(v.T("fleet.hours"), v.Minutes(t.AirframeMin)), is(v.T("fleet.hours_decimal"), t.AirframeHours), is(v.T("fleet.landings"), v.Number(t.Landings)),
		is(v.T("fleet.cycles"), v.Number(t.Cycles)), is(v.T("people.as_of"), v.Time(t.AsOf))}
}

func (v *visit) airworthinessFacts(a fleet.Managed) []fact {
	w := a.Airworthiness
	facts := []fact{isA(v.T("fleet.state"), v.airworthiness(w.State)), isA(v.T("fleet.arc"), v.until(w.ARCValidUntil)), isA(v.T("fleet.insurance"), v.until(w.InsuranceValidUntil))}
	for _, r := range w.Reasons {
		facts = append(facts, is(v.T("fleet.reason"), v.T("fleet.reason."+r.Code)))
	}
	if a.Grounding.Note != "" {
		facts = append(facts, is(v.T("fleet.grounding_note"), a.Grounding.Note))
	}
	return facts
}

func (v *visit) craftFacts(a fleet.Managed) []fact {
	facts := []fact{is(v.T("fleet.type"), deref(a.TypeDesignator)), is(v.T("fleet.manufacturer"), deref(a.Manufacturer)), is(v.T("fleet.model"), deref(a.Model)),
		is(v.T("fleet.serial_no"), deref(a.SerialNo)), is(v.T("fleet.year"), digits(a.Year)), is(v.T("fleet.class"), deref(a.Class)), is(v.T("fleet.seats"), digits(a.Seats)),
		is(v.T("fleet.mtow_kg"), digits(a.MTOWKg)), is(v.T("fleet.fuel_type"), deref(a.FuelType)), isA(v.T("people.home_base"), placeCell(a.HomeBase)),
		isA(v.T("fleet.place"), placeCell(a.CurrentPlace))}
	if a.DeviceType != nil || a.FSTDQualificationNo != nil {
		facts = append(facts, is(v.T("flight.fstd"), strings.TrimSpace(deref(a.DeviceType)+" "+deref(a.FSTDQualificationNo))))
	}
	if a.ExternalRef != nil {
		facts = append(facts, is(v.T("people.external_ref"), *a.ExternalRef))
	}
	if a.ImportID != nil && v.Can(scope.ImportsManage) {
		facts = append(facts, isA(v.T("flight.source"), to(v.T("flight.source.import"), v.Path("imports", *a.ImportID))))
	}
	return facts
}

// digits writes a number that may not be known.
func digits(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func (v *visit) panelFacts(a fleet.Managed) []fact {
	m := a.Meters
	return []fact{is(v.T("flight.hobbs"), deref(m.HobbsLast)), is(v.T("flight.tacho"), deref(m.TachoLast)), is(v.T("fleet.hobbs_offset"), m.HobbsOffset),
		is(v.T("fleet.tacho_offset"), m.TachoOffset), is(v.T("fleet.billing_basis"), v.T("fleet.basis."+a.BillingBasis)),
		is(v.T("fleet.maintenance_basis"), v.T("fleet.basis."+a.MaintenanceBasis))}
}

func (v *visit) componentTable(a fleet.Managed) *table {
	t := &table{Caption: v.T("fleet.components"), Columns: []column{{Label: v.T("fleet.component")}, {Label: v.T("fleet.serial_no")}, {Label: v.T("fleet.installed_at")},
		{Label: v.T("fleet.since_new"), Kind: "num"}, {Label: v.T("fleet.since_overhaul"), Kind: "num"}}}
	for _, kind := range []struct {
		key  string
		list []fleet.Component
	}{{"fleet.engine_n", a.Totals.Engines}, {"fleet.propeller_n", a.Totals.Propellers}} {
		for _, c := range kind.list {
			t.Rows = append(t.Rows, row{Cells: []cell{txt(v.T(kind.key, "n", c.Position)), txt(deref(c.SerialNo)), txt(v.Date(deref(c.InstalledAt))),
				txt(c.HoursSinceNew), txt(deref(c.HoursSinceOverhaul))}})
		}
	}
	return t
}

// deleteCraft removes an aircraft that has no flights.
func (v *visit) deleteCraft() error {
	if err := v.Who.Need(scope.FleetWrite); err != nil {
		return err
	}
	a, err := v.theCraft()
	if err != nil {
		return err
	}
	q := form{Title: v.T("fleet.delete_title", "registration", a.Registration), Intro: v.T("fleet.delete_intro"), Submit: v.T("form.delete"), Danger: true,
		Cancel: v.Path("fleet", a.ID), Back: append(v.fleetTrail(), link{Label: a.Registration, Href: v.Path("fleet", a.ID)}),
		Points: []string{v.T("fleet.delete_point")}}
	if !v.posted() {
		return v.form(q)
	}
	if err := v.c.Fleet.Delete(v.once(), v.Who, fleet.ID(a.ID)); err != nil {
		return v.refuse(q, inWords(err, "aircraft_in_use", "fleet_in_use"))
	}
	return v.redirect(v.Path("fleet"), "done.deleted")
}
