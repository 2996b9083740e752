package flight

import (
	"context"
	"encoding/json"
	"strconv"

	"airside/internal/base/db"
	"airside/internal/base/job"
	"airside/internal/platform/scope"
)

// RenderJob is the kind of job that writes documents anew after somebody or something was renamed.
const RenderJob = "flight.render"

type renderPayload struct {
	Org      scope.OrgID `json:"org"`
	Person   string      `json:"person,omitempty"`
	Aircraft string      `json:"aircraft,omitempty"`
}

// PersonRenamed enqueues the new documents of a person's flights; it is person.Options.Renamed.
func PersonRenamed(tx *db.Tx, org scope.OrgID, id string) error {
	return enqueue(tx, renderPayload{Org: org, Person: id})
}

// AircraftRenamed is the same for an aircraft; it is fleet.Options.Renamed.
func AircraftRenamed(tx *db.Tx, org scope.OrgID, id string) error {
	return enqueue(tx, renderPayload{Org: org, Aircraft: id})
}

// enqueue gives each renaming a job of its own, because one that runs already may have passed a flight by.
func enqueue(tx *db.Tx, p renderPayload) error {
	c, err := tx.Change(string(p.Org))
	if err != nil {
		return err
	}
	return job.Enqueue(tx, RenderJob, p.Person+p.Aircraft+"/"+strconv.FormatInt(c.No, 10), p, tx.Now())
}

// renderChunk is how many flights are written at once, well under 50 ms.
const renderChunk = 100

// Render handles jobs of the kind RenderJob. It may run again after an interruption.
func (s *Service) Render(ctx context.Context, payload []byte) error {
	var p renderPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	query, subject := flightsOfPerson, p.Person
	if p.Aircraft != "" {
		query, subject = flightsOfAircraft, p.Aircraft
	}
	last := ID("")
	for {
		ids, err := db.All(ctx, s.db, db.Scalar[ID], query, p.Org, subject, last, renderChunk)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return renderAgain(tx, p.Org, ids) }); err != nil {
			return err
		}
		last = ids[len(ids)-1]
	}
}

func renderAgain(tx *db.Tx, org scope.OrgID, ids []ID) error {
	c, err := tx.Change(string(org))
	if err != nil {
		return err
	}
	records, err := LoadMany(tx, org, ids)
	if err != nil {
		return err
	}
	pointers := make([]*Record, len(records))
	for i := range records {
		pointers[i] = &records[i]
	}
	names, err := LoadNames(tx, org, pointers...)
	if err != nil {
		return err
	}
	return SaveMany(tx, org, c, pointers, names)
}
