package logbook

import (
	"cmp"
	"strings"
)

// session makes the row one on a training device. What is known of the device goes to its aircraft.
func (r *rowReader) session(name, device string) {
	e := r.entry
	r.kind = KindFSTD
	e.Registration = cmp.Or(e.Registration, cut(name, 20), "FSTD")
	r.plane.IsSimulator, r.plane.Class = true, "FSTD"
	r.plane.DeviceType = cmp.Or(deviceType(device), deviceType(name), deviceType(e.Registration))
}

// teacher makes the commander of a flight with dual time its instructor: that is who it was.
func (r *rowReader) teacher() {
	e := r.entry
	if e.Durations.DualReceived == 0 || e.Instructor != "" || instructorAmong(e.Persons) != "" {
		return
	}
	for _, p := range e.Persons {
		if p.Role == "pic" {
			e.Instructor = p.Name
			return
		}
	}
}

// personIn is the name of the first person in a role.
func personIn(persons []Person, role string) string {
	for _, p := range persons {
		if p.Role == role {
			return p.Name
		}
	}
	return ""
}

// sameName compares names as people write them: Keller, Anna is Anna Keller.
func sameName(a, b string) bool { return a != "" && nameKey(a) == nameKey(b) }

func nameKey(name string) string {
	if last, first, found := strings.Cut(name, ","); found {
		name = first + " " + last
	}
	return folded(name)
}
