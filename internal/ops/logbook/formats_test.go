package logbook

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wantedTotals are the sums of each fixture by column, in minutes and counts, added up when the fixtures were written.
var wantedTotals = map[string]map[string]int64{
	"easa_row.csv":              {"Total Time of Flight": 917, "Single Pilot SE": 647, "Single Pilot ME": 70, "Multi Pilot": 200, "Landings Day": 24, "Landings Night": 7, "Night": 148, "IFR": 255, "PIC": 722, "Co-Pilot": 105, "Dual": 90, "Instructor": 60, "FSTD Total Time": 120},
	"easa_printed.csv":          {"TOTAL TIME OF FLIGHT": 917, "MULTI PILOT TIME": 200, "LANDINGS DAY": 24, "LANDINGS NIGHT": 7, "OPERATIONAL CONDITION TIME NIGHT": 148, "OPERATIONAL CONDITION TIME IFR": 255, "PILOT FUNCTION TIME PIC": 722, "PILOT FUNCTION TIME CO-PILOT": 105, "PILOT FUNCTION TIME DUAL": 90, "PILOT FUNCTION TIME INSTRUCTOR": 60, "FSTD SESSION TOTAL TIME OF SESSION": 120},
	"capzlog.csv":               {"Block": 1037, "Multi Pilot": 200, "IFR": 255, "Night": 148, "PIC": 722, "Copi": 105, "Dual": 90, "Instructor": 60, "Landings": 31, "Night Landings": 7},
	"flylog.csv":                {"DURATION_BLOCK": 917, "DURATION_PIC": 627, "DURATION_PICUS": 95, "DURATION_SIC": 105, "DURATION_DUAL": 90, "DURATION_INSTRUCTOR": 60, "DURATION_NIGHT": 148, "DURATION_IFR": 255, "DURATION_MULTI_PILOT": 200, "DURATION_SIMULATOR": 120, "LDGS_DAY": 24, "LDGS_NIGHT": 7},
	"mccpilotlog_minutes.csv":   {"TIME_TOTAL": 1037, "TIME_PIC": 627, "TIME_PICUS": 95, "TIME_SIC": 105, "TIME_DUAL": 90, "TIME_INSTRUCTOR": 60, "TIME_NIGHT": 148, "TIME_IFR": 255, "LDG_DAY": 24, "LDG_NIGHT": 7},
	"mccpilotlog_clock.csv":     {"time_total": 917, "time_pic": 627, "time_night": 148, "time_ifr": 255, "time_sic": 105, "time_picus": 95, "time_dual": 90, "time_totalsim": 120, "ldg_day": 24, "ldg_night": 7},
	"skydemon.csv":              {"PIC Time": 647, "Dual Time": 90, "Night Time": 128, "IFR Time": 55, "Instructor Time": 60, "Day Landings": 24, "Night Landings": 6},
	"skydemon_dated.csv":        {"Duration": 717},
	"logten_keys.txt":           {"flight_totalTime": 1037, "flight_pic": 627, "flight_sic": 105, "flight_p1us": 95, "flight_multiPilot": 200, "flight_night": 148, "flight_ifr": 255, "flight_simulator": 120, "flight_dualGiven": 60, "flight_dualReceived": 90, "flight_dayLandings": 24, "flight_nightLandings": 7, "flight_selectedApproach1": 3},
	"logten_names.txt":          {"Total Time": 1050, "Night": 132, "PIC": 750, "Dual Rcvd": 180, "Sim Inst": 12, "Simulator": 120, "Day Ldg": 20, "Night Ldg": 2, "Approach 1": 1},
	"myflightbook_export.csv":   {"Total Flight Time": 858, "PIC": 723, "SIC": 105, "CFI": 60, "Dual Received": 90, "Night": 129, "IMC": 105, "Ground Simulator": 120, "Landings": 31, "FS Night Landings": 7, "Approaches": 6},
	"myflightbook_template.csv": {"Total Flight Time": 795, "PIC": 705, "Dual Received": 90, "Night": 129, "Landings": 24},
	"vereinsflieger.csv":        {"Flugzeit": 788, "Landungen": 34},
	"vereinsflieger_lang.csv":   {"Flugzeit": 788, "Landungen": 34},
	"vereinsflieger_block.csv":  {"Blockzeit in Minuten": 1276, "Landungen": 52},
	"openpilotlog_export.csv":   {"Total": 917, "SP SE": 647, "SP ME": 70, "MP": 200, "Night": 148, "IFR": 255, "PIC": 722, "SIC": 105, "Dual": 90, "FI": 60, "Time of Session": 120, "Landings Day": 24, "Landings Night": 7},
	"openpilotlog_tables.csv":   {"tblk": 947, "tSPSE": 677, "tSPME": 70, "tMP": 200, "tNIGHT": 148, "tIFR": 255, "tPIC": 657, "tPICUS": 95, "tSIC": 105, "tDUAL": 90, "tFI": 60, "ldgDay": 25, "ldgNight": 7},
	"foreflight_german_all.csv": {"TotalTime": 918, "PIC": 627, "SIC": 105, "Night": 129, "PICUS (EASA)": 96, "MultiPilot (EASA)": 201, "IFR (EASA)": 270, "DualGiven": 60, "DualReceived": 90, "SimulatedFlight": 120, "Approach1": 3},
}

// wantedCodes are the findings of each fixture, all of them.
var wantedCodes = map[string]map[string]int{
	"easa_row.csv":              {"duplicate_row": 1, "simulator_session": 1},
	"easa_printed.csv":          {"duplicate_row": 1, "simulator_session": 1, "encoding_guessed": 1, "repeated_header": 2, "row_ignored": 1, "short_years": 1, "totals_row": 1},
	"capzlog.csv":               {"duplicate_row": 1, "simulator_session": 1},
	"flylog.csv":                {"duplicate_row": 1, "simulator_session": 1},
	"mccpilotlog_minutes.csv":   {"duplicate_row": 1, "simulator_session": 1, "encoding_guessed": 1},
	"mccpilotlog_clock.csv":     {"duplicate_row": 1, "simulator_session": 1},
	"skydemon.csv":              {"duplicate_row": 1, "times_are_local": 1, "total_from_block": 1},
	"skydemon_dated.csv":        {"duplicate_row": 1, "times_are_local": 1, "encoding_guessed": 1, "owner_unknown": 1},
	"logten_keys.txt":           {"duplicate_row": 1, "simulator_session": 1},
	"logten_names.txt":          {"simulator_session": 1},
	"myflightbook_export.csv":   {"duplicate_row": 1, "simulator_session": 1, "missing_total": 1},
	"myflightbook_template.csv": {"duplicate_row": 1, "encoding_guessed": 1, "date_order_assumed": 1},
	"vereinsflieger.csv":        {"duplicate_row": 1, "encoding_guessed": 1, "times_are_local": 1, "functions_from_names": 1},
	"vereinsflieger_lang.csv":   {"duplicate_row": 1, "times_are_local": 1, "functions_from_names": 1},
	"vereinsflieger_block.csv":  {"duplicate_row": 2, "times_are_local": 1, "functions_from_names": 1},
	"openpilotlog_export.csv":   {"duplicate_row": 1, "simulator_session": 1},
	"openpilotlog_tables.csv":   {"duplicate_row": 1, "aircraft_not_listed": 1, "tails_missing": 1},
	"foreflight_german_all.csv": {"duplicate_row": 1, "simulator_session": 1, "encoding_guessed": 1},
}

func TestFormatFixtures(t *testing.T) {
	for name, totals := range wantedTotals {
		f := parseFile(t, name, fixture(t, name))
		if want, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(name, ".csv"), ".txt"), "_"); f.Format != want {
			t.Errorf("%s: read as %s", name, f.Format)
		}
		if f.Rows < 11 || f.Importable() != f.Rows || f.Other != 0 {
			t.Errorf("%s: %d rows, %d importable, %d other", name, f.Rows, f.Importable(), f.Other)
		}
		for column, total := range totals {
			if f.Totals[column] != total {
				t.Errorf("%s: %s is %d, want %d", name, column, f.Totals[column], total)
			}
		}
		if got := codes(f); !maps.Equal(got, wantedCodes[name]) {
			t.Errorf("%s: findings %v, want %v", name, got, wantedCodes[name])
		}
		checkInvariants(t, f)
	}
}

// The fixtures hold the same flights, as far as their programs can write them.
func TestFormatsAgree(t *testing.T) {
	want := map[string]string{
		"2024-03-02": "HBKGA LSZB LSZG 08:05 09:02 57", "2024-05-31": "HBKGA LSZB LFSB 23:35 00:28 53",
		"2024-04-13": "DEÜBX EDTF EDTZ 17:00 18:12 72", "2024-06-15": "HBLTC LSZB LSZH 06:00 07:10 70",
	}
	for _, name := range []string{"easa_row.csv", "easa_printed.csv", "capzlog.csv", "flylog.csv", "mccpilotlog_minutes.csv", "mccpilotlog_clock.csv",
		"skydemon.csv", "skydemon_dated.csv", "logten_keys.txt", "openpilotlog_export.csv", "openpilotlog_tables.csv"} {
		seen := map[string]bool{}
		for _, e := range parseFile(t, name, fixture(t, name)).Entries {
			day := e.Date.Format(time.DateOnly)
			if want[day] == "" || seen[day] {
				continue
			}
			seen[day] = true
			got := fmt.Sprintf("%s %s %s %s %s %d", e.NormalisedRegistration, e.From, e.To, e.OffBlock.Format("15:04"), e.OnBlock.Format("15:04"), e.Durations.Total/60)
			if got != want[day] || e.OnBlock.Before(*e.OffBlock) || e.OnBlock.Sub(*e.OffBlock) > 2*time.Hour {
				t.Errorf("%s: %s, want %s", name, got, want[day])
			}
			if day == "2024-03-02" && name != "skydemon_dated.csv" && len(e.Persons) > 0 && e.Persons[0].Role != "passenger" {
				t.Errorf("%s: the owner is another person: %v", name, e.Persons)
			}
		}
		if len(seen) != len(want) {
			t.Errorf("%s: only %v", name, seen)
		}
	}
}

// Who was in command, at the dual flight, the flight as co-pilot, and of the owner's own.
func TestCommandersOfFormats(t *testing.T) {
	for _, name := range []string{"easa_row.csv", "easa_printed.csv", "capzlog.csv", "flylog.csv", "mccpilotlog_minutes.csv", "logten_keys.txt"} {
		f := parseFile(t, name, fixture(t, name))
		for _, e := range f.Entries {
			d := e.Durations
			switch e.Date.Format("01-02") {
			case "03-09":
				if e.Instructor != "Jörg Weiß" || d.DualReceived != 45*60 || d.PIC != 0 {
					t.Errorf("%s, row %d: %q, %+v", name, e.Row, e.Instructor, d)
				}
			case "06-16":
				if personIn(e.Persons, "pic") != "Claude Müller" || d.SIC != 105*60 || e.Instructor != "" {
					t.Errorf("%s, row %d: %v, %+v", name, e.Row, e.Persons, d)
				}
			case "07-20":
				if d.DualGiven != 3600 || personIn(e.Persons, "pic") != "" {
					t.Errorf("%s, row %d: %v, %+v", name, e.Row, e.Persons, d)
				}
			case "08-03":
				if e.Kind != KindFSTD || e.total() != 7200 {
					t.Errorf("%s, row %d: %s, %+v", name, e.Row, e.Kind, d)
				}
			}
		}
		for _, a := range f.Aircraft {
			if a.IsSimulator && (a.Class != "FSTD" || a.DeviceType != "FNPT_II") {
				t.Errorf("%s: %+v", name, a)
			}
		}
	}
}

func TestVereinsfliegerFunctions(t *testing.T) {
	f := parseFile(t, "verein", fixture(t, "vereinsflieger.csv"))
	var got []string
	for _, e := range f.Entries {
		d := e.Durations
		got = append(got, fmt.Sprintf("%d/%d/%d/%d%s", d.PIC/60, d.DualReceived/60, d.DualGiven/60, d.Solo/60, e.Extra["Startart"]))
	}
	want := "95/0/0/0E 88/0/0/0E 0/52/0/0E 0/52/0/0E 90/0/0/0E 20/0/0/20E 8/0/0/0W 0/9/0/0W 135/0/0/0F 90/0/0/0E 44/0/44/0E 45/0/0/0E 60/0/0/0E"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("\n got %s\nwant %s", s, want)
	}
	if e := f.Entries[9]; len(e.Persons) != 1 || e.Persons[0].Role != "passenger" {
		t.Errorf("guest %v", e.Persons)
	}
	if e := f.Entries[10]; e.Persons[0] != (Person{"Schüler, Sven", "student"}) || e.To != "Segelfluggelände Boberg" || e.From != "EDHM" {
		t.Errorf("%+v", e)
	}
	classes := map[string]string{}
	for _, a := range f.Aircraft {
		classes[a.NormalisedRegistration] = a.Class
	}
	if classes["D1234"] != "GLD" || classes["DMXYZ"] != "UL" || classes["DEÜBC"] != "" {
		t.Errorf("classes %v", classes)
	}
	if last := f.Entries[12]; !last.FlightReview {
		t.Errorf("%+v", last)
	}
}

// Functions are worked out from all rows together, but a row stays the row it was when the file grows.
func TestDerivedFunctionsLeaveIdentity(t *testing.T) {
	data := fixture(t, "vereinsflieger.csv")
	lines := bytes.SplitAfter(data, []byte("\r\n"))
	one := parseFile(t, "one row", bytes.Join(lines[:2], nil))
	if one.Entries[0].Durations.PIC != 0 || countCode(one, "owner_unknown") != 1 {
		t.Errorf("one flight shows no owner: %+v", one.Findings)
	}
	named, err := ParseWith("named", bytes.Join(lines[:2], nil), ParseOptions{Owner: "Anna Keller"})
	if err != nil || named.Entries[0].Durations.PIC != 95*60 {
		t.Errorf("%v, %+v", err, named)
	}
	all := parseFile(t, "all rows", data)
	if one.Entries[0].Fingerprint != all.Entries[0].Fingerprint || named.Entries[0].Fingerprint != all.Entries[0].Fingerprint {
		t.Error("the first row has other fingerprints")
	}
}

// The table of tails changes what is known of the aircraft, and not what a row is known by.
func TestOpenPilotLogTails(t *testing.T) {
	data := fixture(t, "openpilotlog_tables.csv")
	whole := parseFile(t, "whole", data)
	flights, tails, _ := bytes.Cut(data, []byte("tail_id"))
	alone := parseFile(t, "flights", flights)
	before := parseFile(t, "before", append(append([]byte("tail_id"), tails...), flights...))
	if countCode(alone, "tails_missing") != 1 || alone.Entries[0].Registration != "1" {
		t.Errorf("%+v", alone.Findings)
	}
	if whole.Entries[0].Registration != "HB-KGA" || whole.Entries[0].TypeCode != "Piper PA-28-161" || before.Entries[0].Registration != "HB-KGA" {
		t.Errorf("%+v", whole.Entries[0])
	}
	if identityDigest(alone) != identityDigest(whole) || identityDigest(before) != identityDigest(whole) {
		t.Error("the tails changed identities")
	}
	classes := map[string]string{}
	for _, a := range whole.Aircraft {
		classes[a.Registration] = a.Class
	}
	if !maps.Equal(classes, map[string]string{"HB-KGA": "SEP", "D-EÜBX": "SEP", "HB-LTC": "MEP", "HB-IJX": "", "9": ""}) {
		t.Errorf("%v", classes)
	}
}

// The sums of the generated file are added up here without the package.
func TestSharedOpenPilotLog(t *testing.T) {
	const flights, tails = "openpilotlog_sample_flights_SYNTHETIC.csv", "openpilotlog_sample_tails_SYNTHETIC.csv"
	data := sharedFile(t, flights)
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want, registered := map[string]int64{}, map[string]int{}
	for _, rec := range records[1:] {
		for i, name := range records[0] {
			if n, err := strconv.ParseInt(rec[i], 10, 64); err == nil {
				want[name] += n
			}
		}
		registered[rec[slices.Index(records[0], "acft")]]++
	}
	f := parseFile(t, flights, data)
	if f.Format != "openpilotlog" || f.Rows != len(records)-1 || f.Importable() != f.Rows || countCode(f, "tails_missing") != 1 {
		t.Fatalf("%s, %d rows, %d importable, %v", f.Format, f.Rows, f.Importable(), codes(f))
	}
	for _, name := range []string{"tblk", "tSPSE", "tSPME", "tMP", "tNIGHT", "tIFR", "tPIC", "tPICUS", "tSIC", "tDUAL", "toDay", "toNight", "ldgDay", "ldgNight"} {
		if f.Totals[name] != want[name] {
			t.Errorf("%s is %d, want %d", name, f.Totals[name], want[name])
		}
	}
	for _, e := range f.Entries {
		if block := e.OnBlock.Sub(*e.OffBlock); block != time.Duration(e.Durations.Total)*time.Second%(24*time.Hour) {
			t.Errorf("row %d: block %v, total %d", e.Row, block, e.Durations.Total)
		}
	}
	both := parseFile(t, "both", append(append(slices.Clone(data), '\n'), sharedFile(t, tails)...))
	if identityDigest(both) != identityDigest(f) || countCode(both, "tails_missing") != 0 || len(both.Aircraft)+countCode(both, "duplicate_aircraft") != 498 {
		t.Errorf("with the tails: %d aircraft, %v", len(both.Aircraft), codes(both))
	}
}

func TestSharedMyFlightbookTemplate(t *testing.T) {
	const name = "template_myflightbook.csv"
	f := parseFile(t, name, sharedFile(t, name))
	if f.Format != "myflightbook" || f.Rows != 0 {
		t.Errorf("%s, %d rows", f.Format, f.Rows)
	}
	wantCodes(t, f, map[string]int{"no_entries": 1})
}

// Every format can be asked for by name, and is told apart from every other by its header alone.
func TestDetectionHoldsForEachFixture(t *testing.T) {
	for name := range wantedTotals {
		data := fixture(t, name)
		f := parseFile(t, name, data)
		given, err := ParseWith(name, data, ParseOptions{Format: f.Format})
		if err != nil || identityDigest(given) != identityDigest(f) || given.Guesses[0].Certainty != 100 {
			t.Errorf("%s: %v", name, err)
		}
		if f.Guesses[0].Field != "format" || f.Guesses[0].Certainty < 90 {
			t.Errorf("%s: %+v", name, f.Guesses[0])
		}
	}
}
