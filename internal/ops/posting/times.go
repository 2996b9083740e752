package posting

import (
	"strconv"
	"strings"
	"time"

	"airside/internal/base/db"
	"airside/internal/ops/flight"
	"airside/internal/platform/scope"
)

// longest bounds the search for a flight that began before and was still under way.
const longest = 24 * time.Hour

// timeOverlaps tells whether the aircraft or somebody who flew was on another flight, submitted or approved, meanwhile.
func timeOverlaps(tx db.View, org scope.OrgID, r *flight.Record) (bool, error) {
	f := &r.Facts
	if block, ok := f.Block(); !ok || block == 0 {
		return false, nil
	}
	args := []any{org, f.OffBlock.Add(-longest), f.OnBlock, r.ID, db.Null(r.AircraftID)}
	var people []string
	for _, c := range f.Crew {
		if c.Pilot() {
			args = append(args, c.PersonID)
			people = append(people, "$"+strconv.Itoa(len(args)))
		}
	}
	if len(people) == 0 {
		people = []string{"NULL"}
	}
	others, err := db.All(tx.Context(), tx, scanSpan, timeNeighboursHead+strings.Join(people, ", ")+timeNeighboursTail, args...)
	for _, o := range others {
		if o.From != 0 && o.From < f.OnBlock && o.To > f.OffBlock {
			return true, err
		}
	}
	return false, err
}
