package posting

import (
	"slices"

	"airside/internal/base/db"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// historyChunk bounds the placeholders of a statement.
const historyChunk = 250

// Unpost removes flights, in the transaction that undoes their import: approved ones are reversed first, and all become
// tombstones. It is the exact inverse of PostHistory.
func (s *Service) Unpost(tx *db.Tx, who scope.Principal, ids []flight.ID) error {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, historyChunk) {
		if err := unpostChunk(tx, c, who.Org, chunk); err != nil {
			return err
		}
	}
	return audit.Append(tx, who, "flight.unpost", "organization", string(who.Org), map[string]any{"flights": len(ids)})
}

func unpostChunk(tx *db.Tx, c *db.Change, org scope.OrgID, ids []flight.ID) error {
	records, err := flight.LoadMany(tx, org, ids) // what was removed before is left out
	if err != nil {
		return err
	}
	var posted []flight.ID
	removed := make([]*flight.Record, len(records))
	for i := range records {
		r := &records[i]
		if r.Status == flight.StatusApproved {
			posted = append(posted, r.ID)
			r.Status = flight.StatusReversed
		}
		r.Deleted = true
		removed[i] = r
	}
	if len(posted) > 0 {
		if err := negate(tx, org, c, posted); err != nil {
			return err
		}
	}
	return flight.SaveMany(tx, org, c, removed, flight.Names{})
}
