package logbook

import (
	"bytes"
	"context"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

const (
	realForeFlight = "foreflight_2025_sep_us_tailwheel.csv"
	realHome       = "pyflightlog_1982_2011_us_instructor.csv"
)

// seconds are the stored totals of the pilot whose logbook it is.
func (d *desk) seconds(pilot string) (flown, pic, dual, night, ifr, day, dark, flights int64) {
	d.Helper()
	d.OK(d.DB.QueryRow(ctx, `SELECT flight_s, pic_s, dual_s, night_s, ifr_s, landings_day, landings_night, flights
		FROM person_totals WHERE person_id = $1`, pilot).Scan(&flown, &pic, &dual, &night, &ifr, &day, &dark, &flights))
	return
}

// loadReference loads the real lists of aerodromes and types.
func (d *desk) loadReference() {
	d.Helper()
	var rows []reference.Aerodrome
	canonical := map[string]Aerodrome{}
	for _, name := range []string{"airports_world.csv", "airports_us_faa_lid.csv"} {
		list, err := LoadAerodromes(bytes.NewReader(sharedFile(d, name)))
		d.OK(err)
		for _, a := range list {
			if a.AliasOf == "" {
				canonical[a.Ident] = a
			}
		}
		for _, a := range list {
			code, scheme := a.Ident, "national"
			if a.AliasOf != "" {
				a = canonical[a.AliasOf]
			}
			if a.ICAO == code {
				scheme = reference.ICAO
			}
			rows = append(rows, reference.Aerodrome{Scheme: scheme, Code: code, ICAO: a.ICAO, Ident: a.Ident, Name: a.Name})
		}
	}
	d.OK(d.Reference.ImportAerodromes(ctx, rows))
	list, err := LoadAircraftTypes(bytes.NewReader(sharedFile(d, "icao_aircraft_types.csv")))
	d.OK(err)
	types := make([]reference.AircraftType, len(list))
	for i, t := range list {
		types[i] = reference.AircraftType{Designator: t.Designator, Name: t.Name, Description: t.Description, Wake: t.WakeCategory}
	}
	d.OK(d.Reference.ImportAircraftTypes(ctx, types))
}

func TestRealForeFlightImport(t *testing.T) {
	sharedFile(t, realForeFlight)
	eachDesk(t, func(t *testing.T, d *desk) {
		d.loadReference()
		data := sharedFile(t, realForeFlight)
		pilot := d.Person("Student 1")
		o := UploadOptions{PilotID: pilot, MatchPeople: true}
		i := d.commit(d.upload(realForeFlight, data, o), AsHistory)
		d.counted(i, StatusCommitted, 242, 0)
		flown, pic, dual, night, _, day, dark, flights := d.seconds(pilot)
		if flown != 22326*60 || pic != 673*360 || dual != 3027*360 || night != 68*360 || day+dark != 1109 || flights != 242 {
			t.Errorf("flight %d, pic %d, dual %d, night %d s, landings %d + %d, flights %d", flown, pic, dual, night, day, dark, flights)
		}
		if n := d.Count(`SELECT COUNT(*) FROM aircraft WHERE unverified AND NOT deleted`); n != 25 {
			t.Errorf("%d unverified aircraft", n)
		}
		d.checkRow74(i)
		d.Clean()
		d.counted(d.commit(d.upload(realForeFlight, data, o), AsHistory), StatusCommitted, 0, 242)
		d.undo(i)
		if got := d.totalsOf(pilot); got != (person.Totals{}) || d.flightCount() != 0 {
			t.Errorf("after the undo %+v, %d flights", got, d.flightCount())
		}
		if n := d.Count(`SELECT COUNT(*) FROM people WHERE NOT deleted`) + d.Count(`SELECT COUNT(*) FROM aircraft WHERE NOT deleted`); n != 1 {
			t.Errorf("%d people and aircraft are left", n)
		}
		d.Clean()
		d.counted(d.commit(d.upload(realForeFlight, data, o), AsHistory), StatusCommitted, 242, 0)
		d.Clean()
	})
}

// checkRow74 holds a flight against the example in the description of the domain; the names of the places are those of
// the saved lists.
func (d *desk) checkRow74(i Import) {
	d.Helper()
	var f flight.Managed
	for _, one := range d.imported(i) {
		if *one.Source.Row == 74 {
			f = one
		}
	}
	got := db.AsJSON([]any{f.Status, f.Kind, f.FlightRules, f.TrainingType, f.Aircraft.Registration, f.Aircraft.TypeDesignator,
		f.Departure, f.Arrival, f.OffBlockAt, f.TakeoffAt, f.LandingAt, f.OnBlockAt, f.BlockMin, f.AirborneMin, f.LoggedMin,
		f.NightMin, f.IFRMin, f.TakeoffsDay, f.LandingsDay, f.LandingsNight, f.Meters, f.Warnings, f.Source.Kind, f.Source.File})
	want := `["approved","training","VFR","dual","N198JJ","BL8",` +
		`{"icao":"KPAO","ident":"KPAO","name":"Palo Alto"},{"icao":"KSQL","ident":"KSQL","name":"San Carlos"},` +
		`"2025-03-20T22:27:00Z","2025-03-20T22:46:00Z","2025-03-20T22:53:00Z","2025-03-20T22:56:00Z",29,7,18,` +
		`0,0,1,1,0,{"hobbs_start":null,"hobbs_end":null,"tacho_start":null,"tacho_end":null},["block_differs_from_logged"],"import","` + realForeFlight + `"]`
	if got != want {
		d.Errorf("row 74:\n got %s\nwant %s", got, want)
	}
	if crew := crewText(f.Crew); crew != "student:Student 1:dual=18 instructor:Person01 Test:instr=18" {
		d.Errorf("crew of row 74: %s", crew)
	}
	if f.RemarksPublic || f.Flight.Remarks != nil || f.Remarks == nil || f.ApprovedAt == 0 {
		d.Errorf("row 74: %+v", f)
	}
}

func TestRealHome1982Import(t *testing.T) {
	data := sharedFile(t, realHome)
	devices := int64(0) // sessions are in the file's totals, and are no flight time
	var pic, ifr, night, day, dark int64
	f := parseFile(t, realHome, data)
	for _, e := range f.Entries {
		if e.Kind == KindFSTD {
			devices += e.Durations.Total
			pic, ifr, night = pic+e.Durations.PIC, ifr+e.Durations.IFR, night+e.Durations.Night
			day, dark = day+int64(e.Counters.LandingsDay), dark+int64(e.Counters.LandingsNight)
		}
	}
	eachDesk(t, func(t *testing.T, d *desk) {
		part := d.take(realHome, data[:bytes.Index(data, []byte("\n1984,"))+1], AsHistory)
		whole := d.upload(realHome, data, UploadOptions{})
		d.counted(whole, StatusPreviewed, 3491-part.Created, part.Created)
		if whole.Duplicates != 5 || whole.Flights != 3491 || whole.Totals["HOURS"] != 49358*6 {
			t.Errorf("%d duplicates, %d flights, %d minutes", whole.Duplicates, whole.Flights, whole.Totals["HOURS"])
		}
		began := time.Now()
		whole = d.commit(whole, AsHistory)
		t.Logf("%d rows in %v", whole.Created, time.Since(began))
		flown, p, dual, n, instruments, dayLandings, nightLandings, flights := d.seconds(*whole.PilotID)
		if flown != 49358*360-devices || p != 48867*360-pic || dual != 1291*360 || n != 4591*360-night || instruments != 9056*360-ifr ||
			dayLandings != 3019-day || nightLandings != 434-dark || flights != 3491-35 {
			t.Errorf("flight %d, pic %d, dual %d, night %d, ifr %d s, landings %d, %d, flights %d",
				flown, p, dual, n, instruments, dayLandings, nightLandings, flights)
		}
		var airframes int64
		d.OK(d.DB.QueryRow(ctx, `SELECT CAST(SUM(airframe_s) AS BIGINT) FROM aircraft_totals`).Scan(&airframes))
		if airframes != 49358*360-devices {
			t.Errorf("airframes flew %d s", airframes)
		}
		d.Clean()
		d.undo(whole)
		if n := int64(d.flightCount()); n != part.Created {
			t.Errorf("%d flights, %d of the first part", n, part.Created)
		}
		d.undo(part)
		if n := d.flightCount() + d.Count(`SELECT COUNT(*) FROM aircraft WHERE NOT deleted`) + d.Count(`SELECT COUNT(*) FROM people WHERE NOT deleted`); n != 0 {
			t.Errorf("%d records are left", n)
		}
		d.Clean()
	})
}

// BenchmarkImport uploads and commits the logbook of thirty years as history, from its bytes.
func BenchmarkImport(b *testing.B) {
	data := sharedFile(b, realHome)
	longest := time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		d := openDesk(opstest.Open(b, dbSQLite(b)).Found("aero-club"))
		d.post = func(tx *db.Tx, who scope.Principal, records []*flight.Record) error {
			began := time.Now()
			defer func() { longest = max(longest, time.Since(began)) }()
			return d.Posting.PostHistory(tx, who, records)
		}
		b.StartTimer()
		i, err := d.Upload(context.Background(), d.Owner, realHome, data, UploadOptions{})
		d.OK(err)
		i, err = d.Commit(context.Background(), d.Owner, ID(i.ID), AsHistory)
		d.OK(err)
		d.counted(i, StatusCommitted, 3491, 0)
	}
	b.ReportMetric(float64(longest.Milliseconds()), "ms/longest-post")
}
