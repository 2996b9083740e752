package logbook

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
)

// FuzzRecord makes flights of whatever can be read. They may lack something, but nothing in them may be impossible:
// an import enters them without asking again.
func FuzzRecord(f *testing.F) {
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
	for _, c := range damaged {
		if len(c.row) < 1000 {
			f.Add([]byte(head + good + c.row + "\n"))
		}
	}
	for _, c := range crewRows {
		f.Add([]byte(crewHead + c.row + "\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := readLogbook("fuzz", data, nil)
		if err != nil {
			return
		}
		checkRecordsOf(t, file)
	})
}

// lacking are the fields that an old logbook may leave out.
var lacking = []string{"departure", "arrival", "crew", "logged_min", "off_block_at", "on_block_at", "takeoff_at", "landing_at"}

func checkRecordsOf(t *testing.T, file *File) {
	t.Helper()
	p := planOf(file, "fuzz", map[string]bool{"P28A": true}, reference.Raw)
	people := map[string]match{}
	for _, e := range p.entries {
		for _, o := range others(e) {
			people[o.name] = match{id: "person " + o.name}
		}
	}
	for _, e := range p.entries {
		r := p.record(e)
		key, session := p.on(e)
		r.AircraftID, r.Facts.FSTD, r.Facts.Crew = key, session, p.crewOf(e, "pilot", people)
		if (key == "") == (session == nil) || (session != nil) != (r.Kind == flight.KindFSTD) || key != "" && p.aircraft[key].Registration == "" {
			t.Fatalf("row %d is on %q, %+v, of kind %s", e.Row, key, session, r.Kind)
		}
		if first := r.Facts.Crew[0]; first.PersonID != "pilot" || first.Dual != e.Durations.DualReceived || len(r.Facts.Crew) > maxCrew {
			t.Fatalf("row %d: crew %+v", e.Row, r.Facts.Crew)
		}
		if len(r.Facts.Approaches) > maxApproaches {
			t.Fatalf("row %d: %d approaches", e.Row, len(r.Facts.Approaches))
		}
		db.AsJSON(r.Facts)
		var bad *fault.Error
		if errors.As(r.Complete(flight.Settings{Authority: "FAA"}), &bad) {
			for _, field := range bad.Fields {
				if !slices.Contains(lacking, field.Name) {
					t.Fatalf("row %d: %v", e.Row, bad)
				}
			}
		}
	}
}

func TestRealRecords(t *testing.T) {
	for _, name := range []string{realForeFlight, realHome} {
		f, err := readLogbook(name, sharedFile(t, name), nil)
		if err != nil {
			t.Fatal(err)
		}
		checkRecordsOf(t, f)
	}
}

func TestApproachType(t *testing.T) {
	for in, want := range map[string]string{
		"ILS OR LOC RWY 28": "ILS", "rnav (gps) rwy 12": "RNP", "VOR/DME-A": "VOR", "TACAN": "TACAN", "": "OTHER", "visual": "VISUAL",
	} {
		if got := approachType(Approach{Type: in}); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
	if got := approachType(Approach{Circling: true}); got != "CIRCLING" {
		t.Error(got)
	}
}
