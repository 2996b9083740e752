package flight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/ops/reference"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

var ctx = context.Background()

func parse(t testing.TB, body string) (d flight.Draft) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCreateOverTheWire(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		s.OK(s.Reference.ImportAerodromes(ctx, []reference.Aerodrome{
			{Scheme: "icao", Code: "LSZB", ICAO: "LSZB", Ident: "LSZB", Name: "Bern"},
			{Scheme: "icao", Code: "KPAO", ICAO: "KPAO", Ident: "KPAO", Name: "Palo Alto"},
			{Scheme: "faa", Code: "C83", Ident: "C83", Name: "Byron"}}))
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		f, err := s.Flights.Create(ctx, s.Owner, parse(t, fmt.Sprintf(`{"kind":"rental","aircraft_id":%q,"departure":"lszb","arrival":{"ident":"C83"},
			"legs":[{"departure":"LSZB","arrival":"PAO"},{"departure":"PAO","arrival":"nowhere"}],
			"off_block_at":"2026-01-02T10:00:00+01:00","on_block_at":"2026-01-02T10:00:00Z","logged_min":58,"night_min":3,
			"crew":[{"person_id":%q,"function":"pic","pic_min":58},{"function":"passenger_name_withheld"}],
			"approaches":[{"type":"ILS","runway":"14","place":"LSZB"}],"meters":{"hobbs_start":"1506.7"},
			"fuel":{"uplift":"62.5","unit":"L","type":"AVGAS_100LL","paid_by":"club"},"remarks":"private"}`, craft, pilot)))
		s.OK(err)
		raw, err := json.Marshal(f.Flight)
		s.OK(err)
		var got map[string]any
		s.OK(json.Unmarshal(raw, &got))
		for member, want := range map[string]string{
			"number": `"F-2026-00001"`, "status": `"draft"`, "date": `"2026-01-02"`, "off_block_at": `"2026-01-02T09:00:00Z"`,
			"takeoff_at": `null`, "block_min": `60`, "airborne_min": `null`, "logged_min": `58`, "remarks": `null`,
			"departure": `{"icao":"LSZB","ident":"LSZB","name":"Bern"}`, "arrival": `{"icao":null,"ident":"C83","name":"Byron"}`,
			"meters":   `{"hobbs_end":null,"hobbs_start":"1506.70","tacho_end":null,"tacho_start":null}`,
			"aircraft": `{"id":"` + craft + `","registration":"HB-KGA","type_designator":"P28A"}`,
			"warnings": `[]`, "invoice_ids": `[]`, "rejection": `null`, "fstd": `null`, "reverses_id": `null`,
			"source": `{"file":null,"kind":"api","row":null}`,
		} {
			if b, _ := json.Marshal(got[member]); string(b) != want {
				t.Errorf("%s is %s, want %s", member, b, want)
			}
		}
		if l := f.Legs; *l[0].Arrival.ICAO != "KPAO" || l[1].Arrival != reference.Raw("nowhere") {
			t.Errorf("legs %+v", l)
		}
		if f.Crew[0].Person.DisplayName != "A. Keller" || f.Crew[1].Person != nil || *f.Remarks != "private" {
			t.Errorf("crew %+v", f.Crew)
		}
		f, err = s.Flights.Update(ctx, s.Owner, flight.ID(f.ID), parse(t, `{"logged_min":null,"arrival":null,"fuel":null,"remarks_public":true,
			"meters":{"hobbs_end":"1507.6"}}`), f.ChangeNo)
		s.OK(err)
		if f.LoggedMin != nil || f.Arrival != nil || f.Fuel != nil || *f.Flight.Remarks != "private" || *f.Meters.HobbsStart != "1506.70" {
			t.Errorf("patched %+v", f.Flight)
		}
		_, err = s.Flights.Update(ctx, s.Owner, flight.ID(f.ID), flight.Draft{}, f.ChangeNo-1)
		if k := s.Refused(err, "precondition_failed").Kind; k != fault.Precondition {
			t.Errorf("kind %v", k)
		}
	})
}

func TestBadFieldsAreNamed(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		for _, c := range []struct {
			body string
			bad  []string
		}{
			{`{"kind":"joyride","flight_rules":"X","training_type":"none","aircraft_id":"17"}`, []string{"kind", "flight_rules", "aircraft_id"}},
			{`{"off_block_at":"2026-01-02T10:00:00Z","takeoff_at":"2026-01-02T09:00:00Z"}`, []string{"takeoff_at"}},
			{`{"off_block_at":"2026-01-02T10:00:00Z","on_block_at":"2026-02-02T09:00:00Z"}`, []string{"on_block_at"}},
			{`{"logged_min":-1,"landings_day":20000,"persons_on_board":-2}`, []string{"logged_min", "landings_day", "persons_on_board"}},
			{`{"crew":[{"function":"pic"},{"person_id":"x","function":"pilot"}]}`, []string{"crew[0].person_id", "crew[1].person_id", "crew[1].function"}},
			{`{"crew":[{"person_id":"` + pilot + `","function":"pic"},{"person_id":"` + pilot + `","function":"instructor"}]}`, []string{"crew[1].person_id"}},
			{`{"crew":[{"person_id":"01234567-89ab-7cde-8f01-23456789abcd","function":"pic","pic_min":-1}]}`, []string{"crew[0].pic_min"}},
			{`{"crew":[{"person_id":"01234567-89ab-7cde-8f01-23456789abcd","function":"pic"}],"aircraft_id":"01234567-89ab-7cde-8f01-23456789abcd"}`,
				[]string{"crew[0].person_id", "aircraft_id"}},
			{`{"meters":{"hobbs_start":"1,5","hobbs_end":"1.234","tacho_start":"9.0","tacho_end":"8.9"}}`,
				[]string{"meters.hobbs_start", "meters.hobbs_end", "meters.tacho_end"}},
			{`{"fuel":{"uplift":"much","unit":"barrel","paid_by":"nobody"}}`, []string{"fuel.uplift", "fuel.unit", "fuel.paid_by"}},
			{`{"aircraft_id":"` + craft + `","fstd":{"qualification_no":"","device_type":"PC"}}`, []string{"fstd", "fstd.qualification_no", "fstd.device_type"}},
			{`{"legs":[{"departure":"","arrival":"X"}],"approaches":[{"type":""}],"date":"yesterday"}`, []string{"legs[0].departure", "approaches[0].type", "date"}},
		} {
			_, err := s.Flights.Create(ctx, s.Owner, parse(t, c.body))
			t.Log(c.body)
			s.BadFields(err, c.bad...)
		}
		_, err := s.Flights.Submit(ctx, s.Owner, s.Draft(flight.Draft{}))
		s.BadFields(err, "aircraft_id", "off_block_at", "on_block_at", "departure", "arrival", "logged_min", "crew")
		if n := s.Count(`SELECT count(*) FROM flights`); n != 1 {
			t.Errorf("%d flights", n)
		}
	})
}

func TestPICAndDualOfOnePerson(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		d := opstest.Trip(craft, pilot, 0)
		d.Crew = merge.To([]flight.CrewDraft{{PersonID: pilot, Function: "pic", PICMin: 60, DualMin: 60}})
		id := s.Draft(d)
		_, err := s.Flights.Submit(ctx, s.Owner, id)
		s.BadFields(err, "crew[0].dual_min")
		faa := org.FAA
		s.Settings(org.Patch{Authority: &faa})
		_, err = s.Flights.Submit(ctx, s.Owner, id)
		s.OK(err)
	})
}

func TestNumbers(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		var wg sync.WaitGroup
		numbers := make([]string, 20)
		for i := range numbers {
			wg.Go(func() {
				f, err := s.Flights.Create(ctx, s.Owner, opstest.Trip(craft, pilot, i))
				if err == nil {
					numbers[i] = f.Number
				}
			})
		}
		wg.Wait()
		slices.Sort(numbers)
		for i, n := range numbers {
			if n != fmt.Sprintf("F-2026-%05d", i+1) {
				t.Errorf("numbers %v", numbers)
				break
			}
		}
		other := s.Found("other")
		f, err := other.Flights.Create(ctx, other.Owner, flight.Draft{OffBlockAt: merge.To(clock.Of(time.Date(2025, 12, 31, 23, 59, 0, 0, time.UTC)))})
		s.OK(err)
		if f.Number != "F-2025-00001" {
			t.Errorf("number %s", f.Number)
		}
	})
}

// all reads a list to its end, a page of limit rows at a time.
func all(s *opstest.School, who scope.Principal, f flight.Filter, limit int) (rows []flight.Row) {
	s.Helper()
	p := page.Page{Limit: limit}
	for {
		of, err := s.Flights.List(ctx, who, f, p)
		s.OK(err)
		rows = append(rows, of.Rows...)
		if !of.More {
			return rows
		}
		last := rows[len(rows)-1]
		p.After = page.Position{ChangeNo: last.ChangeNo, ID: string(last.ID)}
	}
}

func ids(rows []flight.Row) (found []flight.ID) {
	for _, r := range rows {
		found = append(found, r.ID)
	}
	slices.Sort(found)
	return found
}

func TestFilters(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		a, b := s.Craft("HB-KGA", "block"), s.Craft("HB-KGB", "block")
		keller, meier, fi := s.Person("Keller"), s.Person("Meier"), s.Person("Instructor")
		lesson := opstest.Trip(b, meier, 2)
		lesson.Kind = merge.To("training")
		lesson.Crew = merge.To([]flight.CrewDraft{{PersonID: meier, Function: "student"}, {PersonID: fi, Function: "instructor"}})
		flights := []flight.ID{s.Draft(opstest.Trip(a, keller, 0)), s.Submit(opstest.Trip(a, meier, 1)), s.Approve(lesson)}
		rejected := s.Submit(opstest.Trip(b, keller, 3))
		_, err := s.Posting.Reject(ctx, s.Owner, rejected, "other", "", 0)
		s.OK(err)
		flights = append(flights, rejected)
		day := func(n int) clock.Time { return clock.Of(time.Date(2026, 3, 1+n, 9, 0, 0, 0, time.UTC)) }
		for _, c := range []struct {
			what string
			f    flight.Filter
			want []int
		}{
			{"all", flight.Filter{}, []int{0, 1, 2, 3}},
			{"one status", flight.Filter{Statuses: []string{"draft"}}, []int{0}},
			{"statuses", flight.Filter{Statuses: []string{"rejected", "approved", "reversed"}}, []int{2, 3}},
			{"statuses and more", flight.Filter{Statuses: []string{"rejected", "submitted"}, PilotID: meier, From: day(0)}, []int{1}},
			{"from", flight.Filter{From: day(2)}, []int{2, 3}},
			{"to", flight.Filter{To: day(2)}, []int{0, 1}},
			{"aircraft", flight.Filter{AircraftID: a}, []int{0, 1}},
			{"pilot", flight.Filter{PilotID: meier}, []int{1, 2}},
			{"student", flight.Filter{StudentID: meier}, []int{2}},
			{"instructor", flight.Filter{InstructorID: fi}, []int{2}},
			{"nobody", flight.Filter{InstructorID: keller}, nil},
			{"kind", flight.Filter{Kind: "training"}, []int{2}},
			{"nothing since", flight.Filter{UpdatedSince: clock.Of(opstest.Noon.Add(time.Hour))}, nil},
			{"since", flight.Filter{UpdatedSince: clock.Of(opstest.Noon)}, []int{0, 1, 2, 3}},
		} {
			var want []flight.ID
			for _, i := range c.want {
				want = append(want, flights[i])
			}
			slices.Sort(want)
			for _, limit := range []int{1, 3, 200} {
				if got := ids(all(s, s.Owner, c.f, limit)); !slices.Equal(got, want) {
					t.Errorf("%s, %d at a time: %v, want %v", c.what, limit, got, want)
				}
			}
		}
		member := s.As(scope.Member, meier)
		if got := ids(all(s, member, flight.Filter{}, 10)); len(got) != 2 {
			t.Errorf("a member reads %v", got)
		}
		key := scope.Principal{Kind: scope.KindOrganization, Org: s.Org, Rights: scope.Of(scope.PublicFlights)}
		if got := ids(all(s, key, flight.Filter{}, 10)); len(got) != 4 {
			t.Errorf("a key reads %v", got)
		}
		_, err = s.Flights.ListManaged(ctx, key, flight.Filter{}, page.Page{Limit: 10})
		s.Refused(err, "insufficient_scope")
		managed, err := s.Flights.ListManaged(ctx, s.Owner, flight.Filter{}, page.Page{Limit: 10})
		s.OK(err)
		if len(managed.Rows) != 4 || managed.Rows[0].CreatedBy != s.Owner.MemberID {
			t.Errorf("managed %+v", managed)
		}
		if got := all(s.Found("other"), s.Found("another").Owner, flight.Filter{}, 10); got != nil {
			t.Errorf("another school reads %v", got)
		}
	})
}

func TestTombstonesAndUpdatedSince(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		gone, kept := s.Draft(opstest.Trip(craft, pilot, 0)), s.Draft(opstest.Trip(craft, pilot, 1))
		s.Clock.Advance(time.Hour)
		since := clock.Of(s.Clock.Now())
		s.OK(s.Flights.Delete(ctx, s.Owner, gone))
		if got := ids(all(s, s.Owner, flight.Filter{}, 10)); !slices.Equal(got, []flight.ID{kept}) {
			t.Errorf("left %v", got)
		}
		got := all(s, s.Owner, flight.Filter{UpdatedSince: since, IncludeDeleted: true}, 10)
		if len(got) != 1 || !got[0].Deleted || string(got[0].Doc) != `{"id":"`+string(gone)+`","deleted":true}` {
			t.Errorf("deleted since: %v", got)
		}
		_, err := s.Flights.Get(ctx, s.Owner, gone)
		s.Refused(err, "flight_not_found")
		managed, err := s.Flights.ListManaged(ctx, s.Owner, flight.Filter{IncludeDeleted: true}, page.Page{Limit: 10})
		s.OK(err)
		if !managed.Rows[1].Deleted || managed.Rows[1].ID != string(gone) {
			t.Errorf("managed %+v", managed.Rows[1])
		}
	})
}

// TestReadersMissNothing follows the list while flights are entered, changed and removed in parallel.
func TestReadersMissNothing(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		var writers, reader sync.WaitGroup
		done := make(chan struct{})
		for w := range 6 {
			writers.Go(func() {
				for i := range 15 {
					f, err := s.Flights.Create(ctx, s.Owner, opstest.Trip(craft, pilot, w*20+i))
					if err != nil {
						t.Error(err)
						return
					}
					switch i % 3 {
					case 0:
						_, err = s.Flights.Submit(ctx, s.Owner, flight.ID(f.ID))
					case 1:
						err = s.Flights.Delete(ctx, s.Owner, flight.ID(f.ID))
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		seen := map[flight.ID]string{}
		reader.Go(func() {
			p := page.Page{Limit: 7}
			for last := false; ; {
				of, err := s.Flights.List(ctx, s.Owner, flight.Filter{IncludeDeleted: true}, p)
				if err != nil {
					t.Error(err)
					return
				}
				for _, r := range of.Rows {
					if r.ChangeNo < p.After.ChangeNo {
						t.Errorf("went back from %d to %d", p.After.ChangeNo, r.ChangeNo)
					}
					seen[r.ID] = string(r.Doc)
					p.After = page.Position{ChangeNo: r.ChangeNo, ID: string(r.ID)}
				}
				if of.More {
					continue
				}
				if last {
					return
				}
				select {
				case <-done:
					last = true
				default:
				}
			}
		})
		writers.Wait()
		close(done)
		reader.Wait()
		rows := all(s, s.Owner, flight.Filter{IncludeDeleted: true}, 200)
		if len(rows) != 90 || len(seen) != 90 {
			t.Errorf("%d flights, %d seen", len(rows), len(seen))
		}
		for _, r := range rows {
			if seen[r.ID] != string(r.Doc) {
				t.Errorf("%s was last seen as %s, is %s", r.ID, seen[r.ID], r.Doc)
			}
		}
	})
}

func TestRenamesAreShown(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		var flights []flight.ID
		for i := range 120 {
			flights = append(flights, s.Draft(opstest.Trip(craft, pilot, i)))
		}
		s.Clock.Advance(time.Minute)
		since := clock.Of(s.Clock.Now())
		_, err := s.People.Update(ctx, s.Owner, person.ID(pilot), person.Patch{DisplayName: merge.To("A. Meier")}, 0)
		s.OK(err)
		_, err = s.Fleet.Update(ctx, s.Owner, fleet.ID(craft), fleet.Patch{Registration: merge.To("HB-NEW"), Seats: merge.To(4)}, 0)
		s.OK(err)
		_, err = s.Fleet.Update(ctx, s.Owner, fleet.ID(craft), fleet.Patch{Seats: merge.To(2)}, 0) // not shown in flights
		s.OK(err)
		if n := s.Count(`SELECT count(*) FROM jobs`); n != 2 {
			t.Errorf("%d jobs", n)
		}
		s.RunJobs(flight.RenderJob, s.Flights.Render)
		for _, id := range flights {
			f, err := s.Flights.Get(ctx, s.Owner, id)
			s.OK(err)
			if f.Crew[0].Person.DisplayName != "A. Meier" || f.Aircraft.Registration != "HB-NEW" {
				t.Fatalf("%+v on %+v", f.Crew[0].Person, f.Aircraft)
			}
		}
		if got := all(s, s.Owner, flight.Filter{UpdatedSince: since}, 50); len(got) != 120 {
			t.Errorf("%d flights changed", len(got))
		}
	})
}

func TestInsertManyNumbersEachYear(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		var records []*flight.Record
		for i := range 30 {
			records = append(records, &flight.Record{Status: flight.StatusDraft, Facts: flight.Facts{Date: fmt.Sprintf("%d-05-01", 2001+i%3)}})
		}
		s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
			c, err := tx.Change(string(s.Org))
			if err != nil {
				return err
			}
			return flight.InsertMany(tx, s.Owner, c, records)
		}))
		if records[0].Number != "F-2001-00001" || records[29].Number != "F-2003-00010" {
			t.Errorf("%s … %s", records[0].Number, records[29].Number)
		}
		if got := all(s, s.Owner, flight.Filter{}, 7); len(got) != 30 {
			t.Errorf("%d", len(got))
		}
	})
}

// TestSecondsAreKept sends a flight back in the minutes in which it shows: what it counts to the second stays.
func TestSecondsAreKept(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot, other := s.Craft("HB-KGA", "block"), s.Person("A. Keller"), s.Person("B. Meier")
		for day := range 2 { // an hour and half a minute each: together two hours and a minute
			d := opstest.Trip(craft, pilot, day)
			d.OnBlockAt = merge.To(d.OnBlockAt.V.Add(30 * time.Second))
			d.Crew = merge.To([]flight.CrewDraft{{PersonID: pilot, Function: "pic"}})
			id := s.Submit(d)
			f, err := s.Flights.Withdraw(ctx, s.Owner, id)
			s.OK(err)
			f, err = s.Flights.Update(ctx, s.Owner, id, flight.Draft{Crew: merge.To([]flight.CrewDraft{
				{PersonID: other, Function: "safety_pilot"}, {PersonID: pilot, Function: "pic", PICMin: f.Crew[0].PICMin}})}, 0)
			s.OK(err)
			_, err = s.Flights.Submit(ctx, s.Owner, id)
			s.OK(err)
			_, err = s.Posting.Approve(ctx, s.Owner, id, true, 0)
			s.OK(err)
		}
		p, err := s.People.Get(ctx, s.Owner, person.ID(pilot))
		s.OK(err)
		if p.Totals.PICMin != 121 {
			t.Errorf("%d minutes as PIC, want 121", p.Totals.PICMin)
		}
	})
}
