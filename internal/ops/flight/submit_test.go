package flight_test

import (
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/merge"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
)

func mins(n int64) merge.Field[int64] { return merge.To(n) }

func at(t time.Time) merge.Field[clock.Time] { return merge.To(clock.Of(t)) }

func TestSubmitRefusesWhatCannotBe(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, keller, fi := s.Craft("HB-KGA", "block"), s.Person("A. Keller"), s.Person("F. Instructor")
		sim, err := s.Fleet.Create(ctx, s.Owner, fleet.Draft{Registration: merge.To("SIM-1"), Class: merge.To("FSTD"), MaintenanceBasis: merge.To("block")})
		s.OK(err)
		crewed := func(members ...flight.CrewDraft) func(*flight.Draft) {
			return func(d *flight.Draft) { d.Crew = merge.To(members) }
		}
		leaving := func(in time.Duration) func(*flight.Draft) {
			return func(d *flight.Draft) {
				off := opstest.Noon.Add(in)
				d.OffBlockAt, d.TakeoffAt, d.LandingAt, d.OnBlockAt = at(off), at(off), at(off.Add(time.Hour)), at(off.Add(time.Hour))
			}
		}
		for _, c := range []struct {
			what   string
			change func(*flight.Draft)
			bad    []string
		}{
			{"tomorrow", leaving(24 * time.Hour), nil},
			{"later", leaving(24*time.Hour + time.Second), []string{"off_block_at"}},
			{"a day later", func(d *flight.Draft) {
				d.OffBlockAt, d.TakeoffAt, d.LandingAt, d.OnBlockAt = merge.Field[clock.Time]{}, merge.Field[clock.Time]{}, merge.Field[clock.Time]{}, merge.Field[clock.Time]{}
				d.Date, d.LoggedMin = merge.To("2026-11-24"), mins(60)
			}, []string{"date", "off_block_at", "on_block_at"}},
			{"a session in an aeroplane", func(d *flight.Draft) { d.Kind = merge.To("fstd") }, []string{"fstd"}},
			{"a session in a device of the fleet", func(d *flight.Draft) { d.Kind, d.AircraftID = merge.To("fstd"), merge.To(sim.ID) }, nil},
			{"a session in a device", func(d *flight.Draft) {
				d.Kind, d.AircraftID = merge.To("fstd"), merge.Field[string]{}
				d.FSTD = merge.To(flight.FSTD{QualificationNo: "CH-17", DeviceType: fleet.DeviceTypes[0]})
			}, nil},
			{"a session in nothing", func(d *flight.Draft) { d.Kind, d.AircraftID = merge.To("fstd"), merge.Field[string]{} }, []string{"aircraft_id"}},
			{"night and IFR a minute over", func(d *flight.Draft) { d.NightMin, d.IFRMin = mins(61), mins(61) }, nil},
			{"night and IFR over", func(d *flight.Draft) { d.NightMin, d.IFRMin = mins(62), mins(62) }, []string{"night_min", "ifr_min"}},
			{"night within what was logged", func(d *flight.Draft) { d.NightMin, d.LoggedMin = mins(66), mins(66) }, nil},
			{"night within the block time", func(d *flight.Draft) {
				d.NightMin, d.LoggedMin = mins(60), mins(54)
				crewed(flight.CrewDraft{PersonID: keller, Function: "pic"})(d)
			}, nil},
			{"a minute over", crewed(flight.CrewDraft{PersonID: keller, Function: "pic", PICMin: 61}), nil},
			{"PIC over", crewed(flight.CrewDraft{PersonID: keller, Function: "pic", PICMin: 62}), []string{"crew[0].pic_min"}},
			{"everything over", crewed(flight.CrewDraft{PersonID: fi, Function: "instructor"}, flight.CrewDraft{PersonID: keller, Function: "student",
				DualMin: 90, InstructorMin: 90, CopilotMin: 90, SoloMin: 90, SPICMin: 90, PICUSMin: 90}),
				[]string{"crew[1].dual_min", "crew[1].instructor_min", "crew[1].copilot_min", "crew[1].solo_min", "crew[1].spic_min", "crew[1].picus_min"}},
		} {
			d := opstest.Trip(craft, keller, 0)
			c.change(&d)
			_, err := s.Flights.Submit(ctx, s.Owner, s.Draft(d))
			t.Log(c.what)
			if c.bad == nil {
				s.OK(err)
			} else {
				s.BadFields(err, c.bad...)
			}
		}
	})
}

// TestImportsKeepWhatIsOdd submits a draft as an import leaves it.
func TestImportsKeepWhatIsOdd(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, keller := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		logged := int64(3600)
		odd := func(date string) *flight.Record {
			r := &flight.Record{Status: flight.StatusDraft, Kind: "private", AircraftID: craft, Facts: flight.Facts{
				FlightRules: "VFR", TrainingType: "none", Date: date, Logged: &logged, Night: 7200, IFR: 7200,
				Source: flight.Source{Kind: flight.SourceImport}, Crew: []flight.Crew{{PersonID: keller, Function: "pic", PIC: 3600, Solo: 7200}}}}
			return r
		}
		records := []*flight.Record{odd("1999-05-01"), odd("2026-11-24")}
		s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
			c, err := tx.Change(string(s.Org))
			if err != nil {
				return err
			}
			settings, err := flight.LoadSettings(tx, s.Org)
			if err != nil {
				return err
			}
			s.BadFields(records[1].Complete(settings), "date", "departure", "arrival")
			return flight.InsertMany(tx, s.Owner, c, records)
		}))
		_, err := s.Flights.Update(ctx, s.Owner, records[0].ID, parse(t, `{"departure":"LSZB","arrival":"LSZB"}`), 0)
		s.OK(err)
		f, err := s.Flights.Submit(ctx, s.Owner, records[0].ID)
		s.OK(err)
		if len(f.Warnings) != 2 {
			t.Errorf("warnings %v", f.Warnings)
		}
	})
}

func TestSubmittingLogsTheBlockTime(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, keller := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		want := func(f flight.Managed, err error, minutes int64) {
			t.Helper()
			s.OK(err)
			if f.LoggedMin == nil || *f.LoggedMin != minutes {
				t.Errorf("logged %v, want %d", f.LoggedMin, minutes)
			}
		}
		id := s.Draft(opstest.Trip(craft, keller, 0))
		f, err := s.Flights.Submit(ctx, s.Owner, id)
		want(f, err, 60)
		_, err = s.Flights.Withdraw(ctx, s.Owner, id)
		s.OK(err)
		f, err = s.Flights.Update(ctx, s.Owner, id, parse(t, `{"on_block_at":"2026-03-01T10:30:00Z"}`), 0)
		s.OK(err)
		if f.LoggedMin != nil {
			t.Errorf("a draft again, and logged %d", *f.LoggedMin)
		}
		f, err = s.Flights.Submit(ctx, s.Owner, id)
		want(f, err, 90)
		if len(f.Warnings) > 0 {
			t.Errorf("warnings %v", f.Warnings)
		}
		given := opstest.Trip(craft, keller, 1)
		given.LoggedMin = mins(66)
		id = s.Draft(given)
		f, err = s.Flights.Submit(ctx, s.Owner, id)
		want(f, err, 66)
		f, err = s.Flights.Withdraw(ctx, s.Owner, id)
		want(f, err, 66)
	})
}
