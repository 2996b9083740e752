package person_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

var ctx = context.Background()

func parse(t testing.TB, body string) (p person.Patch) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCreateAndPatch(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		p, err := s.People.Create(ctx, s.Owner, person.Draft(parse(t, `{"given_name":"Anna","family_name":"Keller","member_no":"M-0042",
			"roles":["pilot","instructor"],"home_base":"LSZB","licences":[{"kind":"CPL","category":"A","authority":"CH.FCL","valid_until":null}],
			"ratings":[{"code":"SEP_LAND","valid_until":"2027-06-30"}],"opening":{"flight_min":600,"landings_day":12}}`)))
		s.OK(err)
		if p.DisplayName != "Anna Keller" || p.Status != "active" || p.HomeBase.Ident != "LSZB" || p.Totals.FlightMin != 600 ||
			p.Totals.LandingsDay != 12 || p.Recency.PassengersDay != "unknown" || p.Recency.ValidUntil != nil {
			t.Errorf("%+v", p)
		}
		q, err := s.People.Update(ctx, s.Owner, person.ID(p.ID), parse(t, `{"display_name":"A. Keller","member_no":null,"ratings":null,"status":"left"}`), p.ChangeNo)
		s.OK(err)
		if q.DisplayName != "A. Keller" || q.MemberNo != nil || q.Ratings == nil || len(q.Ratings) != 0 || q.Status != "left" || q.GivenName != "Anna" {
			t.Errorf("%+v", q)
		}
		_, err = s.People.Update(ctx, s.Owner, person.ID(p.ID), person.Patch{}, p.ChangeNo)
		s.Refused(err, "precondition_failed")
		_, err = s.People.Update(ctx, s.Owner, person.ID(id.New()), person.Patch{}, 0)
		s.Refused(err, "person_not_found")
		_, err = s.People.Create(ctx, s.As(scope.Member, ""), person.Draft{DisplayName: merge.To("X")})
		if k := s.Refused(err, "insufficient_scope").Kind; k != fault.Forbidden {
			t.Errorf("kind %v", k)
		}
		other := s.Found("other")
		_, err = s.People.Get(ctx, other.Owner, person.ID(p.ID))
		s.Refused(err, "person_not_found")
		_, err = s.People.Update(ctx, other.Owner, person.ID(p.ID), person.Patch{}, 0)
		s.Refused(err, "person_not_found")
		s.Refused(s.People.Delete(ctx, other.Owner, person.ID(p.ID)), "person_not_found")
	})
}

func TestBadFieldsAreNamed(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		_, err := s.People.Create(ctx, s.Owner, person.Draft{MemberNo: merge.To("M-1"), ExternalRef: merge.To("e"), DisplayName: merge.To("X")})
		s.OK(err)
		for body, bad := range map[string][]string{
			`{}`: {"display_name"},
			`{"display_name":"X","status":"gone","roles":["king"]}`:                                    {"status", "roles[0]"},
			`{"display_name":"X","licences":[{"kind":"X","category":"X","valid_until":"soon"}]}`:       {"licences[0].kind", "licences[0].category", "licences[0].valid_until"},
			`{"display_name":"X","ratings":[{"code":"TYPE"},{"code":"?","valid_until":"2027-02-30"}]}`: {"ratings[0].type_designator", "ratings[1].code", "ratings[1].valid_until"},
			`{"display_name":"X","member_no":"M-1","external_ref":"e"}`:                                {"member_no", "external_ref"},
			`{"display_name":"X","opening":{"flight_min":-1}}`:                                         {"opening"},
		} {
			_, err := s.People.Create(ctx, s.Owner, person.Draft(parse(t, body)))
			t.Log(body)
			s.BadFields(err, bad...)
		}
	})
}

func TestFilters(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		for i, body := range []string{
			`{"display_name":"A. Keller","roles":["pilot","instructor"]}`,
			`{"display_name":"Ölrich 100%","roles":["student"],"member_no":"M-7"}`,
			`{"display_name":"C. Meier","roles":["mechanic"],"status":"inactive","external_ref":"x_y"}`,
		} {
			s.Clock.Advance(time.Minute)
			p, err := s.People.Create(ctx, s.Owner, person.Draft(parse(t, body)))
			s.OK(err)
			if i == 2 {
				s.OK(s.People.Delete(ctx, s.Owner, person.ID(p.ID)))
				_, err = s.People.Create(ctx, s.Owner, person.Draft(parse(t, body)))
				s.OK(err) // its external reference is free again
			}
		}
		for _, c := range []struct {
			what string
			f    person.Filter
			want string
		}{
			{"all", person.Filter{}, "A. Keller,Ölrich 100%,C. Meier"},
			{"roles", person.Filter{Roles: []string{"student", "mechanic"}}, "Ölrich 100%,C. Meier"},
			{"status", person.Filter{Statuses: []string{"inactive"}}, "C. Meier"},
			{"case", person.Filter{Q: "öLR"}, "Ölrich 100%"},
			{"percent", person.Filter{Q: "0%"}, "Ölrich 100%"},
			{"underscore", person.Filter{Q: "x_"}, "C. Meier"},
			{"member number", person.Filter{Q: "m-7"}, "Ölrich 100%"},
			{"nothing", person.Filter{Q: "%%"}, ""},
			{"since", person.Filter{UpdatedSince: clock.Of(opstest.Noon.Add(3 * time.Minute))}, "C. Meier"},
			{"deleted", person.Filter{IncludeDeleted: true, Q: "meier"}, "C. Meier†,C. Meier"},
			{"never", person.Filter{UpdatedSince: clock.Of(opstest.Noon.Add(time.Hour))}, ""},
		} {
			got := ""
			p := page.Page{Limit: 1}
			for more := true; more; {
				of, err := s.People.List(ctx, s.Owner, c.f, p)
				s.OK(err)
				for _, r := range of.Rows {
					if got != "" {
						got += ","
					}
					got += r.DisplayName
					if r.Deleted {
						got += "†"
					}
					p.After = page.Position{ChangeNo: r.ChangeNo, ID: r.ID}
				}
				more = of.More
			}
			if got != c.want {
				t.Errorf("%s: %q, want %q", c.what, got, c.want)
			}
		}
	})
}

func TestRecency(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft := s.Craft("HB-KGA", "block")
		fly := func(pilot string, day time.Time, takeoffsDay, landingsDay, night int64) flight.ID {
			d := opstest.Trip(craft, pilot, 0)
			at := func(m int) merge.Field[clock.Time] {
				return merge.To(clock.Of(day.Add(time.Duration(m) * time.Minute)))
			}
			d.OffBlockAt, d.TakeoffAt, d.LandingAt, d.OnBlockAt = at(0), at(5), at(55), at(60)
			d.TakeoffsDay, d.LandingsDay, d.TakeoffsNight, d.LandingsNight = merge.To(takeoffsDay), merge.To(landingsDay), merge.To(night), merge.To(night)
			return s.Approve(d)
		}
		days := func(n int) time.Time { return opstest.Noon.AddDate(0, 0, -n) }
		for i, c := range []struct {
			what       string
			fly        func(pilot string)
			day, night string
			until      string
		}{
			{"never", func(string) {}, "unknown", "unknown", ""},
			{"today", func(p string) { fly(p, days(0), 3, 3, 0) }, "current", "expired", "2027-02-20"},
			{"night counts by day", func(p string) { fly(p, days(1), 0, 0, 3) }, "current", "current", "2027-02-19"},
			{"two landings", func(p string) { fly(p, days(1), 3, 2, 0) }, "expired", "expired", ""},
			{"touch and goes", func(p string) { fly(p, days(1), 1, 4, 0) }, "expired", "expired", ""},
			{"three days", func(p string) { fly(p, days(80), 1, 1, 0); fly(p, days(60), 1, 1, 0); fly(p, days(2), 1, 1, 0) }, "expiring", "expired", "2026-12-02"},
			{"the oldest no longer needed", func(p string) { fly(p, days(80), 3, 3, 0); fly(p, days(2), 3, 3, 0) }, "current", "expired", "2027-02-18"},
			{"last day", func(p string) { fly(p, days(90), 3, 3, 0) }, "expiring", "expired", "2026-11-22"},
			{"too long ago", func(p string) { fly(p, days(91), 3, 3, 3) }, "expired", "expired", ""},
			{"reversed", func(p string) {
				id := fly(p, days(3), 3, 3, 0)
				_, err := s.Posting.Reverse(ctx, s.Owner, id, "", 0)
				s.OK(err)
			}, "expired", "expired", ""},
		} {
			pilot := s.Person(fmt.Sprint("Pilot ", i))
			c.fly(pilot)
			p, err := s.People.Get(ctx, s.Owner, person.ID(pilot))
			s.OK(err)
			until := ""
			if p.Recency.ValidUntil != nil {
				until = *p.Recency.ValidUntil
			}
			if r := p.Recency; r.PassengersDay != c.day || r.PassengersNight != c.night || until != c.until {
				t.Errorf("%s: %s by day, %s at night, until %q", c.what, r.PassengersDay, r.PassengersNight, until)
			}
		}
	})
}

func TestDeleteOnlyWhoNeverFlew(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		draft := s.Draft(opstest.Trip(craft, pilot, 0))
		s.Refused(s.People.Delete(ctx, s.Owner, person.ID(pilot)), "person_in_use")
		s.OK(s.Flights.Delete(ctx, s.Owner, draft))
		s.OK(s.People.Delete(ctx, s.Owner, person.ID(pilot)))
		_, err := s.People.Get(ctx, s.Owner, person.ID(pilot))
		s.Refused(err, "person_not_found")
		_, err = s.Flights.Create(ctx, s.Owner, opstest.Trip(craft, pilot, 0))
		s.BadFields(err, "crew[0].person_id")
	})
}

func TestImported(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, known := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		s.Person("B. Twice")
		s.Person("B. Twice")
		batch := id.New()
		ensure := func(m person.Match) (found person.ID, created bool) {
			s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
				c, err := tx.Change(string(s.Org))
				if err != nil {
					return err
				}
				found, created, err = person.Ensure(tx, s.Owner, c, m, batch)
				return err
			}))
			return found, created
		}
		if found, created := ensure(person.Match{DisplayName: "A. Keller"}); string(found) != known || created {
			t.Errorf("found %s", found)
		}
		twice, created := ensure(person.Match{DisplayName: "B. Twice"})
		if !created {
			t.Error("one of two of the same name was taken")
		}
		byRef, created := ensure(person.Match{DisplayName: "A. Keller", ExternalRef: "ref"})
		again, second := ensure(person.Match{DisplayName: "Other", ExternalRef: "ref"})
		if !created || second || byRef != again || string(byRef) == known {
			t.Errorf("by reference: %s, %s", byRef, again)
		}
		s.Draft(opstest.Trip(craft, string(twice), 0))
		s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
			c, err := tx.Change(string(s.Org))
			if err != nil {
				return err
			}
			n, err := person.RemoveImported(tx, s.Owner, c, batch)
			if n != 1 {
				t.Errorf("%d removed", n)
			}
			return err
		}))
		_, err := s.People.Get(ctx, s.Owner, byRef)
		s.Refused(err, "person_not_found")
		_, err = s.People.Get(ctx, s.Owner, twice)
		s.OK(err)
	})
}
