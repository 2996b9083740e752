package person

import (
	"strings"

	"airside/internal/base/clock"
	"airside/internal/ops/reference"
)

// record is a person as the table keeps one, with what postings have added up.
type record struct {
	ID          string
	ExternalRef *string
	MemberNo    *string
	DisplayName string
	GivenName   string
	FamilyName  string
	Roles       []string
	Status      string
	Licences    []Licence
	Ratings     []Rating
	HomeBase    *reference.Place
	Opening     sums
	ImportID    *string
	Deleted     bool
	CreatedAt   clock.Time
	UpdatedAt   clock.Time
	ChangeNo    int64
	SortName    string

	Posted   sums
	PostedAt clock.Time
}

// sums are durations in seconds and counts of landings.
type sums struct {
	Flight        int64 `json:"flight_s,omitempty"`
	PIC           int64 `json:"pic_s,omitempty"`
	Dual          int64 `json:"dual_s,omitempty"`
	Night         int64 `json:"night_s,omitempty"`
	IFR           int64 `json:"ifr_s,omitempty"`
	LandingsDay   int64 `json:"landings_day,omitempty"`
	LandingsNight int64 `json:"landings_night,omitempty"`
}

func (s sums) negative() bool {
	return min(s.Flight, s.PIC, s.Dual, s.Night, s.IFR, s.LandingsDay, s.LandingsNight) < 0
}

func (o Opening) seconds() sums {
	return sums{Flight: o.FlightMin * 60, PIC: o.PICMin * 60, Dual: o.DualMin * 60, Night: o.NightMin * 60,
		IFR: o.IFRMin * 60, LandingsDay: o.LandingsDay, LandingsNight: o.LandingsNight}
}

func (s sums) opening() Opening {
	return Opening{FlightMin: s.Flight / 60, PICMin: s.PIC / 60, DualMin: s.Dual / 60, NightMin: s.Night / 60,
		IFRMin: s.IFR / 60, LandingsDay: s.LandingsDay, LandingsNight: s.LandingsNight}
}

// totals adds the posted flights to the opening balance.
func (r *record) totals() Totals {
	o, p := r.Opening, r.Posted
	t := Totals{
		FlightMin:     (o.Flight + p.Flight) / 60,
		PICMin:        (o.PIC + p.PIC) / 60,
		DualMin:       (o.Dual + p.Dual) / 60,
		NightMin:      (o.Night + p.Night) / 60,
		IFRMin:        (o.IFR + p.IFR) / 60,
		LandingsDay:   o.LandingsDay + p.LandingsDay,
		LandingsNight: o.LandingsNight + p.LandingsNight,
		AsOf:          r.PostedAt,
	}
	if t.AsOf == 0 {
		t.AsOf = r.CreatedAt
	}
	return t
}

// search is what the filter q looks in.
func (r *record) search() string {
	parts := []string{r.DisplayName, r.GivenName, r.FamilyName}
	for _, p := range []*string{r.MemberNo, r.ExternalRef} {
		if p != nil {
			parts = append(parts, *p)
		}
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

func (r *record) person(recent Recency) Person {
	return Person{
		Pilot: Pilot{
			ID: r.ID, ExternalRef: r.ExternalRef, MemberNo: r.MemberNo, DisplayName: r.DisplayName,
			GivenName: r.GivenName, FamilyName: r.FamilyName, Roles: r.Roles, Status: r.Status,
			Licences: r.Licences, Ratings: r.Ratings, HomeBase: r.HomeBase, Totals: r.totals(), Recency: recent,
			CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, ChangeNo: r.ChangeNo, Deleted: r.Deleted,
		},
		Opening:  r.Opening.opening(),
		ImportID: r.ImportID,
	}
}
