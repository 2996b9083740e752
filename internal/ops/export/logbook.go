package export

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/text"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// logbook is what a person has flown, being read.
type logbook struct {
	ctx    context.Context
	read   reader
	org    scope.OrgID
	school string
	pilot  string // id
	holder holder
	lang   text.Lang
	now    clock.Time

	flights []flight.ID // in the order in which they were flown
	names   map[string]string
	fleet   map[string]craft
	engines map[string]byte // by type designator: '1', '2' …
	resolve func(string) reference.Place
}

// holder is whose logbook it is.
type holder struct {
	display, given, family string
	opening                balance
}

// name is the full one, where it is known.
func (h holder) name() string {
	return cmp.Or(strings.TrimSpace(h.given+" "+h.family), h.display)
}

// balance is the opening balance as the person's record keeps it.
type balance struct {
	Flight        int64 `json:"flight_s"`
	PIC           int64 `json:"pic_s"`
	Dual          int64 `json:"dual_s"`
	Night         int64 `json:"night_s"`
	IFR           int64 `json:"ifr_s"`
	LandingsDay   int64 `json:"landings_day"`
	LandingsNight int64 `json:"landings_night"`
}

// craft is what a logbook says of an aircraft or training device.
type craft struct {
	ID             string `json:"-"`
	Registration   string `json:"-"`
	TypeDesignator string `json:"type_designator"`
	Manufacturer   string `json:"manufacturer"`
	Model          string `json:"model"`
	Class          string `json:"class"`
	DeviceType     string `json:"device_type"`
	Year           int    `json:"year"`
}

// posted is what the ledger counted for the person, so that the logbook and the totals of the records agree.
type posted struct {
	flight                     flight.ID
	Flight, Night, IFR         int64
	LandingsDay, LandingsNight int64
}

// open reads what all rows of a logbook need.
func (s *Service) open(ctx context.Context, read reader, who scope.Principal, person string, lang text.Lang) (*logbook, error) {
	b := &logbook{ctx: ctx, read: read, org: who.Org, pilot: person, lang: lang, now: s.now(), resolve: s.places.Resolve,
		names: map[string]string{}, fleet: map[string]craft{}, engines: map[string]byte{}}
	var err error
	if b.holder, err = db.One(ctx, read, scanHolder, personOf, person, who.Org); db.NoRows(err) {
		return nil, fault.NotFoundFor("person")
	} else if err != nil {
		return nil, err
	}
	school, err := db.One(ctx, read, scanCalled, orgOf, who.Org)
	if err != nil {
		return nil, err
	}
	b.school = school.name
	people, err := db.All(ctx, read, scanPair, namesOf, who.Org)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		b.names[p.id] = p.name
	}
	crafts, err := db.All(ctx, read, scanCraft, fleetOf, who.Org)
	if err != nil {
		return nil, err
	}
	for _, c := range crafts {
		b.fleet[c.ID] = c
	}
	types, err := s.places.Types(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		if len(t.Description) > 1 {
			b.engines[t.Designator] = t.Description[1]
		}
	}
	b.flights, err = flight.FlownBy(ctx, read, who.Org, person)
	return b, err
}

// pageOf is how many flights are in memory at once.
const pageOf = 250

// each visits the flights in their order, page by page.
func (b *logbook) each(visit func([]*flight.Record) error) error {
	for ids := range slices.Chunk(b.flights, pageOf) {
		records, err := flight.Read(b.ctx, b.read, b.org, ids)
		if err != nil {
			return err
		}
		if err := visit(records); err != nil {
			return err
		}
	}
	return nil
}

// postings reads what the ledger counted for the person.
func (b *logbook) postings(records []*flight.Record) (map[flight.ID]posted, error) {
	ids := make([]flight.ID, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	found := make(map[flight.ID]posted, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	var w db.Where
	w.And("person_id = ?", b.pilot)
	w.And("entry = 'post'")
	db.In(&w, "flight_id", ids)
	rows, err := db.All(b.ctx, b.read, scanPosted, postedHead+w.SQL(), w.Args()...)
	for _, p := range rows {
		found[p.flight] = p
	}
	return found, err
}
