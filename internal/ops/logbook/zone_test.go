package logbook

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const localHead = "Datum;Kennzeichen;Muster;Startort;Zielort;Startzeit;Landezeit;Off-Block;On-Block;Flugzeit;Pilot;Begleiter;Startart;Landungen;Bemerkung\n"

func localFlight(day, off, start, land, on string) string {
	return fmt.Sprintf("%s;D-EABC;C172;EDHE;EDHE;%s;%s;%s;%s;0:20;Keller, Anna;;E;1;\n", day, start, land, off, on)
}

// Times of a place become UTC by its rules for the day, also in the nights in which its clocks change.
func TestZones(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		zone                      *time.Location
		day, off, start, land, on string
		want, code                string
	}{
		{berlin, "15.01.2026", "10:00", "10:05", "10:15", "10:20", "15T09:00 15T09:05 15T09:15 15T09:20 of 15", ""},
		{berlin, "15.07.2026", "10:00", "10:05", "10:15", "10:20", "15T08:00 15T08:05 15T08:15 15T08:20 of 15", ""},
		{berlin, "15.07.2026", "01:00", "01:05", "02:30", "02:35", "14T23:00 14T23:05 15T00:30 15T00:35 of 14", ""},
		{berlin, "15.07.2026", "23:50", "23:55", "00:10", "00:15", "15T21:50 15T21:55 15T22:10 15T22:15 of 15", ""},
		{auckland, "15.01.2026", "08:00", "08:05", "08:15", "08:20", "14T19:00 14T19:05 14T19:15 14T19:20 of 14", ""},
		{berlin, "29.03.2026", "01:50", "01:55", "03:10", "03:15", "29T00:50 29T00:55 29T01:10 29T01:15 of 29", ""},
		{berlin, "29.03.2026", "01:50", "01:55", "02:10", "03:15", "29T00:50 29T00:55 29T01:10 29T01:15 of 29", "time_never"},
		{berlin, "25.10.2026", "01:50", "01:55", "03:05", "03:10", "24T23:50 24T23:55 25T02:05 25T02:10 of 24", ""},
		{berlin, "25.10.2026", "02:20", "02:25", "02:40", "02:45", "25T00:20 25T00:25 25T00:40 25T00:45 of 25", "time_twice"},
		{berlin, "25.10.2026", "02:50", "02:55", "02:10", "02:15", "25T00:50 25T00:55 25T01:10 25T01:15 of 25", "time_twice"},
		{nil, "25.10.2026", "02:20", "02:25", "02:40", "02:45", "25T02:20 25T02:25 25T02:40 25T02:45 of 25", "times_are_local"},
	} {
		data := []byte(localHead + localFlight(c.day, c.off, c.start, c.land, c.on))
		f, err := ParseWith("zone", data, ParseOptions{Zone: c.zone})
		if err != nil {
			t.Fatal(err)
		}
		e := f.Entries[0]
		var got []string
		for _, at := range []*time.Time{e.OffBlock, e.TakeOff, e.Landing, e.OnBlock} {
			if at == nil {
				got = append(got, "-")
			} else {
				got = append(got, at.Format("2T15:04"))
			}
		}
		if s := strings.Join(got, " ") + " of " + e.Date.Format("2"); s != c.want || c.code != "" && countCode(f, c.code) == 0 {
			t.Errorf("%s %s in %v: %s, want %s; %v", c.day, c.off, c.zone, s, c.want, codes(f))
		}
		if c.code == "" && countCode(f, "time_twice")+countCode(f, "time_never")+countCode(f, "times_are_local") > 0 {
			t.Errorf("%s %s in %v: %v", c.day, c.off, c.zone, codes(f))
		}
		plain := parseFile(t, "plain", data)
		if plain.Entries[0].Fingerprint != e.Fingerprint {
			t.Errorf("%s %s: the zone changed what the row is known by", c.day, c.off)
		}
	}
}

// A time with a date of its own is taken at that, even where the entry's date is another.
func TestMoments(t *testing.T) {
	head := "Date,Tail Number,Total Flight Time,Route,X-Country,Engine Start,Flight Start,Flight End,Engine End\n"
	for times, want := range map[string]string{
		"2026-08-15 02:14:00Z,,,2026-08-15 04:56:00Z":                                         "15T02:14 15T04:56 of 15",
		"2026-08-14 23:40:00Z,2026-08-14 23:50:00Z,2026-08-15 00:40:00Z,2026-08-15 00:50:00Z": "14T23:40 15T00:50 of 14",
		"23:40,,,00:50": "14T23:40 15T00:50 of 14",
		"8/14/2026 11:40 PM,,,8/15/2026 12:50 AM": "14T23:40 15T00:50 of 14",
		"2026-08-14T10:00:00Z,,,2026-08-16 10:00": "- - of 14", // two days: one of them is wrong
		"2026-08-14 10:00,,,2026-08-14 09:00":     "- - of 14",
	} {
		f := parseFile(t, times, []byte(head+"2026-08-14,N1,1.0,KSQL,,"+times+"\n"))
		e, got := f.Entries[0], "- -"
		if e.OffBlock != nil {
			got = e.OffBlock.Format("2T15:04 ") + e.OnBlock.Format("2T15:04")
		}
		if got += " of " + e.Date.Format("2"); got != want || strings.HasPrefix(want, "-") != (countCode(f, "times_out_of_order") == 1) {
			t.Errorf("%s: %s, want %s; %v", times, got, want, codes(f))
		}
		checkInvariants(t, f)
	}
}
