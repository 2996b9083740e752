package logbook

import "cmp"

// settleOwner finds out which of the names in command is that of the logbook's owner, who is not another person on
// board, and gives the time in command to the owner where the row says nothing but the name. It comes after the
// fingerprints: a longer file, which shows more, must not make other rows of the same ones.
func settleOwner(b *book) {
	owner := b.options.Owner
	if owner == "" {
		owner = b.guessCommander()
	}
	derived, said := false, owner != ""
	for i := range b.file.Entries {
		e := &b.file.Entries[i]
		kept := e.Persons[:0]
		for _, p := range e.Persons {
			if sameName(p.Name, owner) {
				e.selfPIC = e.selfPIC || p.Role == "pic"
				continue
			}
			kept = append(kept, p)
		}
		if e.Persons = kept; len(kept) == 0 {
			e.Persons = nil
		}
		if sameName(e.Instructor, owner) {
			e.Instructor = ""
		}
		said = said || e.selfPIC || len(e.Persons) == 0
		d := &e.Durations
		functions := d.PIC + d.SIC + d.PICUS + d.DualReceived + d.DualGiven + d.Solo + d.Examiner + d.SafetyPilot
		said = said || functions > 0
		if e.selfPIC && functions == 0 && e.Kind == KindFlight && d.Total > 0 {
			d.PIC = d.Total
			derived = true
		}
	}
	if derived {
		b.report(SeverityInfo, 0, "", "pic_from_name")
	}
	if !said && len(b.file.Entries) > 0 {
		b.report(SeverityWarning, 0, "", "owner_unknown")
	}
}

// guessCommander takes the one name that stands in command wherever the owner logged the whole flight as PIC.
func (b *book) guessCommander() string {
	names, spelt := map[string]int{}, map[string]string{}
	all := 0
	for i := range b.file.Entries {
		e := &b.file.Entries[i]
		d := e.Durations
		if e.selfPIC {
			b.guess("owner", "", "SELF", 100, "self_written")
			return ""
		}
		if e.Kind != KindFlight || d.PIC == 0 || d.PIC < d.Total || d.SIC+d.PICUS+d.DualReceived > 0 {
			continue
		}
		if name := personIn(e.Persons, "pic"); name != "" {
			all++
			key := nameKey(name)
			names[key]++
			spelt[key] = cmp.Or(spelt[key], name)
		}
	}
	return b.owner(names, spelt, all, "by_pic_times")
}

// guessPresent takes the one name that stands on nearly every flight, at whichever seat.
func (b *book) guessPresent() string {
	names, spelt := map[string]int{}, map[string]string{}
	for i := range b.file.Entries {
		for _, p := range b.file.Entries[i].Persons {
			key := nameKey(p.Name)
			names[key]++
			spelt[key] = cmp.Or(spelt[key], p.Name)
		}
	}
	return b.owner(names, spelt, len(b.file.Entries), "by_presence")
}

// owner settles on the most frequent name, if it is nearly everywhere and no other is.
func (b *book) owner(names map[string]int, spelt map[string]string, all int, code string) string {
	best, next := "", 0
	for key, n := range names {
		switch {
		case n > names[best] || n == names[best] && key < best:
			next = max(next, names[best])
			best = key
		default:
			next = max(next, n)
		}
	}
	n := names[best]
	if n < 2 || n == next || percent(n, all) < 90 {
		return ""
	}
	b.guess("owner", "", spelt[best], percent(n, all)-5, code)
	return spelt[best]
}
