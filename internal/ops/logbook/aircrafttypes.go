package logbook

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// An AircraftType is a designator of ICAO document 8643.
type AircraftType struct {
	Designator   string
	Name         string
	Description  string // L1P: landplane, one piston engine
	WakeCategory string
}

// LoadAircraftTypes reads a list of designators as CSV, by the names of its columns. Errors name line and
// column.
func LoadAircraftTypes(r io.Reader) ([]AircraftType, error) {
	var list []AircraftType
	err := readList(r, "designator", func(row listRow) error {
		t := AircraftType{
			Designator: strings.ToUpper(row.cell("designator")), Name: row.cell("name"),
			Description: row.cell("description"), WakeCategory: row.cell("wake_category"),
		}
		if n := len(t.Designator); n < 2 || n > 4 {
			return row.fail("designator", fmt.Sprintf("%q is not a designator", t.Designator))
		}
		list = append(list, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Class is the rating class that the description settles: SEP, MEP, SET, HEL, or nothing.
func (t AircraftType) Class() string {
	if t.Description == "" {
		return ""
	}
	if t.Description[0] == 'H' {
		return "HEL"
	}
	switch t.Description {
	case "L1P", "S1P", "A1P":
		return "SEP"
	case "L2P", "S2P", "A2P":
		return "MEP"
	case "L1T", "S1T", "A1T":
		return "SET"
	}
	return ""
}

// typeAliases are the spellings in pilots' logbooks that mean one designator and no other. A family such as
// PA28 stays out: fixed gear, retractable and turbo have designators of their own.
var typeAliases = map[string]string{
	"BT13": "VALI", "BT13A": "VALI", "BT13B": "VALI",
	"A36": "BE36", "V35B": "BE35", "C23": "BE23",
	"R182": "C82R", "C182RG": "C82R", "T182": "C82S", "T182T": "C82S", "C172RG": "C72R", "C177RG": "C77R",
	"PA28140": "P28A", "PA28150": "P28A", "PA28151": "P28A", "PA28160": "P28A", "PA28161": "P28A",
	"PA28180": "P28A", "PA28181": "P28A",
	"PA28235": "P28B", "PA28236": "P28B", "PA28R180": "P28R", "PA28R200": "P28R", "PA28R201": "P28R",
	"PA28RT201": "P28T", "PA28RT201T": "P28T",
	"DA20": "DV20", "DA20A1": "DV20", "DA20C1": "DV20", "DA40D": "DA40", "DA40NG": "DA40",
	"DR400": "DR40", "DR400180": "DR40", "DR400140B": "DR40",
}

// cessnaVariant is a model letter after a Cessna that is its own designator: C172S, C172SP, C152II.
var cessnaVariant = regexp.MustCompile(`^(C1(?:50|52|72|77|82))(?:[A-Z]|SP|II)$`)

var makerPrefix = regexp.MustCompile(`^(?:CESSNA|PIPER|DIAMOND|BEECH|BEECHCRAFT|ROBIN|CONVAIR|VULTEE)[ -]?`)

// MapType finds the ICAO designator that a free text such as "BT-13" or "C172S" means. Unless it is certain,
// the text is returned as it was, with ok false. known is the set of designators.
func MapType(known map[string]bool, raw string) (designator string, ok bool) {
	raw = strings.TrimSpace(raw)
	upper := strings.ToUpper(raw)
	if known[upper] {
		return upper, true
	}
	bare := makerPrefix.ReplaceAllString(upper, "")
	if bare != upper && strings.HasPrefix(upper, "CESSNA") && !strings.HasPrefix(bare, "C") {
		bare = "C" + bare
	}
	bare = NormaliseRegistration(bare)
	candidate := typeAliases[bare]
	if variant := cessnaVariant.FindStringSubmatch(bare); candidate == "" && variant != nil {
		candidate = variant[1]
	}
	// PA-18 is PA18. Shorter ones are not certain: a Husky A-1 is no A1, which is the Skyraider.
	if candidate == "" && len(bare) == 4 {
		candidate = bare
	}
	if known[candidate] {
		return candidate, true
	}
	return raw, false
}

// CheckTypes reports each type of the file's aircraft that is not and does not map to a designator.
func (f *File) CheckTypes(known map[string]bool) {
	var found findings
	for _, a := range f.Aircraft {
		if a.TypeCode == "" {
			continue
		}
		if _, ok := MapType(known, a.TypeCode); !ok {
			found.add(func() Finding {
				return newFinding(SeverityWarning, a.Row, "", "type_not_icao", "value", a.TypeCode)
			})
		}
	}
	f.merge(found)
}
