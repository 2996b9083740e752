package fleet

import (
	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// Craft is what posting a flight needs to know of its aircraft.
type Craft struct {
	ID              string
	Registration    string
	TypeDesignator  *string
	Basis           string // what counts for maintenance: hobbs, tacho, block or airborne
	OpeningAirframe int64  // seconds
	OpeningLandings int64
	Hobbs, Tacho    Meter
}

// Meter is a clock in the panel, in hundredths of an hour.
type Meter struct{ m meter }

// At is the generation of the meter that was installed at a time: readings of two generations are never compared.
func (m Meter) At(t clock.Time) int64 { return m.m.at(t) }

// Noted is the reading noted by hand, if that was on this generation.
func (m Meter) Noted(generation int64) (reading int64, ok bool) {
	if m.m.Reading == nil || generation != int64(len(m.m.Replaced)) {
		return 0, false
	}
	return *m.m.Reading, true
}

// ForPosting reads aircraft by their ids; those that are nobody's are missing in the answer.
func ForPosting(tx db.View, org scope.OrgID, ids ...string) (map[string]*Craft, error) {
	found := make(map[string]*Craft, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	var w db.Where
	w.And("org_id || '' = ?", org) // so that the ids are looked up, not the fleet walked
	w.And("NOT deleted")
	db.In(&w, "id", ids)
	all, err := db.All(tx.Context(), tx, scanCraft, craftColumns+w.SQL(), w.Args()...)
	for _, c := range all {
		found[c.ID] = c
	}
	return found, err
}

func scanCraft(s db.Scanner) (*Craft, error) {
	c := &Craft{}
	var f db.JSON[facts]
	err := s.Scan(&c.ID, &c.Registration, &f)
	c.TypeDesignator, c.Basis = f.V.TypeDesignator, f.V.MaintenanceBasis
	c.OpeningAirframe, c.OpeningLandings = f.V.Opening.Airframe, f.V.Opening.Landings
	c.Hobbs, c.Tacho = Meter{f.V.Hobbs}, Meter{f.V.Tacho}
	return c, err
}
