package logbook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// Airside's own columns in the ForeFlight files that it writes, as custom fields. The first says which flight a row is
// and seals the row; the second carries what ForeFlight has no column for. A row that somebody changed no longer fits
// its seal, and is then read from ForeFlight's own columns alone, with a finding.
const (
	ColumnFlight = "[Text]Airside Flight"
	ColumnRecord = "[Text]Airside Record"
)

// carried is the second column: what reading the row would get wrong or leave out. Facts is a JSON merge patch on what
// the columns say; the crew is always there in full, by names.
type carried struct {
	Kind  string          `json:"kind"`
	Crew  []carriedCrew   `json:"crew"`
	Facts json.RawMessage `json:"facts"`

	patch map[string]json.RawMessage
	fstd  *flight.FSTD
}

// carriedCrew is somebody on the crew; the pilot whose logbook it is has no name here, nor have passengers.
type carriedCrew struct {
	flight.Crew
	Pilot bool   `json:"pilot,omitempty"`
	Name  string `json:"name,omitempty"`
}

// forced are facts that reading a row takes from other rows too, so they are carried even where they agree.
var forced = []string{"flight_rules", "training_type"}

// carriedFacts are the members of a patch. What was decided about a flight, and its ties to other records of its
// organization, are not a pilot's logbook.
var carriedFacts = factNames("crew", "warnings", "submitted_at", "submitted_by", "decided_at", "decided_by", "approved_at",
	"rejection", "source", "basis", "counted_s", "logged_filled", "training_lesson_id", "planning_session_id")

func factNames(but ...string) map[string]bool {
	names := map[string]bool{}
	for field := range reflect.TypeFor[flight.Facts]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names[name] = !slices.Contains(but, name)
	}
	return names
}

func sealOf(fingerprint, record string) string {
	sum := sha256.Sum256([]byte(fingerprint + "\n" + record))
	return hex.EncodeToString(sum[:8])
}

// openCarried reads Airside's own columns of a row, after its fingerprint is known.
func (r *rowReader) openCarried() {
	e := r.entry
	if e.airsideFlight == "" {
		return
	}
	flightID, seal, _ := strings.Cut(e.airsideFlight, "/")
	if known, ok := id.Parse(flightID); ok {
		e.flightID = known
	}
	if seal == sealOf(e.Fingerprint, e.airsideRecord) {
		e.carried = readCarried(e.airsideRecord)
	}
	if e.carried == nil {
		r.report(SeverityWarning, "", "changed_since_export")
	}
	e.airsideRecord = ""
}

// readCarried trusts nothing: anybody can write a seal. What does not hold is no record.
func readCarried(text string) *carried {
	c := &carried{}
	if json.Unmarshal([]byte(text), c) != nil || json.Unmarshal(c.Facts, &c.patch) != nil {
		return nil
	}
	for name := range c.patch {
		if !carriedFacts[name] {
			return nil
		}
	}
	var f flight.Facts
	if json.Unmarshal(c.Facts, &f) != nil || !c.sound(&f) {
		return nil
	}
	c.fstd = f.FSTD
	return c
}

func (c *carried) sound(f *flight.Facts) bool {
	pilots := 0
	for _, m := range c.Crew {
		if m.Pilot {
			pilots++
		}
		named := m.Name != "" && len(m.Name) <= 100 && !strings.ContainsFunc(m.Name, unicode.IsControl)
		passenger := m.Function == flight.FunctionPassenger
		if m.PersonID != "" || !slices.Contains(flight.Functions, m.Function) || passenger == (m.Pilot || named) {
			return false
		}
		if !durations(m.PIC, m.Dual, m.Instructor, m.Copilot, m.Solo, m.SPIC, m.PICUS) {
			return false
		}
	}
	counts := []int64{f.TakeoffsDay, f.TakeoffsNight, f.LandingsDay, f.LandingsNight, f.FullStopDay, f.FullStopNight, f.GoArounds}
	logged := int64(0)
	if f.Logged != nil {
		logged = *f.Logged
	}
	if f.PersonsOnBoard != nil {
		counts = append(counts, *f.PersonsOnBoard)
	}
	return slices.Contains(flight.Kinds, c.Kind) && pilots == 1 && len(c.Crew) <= maxCrew &&
		len(f.Legs) <= maxLegs && len(f.Approaches) <= maxApproaches && soundPlaces(f) &&
		durations(logged, f.Night, f.IFR, f.CrossCountry, f.InstrumentActual, f.InstrumentSimulated) &&
		slices.Min(counts) >= 0 && slices.Max(counts) <= 10_000
}

const maxLegs = 50

func durations(seconds ...int64) bool {
	return slices.Min(seconds) >= 0 && slices.Max(seconds) <= maxHours*3600
}

// soundPlaces bounds the texts that only a record can bring.
func soundPlaces(f *flight.Facts) bool {
	short := func(texts ...*string) bool {
		return !slices.ContainsFunc(texts, func(s *string) bool { return s != nil && len(*s) > 200 })
	}
	place := func(p *reference.Place) bool { return p == nil || short(p.ICAO, &p.Ident, p.Name) }
	filled := func(u *flight.Fuel) bool {
		return u == nil || flight.IsUnit(u.Unit) && short(&u.Uplift, u.Type, u.PaidBy) && place(u.Place)
	}
	for i := range f.Legs {
		if !place(&f.Legs[i].Departure) || !place(&f.Legs[i].Arrival) {
			return false
		}
	}
	for _, a := range f.Approaches {
		if !short(&a.Type, a.Runway) || !place(a.Place) {
			return false
		}
	}
	return place(f.Departure) && place(f.Arrival) && filled(f.Fuel) && filled(f.Oil)
}

// apply puts the patch over what the columns say, unless the two do not make a flight together.
func (c *carried) apply(r *flight.Record) {
	base, err := members(&r.Facts)
	if err != nil {
		return
	}
	for name, value := range c.patch {
		if string(value) == "null" {
			delete(base, name)
		} else {
			base[name] = value
		}
	}
	whole := *r
	whole.Kind, whole.Facts = c.Kind, flight.Facts{}
	if b, err := json.Marshal(base); err != nil || json.Unmarshal(b, &whole.Facts) != nil || whole.Check() != nil {
		return
	}
	*r = whole
}

func members(f *flight.Facts) (map[string]json.RawMessage, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	return m, json.Unmarshal(b, &m)
}

// crewFor is the crew as it was, as far as people says who the others are.
func (c *carried) crewFor(pilot string, people map[string]match) []flight.Crew {
	var crew []flight.Crew
	for _, m := range c.Crew {
		one := m.Crew
		switch who := people[m.Name]; {
		case m.Pilot:
			one.PersonID = pilot
		case m.Function == flight.FunctionPassenger:
		case who.id == "" || who.several || who.id == pilot,
			slices.ContainsFunc(crew, func(on flight.Crew) bool { return on.PersonID == who.id }):
			continue
		default:
			one.PersonID = who.id
		}
		crew = append(crew, one)
	}
	return crew
}

// roleOf is what somebody is in the organization, by what they did on board.
var roleOf = map[string]string{flight.FunctionStudent: "student", flight.FunctionInstructor: "instructor", flight.FunctionExaminer: "examiner"}

func (c *carried) others() []other {
	var list []other
	for _, m := range c.Crew {
		if m.Pilot || m.Function == flight.FunctionPassenger {
			continue
		}
		role := roleOf[m.Function]
		if role == "" {
			role = "pilot"
		}
		list = append(list, other{m.Crew, m.Name, role})
	}
	return list
}

// A Written is a flight that a row of a file was written of, for the logbook of Pilot. Names are those of people by id.
type Written struct {
	Record *flight.Record
	Pilot  string
	Names  map[string]string
}

// Carry reads a ForeFlight file that is being written, without Airside's columns, as an import will read it, and
// returns the two cells that each of its rows lacks.
func Carry(file []byte, rows []Written, resolve func(string) reference.Place) ([][2]string, error) {
	f, err := Parse("", file)
	if err != nil {
		return nil, err
	}
	if len(f.Entries) != len(rows) {
		return nil, fmt.Errorf("carry %d flights: read back as %d rows", len(rows), len(f.Entries))
	}
	p := planOf(f, "", nil, resolve)
	for i := range f.Entries { // what an import will refuse is written all the same
		for _, ident := range []string{f.Entries[i].From, f.Entries[i].To} {
			if _, known := p.places[ident]; !known && ident != "" {
				place := resolve(ident)
				p.places[ident] = &place
			}
		}
	}
	cells := make([][2]string, len(rows))
	for i, w := range rows {
		e := &f.Entries[i]
		record, err := w.carry(p.record(e))
		if err != nil {
			return nil, err
		}
		cells[i] = [2]string{string(w.Record.ID) + "/" + sealOf(e.Fingerprint, record), record}
	}
	return cells, nil
}

// carry writes what read lacks of the record.
func (w Written) carry(read *flight.Record) (string, error) {
	truth := w.Record
	c := carried{Kind: truth.Kind, patch: map[string]json.RawMessage{}}
	want, err := members(&truth.Facts)
	if err != nil {
		return "", err
	}
	got, err := members(&read.Facts)
	if err != nil {
		return "", err
	}
	for name := range carriedFacts {
		if !carriedFacts[name] || string(want[name]) == string(got[name]) && !slices.Contains(forced, name) {
			continue
		}
		if c.patch[name] = want[name]; want[name] == nil {
			c.patch[name] = json.RawMessage("null")
		}
	}
	for _, m := range truth.Facts.Crew {
		one := carriedCrew{Crew: m, Pilot: m.PersonID == w.Pilot}
		if one.PersonID = ""; !one.Pilot && m.Function != flight.FunctionPassenger {
			if one.Name = cut(w.Names[m.PersonID], 100); one.Name == "" {
				continue
			}
		}
		c.Crew = append(c.Crew, one)
	}
	if c.Facts, err = json.Marshal(c.patch); err != nil {
		return "", err
	}
	b, err := json.Marshal(c)
	return string(b), err
}

// held finds which of the flights that Airside has written rows of the pilot still has in the records.
func held(ctx context.Context, q db.Q, org scope.OrgID, pilot string, entries []*Entry) (map[string]bool, error) {
	named := map[string]bool{}
	for _, e := range entries {
		if e.flightID != "" {
			named[e.flightID] = true
		}
	}
	found := map[string]bool{}
	if pilot == "" {
		return found, nil
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(named)), 500) {
		var w db.Where
		w.And("c.org_id = ?", org)
		w.And("c.person_id = ?", pilot)
		w.And("NOT f.deleted")
		db.In(&w, "c.flight_id", some)
		ids, err := db.All(ctx, q, db.Scalar[string], flightsHeld+w.SQL(), w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, one := range ids {
			found[one] = true
		}
	}
	return found, nil
}

// missing leaves out the rows of flights that the pilot has.
func (in *entering) missing(entries []*Entry) ([]*Entry, error) {
	have, err := held(in.tx.Context(), in.tx, in.who.Org, in.r.PilotID, entries)
	if err != nil || len(have) == 0 {
		return entries, err
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e *Entry) bool { return have[e.flightID] }), nil
}
