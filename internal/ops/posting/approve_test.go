package posting_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/platform/org"
)

func orgPatch(solePIC *bool, lock *string) org.Patch {
	return org.Patch{AllowSolePIC: solePIC, LockDate: lock}
}

func TestWhatAnApprovalPosts(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		student, fi := s.Person("S. Student"), s.Person("F. Instructor")
		craft, err := s.Fleet.Create(ctx, s.Owner, fleet.Draft{Registration: merge.To("HB-KGA"), MaintenanceBasis: merge.To("tacho"),
			Opening: merge.To(fleet.Opening{AirframeHours: "4711.30", Landings: 9000}),
			Engines: merge.To([]fleet.Component{{Position: 1, HoursSinceNew: "1000"}})})
		s.OK(err)
		d := opstest.Trip(craft.ID, student, 0)
		d.Crew = merge.To([]flight.CrewDraft{{PersonID: fi, Function: "instructor"}, {PersonID: student, Function: "student"}})
		d.LoggedMin, d.NightMin, d.LandingsNight = merge.To(int64(54)), merge.To(int64(10)), merge.To(int64(1))
		d.TakeoffsNight = merge.To(int64(1))
		d.Meters = merge.To(flight.MetersDraft{TachoStart: merge.To("1193.20"), TachoEnd: merge.To("1193.66")})
		f, err := s.Flights.Get(ctx, s.Owner, s.Approve(d))
		s.OK(err)
		if len(f.Warnings) != 0 || f.Crew[0].InstructorMin != 54 || f.Crew[0].PICMin != 54 || f.Crew[1].DualMin != 54 {
			t.Errorf("approved: warnings %v, crew %+v", f.Warnings, f.Crew)
		}

		a, err := s.Fleet.Get(ctx, s.Owner, fleet.ID(craft.ID))
		s.OK(err)
		// 0.46 h on the tacho are 27.6 minutes.
		if a.Totals.AirframeHours != "4711.76" || a.Totals.AirframeMin != 282705 || a.Totals.Landings != 9003 || a.Totals.Cycles != 3 {
			t.Errorf("airframe %+v", a.Totals)
		}
		if a.Totals.Engines[0].HoursSinceNew != "1000.46" || *a.Meters.TachoLast != "1193.66" || a.CurrentPlace.Ident != "LSZG" {
			t.Errorf("engine %+v, meters %+v, at %+v", a.Totals.Engines[0], a.Meters, a.CurrentPlace)
		}
		st, err := s.People.Get(ctx, s.Owner, person.ID(student))
		s.OK(err)
		if w := (person.Totals{FlightMin: 54, DualMin: 54, NightMin: 10, LandingsDay: 2, LandingsNight: 1, AsOf: st.Totals.AsOf}); st.Totals != w {
			t.Errorf("student's totals %+v", st.Totals)
		}
		in, err := s.People.Get(ctx, s.Owner, person.ID(fi))
		s.OK(err)
		if w := (person.Totals{FlightMin: 54, PICMin: 54, NightMin: 10, AsOf: in.Totals.AsOf}); in.Totals != w {
			t.Errorf("instructor's totals %+v", in.Totals)
		}
		approvedEvent(s, f)
		s.Clean()
	})
}

func approvedEvent(s *opstest.School, f flight.Managed) {
	s.Helper()
	body, err := db.One(ctx, s.DB, db.Scalar[string], `SELECT body FROM events WHERE type = 'flight.approved'`)
	s.OK(err)
	var e struct {
		Data struct {
			FlightID   string `json:"flight_id"`
			Status     string
			BlockMin   int    `json:"block_min"`
			ApprovedAt string `json:"approved_at"`
			Posting    struct {
				Airframe   int      `json:"airframe_min_after"`
				Landings   int      `json:"landings_after"`
				InvoiceIDs []string `json:"invoice_ids"`
			}
		}
	}
	s.OK(json.Unmarshal([]byte(body), &e))
	if d := e.Data; d.FlightID != f.ID || d.Status != "approved" || d.BlockMin != 60 || d.Posting.Airframe != 282705 ||
		d.Posting.Landings != 9003 || d.Posting.InvoiceIDs == nil || d.ApprovedAt == "" {
		s.Errorf("event %s", body)
	}
}

func TestWarningsMustBeAccepted(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "hobbs"), s.Person("A. Keller")
		s.Approve(opstest.Hobbs(opstest.Trip(craft, pilot, 0), 1000, 1100))
		d := opstest.Hobbs(opstest.Trip(craft, pilot, 1), 1130, 1200)
		d.LoggedMin, d.NightMin = merge.To(int64(45)), merge.To(int64(50))
		d.Crew = merge.To([]flight.CrewDraft{{PersonID: pilot, Function: "pic", PICMin: 45}})
		id := s.Submit(d)
		_, err := s.Posting.Approve(ctx, s.Owner, id, false, 0)
		f := s.Refused(err, "warnings_not_accepted")
		want := []string{"block_differs_from_logged", "night_exceeds_total", "meter_gap"}
		if got, _ := f.Extra["warnings"].([]string); !slices.Equal(got, want) || f.Kind != fault.Conflict {
			t.Errorf("warnings %v", f.Extra)
		}
		if n := s.Count(`SELECT count(*) FROM aircraft_postings WHERE flight_id = $1`, id); n != 0 {
			t.Errorf("%d postings of a flight that was not approved", n)
		}
		m, err := s.Posting.Approve(ctx, s.Owner, id, true, 0)
		s.OK(err)
		if !slices.Equal(m.Warnings, want) {
			t.Errorf("the approved flight has warnings %v", m.Warnings)
		}
		noMeter := s.Submit(opstest.Trip(craft, pilot, 2))
		_, err = s.Posting.Approve(ctx, s.Owner, noMeter, false, 0)
		if f := s.Refused(err, "warnings_not_accepted"); !slices.Equal(f.Extra["warnings"].([]string), []string{"meter_missing"}) {
			t.Errorf("warnings %v", f.Extra)
		}
		s.Clean()
	})
}

func TestMeters(t *testing.T) {
	cases := []struct {
		what       string
		start, end int64
		refused    string // or approved
		gap        bool
	}{
		{"follows", 1200, 1250, "", false},
		{"touches before", 950, 1000, "", false},
		{"closing the gap", 1100, 1150, "", false},
		{"into the end", 1190, 1250, "meter_overlap", false},
		{"into the start", 950, 1001, "meter_overlap", false},
		{"same again", 1000, 1100, "meter_overlap", false},
		{"inside", 1010, 1020, "meter_overlap", false},
		{"around", 900, 1300, "meter_overlap", false},
		{"gap before", 1210, 1250, "", true},
		{"gap after", 900, 990, "", true},
		{"zero long", 1200, 1200, "", false},
	}
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		pilot := s.Person("A. Keller")
		for _, c := range cases {
			craft := s.Craft(c.what, "block")
			first := s.Approve(opstest.Hobbs(opstest.Trip(craft, pilot, 0), 1000, 1100))
			s.Approve(opstest.Hobbs(opstest.Trip(craft, pilot, 1), 1150, 1200))
			id := s.Submit(opstest.Hobbs(opstest.Trip(craft, pilot, 2), c.start, c.end))
			m, err := s.Posting.Approve(ctx, s.Owner, id, true, 0)
			if c.refused == "" {
				s.OK(err)
				if got := slices.Contains(m.Warnings, "meter_gap"); got != c.gap {
					t.Errorf("%s: warnings %v", c.what, m.Warnings)
				}
				continue
			}
			f := s.Refused(err, c.refused)
			if f.Extra["flight_id"] == nil || f.Extra["number"] == nil {
				t.Errorf("%s: the other flight is not named: %+v", c.what, f.Extra)
			}
			if c.start == 1000 && c.end == 1100 {
				if f.Extra["flight_id"] != string(first) {
					t.Errorf("named is %v", f.Extra)
				}
				_, err := s.Posting.Reverse(ctx, s.Owner, first, "", 0)
				s.OK(err)
				_, err = s.Posting.Approve(ctx, s.Owner, id, true, 0)
				s.OK(err) // readings of a reversed flight are free again
			}
		}
		s.Clean()
	})
}

func TestAReplacedMeterStartsAnew(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "hobbs"), s.Person("A. Keller")
		s.Approve(opstest.Hobbs(opstest.Trip(craft, pilot, 0), 215300, 215390))
		a, err := s.Fleet.Update(ctx, s.Owner, fleet.ID(craft), fleet.Patch{Meters: merge.To(fleet.MetersPatch{HobbsLast: merge.To("0.10")})}, 0)
		s.OK(err)
		if *a.Meters.HobbsLast != "0.10" || a.Meters.HobbsOffset != "2153.80" {
			t.Errorf("meters %+v", a.Meters)
		}
		s.Clock.Advance(40 * 24 * time.Hour)
		later := opstest.Trip(craft, pilot, 300) // the meter was replaced at noon of 22 November
		m, err := s.Posting.Approve(ctx, s.Owner, s.Submit(opstest.Hobbs(later, 10, 100)), false, 0)
		s.OK(err)
		if len(m.Warnings) != 0 {
			t.Errorf("warnings %v", m.Warnings)
		}
		late, err := s.Posting.Approve(ctx, s.Owner, s.Submit(opstest.Hobbs(opstest.Trip(craft, pilot, 1), 215390, 215400)), false, 0)
		s.OK(err) // flown before the replacement, approved after: it is compared with the old meter
		if len(late.Warnings) != 0 {
			t.Errorf("warnings %v", late.Warnings)
		}
		a, err = s.Fleet.Get(ctx, s.Owner, fleet.ID(craft))
		s.OK(err)
		if *a.Meters.HobbsLast != "1.00" || a.Totals.AirframeHours != "1.90" {
			t.Errorf("meters %+v, totals %+v", a.Meters, a.Totals)
		}
	})
}

func TestTwoApprovalsAtOnce(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		for i := range 10 {
			id := s.Submit(opstest.Trip(craft, pilot, i))
			errs := make([]error, 4)
			var wg sync.WaitGroup
			for j := range errs {
				wg.Go(func() { _, errs[j] = s.Posting.Approve(ctx, s.Owner, id, false, 0) })
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else {
					s.Refused(err, "state_conflict")
				}
			}
			if won != 1 {
				t.Fatalf("%d approvals won", won)
			}
		}
		s.Clean()
	})
}

func TestFSTDSessionsAreNoFlightTime(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		pilot := s.Person("A. Keller")
		d := opstest.Trip("", pilot, 0)
		d.AircraftID, d.Kind = merge.Field[string]{}, merge.To("fstd")
		d.FSTD = merge.To(flight.FSTD{QualificationNo: "CH-14", DeviceType: "FNPT_II"})
		f, err := s.Flights.Get(ctx, s.Owner, s.Approve(d))
		s.OK(err)
		if f.Aircraft != nil || f.FSTD == nil {
			t.Errorf("%+v", f)
		}
		p, err := s.People.Get(ctx, s.Owner, person.ID(pilot))
		s.OK(err)
		if p.Totals.FlightMin != 0 || p.Recency.PassengersDay != "unknown" {
			t.Errorf("%+v %+v", p.Totals, p.Recency)
		}
		s.Clean()
	})
}
