package flight_test

import (
	"runtime"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
)

// TestInsertGivesUp: what goes wrong in rendering is an error of the write, and rendering ends with the insert.
func TestInsertGivesUp(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		insert := func(records []*flight.Record) error {
			return s.DB.Write(ctx, func(tx *db.Tx) error { return flight.InsertPrepared(tx, s.Org, records, flight.Names{}) })
		}
		if err := insert([]*flight.Record{nil}); err == nil || !strings.Contains(err.Error(), "panic in rendering") {
			t.Errorf("a flight that cannot be rendered: %v", err)
		}
		twice := make([]*flight.Record, 20_000)
		for i := range twice {
			twice[i] = &flight.Record{ID: flight.ID(id.New()), Number: id.New(), Status: flight.StatusDraft, Kind: "private"}
		}
		twice[1].ID = twice[0].ID
		if err := insert(twice); err == nil {
			t.Error("two flights with one id")
		}
		stacks := make([]byte, 1<<20)
		if stacks = stacks[:runtime.Stack(stacks, true)]; strings.Contains(string(stacks), "flight.(*Record).row") {
			t.Error("flights are rendered after the insert has failed")
		}
		if n := s.Count(`SELECT COUNT(*) FROM flights`); n != 0 {
			t.Errorf("%d flights", n)
		}
	})
}
