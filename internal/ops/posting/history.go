package posting

import (
	"cmp"
	"slices"

	"airside/internal/base/db"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// PostHistory enters flights that happened before the records here began, and posts them as approved, without events and
// in one pass. Nobody accepts their warnings; readings that overlap become one too, and then do not count as readings.
// It runs in the import's transaction, which calls it with chunks that take less than 50 ms.
func (s *Service) PostHistory(tx *db.Tx, who scope.Principal, records []*flight.Record) error {
	if len(records) == 0 {
		return nil
	}
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	if err := flight.Prepare(tx, who, c, records); err != nil {
		return err
	}
	h := &history{tx: tx, c: c, who: who, totals: newSums(), claimed: claims{}}
	if err := h.load(records); err != nil {
		return err
	}
	flown := slices.Clone(records)
	slices.SortStableFunc(flown, func(a, b *flight.Record) int { return cmp.Compare(a.Facts.FlownAt(), b.Facts.FlownAt()) })
	for _, r := range flown {
		if err := h.add(r, h.crafts[r.AircraftID]); err != nil {
			return err
		}
		h.approve(r)
	}
	if err := h.write(records); err != nil {
		return err
	}
	return audit.Append(tx, who, "flight.post_history", "organization", string(who.Org), map[string]any{"flights": len(records)})
}

// history gathers the rows of many postings.
type history struct {
	tx       *db.Tx
	c        *db.Change
	who      scope.Principal
	crafts   map[string]*fleet.Craft
	names    flight.Names
	aircraft [][]any
	pilots   [][]any
	claimed  claims
	totals   sums
}

// load reads the aircraft and the names of the crews.
func (h *history) load(records []*flight.Record) (err error) {
	var ids []string
	for _, r := range records {
		if r.AircraftID != "" && !slices.Contains(ids, r.AircraftID) {
			ids = append(ids, r.AircraftID)
		}
	}
	if h.crafts, err = fleet.ForPosting(h.tx, h.who.Org, ids...); err != nil {
		return err
	}
	h.names.Aircraft = make(map[string]flight.Aircraft, len(h.crafts))
	for id, craft := range h.crafts {
		h.names.Aircraft[id] = shownAs(craft)
	}
	h.names.People, err = flight.LoadPeople(h.tx, h.who.Org, records...)
	return err
}

// write writes the flights, the ledgers and the totals.
func (h *history) write(records []*flight.Record) error {
	if err := flight.InsertPrepared(h.tx, h.who.Org, records, h.names); err != nil {
		return err
	}
	if err := db.Bulk(h.tx, insertAircraftPosting, "", h.aircraft); err != nil {
		return err
	}
	if err := db.Bulk(h.tx, insertPilotPosting, "", h.pilots); err != nil {
		return err
	}
	_, err := h.totals.add(h.tx, h.who.Org, h.c)
	return err
}

func (h *history) add(r *flight.Record, craft *fleet.Craft) error {
	if craft != nil {
		if err := h.fly(r, craft); err != nil {
			return err
		}
	}
	people, entries := loggedBy(r)
	h.pilots = append(h.pilots, pilotRows(h.who.Org, h.c, r, people, entries)...)
	for _, p := range people {
		h.totals.log(p, entries[p])
	}
	return nil
}

// fly posts a flight. Its readings are compared with those of the ledger and of the flights that wait with it.
func (h *history) fly(r *flight.Record, craft *fleet.Craft) error {
	m := readings(&r.Facts, craft)
	found, err := checkMeters(h.tx, r, craft, m, h.claimed)
	if err != nil {
		return err
	}
	if found.overlaps != "" {
		warn(&r.Facts, flight.WarnOverlap)
		m.hobbsStart, m.hobbsEnd, m.tachoStart, m.tachoEnd = nil, nil, nil, nil
	}
	v := measureFor(&r.Facts, craft, found)
	h.totals.fly(r, flownAt(&r.Facts, h.c.At), v)
	h.claimed.add(r, m)
	h.aircraft = append(h.aircraft, aircraftRow(h.who.Org, h.c, r, v, m))
	return nil
}

func (h *history) approve(r *flight.Record) {
	f := &r.Facts
	r.Status = flight.StatusApproved
	if f.SubmittedAt == 0 {
		f.SubmittedAt, f.SubmittedBy = h.c.At, flight.ActorOf(h.who)
	}
	f.DecidedAt, f.DecidedBy, f.ApprovedAt = h.c.At, flight.ActorOf(h.who), h.c.At
}
