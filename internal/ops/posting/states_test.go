package posting_test

import (
	"context"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/platform/scope"
)

var ctx = context.Background()

// verbs are all that can be done to a flight, and the states that allow it.
var verbs = []struct {
	name string
	do   func(s *opstest.School, id flight.ID) error
	from map[flight.Status]flight.Status // allowed: state before → state after
}{
	{"update", func(s *opstest.School, id flight.ID) error {
		_, err := s.Flights.Update(ctx, s.Owner, id, flight.Draft{Remarks: merge.To("changed")}, 0)
		return err
	}, map[flight.Status]flight.Status{"draft": "draft", "rejected": "draft"}},
	{"submit", func(s *opstest.School, id flight.ID) error {
		_, err := s.Flights.Submit(ctx, s.Owner, id)
		return err
	}, map[flight.Status]flight.Status{"draft": "submitted"}},
	{"withdraw", func(s *opstest.School, id flight.ID) error {
		_, err := s.Flights.Withdraw(ctx, s.Owner, id)
		return err
	}, map[flight.Status]flight.Status{"submitted": "draft"}},
	{"approve", func(s *opstest.School, id flight.ID) error {
		_, err := s.Posting.Approve(ctx, s.Owner, id, false, 0)
		return err
	}, map[flight.Status]flight.Status{"submitted": "approved"}},
	{"reject", func(s *opstest.School, id flight.ID) error {
		_, err := s.Posting.Reject(ctx, s.Owner, id, "incomplete", "where to?", 0)
		return err
	}, map[flight.Status]flight.Status{"submitted": "rejected"}},
	{"reverse", func(s *opstest.School, id flight.ID) error {
		_, err := s.Posting.Reverse(ctx, s.Owner, id, "wrong", 0)
		return err
	}, map[flight.Status]flight.Status{"approved": "reversed"}},
	{"delete", func(s *opstest.School, id flight.ID) error {
		return s.Flights.Delete(ctx, s.Owner, id)
	}, map[flight.Status]flight.Status{"draft": "deleted"}},
}

// inState makes a flight and brings it to a state.
func inState(s *opstest.School, d flight.Draft, state flight.Status) flight.ID {
	s.Helper()
	if state == flight.StatusDraft {
		return s.Draft(d)
	}
	id := s.Submit(d)
	var err error
	switch state {
	case flight.StatusApproved:
		_, err = s.Posting.Approve(ctx, s.Owner, id, false, 0)
	case flight.StatusRejected:
		_, err = s.Posting.Reject(ctx, s.Owner, id, "other", "", 0)
	case flight.StatusReversed:
		if _, err = s.Posting.Approve(ctx, s.Owner, id, false, 0); err == nil {
			_, err = s.Posting.Reverse(ctx, s.Owner, id, "", 0)
		}
	}
	s.OK(err)
	return id
}

func TestEveryVerbInEveryState(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		for k, state := range flight.Statuses {
			for i, v := range verbs {
				id := inState(s, opstest.Trip(craft, pilot, k*len(verbs)+i), flight.Status(state))
				err := v.do(s, id)
				after, allowed := v.from[flight.Status(state)]
				if !allowed {
					f := s.Refused(err, "state_conflict")
					if f.Kind != fault.Conflict || f.Extra["state"] != flight.Status(state) {
						t.Errorf("%s of a flight that is %s: %v, state %v", v.name, state, f, f.Extra["state"])
					}
					after = flight.Status(state)
				} else if err != nil {
					t.Errorf("%s of a flight that is %s: %v", v.name, state, err)
				}
				f, err := s.Flights.Get(ctx, s.Owner, id)
				if after == "deleted" {
					s.Refused(err, "flight_not_found")
				} else if f.Status != after {
					t.Errorf("%s of a flight that is %s made it %s, want %s", v.name, state, f.Status, after)
				}
			}
		}
		s.Clean()
	})
}

func TestAFlightsWay(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		id := s.Submit(opstest.Trip(craft, pilot, 0))
		f, err := s.Posting.Reject(ctx, s.Owner, id, "wrong_aircraft", "it was HB-KGB", 0)
		s.OK(err)
		if f.Rejection == nil || f.Rejection.Code != "wrong_aircraft" || *f.Rejection.Note != "it was HB-KGB" || f.DecidedBy == nil {
			t.Errorf("rejection %+v by %+v", f.Rejection, f.DecidedBy)
		}
		f, err = s.Flights.Update(ctx, s.Owner, id, flight.Draft{Remarks: merge.To("secret"), ExternalRef: merge.To("17")}, 0)
		s.OK(err)
		if f.Rejection != nil || f.DecidedAt != 0 || f.SubmittedAt != 0 {
			t.Errorf("a draft again, but %+v", f)
		}
		if f.Flight.Remarks != nil || *f.Remarks != "secret" {
			t.Errorf("public remarks %v, own %v", f.Flight.Remarks, f.Remarks)
		}
		_, err = s.Flights.Submit(ctx, s.Owner, id)
		s.OK(err)
		f, err = s.Posting.Approve(ctx, s.Owner, id, false, 0)
		s.OK(err)
		if f.Number != "F-2026-00001" || f.ApprovedAt == 0 || f.ApprovedAt != f.DecidedAt || *f.BlockMin != 60 || *f.LoggedMin != 60 || *f.AirborneMin != 48 {
			t.Errorf("approved %+v", f)
		}
		reversed, err := s.Posting.Reverse(ctx, s.Owner, id, "wrong again", 0)
		s.OK(err)
		copied, err := s.Flights.Get(ctx, s.Owner, flight.ID(*reversed.ReversedByID))
		s.OK(err)
		if copied.Status != "draft" || *copied.ReversesID != string(id) || copied.Number != "F-2026-00002" || copied.ApprovedAt != 0 ||
			len(copied.Crew) != 1 || *copied.Remarks != "secret" {
			t.Errorf("the corrected copy is %+v", copied)
		}
		_, err = s.Flights.Submit(ctx, s.Owner, flight.ID(copied.ID))
		s.OK(err)
		_, err = s.Posting.Approve(ctx, s.Owner, flight.ID(copied.ID), false, 0)
		s.OK(err)
		want := []string{"flight.submitted", "flight.rejected", "flight.submitted", "flight.approved", "flight.submitted", "flight.approved"}
		if got := s.EventTypes(); len(got) != len(want) {
			t.Errorf("events %v", got)
		}
		s.Clean()
	})
}

func TestRemovingACorrectionUnnamesIt(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		id := s.Approve(opstest.Trip(craft, pilot, 0))
		reversed, err := s.Posting.Reverse(ctx, s.Owner, id, "wrong", 0)
		s.OK(err)
		s.OK(s.Flights.Delete(ctx, s.Owner, flight.ID(*reversed.ReversedByID)))
		f, err := s.Flights.Get(ctx, s.Owner, id)
		s.OK(err)
		if f.Status != flight.StatusReversed || f.ReversedByID != nil || f.ChangeNo <= reversed.ChangeNo || f.Aircraft.Registration != "HB-KGA" {
			t.Errorf("the original is %+v", f.Flight)
		}
		if n := s.Count(`SELECT count(*) FROM flights WHERE reversed_by_id IS NOT NULL`); n != 0 {
			t.Errorf("%d flights name a correction", n)
		}

		imported := s.Approve(opstest.Trip(craft, pilot, 1))
		reversed, err = s.Posting.Reverse(ctx, s.Owner, imported, "wrong", 0)
		s.OK(err)
		s.OK(s.DB.Write(ctx, func(tx *db.Tx) error { return s.Posting.Unpost(tx, s.Owner, []flight.ID{imported}) }))
		s.OK(s.Flights.Delete(ctx, s.Owner, flight.ID(*reversed.ReversedByID)))
		s.Clean()
	})
}

func TestRights(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, keller, other := s.Craft("HB-KGA", "block"), s.Person("A. Keller"), s.Person("B. Other")
		member := s.As(scope.Member, keller)
		stranger := s.As(scope.Member, other)
		byOwner := s.Draft(opstest.Trip(craft, keller, 0))

		if _, err := s.Flights.Update(ctx, member, byOwner, flight.Draft{Remarks: merge.To("mine")}, 0); err != nil {
			t.Errorf("one's own flight, as crew: %v", err)
		}
		_, err := s.Flights.Update(ctx, stranger, byOwner, flight.Draft{}, 0)
		s.Refused(err, "flight_not_found")
		_, err = s.Flights.Submit(ctx, stranger, byOwner)
		s.Refused(err, "flight_not_found")
		_, err = s.Flights.Get(ctx, stranger, byOwner)
		s.Refused(err, "flight_not_found")
		_, err = s.Flights.Get(ctx, member, byOwner)
		s.OK(err)

		f, err := s.Flights.Create(ctx, member, opstest.Trip(craft, keller, 1))
		s.OK(err)
		if _, err := s.Flights.Submit(ctx, member, flight.ID(f.ID)); err != nil {
			t.Errorf("one's own flight, as its author: %v", err)
		}
		_, err = s.Posting.Approve(ctx, member, flight.ID(f.ID), false, 0)
		s.Refused(err, "insufficient_scope")
		_, err = s.Posting.Reject(ctx, member, flight.ID(f.ID), "other", "", 0)
		s.Refused(err, "insufficient_scope")
		_, err = s.Posting.Reverse(ctx, s.As(scope.Instructor, ""), flight.ID(f.ID), "", 0)
		s.Refused(err, "insufficient_scope")

		neighbour := s.Found("neighbours")
		for _, v := range verbs {
			theirs := *s
			theirs.Owner = neighbour.Owner
			s.Refused(v.do(&theirs, flight.ID(f.ID)), "flight_not_found")
		}
	})
}

func TestNobodyApprovesWhatTheyAloneCommanded(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, fi, student := s.Craft("HB-KGA", "block"), s.Person("F. Instructor"), s.Person("S. Student")
		instructor := s.As(scope.Instructor, fi)

		own := s.Submit(opstest.Trip(craft, fi, 0))
		_, err := s.Posting.Approve(ctx, instructor, own, false, 0)
		if f := s.Refused(err, "sole_pic"); f.Kind != fault.Forbidden {
			t.Errorf("kind %v", f.Kind)
		}
		lesson := opstest.Trip(craft, fi, 1)
		lesson.Crew = merge.To([]flight.CrewDraft{{PersonID: student, Function: "student", DualMin: 60}, {PersonID: fi, Function: "instructor", InstructorMin: 60}})
		_, err = s.Posting.Approve(ctx, instructor, s.Submit(lesson), false, 0)
		s.Refused(err, "sole_pic")
		solo := opstest.Trip(craft, fi, 2)
		solo.Crew = merge.To([]flight.CrewDraft{{PersonID: student, Function: "student", SoloMin: 60, PICMin: 60}})
		_, err = s.Posting.Approve(ctx, instructor, s.Submit(solo), false, 0)
		s.OK(err)

		yes := true
		s.Settings(orgPatch(&yes, nil))
		_, err = s.Posting.Approve(ctx, instructor, own, false, 0)
		s.OK(err)
	})
}

func TestLockDate(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		approved := s.Approve(opstest.Trip(craft, pilot, 0))
		submitted := s.Submit(opstest.Trip(craft, pilot, 1))
		draft := s.Draft(opstest.Trip(craft, pilot, 2))
		onTheDay := s.Draft(opstest.Trip(craft, pilot, 3))
		lock := "2026-03-04"
		s.Settings(orgPatch(nil, &lock))
		_, err := s.Posting.Reverse(ctx, s.Owner, approved, "", 0)
		s.Refused(err, "period_locked")
		_, err = s.Posting.Approve(ctx, s.Owner, submitted, false, 0)
		s.Refused(err, "period_locked")
		_, err = s.Flights.Submit(ctx, s.Owner, draft)
		s.Refused(err, "period_locked")
		_, err = s.Flights.Submit(ctx, s.Owner, onTheDay)
		s.OK(err)
		s.Clean()
	})
}

// TestDecidesUponWhatWasSeen takes a flight back, changes it and hands it in again while somebody looks at it.
func TestDecidesUponWhatWasSeen(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("A. Keller")
		id := s.Submit(opstest.Trip(craft, pilot, 0))
		seen, err := s.Flights.Get(ctx, s.Owner, id)
		s.OK(err)
		_, err = s.Flights.Withdraw(ctx, s.Owner, id)
		s.OK(err)
		_, err = s.Flights.Update(ctx, s.Owner, id, flight.Draft{LandingsDay: merge.To(int64(9))}, 0)
		s.OK(err)
		now, err := s.Flights.Submit(ctx, s.Owner, id)
		s.OK(err)
		_, err = s.Posting.Approve(ctx, s.Owner, id, true, seen.ChangeNo)
		s.Refused(err, "precondition_failed")
		_, err = s.Posting.ApproveWith(ctx, s.Owner, id, nil, seen.ChangeNo)
		s.Refused(err, "precondition_failed")
		_, err = s.Posting.Reject(ctx, s.Owner, id, "other", "", seen.ChangeNo)
		s.Refused(err, "precondition_failed")
		approved, err := s.Posting.ApproveWith(ctx, s.Owner, id, nil, now.ChangeNo)
		s.OK(err)
		_, err = s.Posting.Reverse(ctx, s.Owner, id, "", now.ChangeNo)
		s.Refused(err, "precondition_failed")
		_, err = s.Posting.Reverse(ctx, s.Owner, id, "", approved.ChangeNo)
		s.OK(err)
	})
}
