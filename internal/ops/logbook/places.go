package logbook

import "strings"

// A Place is where a flight began or ended. Ident is always there; ICAO and Name are null for what no list
// knows, such as fields that have closed since.
type Place struct {
	ICAO  *string `json:"icao"`
	Ident string  `json:"ident"`
	Name  *string `json:"name"`
}

// Places looks identifiers up, in capitals. National answers with the canonical row of an identifier that
// a state gave out, such as the FAA's C83.
type Places interface {
	ICAO(ident string) (Place, bool)
	National(ident string) (Place, bool)
}

// ResolvePlace finds the aerodrome that a pilot meant: by ICAO code, then by national identifier, then by
// the American habit of leaving out the K of an ICAO code. What is found in none is kept as written.
func ResolvePlace(p Places, raw string) Place {
	written := strings.TrimSpace(raw)
	ident := strings.ToUpper(written)
	if place, ok := p.ICAO(ident); ok {
		return place
	}
	if place, ok := p.National(ident); ok {
		if byCode, found := p.ICAO(place.Ident); place.ICAO == nil && found {
			return byCode
		}
		return place
	}
	if len(ident) == 3 {
		if place, ok := p.ICAO("K" + ident); ok {
			return place
		}
	}
	return Place{Ident: written}
}

// known says whether a place was found in any list: each listed aerodrome has a code or a name.
func (p Place) known() bool { return p.ICAO != nil || p.Name != nil }

// CheckPlaces reports each identifier of the file that p does not know, once, at its first entry.
func (f *File) CheckPlaces(p Places) {
	f.checkPlaces(func(ident string) bool { return ResolvePlace(p, ident).known() })
}

func (f *File) checkPlaces(known func(ident string) bool) {
	type use struct{ row, last, entries int }
	var order []string
	uses := map[string]*use{}
	for i := range f.Entries {
		e := &f.Entries[i]
		for _, ident := range []string{e.From, e.To} {
			u := uses[ident]
			switch {
			case ident == "":
			case u == nil:
				uses[ident] = &use{e.Row, i, 1}
				order = append(order, ident)
			case u.last != i: // from and to are often the same
				u.last = i
				u.entries++
			}
		}
	}
	var found findings
	for _, ident := range order {
		if u := uses[ident]; !known(ident) {
			found.add(func() Finding {
				return newFinding(SeverityWarning, u.row, "", "unknown_place", "value", ident, "rows", itoa(u.entries))
			})
		}
	}
	f.merge(found)
}

// merge is for checks made after Parse; it keeps the findings in the order of the rows.
func (f *File) merge(more findings) {
	more.list = append(f.Findings, more.list...)
	f.Findings = more.close()
}
