package posting

import (
	"slices"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// historyChunk bounds the placeholders of a statement.
const historyChunk = 250

// PostHistory posts imported flights, drafts or submitted ones, as approved, without events: what happened before the
// records here began. Nobody accepts their warnings; readings that overlap become one too, and then do not count as
// readings. It runs in the import's transaction, which calls it with chunks that take less than 50 ms.
func (s *Service) PostHistory(tx *db.Tx, who scope.Principal, ids []flight.ID) error {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, historyChunk) {
		if err := postChunk(tx, c, who, chunk); err != nil {
			return err
		}
	}
	return audit.Append(tx, who, "flight.post_history", "organization", string(who.Org), map[string]any{"flights": len(ids)})
}

func postChunk(tx *db.Tx, c *db.Change, who scope.Principal, ids []flight.ID) error {
	records, err := loadAll(tx, who.Org, ids)
	if err != nil {
		return err
	}
	names, err := flight.LoadNames(tx, who.Org, records...)
	if err != nil {
		return err
	}
	crafts, err := fleet.ForPosting(tx, who.Org, sorted(names.Aircraft)...)
	if err != nil {
		return err
	}
	h := &history{tx: tx, c: c, who: who, totals: newSums()}
	for _, r := range records {
		if r.Status != flight.StatusDraft && r.Status != flight.StatusSubmitted {
			return flight.StateConflict(r.Status)
		}
		if err := h.add(r, crafts[r.AircraftID]); err != nil {
			return err
		}
		h.approve(r)
	}
	if err := flight.SaveMany(tx, who.Org, c, records, names); err != nil {
		return err
	}
	if err := db.Bulk(tx, insertAircraftPosting, "", h.aircraft); err != nil {
		return err
	}
	if err := db.Bulk(tx, insertPilotPosting, "", h.pilots); err != nil {
		return err
	}
	_, err = h.totals.add(tx, who.Org, c)
	return err
}

// loadAll reads the flights in the order in which they were flown.
func loadAll(tx *db.Tx, org scope.OrgID, ids []flight.ID) ([]*flight.Record, error) {
	loaded, err := flight.LoadMany(tx, org, ids)
	if err != nil {
		return nil, err
	}
	if len(loaded) != len(ids) {
		return nil, fault.NotFoundFor("flight")
	}
	records := make([]*flight.Record, len(loaded))
	for i := range loaded {
		records[i] = &loaded[i]
	}
	slices.SortStableFunc(records, func(a, b *flight.Record) int { return int(a.Facts.FlownAt() - b.Facts.FlownAt()) })
	return records, nil
}

// history gathers the rows of many postings.
type history struct {
	tx       *db.Tx
	c        *db.Change
	who      scope.Principal
	aircraft [][]any
	pilots   [][]any
	totals   sums
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

// fly posts a flight with readings at once, so that the next one's are compared with them; others wait for the bulk.
func (h *history) fly(r *flight.Record, craft *fleet.Craft) error {
	m := readings(&r.Facts, craft)
	found, err := checkMeters(h.tx, r, craft, m)
	if err != nil {
		return err
	}
	if found.overlaps != "" {
		warn(&r.Facts, flight.WarnOverlap)
		m.hobbsStart, m.hobbsEnd, m.tachoStart, m.tachoEnd = nil, nil, nil, nil
	}
	v := measureFor(&r.Facts, craft, found)
	h.totals.fly(r, flownAt(&r.Facts, h.c.At), v)
	row := aircraftRow(h.who.Org, h.c, r, v, m)
	if m.hobbsStart == nil && m.tachoStart == nil {
		h.aircraft = append(h.aircraft, row)
		return nil
	}
	return db.Bulk(h.tx, insertAircraftPosting, "", [][]any{row})
}

func (h *history) approve(r *flight.Record) {
	f := &r.Facts
	r.Status = flight.StatusApproved
	if f.SubmittedAt == 0 {
		f.SubmittedAt, f.SubmittedBy = h.c.At, flight.ActorOf(h.who)
	}
	f.DecidedAt, f.DecidedBy, f.ApprovedAt = h.c.At, flight.ActorOf(h.who), h.c.At
}
