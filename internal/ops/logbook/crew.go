package logbook

import (
	"slices"
	"strings"
	"time"

	"airside/internal/ops/flight"
)

// crewOf is who was on board: the pilot whose logbook it is, those of the others whom people says who they are, and
// passengers, who are never named.
func (p *plan) crewOf(e *Entry, pilot string, people map[string]match) []flight.Crew {
	if e.carried != nil {
		return e.carried.crewFor(pilot, people)
	}
	crew := []flight.Crew{p.pilot(e, pilot)}
	for _, o := range others(e) {
		if len(crew) == maxCrew {
			break
		}
		if o.Function == flight.FunctionPassenger {
			crew = append(crew, o.Crew)
			continue
		}
		who := people[o.name]
		on := slices.ContainsFunc(crew, func(c flight.Crew) bool { return c.PersonID == who.id })
		if who.id == "" || who.several || on {
			continue
		}
		o.PersonID = who.id
		crew = append(crew, o.Crew)
	}
	return crew
}

// maxCrew is how many a flight's crew can have.
const maxCrew = 20

// pilot is what the owner of the logbook was on this flight, by the columns that say so, with the times as logged.
func (p *plan) pilot(e *Entry, id string) flight.Crew {
	d := e.Durations
	c := flight.Crew{PersonID: id, PIC: d.PIC, Dual: d.DualReceived, Instructor: d.DualGiven, Copilot: d.SIC, Solo: d.Solo,
		PICUS: d.PICUS}
	switch {
	case d.DualGiven > 0:
		c.Function = flight.FunctionInstructor
	case d.DualReceived > 0, p.solo.has(e):
		c.Function = flight.FunctionStudent
	case d.PICUS > 0, d.SIC > 0 && d.PIC == 0:
		c.Function = flight.FunctionCopilot
	case d.Examiner > 0:
		c.Function = flight.FunctionExaminer
	case d.SafetyPilot > 0 && d.PIC == 0:
		c.Function = flight.FunctionSafety
	default:
		c.Function = flight.FunctionPIC
		if !p.functions { // a logbook without such columns is of somebody who flies alone
			c.PIC = e.total()
		}
	}
	return c
}

// other is somebody else on board, with the name that the file has for them.
type other struct {
	flight.Crew
	name string
	role string // in the organization, if they have to be added
}

// others are those on board besides the owner of the logbook, as far as their roles say what they did there.
func others(e *Entry) []other {
	if e.carried != nil {
		return e.carried.others()
	}
	var list []other
	d := e.Durations
	if e.Instructor != "" && d.DualReceived > 0 {
		list = append(list, other{flight.Crew{Function: flight.FunctionInstructor, Instructor: d.DualReceived}, e.Instructor, "instructor"})
	}
	for _, p := range e.Persons {
		o := other{name: p.Name, role: "pilot"}
		switch role := strings.ReplaceAll(p.Role, "_", ""); {
		case strings.Contains(role, "passenger"):
			o.Function, o.name = flight.FunctionPassenger, ""
		case strings.Contains(role, "student"):
			if d.DualGiven == 0 {
				continue
			}
			o.Function, o.Dual, o.role = flight.FunctionStudent, d.DualGiven, "student"
		case strings.Contains(role, "examiner"):
			o.Function, o.role = flight.FunctionExaminer, "examiner"
		case strings.Contains(role, "safety"):
			o.Function = flight.FunctionSafety
		case role == "pic" || role == "captain" || role == "commander":
			o.Function, o.PIC = flight.FunctionPIC, e.total()
		case role == "sic" || role == "copilot" || role == "firstofficer":
			o.Function, o.Copilot = flight.FunctionCopilot, e.total()
		default:
			continue
		}
		list = append(list, o)
	}
	for i := range list {
		list[i].name = cut(strings.TrimSpace(list[i].name), 100)
	}
	return list
}

// soloTraining tells a student's solo flights from those of somebody who just flies alone, which American logbooks
// keep in one column: the former come within 90 days of instruction, as the endorsement for them lasts, and before
// a test was flown.
type soloTraining struct{ students map[*Entry]bool }

const endorsed = 90 * 24 * time.Hour

func soloTrainingOf(entries []*Entry) soloTraining {
	s := soloTraining{map[*Entry]bool{}}
	byDay := slices.Clone(entries)
	slices.SortStableFunc(byDay, func(a, b *Entry) int { return a.Date.Compare(b.Date) })
	var taught time.Time
	for i := 0; i < len(byDay); {
		same := i
		for same < len(byDay) && byDay[same].Date.Equal(byDay[i].Date) { // the order within a day is not known
			if byDay[same].Durations.DualReceived > 0 {
				taught = byDay[i].Date
			}
			same++
		}
		for _, e := range byDay[i:same] {
			if e.Durations.Solo > 0 && !taught.IsZero() && e.Date.Sub(taught) <= endorsed {
				s.students[e] = true
			}
		}
		for _, e := range byDay[i:same] {
			if e.Checkride {
				return s
			}
		}
		i = same
	}
	return s
}

func (s soloTraining) has(e *Entry) bool { return s.students[e] }
