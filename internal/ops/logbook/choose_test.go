package logbook

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// clubSheet is a file that no format knows, with people in it.
const clubSheet = "Tag;Maschine;Ab;An;Dauer;Doppel;Lehrer\n" +
	"01.05.2024;HB-KGA;LSZB;LSZG;1:00;1:00;Keller Anna\n" +
	"02.05.2024;HB-KGA;LSZG;LSZB;0:45;0:45;Keller Anna\n" +
	"03.05.2024;HB-KGB;LSZB;LSZB;1:15;1:15;B. Brun\n" +
	"04.05.2024;HB-KGB;LSZB;LSZB;1:15;1:15;Unbekannt\n"

func clubMapping() Mapping {
	m := mappedAs("Tag=date", "Maschine=registration", "Ab=from", "An=to", "Dauer=total=hh:mm", "Doppel=dual_received=hh:mm", "Lehrer=instructor_name")
	m.DateOrder = "dmy"
	return m
}

func choice(s string) *string { return &s }

func people(pairs ...string) merge.Field[map[string]*string] {
	m := map[string]*string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = &pairs[i+1]
	}
	return merge.To(m)
}

func (d *desk) choose(i Import, c Choices) Import {
	d.Helper()
	i, err := d.Choose(ctx, d.Owner, ID(i.ID), c, i.ChangeNo)
	d.OK(err)
	return i
}

func TestMappedImport(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		_, err := d.Upload(ctx, d.Owner, "club.csv", []byte(clubSheet), UploadOptions{})
		d.BadFields(err, "file")
		bad := clubMapping()
		bad.Columns[0].Column = "Datum"
		_, err = d.Upload(ctx, d.Owner, "club.csv", []byte(clubSheet), UploadOptions{Mapping: &bad})
		d.BadFields(err, "mapping.columns[0].column")
		m := clubMapping()
		pilot := d.Person("P. Ilot")
		i := d.upload("club.csv", []byte(clubSheet), UploadOptions{Mapping: &m, PilotID: pilot})
		d.counted(i, StatusPreviewed, 4, 0)
		if i.Format != FormatMapping || i.Mapping == nil || len(i.Mapping.Columns) != 7 || i.Totals["Dauer"] != 255 || len(i.People) != 0 {
			t.Errorf("%+v", i)
		}
		if len(i.Sample) != 4 || i.Sample[1].Date != "2024-05-02" || i.Sample[1].TotalMin != 45 || i.Sample[1].DualMin != 45 || i.Sample[1].Function != "student" || i.Sample[1].Registration != "HB-KGA" || i.Sample[1].Unchanged {
			t.Errorf("sample %+v", i.Sample)
		}
		i = d.commit(i, AsHistory)
		d.counted(i, StatusCommitted, 4, 0)
		if got, want := d.totalsOf(pilot), (person.Totals{FlightMin: 255, DualMin: 255}); got != want {
			t.Errorf("totals %+v", got)
		}
		if n := d.Count(`SELECT COUNT(*) FROM people`); n != 1 {
			t.Errorf("%d people: nobody was to be named", n)
		}
		// The same rows again, in another order of columns and through another writing of the mapping.
		again := strings.ReplaceAll(clubSheet, "0:45", "00:45")
		m.DateOrder, m.Columns = "", append(m.Columns[3:], m.Columns[:3]...)
		more := d.upload("club.csv", []byte(again+"05.05.2024;HB-KGB;LSZB;LSZB;1:15;1:15;Unbekannt\n"), UploadOptions{Mapping: &m, PilotID: pilot})
		d.counted(more, StatusPreviewed, 1, 4)
		if !more.Sample[0].Unchanged || more.Sample[4].Unchanged {
			t.Errorf("sample %+v", more.Sample)
		}
		d.counted(d.commit(more, AsDraft), StatusCommitted, 1, 4)
		// What a format reads and what a mapping reads is the same where they agree.
		plain := []byte("Date,AircraftID,From,To,TotalTime,PIC\n2024-06-01,HB-KGC,LSZB,LSZG,1.5,1.5\n2024-06-01,HB-KGC,LSZB,LSZG,1.5,1.5\n")
		d.commit(d.upload("ff.csv", plain, UploadOptions{PilotID: pilot}), AsHistory)
		native := mappedAs("Date=date", "AircraftID=registration", "From=from", "To=to", "TotalTime=total", "PIC=pic")
		d.counted(d.upload("ff.csv", plain, UploadOptions{PilotID: pilot, Mapping: &native}), StatusPreviewed, 0, 2)
		d.Clean()
		d.undo(i)
		if n := d.flightCount(); n != 3 {
			t.Errorf("%d flights", n)
		}
	})
}

func TestNobodyIsMatchedUnasked(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		anna, berta, other := d.Person("Anna Keller"), d.Person("Berta Brun"), d.Person("Carl Keller")
		m := clubMapping()
		i := d.upload("club.csv", []byte(clubSheet), UploadOptions{Mapping: &m})
		names, err := d.Names(ctx, d.Owner, ID(i.ID))
		d.OK(err)
		if len(names) != 3 || names[0].Name != "Keller Anna" || names[0].Rows != 2 || names[1].Name != "B. Brun" || names[2].Name != "Unbekannt" {
			t.Fatalf("names %+v", names)
		}
		if want := []Candidate{{anna, "Anna Keller", "exact"}, {other, "Carl Keller", "family_name"}}; !slices.Equal(names[0].Candidates, want) {
			t.Errorf("candidates %+v", names[0].Candidates)
		}
		if want := []Candidate{{berta, "Berta Brun", "initials"}}; !slices.Equal(names[1].Candidates, want) || len(names[2].Candidates) != 0 || names[0].Choice != nil || !slices.Equal(names[0].Roles, []string{"instructor"}) {
			t.Errorf("names %+v", names)
		}
		for body, c := range map[string]merge.Field[map[string]*string]{
			"people[Nobody]": people("Nobody", "new"), "people[Keller Anna]": people("Keller Anna", "Anna"), "people[B. Brun]": people("B. Brun", string(d.Org)),
		} {
			_, err := d.Choose(ctx, d.Owner, ID(i.ID), Choices{People: c}, 0)
			d.BadFields(err, body)
		}
		_, err = d.Choose(ctx, d.Owner, ID(i.ID), Choices{}, i.ChangeNo+7)
		d.Refused(err, "precondition_failed")

		i = d.choose(i, Choices{PilotID: merge.To(other), People: people("Keller Anna", strings.ToUpper(anna), "B. Brun", "")})
		if *i.PilotID != other || i.People["Keller Anna"] != anna || len(i.People) != 2 || countIn(i, "pilot_not_named") != 0 {
			t.Errorf("chosen %+v", i)
		}
		i = d.choose(i, Choices{People: merge.To(map[string]*string{"Unbekannt": choice(NewPerson)})})
		if len(i.People) != 3 {
			t.Errorf("people %v", i.People)
		}
		names, err = d.Names(ctx, d.Owner, ID(i.ID))
		d.OK(err)
		if *names[0].Choice != anna || *names[1].Choice != "" || *names[2].Choice != NewPerson {
			t.Errorf("names %+v", names)
		}
		i = d.commit(i, AsHistory)
		var got []string
		for _, f := range d.imported(i) {
			text := crewText(f.Crew)
			if f.Remarks != nil {
				text += " (" + *f.Remarks + ")"
			}
			got = append(got, text)
		}
		want := []string{
			"student:Carl Keller:dual=60 instructor:Anna Keller:instr=60", "student:Carl Keller:dual=45 instructor:Anna Keller:instr=45",
			"student:Carl Keller:dual=75 (Instructor: B. Brun)", "student:Carl Keller:dual=75 instructor:Unbekannt:instr=75",
		}
		if !slices.Equal(got, want) {
			t.Errorf("crews %q", got)
		}
		if i, err = d.Get(ctx, d.Owner, ID(i.ID)); err != nil || len(i.People) != 0 || i.Mapping == nil {
			t.Errorf("names are kept after the commit: %+v", i.People)
		}
		if n := d.Count(`SELECT COUNT(*) FROM imports WHERE choices LIKE '%Brun%' OR report LIKE '%Brun%'`); n != 0 {
			t.Errorf("%d imports hold a name", n)
		}
		for _, err := range []error{second(d.Choose(ctx, d.Owner, ID(i.ID), Choices{}, 0)), second(d.Names(ctx, d.Owner, ID(i.ID)))} {
			d.Refused(err, "state_conflict")
		}
		d.Clean()
		d.undo(i)
		if n := d.Count(`SELECT COUNT(*) FROM people WHERE NOT deleted`); n != 3 {
			t.Errorf("%d people", n)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// TestNewPersonBesideANamesake: new means new, once for all rows and writes of the import.
func TestNewPersonBesideANamesake(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.Person("Olga Ott")
		var b strings.Builder
		b.WriteString(crewHead)
		for range 200 {
			b.WriteString("2024-05-01,HBKGA,LSZB,LSZB,1.0,,,,,,,1.0,,Olga Ott,,,\n")
		}
		b.WriteString("2024-05-02,HBKGA,LSZB,LSZB,1.0,,,,,,,1.0,,Other One,,,\n")
		i := d.upload("a.csv", []byte(b.String()), UploadOptions{MatchPeople: true, People: map[string]string{"Olga Ott": NewPerson, "Other One": ""}})
		d.commit(i, AsDraft)
		if n := d.Count(`SELECT COUNT(*) FROM people WHERE display_name = 'Olga Ott'`); n != 2 {
			t.Errorf("%d are called so", n)
		}
		if n := d.Count(`SELECT COUNT(*) FROM people WHERE display_name = 'Other One'`); n != 0 {
			t.Error("somebody was added whom the user left as text")
		}
	})
}

// TestChoicesChangeThePreview: another pilot has other rows already; another mapping reads other flights; and back.
func TestChoicesChangeThePreview(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		a, b := d.Person("A. Alpha"), d.Person("B. Beta")
		d.commit(d.upload("x.csv", entries("01", "02"), UploadOptions{PilotID: a}), AsHistory)
		i := d.upload("x.csv", entries("01", "02", "03"), UploadOptions{PilotID: b})
		d.counted(i, StatusPreviewed, 3, 0)
		i = d.choose(i, Choices{PilotID: merge.To(a), MatchPeople: merge.To(true)})
		d.counted(i, StatusPreviewed, 1, 2)
		if !i.MatchPeople {
			t.Error("not matched")
		}
		m := mappedAs("Date=date", "AircraftID=registration", "TotalTime=total=hours", "PilotComments=remarks")
		i = d.choose(i, Choices{Mapping: merge.To(m)})
		d.counted(i, StatusPreviewed, 3, 0)
		if i.Format != FormatMapping || i.Sample[0].From != "" {
			t.Errorf("%+v", i)
		}
		i = d.choose(i, Choices{Mapping: merge.Clear[Mapping](), PilotID: merge.Clear[string]()})
		d.counted(i, StatusPreviewed, 3, 0)
		if i.Format != "foreflight" || i.PilotID != nil || i.Mapping != nil || countIn(i, "pilot_not_named") != 1 {
			t.Errorf("%+v", i)
		}
		_, err := d.Choose(ctx, d.Owner, ID(i.ID), Choices{PilotID: merge.To(string(d.Org))}, 0)
		d.BadFields(err, "pilot_id")
		// A person who was chosen and is removed before the commit.
		sheet := d.upload("club.csv", []byte(clubSheet), UploadOptions{Mapping: new(clubMapping()), People: map[string]string{"B. Brun": b}})
		d.OK(d.People.Delete(ctx, d.Owner, person.ID(b)))
		_, err = d.Commit(ctx, d.Owner, ID(sheet.ID), AsDraft)
		d.Refused(err, "import_person_gone")
	})
}

func TestSavedMappings(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		in, err := d.Inspect(ctx, d.Owner, "club.csv", []byte(clubSheet))
		d.OK(err)
		if len(in.Saved) != 0 || in.Format != nil || in.Rows != 4 {
			t.Errorf("%+v", in)
		}
		_, err = d.SaveMapping(ctx, d.Owner, "  ", mappedAs("T=total"))
		d.BadFields(err, "name", "mapping.columns")
		loose, err := d.SaveMapping(ctx, d.Owner, "A loose one", mappedAs("Tag=date", "Dauer=total"))
		d.OK(err)
		m := clubMapping()
		m.Signature = in.Mapping.Signature
		club, err := d.SaveMapping(ctx, d.Owner, " Club\tsheet ", m)
		d.OK(err)
		if club.Name != "Club sheet" || len(club.Mapping.Columns) != 7 {
			t.Errorf("saved %+v", club)
		}
		_, err = d.SaveMapping(ctx, d.Owner, "Another program", mappedAs("Day=date", "Time=total"))
		d.OK(err)
		in, err = d.Inspect(ctx, d.Owner, "club.csv", []byte(clubSheet))
		d.OK(err)
		if len(in.Saved) != 2 || in.Saved[0].ID != club.ID || in.Saved[1].ID != loose.ID {
			t.Errorf("suggested %+v", in.Saved)
		}
		m.Columns = m.Columns[:6]
		replaced, err := d.SaveMapping(ctx, d.Owner, "Club sheet", m)
		d.OK(err)
		if replaced.ID != club.ID || len(replaced.Mapping.Columns) != 6 || replaced.ChangeNo <= club.ChangeNo {
			t.Errorf("replaced %+v", replaced)
		}
		d.counted(d.commit(d.upload("club.csv", []byte(clubSheet), UploadOptions{Mapping: &in.Saved[0].Mapping}), AsDraft), StatusCommitted, 4, 0)

		_, err = d.UpdateMapping(ctx, d.Owner, MappingID(club.ID), MappingPatch{Name: choice("A loose one")}, 0)
		d.BadFields(err, "name")
		_, err = d.UpdateMapping(ctx, d.Owner, MappingID(club.ID), MappingPatch{Name: choice("New")}, club.ChangeNo)
		d.Refused(err, "precondition_failed")
		renamed, err := d.UpdateMapping(ctx, d.Owner, MappingID(club.ID), MappingPatch{Name: choice("New")}, replaced.ChangeNo)
		d.OK(err)
		if renamed.Name != "New" || len(renamed.Mapping.Columns) != 6 {
			t.Errorf("%+v", renamed)
		}
		var all []string
		p := page.Page{Limit: 2}
		for {
			of, err := d.ListMappings(ctx, d.Owner, p)
			d.OK(err)
			for _, m := range of.Rows {
				all = append(all, m.Name)
				p.After = page.Position{ChangeNo: m.ChangeNo, ID: m.ID}
			}
			if !of.More {
				break
			}
		}
		if !slices.Equal(all, []string{"A loose one", "Another program", "New"}) {
			t.Errorf("listed %q", all)
		}
		d.OK(d.DeleteMapping(ctx, d.Owner, MappingID(loose.ID)))
		d.Refused(d.DeleteMapping(ctx, d.Owner, MappingID(loose.ID)), "import_mapping_not_found")
		for range maxSavedMappings - 2 {
			_, err = d.SaveMapping(ctx, d.Owner, "n"+itoa(d.Count(`SELECT COUNT(*) FROM import_mappings`)), mappedAs("Tag=date", "Dauer=total"))
			d.OK(err)
		}
		_, err = d.SaveMapping(ctx, d.Owner, "one too many", mappedAs("Tag=date", "Dauer=total"))
		d.Refused(err, "too_many_mappings")
		_, err = d.SaveMapping(ctx, d.Owner, "New", mappedAs("Tag=date", "Dauer=total"))
		d.OK(err)
		if n := d.Count(`SELECT COUNT(*) FROM audit_entries WHERE verb LIKE 'import_mapping.%'`); n < 200 {
			t.Errorf("%d audit entries", n)
		}
	})
}

// TestMappingsOfOthers: another organization's imports, mappings and people are as if they were not there.
func TestMappingsOfOthers(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		stranger := d.Found("other-club")
		m := clubMapping()
		i := d.upload("club.csv", []byte(clubSheet), UploadOptions{Mapping: &m})
		saved, err := d.SaveMapping(ctx, d.Owner, "Club", m)
		d.OK(err)
		them, member := stranger.Owner, d.As(scope.Member, "")
		for _, id := range []ID{ID(i.ID), "01900000-0000-7000-8000-000000000000"} {
			d.Refused(second(d.Choose(ctx, them, id, Choices{}, 0)), "import_not_found")
			d.Refused(second(d.Names(ctx, them, id)), "import_not_found")
			d.Refused(second(d.Start(ctx, them, id, AsDraft)), "import_not_found")
			d.Refused(second(d.StartUndo(ctx, them, id)), "import_not_found")
		}
		id := MappingID(saved.ID)
		d.Refused(second(d.GetMapping(ctx, them, id)), "import_mapping_not_found")
		d.Refused(second(d.UpdateMapping(ctx, them, id, MappingPatch{}, 0)), "import_mapping_not_found")
		d.Refused(d.DeleteMapping(ctx, them, id), "import_mapping_not_found")
		in, err := d.Inspect(ctx, them, "club.csv", []byte(clubSheet))
		d.OK(err)
		of, err := d.ListMappings(ctx, them, page.Page{Limit: 10})
		d.OK(err)
		if len(in.Saved) != 0 || len(of.Rows) != 0 {
			t.Errorf("%+v, %+v", in.Saved, of.Rows)
		}
		theirs := stranger.Person("Theirs")
		_, err = d.Choose(ctx, d.Owner, ID(i.ID), Choices{People: people("B. Brun", theirs)}, 0)
		d.BadFields(err, "people[B. Brun]")
		stranger.Person("Berta Brun")
		names, err := d.Names(ctx, d.Owner, ID(i.ID))
		d.OK(err)
		if slices.ContainsFunc(names, func(n NameFound) bool { return len(n.Candidates) > 0 }) {
			t.Errorf("strangers are candidates: %+v", names)
		}
		for _, err := range []error{
			second(d.Choose(ctx, member, ID(i.ID), Choices{}, 0)), second(d.Names(ctx, member, ID(i.ID))), second(d.Start(ctx, member, ID(i.ID), AsDraft)),
			second(d.StartUndo(ctx, member, ID(i.ID))), second(d.SaveMapping(ctx, member, "x", m)), second(d.GetMapping(ctx, member, id)), d.DeleteMapping(ctx, member, id),
			second(d.ListMappings(ctx, member, page.Page{Limit: 1})), second(d.UpdateMapping(ctx, member, id, MappingPatch{}, 0)), second(d.Inspect(ctx, member, "x", nil)),
		} {
			d.Refused(err, "insufficient_scope")
		}
	})
}

// TestStart returns before the flights are there, and the job enters them.
func TestStart(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		i := d.upload("a.csv", many(700), UploadOptions{})
		_, err := d.Start(ctx, d.Owner, ID(i.ID), "approved")
		d.BadFields(err, "as")
		q := d.queue()
		d.jobs = q
		begun, err := d.Start(ctx, d.Owner, ID(i.ID), AsHistory)
		d.OK(err)
		if begun.Status != StatusCommitting || begun.Progress.Done != 0 || begun.Progress.Total != 700 || d.flightCount() != 0 || *begun.As != AsHistory {
			t.Fatalf("begun %+v", begun)
		}
		if again, err := d.Start(ctx, d.Owner, ID(i.ID), AsHistory); err != nil || again.Status != StatusCommitting {
			t.Errorf("again: %+v, %v", again, err)
		}
		_, err = d.Start(ctx, d.Owner, ID(i.ID), AsDraft)
		d.Refused(err, "state_conflict")
		d.run(q)
		seen := map[int64]bool{}
		d.until(i, func(now Import) bool { seen[now.Progress.Done] = true; return now.Status == StatusCommitted })
		if d.flightCount() != 700 || len(seen) < 2 {
			t.Errorf("%d flights, progress %v", d.flightCount(), seen)
		}
		if done, err := d.Start(ctx, d.Owner, ID(i.ID), AsHistory); err != nil || done.Status != StatusCommitted {
			t.Errorf("done: %+v, %v", done, err)
		}
		d.Clean()
		begun, err = d.StartUndo(ctx, d.Owner, ID(i.ID))
		d.OK(err)
		if begun.Status != StatusUndoing || begun.Progress.Total != 700 {
			t.Errorf("begun %+v", begun)
		}
		d.until(i, func(now Import) bool { return now.Status == StatusUndone })
		if d.flightCount() != 0 {
			t.Errorf("%d flights", d.flightCount())
		}
		d.Clean()
	})
}

// run runs a queue until the test ends.
func (d *desk) run(q interface {
	Run(context.Context) error
}) {
	d.Helper()
	c, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); q.Run(c) }()
	d.Cleanup(func() { cancel(); <-ended })
}

func (d *desk) until(i Import, ready func(Import) bool) {
	d.Helper()
	for n := range 18_000 {
		now, err := d.Get(ctx, d.Owner, ID(i.ID))
		d.OK(err)
		if ready(now) {
			return
		}
		time.Sleep(10 * time.Millisecond)
		if n%100 == 99 { // a wake-up call that got lost
			d.Clock.Advance(10 * time.Second)
		}
	}
	d.Fatal("it never came so far")
}

// TestStoppedImportSaysWhy: a period that is closed while the job waits, and is opened again.
func TestStoppedImportSaysWhy(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		i := d.upload("a.csv", many(3), UploadOptions{})
		broken := true
		d.post = func(tx *db.Tx, who scope.Principal, records []*flight.Record) error {
			if broken {
				return fault.New(fault.Conflict, "period_locked", "date", "2024-06-01")
			}
			return d.Posting.PostHistory(tx, who, records)
		}
		q := d.queue()
		_, err := d.Start(ctx, d.Owner, ID(i.ID), AsHistory)
		d.OK(err)
		if err := q.RunNow(ctx, commitKind, i.ID); err == nil {
			t.Error("nothing stopped it")
		}
		now, err := d.Get(ctx, d.Owner, ID(i.ID))
		d.OK(err)
		if now.Status != StatusCommitting || countIn(now, stopped) != 1 || d.flightCount() != 0 {
			t.Fatalf("%+v", now)
		}
		for _, f := range now.Findings {
			if f.Code == stopped && (!strings.Contains(f.Text, "2024-06-01") || !strings.Contains(f.In("fr"), "2024-06-01") || f.In("fr") == f.In("en") || strings.Contains(f.Text, "period_locked")) {
				t.Errorf("%q, %q", f.Text, f.In("fr"))
			}
		}
		broken = false
		d.Clock.Advance(time.Minute)
		d.OK(q.RunNow(ctx, commitKind, i.ID))
		if now, err = d.Get(ctx, d.Owner, ID(i.ID)); err != nil || now.Status != StatusCommitted || countIn(now, stopped) != 0 {
			t.Errorf("%v, %+v", err, now)
		}
	})
}
