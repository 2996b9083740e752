package fleet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/ops/fleet"
	"airside/internal/ops/opstest"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

var ctx = context.Background()

func parse(t testing.TB, body string) (p fleet.Patch) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHours(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "0.1": 10, "1506.70": 150670, "1506.7": 150670, "0.46": 46, "999999": 99999900} {
		if got, ok := fleet.ParseHours(text); !ok || got != want {
			t.Errorf("%s is %d, %v", text, got, ok)
		}
	}
	for _, bad := range []string{"", ".5", "5.", "1.234", "-1", "1e3", "1,5", "1000000", "1:30", " 1", "١"} {
		if got, ok := fleet.ParseHours(bad); ok {
			t.Errorf("%q is %d", bad, got)
		}
	}
	for h, want := range map[int64]string{0: "0.00", 5: "0.05", 46: "0.46", 150670: "1506.70", -46: "-0.46", 100: "1.00"} {
		if got := fleet.FormatHours(h); got != want {
			t.Errorf("%d is %s", h, got)
		}
	}
}

func TestCreateAndPatch(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		a, err := s.Fleet.Create(ctx, s.Owner, fleet.Draft(parse(t, `{"registration":"HB-KGA","type_designator":"P28A","class":"SEP","category":"A",
			"year":1998,"seats":4,"mtow_kg":1055,"home_base":{"ident":"LSZB"},"maintenance_basis":"tacho","billing_basis":"hobbs",
			"opening":{"airframe_hours":"4711.30","landings":9000,"cycles":9000},
			"engines":[{"position":1,"serial_no":"L-1","hours_since_new":"3000.5","hours_since_overhaul":"400"}],
			"propellers":[{"position":1,"hours_since_new":"1210.50","hours_since_overhaul":null}],
			"meters":{"hobbs_last":"1506.7","tacho_last":"1193.2","tacho_offset":"2153"}}`)))
		s.OK(err)
		if a.Totals.AirframeHours != "4711.30" || a.Totals.AirframeMin != 282678 || a.Totals.Engines[0].HoursSinceNew != "3000.50" ||
			*a.Totals.Engines[0].HoursSinceOverhaul != "400.00" || a.Totals.Propellers[0].HoursSinceOverhaul != nil ||
			*a.Meters.HobbsLast != "1506.70" || a.Meters.TachoOffset != "2153.00" || a.Airworthiness.State != "unknown" || a.Unverified {
			t.Errorf("%+v", a)
		}
		b, err := s.Fleet.Update(ctx, s.Owner, fleet.ID(a.ID), parse(t, `{"registration":"HB-KGX","year":null,"meters":{"tacho_last":"0.1"}}`), a.ChangeNo)
		s.OK(err)
		if b.Registration != "HB-KGX" || b.Year != nil || *b.Meters.TachoLast != "0.10" || b.Meters.TachoOffset != "3346.10" || *b.Meters.HobbsLast != "1506.70" {
			t.Errorf("%+v", b)
		}
		_, err = s.Fleet.Update(ctx, s.Owner, fleet.ID(a.ID), fleet.Patch{}, a.ChangeNo)
		s.Refused(err, "precondition_failed")
		_, err = s.Fleet.Create(ctx, s.As(scope.Instructor, ""), fleet.Draft{Registration: merge.To("X")})
		s.Refused(err, "insufficient_scope")
		other := s.Found("other")
		_, err = s.Fleet.Get(ctx, other.Owner, fleet.ID(a.ID))
		s.Refused(err, "aircraft_not_found")
		s.Refused(s.Fleet.Delete(ctx, other.Owner, fleet.ID(a.ID)), "aircraft_not_found")
		_, err = other.Fleet.Create(ctx, other.Owner, fleet.Draft{Registration: merge.To("HB-KGX")})
		s.OK(err)
	})
}

func TestBadFieldsAreNamed(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		s.Craft("HB-KGA", "block")
		for body, bad := range map[string][]string{
			`{}`:                        {"registration"},
			`{"registration":"---"}`:    {"registration"},
			`{"registration":"hb kga"}`: {"registration"}, // the same aircraft
			`{"registration":"X","class":"UFO","category":"Z","status":"lost","device_type":"PC"}`: {"class", "category", "status", "device_type"},
			`{"registration":"X","billing_basis":"sun","maintenance_basis":"moon"}`:                {"billing_basis", "maintenance_basis"},
			`{"registration":"X","arc_valid_until":"2026-13-01","insurance_valid_until":"x"}`:      {"arc_valid_until", "insurance_valid_until"},
			`{"registration":"X","opening":{"airframe_hours":"many","landings":-1}}`:               {"opening.airframe_hours", "opening"},
			`{"registration":"X","engines":[{"position":0,"hours_since_new":"-1"}]}`:               {"engines[0].position", "engines[0].hours_since_new"},
			`{"registration":"X","meters":{"hobbs_last":"1,5","tacho_offset":"x"}}`:                {"meters.hobbs_last", "meters.tacho_offset"},
			`{"registration":"X","grounding":{"state":"parked"},"seats":-1}`:                       {"grounding.state", "seats"},
		} {
			_, err := s.Fleet.Create(ctx, s.Owner, fleet.Draft(parse(t, body)))
			t.Log(body)
			s.BadFields(err, bad...)
		}
	})
}

func TestAirworthiness(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		zone := "Pacific/Auckland" // noon in UTC is past midnight there
		s.Settings(org.Patch{TimeZone: &zone})
		for i, c := range []struct{ arc, insurance, grounding, state, reasons string }{
			{"", "", "", "unknown", "[]"},
			{"2026-11-23", "", "", "airworthy", "[]"},
			{"2026-11-22", "2027-01-01", "", "grounded", "[arc_expired]"},
			{"2027-11-22", "2026-11-01", "", "grounded", "[insurance_expired]"},
			{"2027-11-22", "2027-11-01", "restricted", "restricted", "[manual]"},
			{"2026-01-01", "2026-11-01", "restricted", "grounded", "[arc_expired insurance_expired manual]"},
			{"2026-01-01", "2027-11-01", "aog", "aog", "[arc_expired manual]"},
		} {
			d := fleet.Draft{Registration: merge.To(fmt.Sprint("N", i)), Grounding: merge.To(fleet.Grounding{State: c.grounding})}
			if c.arc != "" {
				d.ARCValidUntil = merge.To(c.arc)
			}
			if c.insurance != "" {
				d.InsuranceValidUntil = merge.To(c.insurance)
			}
			a, err := s.Fleet.Create(ctx, s.Owner, d)
			s.OK(err)
			reasons := []string{}
			for _, r := range a.Airworthiness.Reasons {
				reasons = append(reasons, r.Code)
			}
			if a.Airworthiness.State != c.state || fmt.Sprint(reasons) != c.reasons {
				t.Errorf("%+v: %s %v", c, a.Airworthiness.State, reasons)
			}
		}
		of, err := s.Fleet.List(ctx, s.Owner, fleet.Filter{Airworthiness: []string{"grounded"}}, page.Page{Limit: 2})
		s.OK(err)
		if len(of.Rows) != 2 || !of.More || of.Rows[0].Registration != "N2" || of.Rows[1].Registration != "N3" {
			t.Errorf("grounded: %+v", of)
		}
		of, err = s.Fleet.List(ctx, s.Owner, fleet.Filter{Airworthiness: []string{"grounded"}},
			page.Page{Limit: 2, After: page.Position{ChangeNo: of.Rows[1].ChangeNo, ID: of.Rows[1].ID}})
		s.OK(err)
		if len(of.Rows) != 1 || of.More || of.Rows[0].Registration != "N5" {
			t.Errorf("grounded, next: %+v", of)
		}
	})
}

func TestAnEngineKeepsItsOwnLife(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		s.Approve(opstest.Trip(craft, pilot, 0)) // 1 March
		s.Approve(opstest.Trip(craft, pilot, 9)) // 10 March
		day := "2026-03-05"
		_, err := s.Fleet.Update(ctx, s.Owner, fleet.ID(craft), fleet.Patch{Engines: merge.To([]fleet.Component{
			{Position: 1, HoursSinceNew: "100", InstalledAt: &day}})}, 0)
		s.OK(err)
		s.Approve(opstest.Trip(craft, pilot, 1)) // approved late, flown with the engine before
		s.Approve(opstest.Trip(craft, pilot, 8))
		a, err := s.Fleet.Get(ctx, s.Owner, fleet.ID(craft))
		s.OK(err)
		if a.Totals.AirframeHours != "4.00" || a.Totals.Engines[0].HoursSinceNew != "102.00" {
			t.Errorf("%+v", a.Totals)
		}
	})
}

func TestListAndTombstones(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		gone, sold := s.Craft("HB-A", "block"), s.Craft("HB-B", "block")
		pilot := s.Person("A. Keller")
		flown := s.Craft("HB-C", "block")
		s.Draft(opstest.Trip(flown, pilot, 0))
		s.Refused(s.Fleet.Delete(ctx, s.Owner, fleet.ID(flown)), "aircraft_in_use")
		s.Clock.Advance(time.Minute)
		since := clock.Of(s.Clock.Now())
		s.OK(s.Fleet.Delete(ctx, s.Owner, fleet.ID(gone)))
		_, err := s.Fleet.Update(ctx, s.Owner, fleet.ID(sold), fleet.Patch{Status: merge.To("sold")}, 0)
		s.OK(err)
		for _, c := range []struct {
			f    fleet.Filter
			want string
		}{
			{fleet.Filter{}, "HB-C,HB-B,"},
			{fleet.Filter{IncludeDeleted: true}, "HB-C,HB-A†,HB-B,"},
			{fleet.Filter{Statuses: []string{"sold"}}, "HB-B,"},
			{fleet.Filter{UpdatedSince: since, IncludeDeleted: true}, "HB-A†,HB-B,"},
			{fleet.Filter{UpdatedSince: since + 1}, ""},
		} {
			of, err := s.Fleet.List(ctx, s.Owner, c.f, page.Page{Limit: 10})
			s.OK(err)
			got := ""
			for _, a := range of.Rows {
				got += a.Registration
				if a.Deleted {
					got += "†"
				}
				got += ","
			}
			if got != c.want {
				t.Errorf("%+v: %s, want %s", c.f, got, c.want)
			}
		}
		// An approval changes what is shown of the aircraft, so it moves to the end of the list.
		s.Clock.Advance(time.Minute)
		s.Approve(opstest.Trip(flown, pilot, 1))
		of, err := s.Fleet.List(ctx, s.Owner, fleet.Filter{UpdatedSince: clock.Of(s.Clock.Now())}, page.Page{Limit: 10})
		s.OK(err)
		if len(of.Rows) != 1 || of.Rows[0].ID != flown {
			t.Errorf("after an approval: %+v", of.Rows)
		}
	})
}

func TestImported(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		known := s.Craft("HB-KGA", "block")
		batch := id.New()
		s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
			c, err := tx.Change(string(s.Org))
			if err != nil {
				return err
			}
			if found, created, err := fleet.Ensure(tx, s.Owner, c, fleet.Seen{Registration: "hbkga"}, batch); err != nil || created || string(found) != known {
				t.Errorf("%s %v %v", found, created, err)
			}
			_, created, err := fleet.Ensure(tx, s.Owner, c, fleet.Seen{Registration: "N198JJ", TypeDesignator: "BL8", Class: "SEP", Year: 2001}, batch)
			if !created {
				t.Error("not created")
			}
			return err
		}))
		of, err := s.Fleet.List(ctx, s.Owner, fleet.Filter{}, page.Page{Limit: 10})
		s.OK(err)
		if a := of.Rows[1]; !a.Unverified || a.Registration != "N198JJ" || *a.TypeDesignator != "BL8" || *a.ImportID != batch {
			t.Errorf("%+v", a)
		}
		s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
			c, err := tx.Change(string(s.Org))
			if err != nil {
				return err
			}
			n, err := fleet.RemoveImported(tx, s.Owner, c, batch)
			if n != 1 {
				t.Errorf("%d removed", n)
			}
			return err
		}))
	})
}
