package logbook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestForeFlight2019(t *testing.T) {
	f := parseFile(t, "2019", fixture(t, "foreflight_2019.csv"))
	if f.Rows != 6 || f.Other != 1 || f.Importable() != 6 {
		t.Fatalf("%d rows, %d other, %d importable: %v", f.Rows, f.Other, f.Importable(), f.Findings)
	}
	wantTotals(t, f, map[string]int64{
		"TotalTime": 46 * 6, "PIC": 22 * 6, "Night": 16 * 6, "AllLandings": 12, "Approach1": 2, "Approach2": 4,
		"GroundTraining": 90, "SimulatedFlight": 90, "SimulatedInstrument": 60,
	})
	wantCodes(t, f, map[string]int{
		"duplicate_row": 1, "duplicate_aircraft": 1, "ground_only": 1, "simulator_session": 1,
		"pic_and_dual_logged": 1, "aircraft_not_listed": 1, "block_differs_from_logged": 2,
	})
	first, ipc, again, sim, local := f.Entries[0], f.Entries[1], f.Entries[2], f.Entries[3], f.Entries[5]
	if first.Extra["[Counter]Glider tows"] != "2" || len(first.Extra) != 1 || first.Remarks != "Two touch-and-goes on the way" {
		t.Errorf("extra %v, remarks %q", first.Extra, first.Remarks)
	}
	if c := first.Counters; c.LandingsDay != 3 || c.TouchAndGoDay != 2 || c.LandingsNight != 0 {
		t.Errorf("landings %+v", c)
	}
	if m := first.Meters; *m.HobbsStart != 210450 || *m.HobbsEnd != 210580 || m.TachStart != nil {
		t.Errorf("meters %+v", m)
	}
	if p := first.Persons; len(p) != 1 || p[0] != (Person{"Ines Falk", "passenger"}) || first.Instructor != "" {
		t.Errorf("persons %v", p)
	}
	if c := ipc.Counters; c.LandingsNight != 3 || c.FullStopNight != 2 || c.LandingsDay != 0 {
		t.Errorf("night landings %+v", c)
	}
	if ipc.OnBlock.Format("02 15:04") != "13 01:02" || ipc.OffBlock.Day() != 12 || !ipc.IPC || ipc.Instructor != "Olaf Quist" {
		t.Errorf("over midnight: %v to %v, %q", ipc.OffBlock, ipc.OnBlock, ipc.Instructor)
	}
	want := Approach{2, "VOR RWY 28R", "28R", "KMOD", "", true}
	if len(ipc.Approaches) != 2 || ipc.Approaches[1] != want {
		t.Errorf("approaches %v", ipc.Approaches)
	}
	if ipc.Fingerprint != again.Fingerprint || ipc.Occurrence != 0 || again.Occurrence != 1 || again.Row != ipc.Row+2 {
		t.Errorf("the same twice: occurrences %d and %d, rows %d and %d", ipc.Occurrence, again.Occurrence, ipc.Row, again.Row)
	}
	if sim.Kind != KindFSTD || sim.TypeCode != "AATD" || local.TypeCode != "" {
		t.Errorf("kind %s, types %q and %q", sim.Kind, sim.TypeCode, local.TypeCode)
	}
}

func TestForeFlight2019Aircraft(t *testing.T) {
	f := parseFile(t, "2019", fixture(t, "foreflight_2019.csv"))
	var got []string
	for _, a := range f.Aircraft {
		got = append(got, a.NormalisedRegistration+":"+a.Class+":"+a.TypeCode)
	}
	if s := strings.Join(got, " "); s != "N700QT:SEP:C172S N44TX:MEP:BE58 RBIRD:FSTD:AATD N12ZZ::" {
		t.Error(s)
	}
	if a := f.Aircraft[0]; a.Year != 2004 || !a.TAA || !a.Listed || f.Aircraft[3].Listed || !f.Aircraft[2].IsSimulator {
		t.Errorf("%+v", f.Aircraft)
	}
}

func TestForeFlightGerman(t *testing.T) {
	f := parseFile(t, "german", fixture(t, "foreflight_german.csv"))
	wantTotals(t, f, map[string]int64{"TotalTime": 66 + 65 + 45, "AllLandings": 7})
	wantCodes(t, f, map[string]int{"encoding_guessed": 1})
	first, second := f.Entries[0], f.Entries[1]
	if first.NormalisedRegistration != "DEÜBX" || second.NormalisedRegistration != "DEÜBX" || first.TypeCode != "DR40" {
		t.Errorf("%q %q", first.NormalisedRegistration, second.NormalisedRegistration)
	}
	if first.Persons[0].Name != "Jörg Weiß" || first.Remarks != "Überlandflug" || first.Checkride || !second.Checkride {
		t.Errorf("%+v", first)
	}
	if *first.Meters.HobbsStart != 120450 || *second.Meters.HobbsStart != 120560 {
		t.Errorf("meters %d %d", *first.Meters.HobbsStart, *second.Meters.HobbsStart)
	}
	if f.Aircraft[0].Class != "SEP" || f.Aircraft[1].Class != "TMG" {
		t.Errorf("%+v", f.Aircraft)
	}
}

func TestForeFlightTemplate(t *testing.T) {
	f := parseFile(t, "template", fixture(t, "foreflight_template.csv"))
	wantCodes(t, f, map[string]int{})
	if f.Rows != 2 || f.Entries[0].Date.Format("2006-01-02") != "2024-03-14" || f.Aircraft[0].Class != "SET" {
		t.Errorf("%+v", f)
	}
	want := Counters{LandingsDay: 4, LandingsNight: 1, FullStopDay: 1, TouchAndGoDay: 3, TouchAndGoNight: 1, AllLandings: 5}
	if e := f.Entries[0]; e.Counters != want || !e.FlightReview || !e.Approaches[0].Circling {
		t.Errorf("%+v", e)
	}
}

func TestHome1982(t *testing.T) {
	f := parseFile(t, "home", fixture(t, "home1982.csv"))
	if f.Rows != 8 || f.Other != 0 || f.Importable() != 7 || len(f.Aircraft) != 2 {
		t.Fatalf("%d rows, %d other, %d importable", f.Rows, f.Other, f.Importable())
	}
	wantTotals(t, f, map[string]int64{"HOURS": 65 * 6, "DYLAND": 7, "NILAND": 1, "APPR": 2, "GAD": 18, "IFR": 24})
	wantCodes(t, f, map[string]int{
		"bad_date": 1, "duplicate_row": 1, "night_exceeds_total": 1, "out_of_date_order": 1, "repeated_header": 1,
		"simulator_session": 1, "pic_and_dual_logged": 1,
	})
	second, leap, sim, taught := f.Entries[1], f.Entries[3], f.Entries[4], f.Entries[5]
	if second.Remarks != "Ada Lind; ADF work" || second.Approaches[0].Count != 2 || second.Date.Format("0102") != "1012" {
		t.Errorf("%+v", second)
	}
	if !leap.Bad || !leap.Date.IsZero() || sim.Kind != KindFSTD || taught.Extra["STDNT"] != "17" || len(taught.Extra) != 1 {
		t.Errorf("%+v\n%+v\n%+v", leap, sim, taught)
	}
}

func TestExample(t *testing.T) {
	f := parseFile(t, "example", fixture(t, "../../../demo/example_foreflight.csv"))
	if f.Rows != 44 || f.Other != 1 || f.Importable() != 44 || len(f.Aircraft) != 2 {
		t.Fatalf("%d rows, %d other, %d importable", f.Rows, f.Other, f.Importable())
	}
	wantTotals(t, f, map[string]int64{
		"TotalTime": 1890, "PIC": 1320, "PICUS": 60, "DualReceived": 510, "Night": 312, "Solo": 114,
		"CrossCountry": 264, "AllLandings": 93, "GroundTraining": 120,
	})
	wantCodes(t, f, map[string]int{"ground_only": 1, "block_differs_from_logged": 1})
	midnight := 0
	for _, e := range f.Entries {
		if e.OffBlock != nil && e.OnBlock.Day() != e.OffBlock.Day() {
			midnight++
		}
	}
	if midnight != 1 {
		t.Errorf("%d over midnight", midnight)
	}
}
