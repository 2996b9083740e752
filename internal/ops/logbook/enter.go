package logbook

import (
	"context"
	"slices"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// runCommit enters the rows that are still missing, in writes that each do some of them completely and say so in the
// same transaction. So it can be cut short anywhere and run again, and even by two at once.
func (s *Service) runCommit(ctx context.Context, who scope.Principal, id ID) error {
	r, err := load(ctx, s.db, who.Org, id)
	if err != nil || r.Status != StatusCommitting {
		return err
	}
	p, err := s.plan(ctx, who.Org, &r)
	if db.NoRows(err) { // another worker has just finished, and dropped the file
		return nil
	}
	if err != nil {
		return err
	}
	for speed, more := newPace(), true; more; speed.adapt() {
		err := s.db.Write(db.Alone(ctx), func(tx *db.Tx) (err error) {
			defer speed.measure(time.Now())
			more, err = s.enterSome(tx, who, id, p, speed.rows)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) plan(ctx context.Context, org scope.OrgID, r *stored) (*plan, error) {
	content, err := db.One(ctx, s.db, db.Scalar[[]byte], getContent, r.ID, org)
	if err != nil {
		return nil, err
	}
	f, err := readLogbook(r.FileName, content, r.Choices.Mapping)
	if err != nil {
		return nil, err
	}
	designators, err := s.designators(ctx)
	if err != nil {
		return nil, err
	}
	p := planOf(f, r.FileName, designators, s.places.Resolve)
	p.asText = r.Choices.asText()
	return p, nil
}

// enterSome deals with up to n rows, from the first that has not been dealt with.
func (s *Service) enterSome(tx *db.Tx, who scope.Principal, id ID, p *plan, n int) (more bool, err error) {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return false, err
	}
	r, err := load(tx.Context(), tx, who.Org, id)
	if err != nil || r.Status != StatusCommitting {
		return false, err
	}
	from := min(int(r.Done), len(p.entries))
	entries := p.entries[from:min(from+n, len(p.entries))]
	in := &entering{s: s, tx: tx, c: c, who: who, r: &r, p: p}
	created, err := in.enter(entries)
	if err != nil {
		return false, err
	}
	r.Done, r.Total = r.Done+int64(len(entries)), int64(len(p.entries))
	r.Created += int64(created)
	r.Unchanged += int64(len(entries) - created)
	if more = int(r.Done) < len(p.entries); !more {
		r.Status = StatusCommitted
		if err := r.settled(tx, who.Org); err != nil {
			return false, err
		}
		if _, err := tx.Exec(dropContent, r.ID, who.Org); err != nil {
			return false, err
		}
		if err := audit.Append(tx, who, "import.committed", "import", string(id),
			map[string]any{"created": r.Created, "unchanged": r.Unchanged}); err != nil {
			return false, err
		}
	}
	return more, r.save(tx, who, c, StatusCommitting)
}

// entering is one write of a commit.
type entering struct {
	s   *Service
	tx  *db.Tx
	c   *db.Change
	who scope.Principal
	r   *stored
	p   *plan
}

// enter makes flights of those entries that the records do not hold yet.
func (in *entering) enter(entries []*Entry) (created int, err error) {
	entries, err = in.missing(entries)
	if err != nil {
		return 0, err
	}
	fresh, ids, err := in.claim(entries)
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	aircraft, err := in.aircraft(fresh)
	if err != nil {
		return 0, err
	}
	people, err := in.people(fresh)
	if err != nil {
		return 0, err
	}
	records := make([]*flight.Record, len(fresh))
	for i, e := range fresh {
		rec := in.p.record(e)
		key, session := in.p.on(e)
		rec.ID, rec.ImportID, rec.Status = ids[i], string(in.r.ID), flight.StatusDraft
		rec.AircraftID, rec.Facts.FSTD = string(aircraft[key]), session
		rec.Facts.Crew = in.p.crewOf(e, in.r.PilotID, people)
		records[i] = rec
	}
	switch in.r.Mode {
	case AsSubmitted:
		return len(records), in.submit(records)
	case AsHistory:
		return len(records), in.s.post(in.tx, in.who, records)
	}
	return len(records), flight.InsertMany(in.tx, in.who, in.c, records)
}

// claim takes the rows for this import and returns those that no import had, with the ids of their flights. Another
// import may be at the same rows: the table's key decides.
func (in *entering) claim(entries []*Entry) (fresh []*Entry, ids []flight.ID, err error) {
	if len(entries) == 0 {
		return nil, nil, nil
	}
	rows := make([][]any, len(entries))
	mine := make(map[string]flight.ID, len(entries))
	fingerprints := make([]string, len(entries))
	for i, e := range entries {
		flightID := id.New()
		mine[flightID] = flight.ID(flightID)
		fingerprints[i] = e.Fingerprint
		rows[i] = []any{in.who.Org, in.r.PilotID, e.Fingerprint, int64(e.Occurrence), in.r.ID, flightID}
	}
	n, err := db.BulkCount(in.tx, insertRows, keepRows, rows)
	if err != nil {
		return nil, nil, err
	}
	if n == int64(len(rows)) { // all of them are new
		for i := range rows {
			ids = append(ids, flight.ID(rows[i][5].(string)))
		}
		return entries, ids, nil
	}
	slices.Sort(fingerprints)
	var w db.Where
	w.And("org_id = ?", in.who.Org)
	w.And("pilot_id = ?", in.r.PilotID)
	db.In(&w, "fingerprint", slices.Compact(fingerprints))
	kept, err := db.All(in.tx.Context(), in.tx, scanRow, rowsAmong+w.SQL(), w.Args()...)
	if err != nil {
		return nil, nil, err
	}
	taken := make(map[identity]flight.ID, len(kept))
	for _, k := range kept {
		taken[k.identity] = mine[k.flight] // empty for a row that was there before
	}
	for _, e := range entries {
		if flightID := taken[e.identity()]; flightID != "" {
			fresh, ids = append(fresh, e), append(ids, flightID)
		}
	}
	return fresh, ids, nil
}

// aircraft finds or adds what was flown, by fleet.Key.
func (in *entering) aircraft(entries []*Entry) (map[string]fleet.ID, error) {
	found := map[string]fleet.ID{}
	for _, e := range entries {
		key, session := in.p.on(e)
		if _, known := found[key]; known || session != nil {
			continue
		}
		a, _, err := fleet.Ensure(in.tx, in.who, in.c, in.p.aircraft[key], string(in.r.ID))
		if err != nil {
			return nil, err
		}
		found[key] = a
	}
	return found, nil
}

// submit hands the flights in, with an event each; those that lack something for that stay drafts, and are named.
func (in *entering) submit(records []*flight.Record) error {
	settings, err := flight.LoadSettings(in.tx, in.who.Org)
	if err != nil {
		return err
	}
	for _, rec := range records {
		if rec.Complete(settings) == nil {
			rec.Status = flight.StatusSubmitted
		}
	}
	if err := flight.InsertMany(in.tx, in.who, in.c, records); err != nil {
		return err
	}
	names, err := flight.LoadNames(in.tx, in.who.Org, records...)
	if err != nil {
		return err
	}
	for _, rec := range records {
		if rec.Status != flight.StatusSubmitted {
			in.r.note(newFinding(SeverityWarning, int(*rec.Facts.Source.Row), "", "left_as_draft", "number", rec.Number))
			continue
		}
		data := event.FlightSubmittedData{FlightData: rec.EventData(names)}
		if _, err := in.s.events.Append(in.tx, in.who.Org, event.FlightSubmitted, data); err != nil {
			return err
		}
	}
	return nil
}
