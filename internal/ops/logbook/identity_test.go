package logbook

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func identities(f *File) map[string]bool {
	ids := map[string]bool{}
	for _, e := range f.Entries {
		ids[fmt.Sprintf("%s/%d", e.Fingerprint, e.Occurrence)] = true
	}
	return ids
}

const oneFlight = "Date,AircraftID,From,To,TotalTime,PIC,Night,HobbsStart,HobbsEnd,Distance,Person1,PilotComments\n" +
	"2024-05-01,HB-KGA,LSZB,LSZG,1.5,1.5,,100.50,102.00,19.50,A B;Student;a@example.invalid,\"one\ntwo\"\n"

func TestFingerprintHoldsAcrossExports(t *testing.T) {
	first := parseFile(t, "one", []byte(oneFlight)).Entries[0].Fingerprint
	for name, same := range map[string]string{
		"line ends and zeros": "Date,AircraftID,From,To,TotalTime,PIC,Night,HobbsStart,HobbsEnd,Distance,Person1,PilotComments\r\n" +
			"2024-05-01,HB-KGA,LSZB,LSZG,1.50,1:30,0.0,100.5,102,19.5,A B;student;new@example.invalid;+1,\"\"\"one\r\ntwo\"\"\"\r\n",
		"order, case and marks": "PilotComments;Person1;Solo;Distance;HobbsEnd;HobbsStart;PIC;TotalTime;To;From;AircraftID;DATE;NVG\n" +
			"\"one\ntwo\";\"A B;Student\";0,0;19,50;102,00;100,50;1,5;1,5;lszg;LSZB;hbkga;01.05.2024;0\n",
	} {
		if got := parseFile(t, name, []byte(same)).Entries[0]; got.Fingerprint != first {
			t.Errorf("%s: another fingerprint: %+v", name, got)
		}
	}
	for name, change := range map[string][2]string{
		"total": {"LSZG,1.5", "LSZG,1.6"}, "date": {"05-01", "05-02"}, "remark": {"two", "three"}, "meter": {"102.00", "102.10"},
		"distance": {"19.50", "19.60"}, "person": {"A B", "A C"}, "unreadable": {"LSZG,1.5", "LSZG,x"}, "place": {"LSZB", "LSGN"},
	} {
		other := strings.Replace(oneFlight, change[0], change[1], 1)
		if got := parseFile(t, name, []byte(other)).Entries[0].Fingerprint; got == first {
			t.Errorf("%s changed, but not the fingerprint", name)
		}
	}
}

// A longer export, with its newest entries on top and its columns in another order, adds only those.
func TestLongerExportAddsOnlyTheNew(t *testing.T) {
	short := string(fixture(t, "foreflight_2019.csv"))
	long := strings.Replace(short, "2019-06-30,N700QT", "2019-07-01,N700QT,KSQL,KSQL,,,,0.8,0.8,,,1,1,,,1"+
		strings.Repeat(",", 18)+"\r\n2019-06-30,N700QT", 1)
	before, after := identities(parseFile(t, "short", []byte(short))), identities(parseFile(t, "long", []byte(reverseColumns(t, long))))
	if len(before) != 6 || len(after) != 7 {
		t.Fatalf("%d and %d identities", len(before), len(after))
	}
	for id := range before {
		if !after[id] {
			t.Errorf("%s is gone", id)
		}
	}
}

// reverseColumns writes the flights table backwards.
func reverseColumns(t *testing.T, text string) string {
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	flights := false
	for _, rec := range records {
		if flights {
			slices.Reverse(rec)
		}
		flights = flights || rec[0] == "Flights Table"
		w := csv.NewWriter(&out)
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
		w.Flush()
	}
	return out.String()
}
