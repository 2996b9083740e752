package posting

import (
	"context"
	"slices"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Reject sends a submitted flight back, with a code of flight.RejectionCodes and a note that may be empty. ifMatch
// is as for Approve.
func (s *Service) Reject(ctx context.Context, who scope.Principal, id flight.ID, code, note string, ifMatch int64) (flight.Managed, error) {
	if err := who.Need(scope.FlightsApprove); err != nil {
		return flight.Managed{}, err
	}
	var check fault.Check
	check.Require(slices.Contains(flight.RejectionCodes, code), "code", "one_of", "values", strings.Join(flight.RejectionCodes, ", "))
	check.Require(len([]rune(note)) <= 2000, "note", "too_long", "max", 2000)
	if err := check.Err(); err != nil {
		return flight.Managed{}, err
	}
	rejection := &flight.Rejection{Code: code}
	if note = strings.TrimSpace(note); note != "" {
		rejection.Note = &note
	}
	var shown flight.Managed
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		l, err := flight.Load(tx, who.Org, id)
		if err != nil {
			return err
		}
		r := &l.Record
		if err := stale(ifMatch, r); err != nil {
			return err
		}
		if r.Status != flight.StatusSubmitted {
			return flight.StateConflict(r.Status)
		}
		names, err := flight.LoadNames(tx, who.Org, r)
		if err != nil {
			return err
		}
		r.Status = flight.StatusRejected
		r.Facts.DecidedAt, r.Facts.DecidedBy, r.Facts.Rejection = c.At, flight.ActorOf(who), rejection
		if err := flight.Save(tx, who.Org, c, r, flight.StatusSubmitted, names); err != nil {
			return err
		}
		shown = r.Managed(names)
		data := event.FlightRejectedData{FlightData: r.EventData(names), RejectedBy: event.ActorOf(who), RejectedAt: c.At,
			Reason: event.Reason{Code: code, Note: rejection.Note}}
		if _, err := s.events.Append(tx, who.Org, event.FlightRejected, data); err != nil {
			return err
		}
		return audit.Append(tx, who, "flight.reject", "flight", string(r.ID), rejection)
	})
	return shown, err
}
