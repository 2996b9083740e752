package logbook

import (
	"bytes"
	"maps"
	"testing"
)

// The control totals come from the notes that stand with the files: hours there are minutes here.

func TestRealForeFlight(t *testing.T) {
	const name = "foreflight_2025_sep_us_tailwheel.csv"
	f := parseFile(t, name, sharedFile(t, name))
	if f.Format != "foreflight" || f.Rows != 243 || f.Other != 1 || f.Flights() != 242 || f.Importable() != 243 {
		t.Fatalf("format %s, %d rows, %d other, %d importable", f.Format, f.Rows, f.Other, f.Importable())
	}
	wantTotals(t, f, map[string]int64{
		"TotalTime": 22326, "PIC": 673 * 6, "DualReceived": 3027 * 6, "Night": 68 * 6, "Solo": 485 * 6,
		"CrossCountry": 1030 * 6, "AllLandings": 1109, "DayLandingsFullStop": 984, "NightLandingsFullStop": 27,
	})
	wantCodes(t, f, map[string]int{
		// Three entries differ by nine minutes exactly, which is not more than nine.
		"block_differs_from_logged": 18, "pic_and_dual_logged": 4, "ground_only": 1,
	})
	var timed, midnight, checkrides, landings int
	planes, places := map[string]bool{}, map[string]bool{}
	for _, e := range f.Entries {
		if e.Kind == KindGround {
			if e.Durations.GroundTraining != 2*3600 || e.Registration != "" {
				t.Errorf("row %d is ground training of %d s on %q", e.Row, e.Durations.GroundTraining, e.Registration)
			}
			continue
		}
		planes[e.NormalisedRegistration], places[e.From], places[e.To] = true, true, true
		landings += e.Counters.LandingsDay + e.Counters.LandingsNight
		if e.Checkride {
			checkrides++
		}
		if e.OffBlock != nil {
			timed++
			if e.OnBlock.Day() != e.OffBlock.Day() {
				midnight++
			}
		}
	}
	if timed != 34 || midnight != 9 || checkrides != 1 || landings != 1109 || len(planes) != 25 || len(places) != 25 {
		t.Errorf("timed %d, over midnight %d, checkrides %d, landings %d, aircraft %d, places %d",
			timed, midnight, checkrides, landings, len(planes), len(places))
	}
	if len(f.Aircraft) != 26 { // the notes count the blank identifier as well
		t.Errorf("%d aircraft", len(f.Aircraft))
	}
}

func TestRealForeFlightRow(t *testing.T) {
	const name = "foreflight_2025_sep_us_tailwheel.csv"
	f := parseFile(t, name, sharedFile(t, name))
	for _, e := range f.Entries {
		if e.Date.Format("2006-01-02") != "2025-03-20" || e.OffBlock == nil {
			continue
		}
		times := e.OffBlock.Format("15:04 ") + e.TakeOff.Format("15:04 ") + e.Landing.Format("15:04 ") + e.OnBlock.Format("15:04")
		if times != "22:27 22:46 22:53 22:56" || e.Registration != "N198JJ" || e.TypeCode != "BL8" ||
			e.Durations.Total != 18*60 || e.Instructor == "" {
			t.Errorf("%s %+v", times, e)
		}
		return
	}
	t.Error("no timed entry on 2025-03-20")
}

func TestRealHome1982(t *testing.T) {
	const name = "pyflightlog_1982_2011_us_instructor.csv"
	f := parseFile(t, name, sharedFile(t, name))
	if f.Format != "home1982" || f.Rows != 3491 || f.Other != 0 || len(f.Aircraft) != 59 || f.Importable() != 3491 {
		t.Fatalf("format %s, %d rows, %d other, %d aircraft", f.Format, f.Rows, f.Other, len(f.Aircraft))
	}
	wantTotals(t, f, map[string]int64{
		"HOURS": 49358 * 6, "PIC": 48867 * 6, "CFI": 9997 * 6, "DUAL": 1291 * 6, "NIGHT": 4591 * 6, "IFR": 9056 * 6,
		"DYLAND": 3019, "NILAND": 434, "APPR": 70,
	})
	wantCodes(t, f, map[string]int{
		"duplicate_row": 5, "out_of_date_order": 2, "night_exceeds_total": 2, "repeated_header": 1,
		"pic_and_dual_logged": 74, "part_exceeds_total": 1, "simulator_session": 35,
	})
	instructed, noted := 0, 0
	for _, e := range f.Entries {
		if e.Durations.DualGiven > 0 {
			instructed++
		}
		if e.Remarks != "" {
			noted++
		}
	}
	if instructed != 760 || noted == 0 {
		t.Errorf("%d rows of instruction, %d with notes", instructed, noted)
	}
}

func TestRealTemplate(t *testing.T) {
	const name = "template_foreflight_official.csv"
	f := parseFile(t, name, sharedFile(t, name))
	if f.Rows != 0 || len(f.Aircraft) != 0 {
		t.Errorf("%d rows and %d aircraft in an empty template", f.Rows, len(f.Aircraft))
	}
	wantCodes(t, f, map[string]int{"no_entries": 1})
}

func TestRealLists(t *testing.T) {
	world, err := LoadAerodromes(bytes.NewReader(sharedFile(t, "airports_world.csv")))
	if err != nil {
		t.Fatal(err)
	}
	american, err := LoadAerodromes(bytes.NewReader(sharedFile(t, "airports_us_faa_lid.csv")))
	if err != nil {
		t.Fatal(err)
	}
	types, err := LoadAircraftTypes(bytes.NewReader(sharedFile(t, "icao_aircraft_types.csv")))
	if err != nil {
		t.Fatal(err)
	}
	if len(world) != 16530 || len(american) != 15723 || len(types) != 2816 {
		t.Errorf("%d, %d aerodromes, %d types", len(world), len(american), len(types))
	}
	known := map[string]bool{}
	for _, a := range types {
		known[a.Designator] = true
	}
	checkRealForeFlightPlaces(t, NewDirectory(world, american), known)
}

func checkRealForeFlightPlaces(t *testing.T, directory *Directory, known map[string]bool) {
	const name = "foreflight_2025_sep_us_tailwheel.csv"
	f := parseFile(t, name, sharedFile(t, name))
	f.CheckPlaces(directory)
	f.CheckTypes(known)
	if n := countCode(f, "unknown_place") + countCode(f, "type_not_icao"); n != 0 {
		t.Errorf("%d places and types unknown", n)
	}
	withoutCode := map[string]bool{}
	for _, e := range f.Entries {
		if place := ResolvePlace(directory, e.To); e.To != "" && place.ICAO == nil {
			withoutCode[place.Ident] = true
		}
	}
	if len(withoutCode) != 7 {
		t.Errorf("without an ICAO code: %v", withoutCode)
	}
}

func wantTotals(t *testing.T, f *File, want map[string]int64) {
	t.Helper()
	for column, total := range want {
		if f.Totals[column] != total {
			t.Errorf("%s is %d, want %d", column, f.Totals[column], total)
		}
	}
}

func wantCodes(t *testing.T, f *File, want map[string]int) {
	t.Helper()
	if got := codes(f); !maps.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
}
