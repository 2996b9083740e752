package logbook

import (
	"context"
	"slices"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// maxUpload bounds an upload: the largest real logbook seen has 200 KB.
const maxUpload = 32 << 20

// Preview says what importing a file would do, and stores nothing.
func (s *Service) Preview(ctx context.Context, who scope.Principal, name string, data []byte, o UploadOptions) (Report, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Report{}, err
	}
	r, err := s.examine(ctx, who, name, data, o)
	if err != nil {
		return Report{}, err
	}
	seen := r.show()
	report := seen.Report()
	report.ImportID = nil
	return report, nil
}

// examine reads a file and makes an import of it that is not stored yet.
func (s *Service) examine(ctx context.Context, who scope.Principal, name string, data []byte, o UploadOptions) (stored, error) {
	if len(data) > maxUpload {
		return stored{}, fault.New(fault.TooLarge, "file_too_large", "limit", "32 MiB")
	}
	pilot, err := s.ownerBefore(ctx, who.Org, o.PilotID)
	if err != nil {
		return stored{}, err
	}
	f, err := readLogbook(name, data, o.Mapping)
	if err != nil {
		return stored{}, badFile(err)
	}
	people, err := s.checkPeople(ctx, who.Org, f, o.People, o.before)
	if err != nil {
		return stored{}, err
	}
	if err := s.checkReferences(ctx, f); err != nil {
		return stored{}, err
	}
	if o.MatchPeople {
		if err := s.checkNames(ctx, who.Org, f); err != nil {
			return stored{}, err
		}
	}
	if o.PilotID == "" {
		f.add(newFinding(SeverityInfo, 0, "", "pilot_not_named", "name", ownerName))
	}
	r := stored{FileName: name, Format: f.Format, Status: StatusPreviewed, MatchPeople: o.MatchPeople,
		Choices: chosen{Mapping: o.Mapping, People: people}, Report: f.told()}
	if o.PilotID != "" {
		r.PilotID = pilot
	}
	entries := f.flights()
	r.Total = int64(len(entries))
	known, err := s.known(ctx, who.Org, pilot)
	if err != nil {
		return stored{}, err
	}
	have, err := held(ctx, s.db, who.Org, pilot, entries)
	if err != nil {
		return stored{}, err
	}
	for _, e := range entries {
		if known[e.identity()] || have[e.flightID] {
			r.Unchanged++
		}
	}
	r.Created = r.Total - r.Unchanged
	designators, err := s.designators(ctx)
	if err != nil {
		return stored{}, err
	}
	p := planOf(f, name, designators, s.places.Resolve)
	r.Report.Sample = p.sample(func(e *Entry) bool { return known[e.identity()] || have[e.flightID] })
	return r, nil
}

// readLogbook parses a file and marks what cannot become a flight here.
func readLogbook(name string, data []byte, m *Mapping) (*File, error) {
	var f *File
	var err error
	if m != nil {
		f, err = ParseMapped(name, data, *m)
	} else {
		f, err = Parse(name, data)
	}
	if err == nil {
		f.checkRecords()
	}
	return f, err
}

// known is what the pilot has in the records already; an unknown pilot has nothing.
func (s *Service) known(ctx context.Context, org scope.OrgID, pilot string) (map[identity]bool, error) {
	if pilot == "" {
		return nil, nil
	}
	rows, err := db.All(ctx, s.db, scanRow, rowsOfPilot, org, pilot)
	known := make(map[identity]bool, len(rows))
	for _, r := range rows {
		known[r.identity] = true
	}
	return known, err
}

// checkReferences reports places and types that nobody knows, if reference data has been loaded.
func (s *Service) checkReferences(ctx context.Context, f *File) error {
	empty, err := s.places.Empty(ctx)
	if err != nil {
		return err
	}
	if !empty {
		f.checkPlaces(func(ident string) bool {
			p := s.places.Resolve(ident)
			return p.ICAO != nil || p.Name != nil
		})
	}
	types, err := s.designators(ctx)
	if err == nil && len(types) > 0 {
		f.CheckTypes(types)
	}
	return err
}

func (s *Service) designators(ctx context.Context) (map[string]bool, error) {
	types, err := s.types.Types(ctx)
	known := make(map[string]bool, len(types))
	for _, t := range types {
		known[t.Designator] = true
	}
	return known, err
}

// checkNames reports the names in the file that several people of the organization have.
func (s *Service) checkNames(ctx context.Context, org scope.OrgID, f *File) error {
	rowOf := map[string]int{}
	var names []string
	for _, e := range f.flights() {
		for _, o := range others(e) {
			if _, seen := rowOf[o.name]; !seen && o.name != "" {
				rowOf[o.name] = e.Row
				names = append(names, o.name)
			}
		}
	}
	for some := range slices.Chunk(names, 500) {
		people, err := peopleNamed(ctx, s.db, org, some, "")
		if err != nil {
			return err
		}
		for _, name := range some {
			if people[name].several {
				f.add(newFinding(SeverityWarning, rowOf[name], "", "person_ambiguous", "name", name))
			}
		}
	}
	return nil
}

// add is for findings of checks made after Parse.
func (f *File) add(more ...Finding) { f.merge(findings{list: more}) }

// flights are the entries that become flight records.
func (f *File) flights() []*Entry {
	var list []*Entry
	for i := range f.Entries {
		if e := &f.Entries[i]; !e.Bad && e.Kind != KindGround {
			list = append(list, e)
		}
	}
	return list
}

func (e *Entry) identity() identity { return identity{e.Fingerprint, int64(e.Occurrence)} }

// told is what is kept of the file's report.
func (f *File) told() told {
	t := told{Rows: int64(f.Rows), Flights: int64(f.Flights()), Other: int64(f.Other), Findings: f.Findings, Totals: f.Totals, Counted: f.Counted, Guesses: f.Guesses}
	for _, e := range f.flights() {
		if e.Occurrence > 0 {
			t.Duplicates++
		}
		if day := e.Date.Format(time.DateOnly); t.First == "" || day < t.First {
			t.First = day
		}
	}
	if dropped := len(t.Findings) - maxStored; dropped > 0 {
		t.Findings = append(mostSevere(t.Findings), newFinding(SeverityWarning, 0, "", "more_findings", "count", itoa(dropped)))
	}
	return t
}

// mostSevere picks the findings that are kept of too many, in their order.
func mostSevere(all []Finding) []Finding {
	var kept []Finding
	for _, severity := range []Severity{SeverityError, SeverityWarning, SeverityInfo} {
		for _, f := range all {
			if f.Severity == severity && len(kept) < maxStored {
				kept = append(kept, f)
			}
		}
	}
	slices.SortStableFunc(kept, func(x, y Finding) int { return x.Row - y.Row })
	return kept
}
