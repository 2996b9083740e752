package export_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"airside/internal/base/clock"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/merge"
	"airside/internal/base/text"
	"airside/internal/ops/export"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/opstest"
	"airside/internal/ops/reference"
)

// codes lists the findings of an import that are not mere remarks.
func codes(im logbook.Import) []string {
	var all []string
	for _, f := range im.Findings {
		all = append(all, f.Code)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// same wants the flights of two pilots to be the same.
func same(t interface{ Errorf(string, ...any) }, got, want []flight.Record) {
	if len(got) != len(want) {
		t.Errorf("%d flights, want %d", len(got), len(want))
		return
	}
	for i := range want {
		if d := cmp.Diff(want[i], got[i]); d != "" {
			t.Errorf("flight %d (-want +got):\n%s", i, d)
		}
	}
}

func TestForeFlightComesBack(t *testing.T) {
	each(t, func(h *house) {
		pilot := h.Person("Zoë Keller")
		h.season(pilot)
		file := h.logbook(pilot, export.ForeFlightCSV, text.EN)

		im := h.enter(pilot, file)
		if im.Created != 0 || im.Unchanged != 6 || slices.Contains(codes(im), "changed_since_export") {
			t.Errorf("the same pilot: %d created, %d unchanged, %v", im.Created, im.Unchanged, codes(im))
		}

		other := h.found("other-club")
		theirs := other.Person("Zoë Keller")
		preview := other.upload(theirs, file)
		if preview.Created != 6 || preview.Unchanged != 0 {
			t.Errorf("an empty organization: %d would be created", preview.Created)
		}
		if im = other.enter(theirs, file); im.Created != 6 {
			t.Errorf("an empty organization: %d created", im.Created)
		}
		same(t, other.flown(theirs), h.flown(pilot))
		h.Clean()
		other.Clean()

		again := other.logbook(theirs, export.ForeFlightCSV, text.EN)
		if im = other.enter(theirs, again); im.Created != 0 || im.Unchanged != 6 {
			t.Errorf("out and in again: %d created", im.Created)
		}
		if im = other.enter(theirs, file); im.Created != 0 {
			t.Errorf("the first file again: %d created", im.Created)
		}
		if ours, twice := withoutIDs(t, file), withoutIDs(t, again); !slices.Equal(ours, twice) {
			t.Errorf("the second file differs:\n%s\n%s", strings.Join(ours, "\n"), strings.Join(twice, "\n"))
		}
	})
}

// withoutIDs are the rows of a file without the column that is different in each organization.
func withoutIDs(t *testing.T, file []byte) []string {
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range rows {
		all = append(all, strings.Join(slices.Delete(slices.Clone(r), len(r)-2, len(r)-1), "|"))
	}
	return all
}

// TestForeFlightColumnsAlone: without Airside's own columns the file is a good ForeFlight logbook still.
func TestForeFlightColumnsAlone(t *testing.T) {
	h := with(opstest.Open(t, dbtest.SQLite(t)).Found("aero-club"))
	pilot := h.Person("Zoë Keller")
	h.season(pilot)
	file := h.logbook(pilot, export.ForeFlightCSV, text.EN)
	f, err := logbook.Parse("x.csv", bytes.ReplaceAll(file, []byte("[Text]Airside"), []byte("[Text]Other")))
	h.OK(err)
	if f.Format != "foreflight" || f.Rows != 6 || f.Importable() != 6 {
		t.Fatalf("%s, %d rows, %d good: %v", f.Format, f.Rows, f.Importable(), f.Findings)
	}
	for column, want := range map[string]int64{"TotalTime": 60 + 60 + 119 + 60, "PIC": 60 + 30 + 60 + 60, "SIC": 100, "PICUS": 19,
		"DualReceived": 60, "Solo": 60, "Night": 119, "IFR": 100, "ActualInstrument": 20, "SimulatedInstrument": 5,
		"SimulatedFlight": 150, "Approach1": 2, "Approach2": 1, "Landing Full-Stop Day": 1} {
		if f.Totals[column] != want {
			t.Errorf("%s is %d, want %d", column, f.Totals[column], want)
		}
	}
	classes := map[string]string{}
	for _, a := range f.Aircraft {
		classes[a.Registration] = a.Class + " " + a.DeviceType
	}
	if want := map[string]string{"HB-KGA": "SEP ", "HB-LTC": "MEP ", "FNPT-7": "FSTD FNPT_II", "-CH 14": "FSTD FFS"}; !cmp.Equal(classes, want) {
		t.Error(cmp.Diff(want, classes))
	}
	texts := []string{"=1+1 first lesson,\n\"stalls\" and more; très bien", `"quoted"`, "", "", "", ""}
	for i, e := range f.Entries {
		if e.Remarks != texts[i] {
			t.Errorf("remarks %q, want %q", e.Remarks, texts[i])
		}
	}
	if f.Entries[3].From != "=Wiese bei Ort" {
		t.Errorf("%q", f.Entries[3].From)
	}
}

func TestClassesComeBack(t *testing.T) {
	h := with(opstest.Open(t, dbtest.SQLite(t)).Found("aero-club"))
	pilot := h.Person("Zoë Keller")
	for i, class := range fleet.Classes {
		if class == "FSTD" {
			continue
		}
		a := h.craft(fleet.Draft{Registration: merge.To(fmt.Sprintf("HB-%d", i)), Class: merge.To(class)})
		h.Approve(opstest.Trip(a, pilot, i))
	}
	other := h.found("other-club")
	theirs := other.Person("Zoë Keller")
	other.enter(theirs, h.logbook(pilot, export.ForeFlightCSV, text.EN))
	same(t, other.flown(theirs), h.flown(pilot))
}

// TestChangedRows: what somebody edited in the file is not taken for what Airside wrote.
func TestChangedRows(t *testing.T) {
	each(t, func(h *house) {
		pilot := h.Person("Zoë Keller")
		h.season(pilot)
		file := h.logbook(pilot, export.ForeFlightCSV, text.EN)
		edited := bytes.Replace(file, []byte("stalls"), []byte("spins"), 1)

		im := h.enter(pilot, edited)
		if im.Created != 0 || im.Unchanged != 6 || !slices.Contains(codes(im), "changed_since_export") {
			t.Errorf("%d created, %d unchanged, %v", im.Created, im.Unchanged, codes(im))
		}
		if got := h.flown(pilot)[0].Facts.Remarks; !strings.Contains(got, "stalls") {
			t.Errorf("the record was changed: %q", got)
		}

		other := h.found("other-club")
		theirs := other.Person("Zoë Keller")
		if im = other.enter(theirs, edited); im.Created != 6 {
			t.Fatalf("%d created", im.Created)
		}
		if got := other.flown(theirs)[0].Facts.Remarks; !strings.Contains(got, "spins") {
			t.Errorf("the edit is lost: %q", got)
		}
	})
}

// TestReversedFlightsStayOut: a file written before a flight was reversed does not bring it back.
func TestReversedFlightsStayOut(t *testing.T) {
	h := with(opstest.Open(t, dbtest.SQLite(t)).Found("aero-club"))
	pilot, aircraft := h.Person("Zoë Keller"), h.Craft("HB-KGA", "block")
	id := h.Approve(opstest.Trip(aircraft, pilot, 0))
	file := h.logbook(pilot, export.ForeFlightCSV, text.EN)
	_, err := h.Posting.Reverse(h.ctx, h.Owner, id, "wrong", 0)
	h.OK(err)
	if im := h.enter(pilot, file); im.Created != 0 {
		t.Errorf("%d created", im.Created)
	}
	// It is another pilot's to whom it does not belong, though the file names it.
	if im := h.enter(h.Person("Somebody else"), file); im.Created != 1 {
		t.Errorf("%d created for somebody else", im.Created)
	}
}

// TestForeFlightOfTheRealFile imports the real log, exports it, and imports that into an empty organization.
func TestForeFlightOfTheRealFile(t *testing.T) {
	name := os.Getenv("AIRSIDE_SHARED_DATA")
	if name == "" {
		name = "/work/shared/data"
	}
	real, err := os.ReadFile(filepath.Join(name, "foreflight_2025_sep_us_tailwheel.csv"))
	if err != nil {
		t.Skip("shared/data is not here: ", err)
	}
	each(t, func(h *house) {
		pilot := h.Person("Student 1")
		if im := h.enter(pilot, real); im.Created != 242 {
			t.Fatalf("%d created", im.Created)
		}
		file := h.logbook(pilot, export.ForeFlightCSV, text.EN)
		if im := h.enter(pilot, file); im.Created != 0 || im.Unchanged != 242 {
			t.Errorf("%d created, %d unchanged", im.Created, im.Unchanged)
		}
		other := h.found("other-club")
		theirs := other.Person("Student 1")
		if im := other.enter(theirs, file); im.Created != 242 || im.Totals["TotalTime"] != 22_326 {
			t.Errorf("%d created, %d minutes", im.Created, im.Totals["TotalTime"])
		}
		same(t, other.flown(theirs), h.flown(pilot))
	})
}

// Each round goes to the disk, so fewer of them than usual; -rapid.checks asks for more.
func init() { flag.Set("rapid.checks", "30") }

// TestAnyFlightComesBack writes flights that nobody would think of.
func TestAnyFlightComesBack(t *testing.T) {
	h := opstest.Open(t, dbtest.SQLite(t))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		from, to := with(h.Found(fmt.Sprintf("from-%d", n))), with(h.Found(fmt.Sprintf("to-%d", n)))
		pilot, theirs := from.Person("Pilot"), to.Person("Pilot")
		g := generator{rt, pilot, []string{from.Person("Anna"), from.Person("Béla; X"), from.Person("c@d.example")},
			[]string{from.Craft("HB-KGA", "block"), from.Craft("d-e mo", "hobbs")}}
		for i := range rapid.IntRange(1, 4).Draw(rt, "flights") {
			from.Approve(g.flight(int64(i)))
		}
		want := from.flown(pilot)
		file := from.logbook(pilot, export.ForeFlightCSV, text.EN)
		if im := from.upload(pilot, file); im.Created != 0 || int(im.Unchanged) != len(want) {
			rt.Fatalf("the same pilot: %d created, %d unchanged, %v", im.Created, im.Unchanged, im.Findings)
		}
		if im := to.enter(theirs, file); int(im.Created) != len(want) {
			rt.Fatalf("%d created of %d: %v\n%s", im.Created, len(want), im.Findings, file)
		}
		same(rt, to.flown(theirs), want)
	})
}

// generator draws flights that can be approved.
type generator struct {
	*rapid.T
	pilot    string
	people   []string
	aircraft []string
}

func (g generator) upTo(n int64, name string) merge.Field[int64] {
	return merge.To(rapid.Int64Range(0, n).Draw(g.T, name))
}

func (g generator) maybe(name string) bool { return rapid.Bool().Draw(g.T, name) }

func (g generator) text(name string) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune(" \t\n\r\"';,=+-@aé😀|\\")), 0, 12, -1).Draw(g.T, name)
}

func (g generator) place(name string) merge.Field[reference.Ident] {
	return merge.To(reference.Ident(rapid.SampledFrom([]string{"LSZB", "lszg", "=x", "a, b", `"q"`, "C83", "'"}).Draw(g.T, name)))
}

func (g generator) flight(nth int64) flight.Draft {
	// Since 2 March 2026 and well before the clock; no two at once, though that would only be a warning.
	off := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 200*86400).Draw(g.T, "off")) * time.Second)
	block := rapid.Int64Range(61, 3*86400).Draw(g.T, "block")
	at := func(s int64) merge.Field[clock.Time] {
		return merge.To(clock.Of(off.Add(time.Duration(s) * time.Second)))
	}
	minutes := block / 60
	d := flight.Draft{
		Kind: merge.To(rapid.SampledFrom(flight.Kinds).Draw(g.T, "kind")), FlightRules: merge.To(rapid.SampledFrom(flight.FlightRules).Draw(g.T, "rules")),
		TrainingType: merge.To(rapid.SampledFrom(flight.TrainingTypes).Draw(g.T, "training")),
		Departure:    g.place("from"), Arrival: g.place("to"), OffBlockAt: at(0), OnBlockAt: at(block),
		NightMin: g.upTo(minutes, "night"), IFRMin: g.upTo(minutes, "ifr"), CrossCountryMin: g.upTo(9000, "xc"),
		InstrumentActualMin: g.upTo(9000, "actual"), InstrumentSimMin: g.upTo(9000, "simulated"),
		TakeoffsDay: g.upTo(9, "t"), TakeoffsNight: g.upTo(9, "tn"), LandingsDay: g.upTo(9, "l"), LandingsNight: g.upTo(9, "ln"),
		FullStopDay: g.upTo(9, "f"), FullStopNight: g.upTo(9, "fn"), GoArounds: g.upTo(3, "g"), PersonsOnBoard: g.upTo(4, "pob"),
		Remarks: merge.To(g.text("remarks")), RemarksPublic: merge.To(g.maybe("public")), DefectReported: merge.To(g.maybe("defect")),
	}
	if g.maybe("takeoff") {
		d.TakeoffAt = at(block / 3)
	}
	if g.maybe("landing") {
		d.LandingAt = at(block / 2)
	}
	if g.maybe("logged") {
		d.LoggedMin = merge.To(rapid.Int64Range(minutes+1, minutes+600).Draw(g.T, "logged_min"))
	}
	if g.maybe("hobbs") {
		start := nth*6000 + rapid.Int64Range(0, 1000).Draw(g.T, "hobbs_start") // two readings must not overlap
		d = opstest.Hobbs(d, start, start+rapid.Int64Range(0, 4800).Draw(g.T, "hobbs_length"))
	}
	for range rapid.IntRange(0, 8).Draw(g.T, "approaches") {
		d.Approaches = merge.To(append(d.Approaches.V, flight.ApproachDraft{Type: rapid.SampledFrom([]string{"ILS", "RNP", "RNAV (GPS)", "x;y", "VISUAL"}).Draw(g.T, "approach"),
			Runway: rapid.SampledFrom([]string{"", "14", "14;L"}).Draw(g.T, "runway"), Place: g.place("of").V}))
	}
	g.crew(&d, minutes)
	switch aircraft := rapid.SampledFrom(append([]string{""}, g.aircraft...)).Draw(g.T, "aircraft"); {
	case aircraft == "" || d.Kind.V == flight.KindFSTD: // a session needs a device, as no aircraft of this fleet is
		d.Kind = merge.To(flight.KindFSTD)
		d.FSTD = merge.To(flight.FSTD{QualificationNo: rapid.SampledFrom([]string{"CH-1", "---", "= 7", "HB-KGA"}).Draw(g.T, "no"),
			DeviceType: rapid.SampledFrom(fleet.DeviceTypes).Draw(g.T, "device")})
		d.Meters = merge.Field[flight.MetersDraft]{}
	default:
		d.AircraftID = merge.To(aircraft)
	}
	return d
}

func (g generator) crew(d *flight.Draft, minutes int64) {
	one := func(person, function string) flight.CrewDraft {
		part := func(name string) int64 { return rapid.Int64Range(0, minutes/2).Draw(g.T, name) }
		return flight.CrewDraft{PersonID: person, Function: function, PICMin: part("pic"), DualMin: part("dual"), InstructorMin: part("fi"),
			CopilotMin: part("sic"), SoloMin: part("solo"), SPICMin: part("spic"), PICUSMin: part("picus")}
	}
	functions := flight.Functions[:6]
	crew := []flight.CrewDraft{one(g.pilot, rapid.SampledFrom(functions).Draw(g.T, "function")), one(g.people[0], "pic")}
	for _, p := range g.people[1:] {
		if g.maybe("on board") {
			crew = append(crew, one(p, rapid.SampledFrom(functions).Draw(g.T, "other")))
		}
	}
	if g.maybe("passenger") {
		crew = append(crew, flight.CrewDraft{Function: flight.FunctionPassenger})
	}
	d.Crew = merge.To(rapid.Permutation(crew).Draw(g.T, "crew"))
}
