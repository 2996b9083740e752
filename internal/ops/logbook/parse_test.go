package logbook

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	if got := Formats(); !slices.Equal(got, []string{"logten", "foreflight", "myflightbook", "capzlog", "flylog", "mccpilotlog",
		"vereinsflieger", "skydemon", "openpilotlog", "easa", "home1982"}) {
		t.Error(got)
	}
}

func TestNormaliseRegistration(t *testing.T) {
	for raw, want := range map[string]string{"hb-kga": "HBKGA", " HB KGA ": "HBKGA", "N738VU": "N738VU", "D-EÜBX.": "DEÜBX", "—": ""} {
		if got := NormaliseRegistration(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestPersons(t *testing.T) {
	for in, want := range map[string]Person{
		"Ada Lind;Instructor;ada@example.invalid;+1 555 0100": {"Ada Lind", "instructor"},
		"Ada Lind;Safety Pilot;;":                             {"Ada Lind", "safety_pilot"},
		"Ada Lind":                                            {"Ada Lind", ""},
		"Ada Lind;ada@example.invalid":                        {"Ada Lind", ""},
		"Ada Lind;+1 555 0100":                                {"Ada Lind", ""},
		"Ada Lind ada@example.invalid;PIC":                    {"Ada Lind", "pic"},
		"ada@example.invalid":                                 {},
		";Instructor":                                         {"", "instructor"},
		"":                                                    {},
	} {
		if got, ok := parsePerson(in); got != want || ok != (want.Name != "") {
			t.Errorf("%q: %+v", in, got)
		}
	}
}

func TestNoContactsAreKept(t *testing.T) {
	for _, name := range []string{"foreflight_2019.csv", "../../../demo/example_foreflight.csv"} {
		for _, e := range parseFile(t, name, fixture(t, name)).Entries {
			for _, p := range e.Persons {
				if strings.ContainsAny(p.Name+p.Role, "@+0123456789") {
					t.Errorf("%s, row %d: %+v", name, e.Row, p)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.csv"))
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:min(len(data), 4000)])
	}
	texts, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range texts {
		f.Add(fixture(f, filepath.Base(file)))
	}
	for i, h := range harms() { // each kind of damage to one of the formats
		s := openSheet(f, i%len(sheets))
		if data, applies := h.do(&s); applies && len(data) < 3000 {
			f.Add([]byte(data))
		}
	}
	for _, c := range damaged {
		if len(c.row) < 1000 {
			f.Add([]byte(head + good + c.row + "\n"))
		}
	}
	f.Add([]byte("YEAR\tDATE\tPLANE\tDEP\tDES\tHOURS\n1984\t105\tN31TT\tI99\tI99\t7\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("fuzz", data)
		if err != nil {
			if _, ok := err.(*FormatError); !ok {
				t.Fatalf("not a FormatError: %v", err)
			}
			return
		}
		checkInvariants(t, file)
		again, err := Parse("fuzz", data)
		if err != nil || len(identities(again)) != len(file.Entries) {
			t.Fatalf("%d identities for %d entries, %v", len(identities(again)), len(file.Entries), err)
		}
	})
}

func checkInvariants(t *testing.T, f *File) {
	if f.Rows != len(f.Entries) || f.Other > f.Rows || len(f.Findings) > maxFindings+1 {
		t.Fatalf("%d rows, %d entries, %d other, %d findings", f.Rows, len(f.Entries), f.Other, len(f.Findings))
	}
	others := 0
	for _, e := range f.Entries {
		if e.Kind == KindGround {
			others++
		}
		if e.OffBlock != nil && e.OnBlock != nil && (e.OnBlock.Before(*e.OffBlock) || e.OnBlock.Sub(*e.OffBlock).Hours() >= 24) {
			t.Fatalf("row %d: %v to %v", e.Row, e.OffBlock, e.OnBlock)
		}
		if c := e.Counters; e.Kind != KindGround && c.LandingsDay+c.LandingsNight != c.AllLandings {
			t.Fatalf("row %d: %+v", e.Row, c)
		}
		if e.Date.IsZero() && !e.Bad || len(e.Fingerprint) != 64 || e.Row < 1 {
			t.Fatalf("row %d: %+v", e.Row, e)
		}
	}
	if others != f.Other {
		t.Fatalf("%d ground entries, other is %d", others, f.Other)
	}
	for column, total := range f.Totals {
		if total < 0 {
			t.Fatalf("%s is %d", column, total)
		}
	}
	for _, finding := range f.Findings {
		if finding.Text == "" || finding.Text == finding.Code || placeholder.MatchString(FindingTexts[finding.Code][0]) && len(finding.Args) == 0 {
			t.Fatalf("%+v", finding)
		}
	}
}
