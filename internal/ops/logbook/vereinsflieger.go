package logbook

import "strings"

// Vereinsflieger.de exports a pilot's flights in German. Times are those of the place; durations are minutes, or h:mm.
// It has no columns for what the pilot was on board: that follows from who is named as Pilot and as Begleiter/FI, and
// from the kind of flight, once it is known which of the names is the owner's.
func vereinsflieger() format {
	return format{
		id:       "vereinsflieger",
		title:    "Vereinsflieger",
		requires: []string{"datum", "lfz|kennzeichen|luftfahrzeug", "startort", "landeort|zielort", "flugzeit|blockzeitinminuten|blockzeit"},
		columns:  vereinsfliegerColumns,
		extras:   []string{"abr", "verein", "preis", "gebühr", "flugnr", "schleppzeit", "schlepphöhe", "schleppflugzeug"},
		read:     readTable,
		finish:   finishVereinsflieger,
		settle:   settleVereinsflieger,
		slashes:  "dmy",
		sure:     90,
		local:    true,
	}
}

var vereinsfliegerColumns = []column{
	measured(unitMinutes, func(d *Durations) *int64 { return &d.Total }, "blockzeitinminuten", "blockzeit", "flugzeit", "flugzeitinminuten"),
	unused("flugzeit"),
	date("datum"),
	written(func(e *Entry) *string { return &e.Registration }, "lfz", "kennzeichen", "luftfahrzeug"),
	written(func(e *Entry) *string { return &e.TypeCode }, "muster", "typ"),
	place(func(e *Entry) *string { return &e.From }, "startort"),
	place(func(e *Entry) *string { return &e.To }, "landeort", "zielort"),
	timeOfDay(0, "offblock"), timeOfDay(1, "startzeit", "start"), timeOfDay(2, "landezeit", "landung"), timeOfDay(3, "onblock"),
	count(func(c *Counters) *int { return &c.AllLandings }, "landungen", "anzahllandungen"),
	named("pilot", "pilot"), named("second", "begleiter", "begleiterfi"),
	aside("launch", "startart", "sart"), aside("kind", "flugart", "art"),
	prose(func(e *Entry) *string { return &e.Remarks }, "bemerkung", "bemerkungen"),
}

func finishVereinsflieger(r *rowReader) {
	e := r.entry
	launch := strings.ToUpper(r.aside["launch"])
	if launch != "" {
		r.addExtra("Startart", launch)
	}
	kind := strings.ToUpper(r.aside["kind"])
	if kind != "" {
		r.addExtra("Flugart", kind)
	}
	e.FlightReview = kind == "B"
	registration := NormaliseRegistration(e.Registration)
	number, german := strings.CutPrefix(registration, "D")
	_, numbered := digits(number, 4)
	switch {
	case german && numbered, strings.HasPrefix(launch, "W"), launch == "GUMMISEIL":
		r.plane.Class = "GLD"
	case strings.HasPrefix(registration, "DM") && len(registration) == 5:
		r.plane.Class = "UL"
	case strings.HasPrefix(registration, "DH") && len(registration) == 5:
		r.plane.Class = "HEL"
	}
}

// settleVereinsflieger says what the owner was on each flight.
func settleVereinsflieger(b *book) {
	owner := b.options.Owner
	if owner == "" {
		owner = b.guessPresent()
	}
	if owner == "" {
		if len(b.file.Entries) > 0 {
			b.report(SeverityWarning, 0, "", "owner_unknown")
		}
		for i := range b.file.Entries {
			renameRole(&b.file.Entries[i], "pilot", "pic")
		}
		return
	}
	derived := false
	for i := range b.file.Entries {
		if e := &b.file.Entries[i]; !e.Bad && e.Kind == KindFlight {
			functionFromNames(e, owner)
			derived = true
		}
	}
	if derived {
		b.report(SeverityInfo, 0, "", "functions_from_names", "name", owner)
	}
}

// functionFromNames: on a training flight (S) the one beside the pilot is the instructor, and a pilot without one is a
// student alone; on any other flight whoever sits beside the pilot is a passenger.
func functionFromNames(e *Entry, owner string) {
	d := &e.Durations
	pilot, second := personIn(e.Persons, "pilot"), personIn(e.Persons, "second")
	training := strings.HasPrefix(e.Extra["Flugart"], "S")
	e.Persons = nil
	switch {
	case sameName(second, owner) && training:
		d.DualGiven, d.PIC = d.Total, d.Total
		e.Persons = []Person{{Name: pilot, Role: "student"}}
	case sameName(second, owner):
		e.Persons = []Person{{Name: pilot, Role: "pic"}}
	case !sameName(pilot, owner):
		for _, p := range []Person{{Name: pilot, Role: "pic"}, {Name: second, Role: "crew"}} {
			if p.Name != "" {
				e.Persons = append(e.Persons, p)
			}
		}
	case training && second != "":
		d.DualReceived, e.Instructor = d.Total, second
	default:
		d.PIC = d.Total
		if training {
			d.Solo = d.Total
		}
		if second != "" {
			e.Persons = []Person{{Name: second, Role: "passenger"}}
		}
	}
}

func renameRole(e *Entry, from, to string) {
	for i := range e.Persons {
		if e.Persons[i].Role == from {
			e.Persons[i].Role = to
		}
	}
}
