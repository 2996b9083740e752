// Package blackbox_test drives the real binary from outside: HTTP, the command line, real receivers, both databases.
package blackbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/test/airside"
	"airside/test/receivers"
)

type obj = map[string]any

// eachStore runs a test on both engines.
func eachStore(t *testing.T, test func(t *testing.T, store airside.Store)) {
	t.Run("sqlite", func(t *testing.T) { test(t, airside.Store{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { test(t, airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)}) })
}

const manage, public = "/api/v1/manage", "/api/v1/public"

// hangar makes an aircraft and a pilot, and returns a function that makes draft flights of theirs.
func hangar(t testing.TB, c airside.Client, registration string) func(i int) obj {
	t.Helper()
	var aircraft, pilot struct{ ID string }
	c.Call(t, 201, "POST", manage+"/aircraft", obj{"registration": registration, "type_designator": "P28A", "class": "SEP"}).Data(t, &aircraft)
	c.Call(t, 201, "POST", manage+"/people", obj{"display_name": "Zoë Müller of " + registration, "given_name": "Zoë", "family_name": "Müller", "roles": []string{"pilot"}}).Data(t, &pilot)
	begin := time.Now().UTC().AddDate(0, -6, 0).Truncate(time.Hour)
	return func(i int) obj {
		off := begin.Add(time.Duration(i) * 2 * time.Hour)
		return obj{
			"aircraft_id": aircraft.ID, "kind": "private", "flight_rules": "VFR", "departure": "LSZB", "arrival": "LSZG",
			"off_block_at": off, "takeoff_at": off.Add(8 * time.Minute), "landing_at": off.Add(50 * time.Minute), "on_block_at": off.Add(time.Hour),
			"logged_min": 60, "takeoffs_day": 1, "landings_day": 2,
			"crew": []obj{{"person_id": pilot.ID, "function": "pic", "pic_min": 60}},
		}
	}
}

// submitted creates and submits a flight, and returns its id.
func submitted(t testing.TB, c airside.Client, draft obj) string {
	t.Helper()
	var f struct{ ID string }
	c.Call(t, 201, "POST", manage+"/flights", draft).Data(t, &f)
	c.Call(t, 200, "POST", manage+"/flights/"+f.ID+"/submit", nil)
	return f.ID
}

// approved also approves it.
func approved(t testing.TB, c airside.Client, draft obj) string {
	t.Helper()
	id := submitted(t, c, draft)
	c.Call(t, 200, "POST", manage+"/flights/"+id+"/approve", obj{"accept_warnings": true})
	return id
}

// TestMainJob is the product in one test: a logbook goes in, flights are submitted and approved, three receivers
// written by others accept the signed webhooks unchanged, and a partner's key reads the same flights.
func TestMainJob(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		s := airside.Serve(t, store)
		school := airside.NewSchool(t, s, "main-job")

		type partner struct {
			endpoint string
			process  *receivers.Process
		}
		var partners []partner
		for _, kind := range receivers.Kinds {
			var e struct{ ID, Secret string }
			school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": "http://127.0.0.1:9/", "event_types": []string{}}).Data(t, &e)
			p := receivers.New(t, kind, e.Secret)
			school.Manage.Call(t, 200, "PATCH", manage+"/webhook-endpoints/"+e.ID, obj{"url": p.URL})
			partners = append(partners, partner{e.ID, p})
		}

		// The logbook: previewed, then committed as submitted flights.
		file := filepath.Join("..", "..", "internal", "demo", "example_foreflight.csv")
		preview := airside.Run(t, store, "import", file, "--organization", school.Slug, "--json")
		commit := airside.Run(t, store, "import", file, "--organization", school.Slug, "--json", "--commit", "--as", "submitted")
		var before, after struct {
			Format                                        string
			Rows, Flights, Created, Unchanged, Duplicates int
			Totals                                        map[string]int64
			ImportID                                      *string `json:"import_id"`
		}
		json.Unmarshal([]byte(preview), &before)
		json.Unmarshal([]byte(commit), &after)
		if before.ImportID != nil || before.Flights != 43 || after.Created != 43 || after.ImportID == nil || after.Format != "foreflight" {
			t.Fatalf("preview %s\ncommit %s", preview, commit)
		}

		// A flight whose event holds more than ASCII: the registration and the names of places are ours to choose.
		draft := hangar(t, school.Manage, "HB-ÜÉ雪")
		flight := draft(0)
		flight["departure"], flight["arrival"] = "Flugplatz Äsch «Süd»", "☃ <Alp> & 雪"
		id := approved(t, school.Manage, flight)

		var waiting []struct{ ID string }
		school.Manage.Call(t, 200, "GET", manage+"/flights?status=submitted&limit=200", nil).Data(t, &waiting)
		if len(waiting) != 42 { // one has no pilot in command, and stays a draft
			t.Fatalf("%d flights wait for approval, want 42", len(waiting))
		}
		for _, w := range waiting {
			school.Manage.Call(t, 200, "POST", manage+"/flights/"+w.ID+"/approve", obj{"accept_warnings": true})
		}

		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		want := 2 * 43 // each flight was submitted and approved
		for _, p := range partners {
			if _, err := p.process.WaitN(ctx, want); err != nil {
				t.Fatalf("%v: %d of %d deliveries", err, len(p.process.Seen()), want)
			}
			for _, l := range p.process.Seen() {
				if !l.OK {
					t.Errorf("refused by its receiver: %+v", l)
				}
			}
		}

		// The partner reads the same flights, page by page.
		seen := map[string]string{}
		eachRow(t, school.Public, public+"/flights?status=approved", func(f map[string]any) {
			seen[f["id"].(string)] = f["status"].(string)
		})
		if len(seen) != 43 || seen[id] != "approved" {
			t.Errorf("the partner read %d approved flights, want 43", len(seen))
		}

		// The event log holds what was delivered, and the sums and chains agree.
		events := school.Public.Call(t, 200, "GET", public+"/events?limit=200&type=flight.approved", nil)
		if n := strings.Count(string(events.Body), `"type":"flight.approved"`); n != 43 {
			t.Errorf("%d flight.approved events", n)
		}
		if !strings.Contains(string(events.Body), `☃ <Alp> & 雪`) {
			t.Error("the event does not show the place as it was written")
		}
		airside.Run(t, store, "check")
		if err := s.Stop(30 * time.Second); err != nil {
			t.Error("ordered stop:", err)
		}
	})
}

// The three ways that a delivery must not be accepted are the receivers' own tests; here the product's own signature
// over a body that was changed on the way is refused by all three, through a proxy that changes one byte.
func TestChangedByteIsRefused(t *testing.T) {
	s := airside.Serve(t, airside.Store{Data: t.TempDir()})
	school := airside.NewSchool(t, s, "changed-byte")
	for _, kind := range receivers.Kinds {
		var e struct{ ID, Secret string }
		school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": "http://127.0.0.1:9/"}).Data(t, &e)
		p := receivers.New(t, kind, e.Secret)
		proxy := changingProxy(t, p.URL)
		school.Manage.Call(t, 200, "PATCH", manage+"/webhook-endpoints/"+e.ID, obj{"url": proxy})
		school.Manage.Call(t, 202, "POST", manage+"/webhook-endpoints/"+e.ID+"/ping", nil)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if _, err := p.WaitN(ctx, 1); err != nil {
			t.Fatal(kind, err)
		}
		cancel()
		if l := p.Seen()[0]; l.OK {
			t.Errorf("%s accepted a changed body: %+v", kind, l)
		}
		school.Manage.Call(t, 200, "POST", manage+"/webhook-endpoints/"+e.ID+"/disable", nil)
	}
}

// realFile is a logbook of the shared records, which are not part of this repository.
func realFile(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("shared/data is not here: %s", name)
	}
	return path
}

// TestRealLogbooks imports the two real files through the command line: every control total comes out, importing
// again adds nothing, and undo brings every total back.
func TestRealLogbooks(t *testing.T) {
	for name, want := range map[string]struct {
		rows, flights, other, duplicates int
		totals                           map[string]int64 // minutes and counts by source column
		flown, pic                       int64            // of the pilot, in minutes
	}{
		"foreflight_2025_sep_us_tailwheel.csv": {243, 242, 1, 0, map[string]int64{
			"TotalTime": 22326, "PIC": 4038, "DualReceived": 18162, "Night": 408, "Solo": 2910, "CrossCountry": 6180,
			"AllLandings": 1109, "DayLandingsFullStop": 984, "NightLandingsFullStop": 27}, 22326, 4038},
		"pyflightlog_1982_2011_us_instructor.csv": {3491, 3491, 0, 5, map[string]int64{
			"HOURS": 4935*60 + 48, "PIC": 4886*60 + 42, "CFI": 999*60 + 42, "DUAL": 129*60 + 6, "NIGHT": 459*60 + 6, "IFR": 905*60 + 36,
			"DYLAND": 3019, "NILAND": 434, "APPR": 70}, 0, 0},
	} {
		t.Run(strings.SplitN(name, "_", 2)[0], func(t *testing.T) {
			file := realFile(t, name)
			eachStore(t, func(t *testing.T, store airside.Store) {
				s := airside.Serve(t, store)
				school := airside.NewSchool(t, s, "real")
				type report struct {
					Format                                               string
					Rows, Flights, Created, Unchanged, Duplicates, Other int
					Totals                                               map[string]int64
					Findings                                             []struct{ Code string }
					ImportID                                             string `json:"import_id"`
				}
				run := func(flags ...string) (r report) {
					out := airside.Run(t, store, append([]string{"import", file, "--organization", school.Slug, "--json"}, flags...)...)
					if err := json.Unmarshal([]byte(out), &r); err != nil {
						t.Fatal(err)
					}
					return r
				}
				check := func(what string, r report) {
					if r.Rows != want.rows || r.Flights != want.flights || r.Other != want.other || r.Duplicates != want.duplicates {
						t.Errorf("%s: rows %d flights %d other %d duplicates %d", what, r.Rows, r.Flights, r.Other, r.Duplicates)
					}
					for column, n := range want.totals {
						if r.Totals[column] != n {
							t.Errorf("%s: %s is %d, want %d", what, column, r.Totals[column], n)
						}
					}
				}
				check("preview", run())
				first := run("--commit", "--as", "history")
				check("commit", first)
				if first.Created != want.flights && name[0] == 'f' || first.Unchanged != 0 {
					t.Errorf("created %d, unchanged %d", first.Created, first.Unchanged)
				}
				totals := totalsOf(t, school.Public)
				if want.flown > 0 && (totals["flight_min"] != want.flown || totals["pic_min"] != want.pic) {
					t.Errorf("the pilot's totals are %v", totals)
				}
				again := run("--commit", "--as", "history")
				if again.Created != 0 || again.Unchanged != first.Created {
					t.Errorf("again: created %d, unchanged %d", again.Created, again.Unchanged)
				}
				if now := totalsOf(t, school.Public); fmt.Sprint(now) != fmt.Sprint(totals) {
					t.Errorf("importing again changed %v to %v", totals, now)
				}
				airside.Run(t, store, "check")
				school.Manage.Call(t, 200, "POST", manage+"/imports/"+first.ImportID+"/undo", nil)
				for k, v := range totalsOf(t, school.Public) {
					if v != 0 {
						t.Errorf("after undo %s is %d", k, v)
					}
				}
				airside.Run(t, store, "check")
				if third := run("--commit", "--as", "history"); third.Created != first.Created {
					t.Errorf("after undo the import creates %d, want %d", third.Created, first.Created)
				}
			})
		})
	}
}

// totalsOf adds up the totals of all pilots and the hours of the fleet.
func totalsOf(t *testing.T, c airside.Client) map[string]int64 {
	t.Helper()
	sum := map[string]int64{}
	var pilots []struct{ Totals map[string]any }
	c.Call(t, 200, "GET", public+"/pilots?limit=200", nil).Data(t, &pilots)
	for _, p := range pilots {
		for k, v := range p.Totals {
			if n, ok := v.(float64); ok {
				sum[k] += int64(n)
			}
		}
	}
	var fleet []struct {
		Totals struct {
			AirframeMin int64 `json:"airframe_min"`
			Landings    int64
		}
	}
	c.Call(t, 200, "GET", public+"/fleet?limit=200", nil).Data(t, &fleet)
	for _, a := range fleet {
		sum["airframe_min"] += a.Totals.AirframeMin
		sum["airframe_landings"] += a.Totals.Landings
	}
	return sum
}
