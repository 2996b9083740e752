package console

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
)

func (v *visit) theImport() (logbook.Import, error) {
	i, err := v.c.Imports.Get(v.ctx(), v.Who, logbook.ID(v.id()))
	i.Speak(v.Lang.String())
	return i, err
}

// importPage shows what an import would do, how far it has come, or what came of it.
func (v *visit) importPage() error {
	i, err := v.theImport()
	if err != nil {
		return err
	}
	d := detail{Title: cmp.Or(i.FileName, v.T("imports.unnamed")), Back: v.importTrail()}
	switch i.Status {
	case logbook.StatusCommitting, logbook.StatusUndoing:
		d.Poll = v.Path("imports", i.ID)
		d.Sections = []section{v.importProgress(i)}
		if s := v.stopSection(i); s != nil {
			d.Sections = append(d.Sections, *s)
		}
		return v.detail(d)
	case logbook.StatusPreviewed:
		d.Intro = v.T("imports.preview_intro")
		d.Actions = v.previewActions(i)
		d.Notices = v.previewNotices(i)
	}
	d.Badges = []cell{v.importState(i)}
	d.Badges[0].Sub = ""
	outcome, err := v.importOutcome(i)
	if err != nil {
		return err
	}
	d.Sections = append(d.Sections, outcome, v.importReading(i), v.importProblems(i))
	if len(i.Sample) > 0 && i.Status == logbook.StatusPreviewed {
		d.Sections = append(d.Sections, v.importSample(i))
	}
	d.Sections = append(d.Sections, v.importTotals(i))
	return v.detail(d)
}

func (v *visit) previewActions(i logbook.Import) []action {
	all := []action{{Label: v.T("imports.names"), Href: v.Path("imports", i.ID, "names")}, {Label: v.T("imports.columns"), Href: v.Path("imports", i.ID, "columns")}}
	if i.Created > 0 {
		all = append([]action{{Label: v.T("imports.go"), Href: v.Path("imports", i.ID, "commit"), Primary: true}}, all...)
	}
	return all
}

// severities counts the findings of each.
func severities(i logbook.Import) map[logbook.Severity]int64 {
	n := map[logbook.Severity]int64{}
	for _, f := range i.Findings {
		n[f.Severity]++
	}
	return n
}

// badRows is how many rows cannot be imported.
func badRows(i logbook.Import) int64 {
	rows := map[int]bool{}
	for _, f := range i.Findings {
		if f.Severity == logbook.SeverityError && f.Row > 0 {
			rows[f.Row] = true
		}
	}
	return int64(len(rows))
}

func (v *visit) previewNotices(i logbook.Import) []notice {
	var all []notice
	if n := badRows(i); n > 0 {
		all = append(all, notice{"bad", v.T("imports.notice_errors", "n", v.Number(n))})
	}
	switch {
	case i.Created > 0 || i.Flights == 0:
	case i.Unchanged > 0:
		all = append(all, notice{"info", v.T("imports.notice_nothing_new")})
	default:
		all = append(all, notice{"warn", v.T("imports.notice_no_flights")})
	}
	for _, g := range i.Guesses {
		if g.Field == "date_order" && g.Certainty < 90 {
			all = append(all, notice{"warn", v.T("imports.notice_dates", "order", v.guessValue(g), "certainty", g.Certainty)})
		}
	}
	return all
}

// importOutcome is what is to become, or became, of the rows.
func (v *visit) importOutcome(i logbook.Import) (section, error) {
	whose, err := v.importPilot(i)
	if err != nil {
		return section{}, err
	}
	s := section{Title: v.T("imports.outcome." + string(i.Status)), Facts: []fact{whose,
		is(v.T("imports.rows"), v.Number(i.Rows)), is(v.T("imports.flights"), v.Number(i.Flights)), is(v.T("imports.other"), v.Number(i.Other))}}
	created := v.T("imports.will_create")
	if i.Status != logbook.StatusPreviewed {
		created = v.T("imports.created")
	}
	s.Facts = append(s.Facts, fact{created, txt(v.Number(i.Created))}, fact{v.T("imports.unchanged"), txt(v.Number(i.Unchanged))},
		fact{v.T("imports.bad_rows"), txt(v.Number(badRows(i)))})
	if i.Duplicates > 0 {
		s.Facts = append(s.Facts, isA(v.T("imports.duplicates"), sub(v.Number(i.Duplicates), v.T("imports.duplicates_hint"))))
	}
	if i.Status == logbook.StatusPreviewed {
		s.Facts = append(s.Facts, is(v.T("imports.people"), v.peopleChosen(i)))
	}
	if i.As != nil {
		s.Facts = append(s.Facts, is(v.T("imports.became"), v.T("imports.as."+*i.As)))
	}
	if i.Status == logbook.StatusCommitted {
		if i.Created > 0 {
			s.Actions = append(s.Actions, action{Label: v.T("imports.see_flights"), Href: v.Path("flights") + "?import=" + url.QueryEscape(i.ID), Primary: true})
		}
		s.Actions = append(s.Actions, action{Label: v.T("imports.undo"), Href: v.Path("imports", i.ID, "undo"), Danger: true})
	}
	return s, nil
}

func (v *visit) importPilot(i logbook.Import) (fact, error) {
	if i.PilotID == nil {
		return is(v.T("imports.pilot"), v.T("imports.pilot_unnamed")), nil
	}
	p, err := v.c.People.Get(v.ctx(), v.Who, person.ID(*i.PilotID))
	if fault.KindOf(err) == fault.NotFound {
		return is(v.T("imports.pilot"), v.T("imports.pilot_gone")), nil
	}
	return isA(v.T("imports.pilot"), to(p.DisplayName, v.Path("people", p.ID))), err
}

// peopleChosen says in a line what happens to the names in the file.
func (v *visit) peopleChosen(i logbook.Import) string {
	if i.MatchPeople {
		return v.T("imports.people_all")
	}
	var linked, added, kept int
	for _, choice := range i.People {
		switch choice {
		case "":
			kept++
		case logbook.NewPerson:
			added++
		default:
			linked++
		}
	}
	if linked+added+kept == 0 {
		return v.T("imports.people_none")
	}
	return v.T("imports.people_some", "linked", linked, "added", added, "kept", kept)
}

// importReading is how the file was read, and how sure that is.
func (v *visit) importReading(i logbook.Import) section {
	s := section{Title: v.T("imports.reading"), Facts: []fact{is(v.T("imports.format"), v.formatTitle(i.Format))}}
	for _, g := range i.Guesses {
		if g.Field == "format" {
			s.Facts[0].Sub = v.sure(g)
			continue
		}
		label := v.T("imports.guess." + g.Field)
		if g.Column != "" {
			label += " " + g.Column
		}
		s.Facts = append(s.Facts, isA(label, sub(v.guessValue(g), v.sure(g))))
	}
	return s
}

// sure says how sure a guess is, and why.
func (v *visit) sure(g logbook.Guess) string {
	return v.T("imports.sure", "certainty", g.Certainty, "why", g.Text)
}

// guessValue is the value of a guess in words, where it has some.
func (v *visit) guessValue(g logbook.Guess) string {
	switch g.Field {
	case "date_order", "delimiter", "decimal_sign":
		return v.T("imports." + g.Field + "." + g.Value)
	case "unit":
		return v.T("mapping_unit_" + g.Value)
	}
	return g.Value
}

// shownSample is how many of the first flights are on the page.
const shownSample = 10

// importSample shows the first rows as the flights they would become.
func (v *visit) importSample(i logbook.Import) section {
	t := &table{Caption: v.T("imports.sample"), Columns: []column{{Label: v.T("imports.row"), Kind: "num"}, {Label: v.T("imports.date"), Kind: "tight"}, {Label: v.T("imports.aircraft"), Kind: "tight"},
		{Label: v.T("imports.way"), Kind: "tight"}, {Label: v.T("imports.times"), Kind: "tight"}, {Label: v.T("imports.total"), Kind: "num"}, {Label: v.T("imports.function")},
		{Label: v.T("imports.landings"), Kind: "num"}, {Label: v.T("imports.remarks")}}}
	shown := i.Sample[:min(shownSample, len(i.Sample))]
	for _, s := range shown {
		first := txt(v.Number(int64(s.Row)))
		if s.Unchanged {
			first.Sub = v.T("imports.known_row")
		}
		times := "–"
		if s.OffBlockAt != 0 || s.OnBlockAt != 0 {
			times = v.Clock(s.OffBlockAt) + "–" + v.Clock(s.OnBlockAt)
		}
		landings := v.Number(s.LandingsDay)
		if s.LandingsNight > 0 {
			landings += " + " + v.T("imports.by_night", "n", s.LandingsNight)
		}
		t.Rows = append(t.Rows, row{Cells: []cell{first, txt(v.Date(s.Date)), sub(s.Registration, s.Type), txt(strings.Trim(s.From+"–"+s.To, "–")), txt(times),
			txt(v.Minutes(s.TotalMin)), sub(v.T("flight.function."+s.Function), v.functionTimes(s)), txt(landings), txt(s.Remarks)}})
	}
	return section{Title: v.T("imports.sample"), Intro: v.T("imports.sample_intro", "n", len(shown)), Table: t, Wide: true}
}

// functionTimes are the times that a pilot logs of a flight, by function and condition.
func (v *visit) functionTimes(s logbook.Sample) string {
	var parts []string
	for _, t := range []struct {
		key     string
		minutes int64
	}{{"pic", s.PICMin}, {"sic", s.CopilotMin}, {"dual", s.DualMin}, {"instructor", s.InstructorMin}, {"night", s.NightMin}, {"ifr", s.IFRMin}} {
		if t.minutes > 0 {
			parts = append(parts, v.T("imports.time."+t.key)+" "+v.Minutes(t.minutes))
		}
	}
	return strings.Join(parts, ", ")
}

// importTotals are to be held against what the pilot's own program shows.
func (v *visit) importTotals(i logbook.Import) section {
	t := &table{Caption: v.T("imports.totals"), Columns: []column{{Label: v.T("imports.column")}, {Label: v.T("imports.sum"), Kind: "num"}}, Empty: v.T("imports.no_totals")}
	for _, name := range slices.Sorted(maps.Keys(i.Totals)) {
		n := i.Totals[name]
		switch {
		case n == 0:
		case slices.Contains(i.Counted, name):
			t.Rows = append(t.Rows, row{Cells: []cell{txt(name), txt(v.Number(n))}})
		default:
			t.Rows = append(t.Rows, row{Cells: []cell{txt(name), txt(v.Minutes(n))}})
		}
	}
	return section{Title: v.T("imports.totals"), Intro: v.T("imports.totals_intro"), Table: t, Wide: true}
}

// shownFindings are on the page of an import; all of them have a page of their own.
const shownFindings = 8

// importProblems are the worst findings.
func (v *visit) importProblems(i logbook.Import) section {
	n := severities(i)
	s := section{Title: v.T("imports.findings"), Wide: true, Table: &table{Caption: v.T("imports.findings"), Columns: v.findingColumns(), Empty: v.T("imports.no_findings")}}
	if len(i.Findings) == 0 {
		return s
	}
	s.Intro = v.T("imports.findings_count", "errors", v.Number(n[logbook.SeverityError]), "warnings", v.Number(n[logbook.SeverityWarning]), "infos", v.Number(n[logbook.SeverityInfo]))
	worst := slices.Clone(i.Findings)
	slices.SortStableFunc(worst, func(a, b logbook.Finding) int { return severityRank[a.Severity] - severityRank[b.Severity] })
	for _, f := range worst[:min(shownFindings, len(worst))] {
		s.Table.Rows = append(s.Table.Rows, v.findingRow(f))
	}
	if len(worst) > shownFindings {
		s.Table.More = action{Label: v.T("imports.all_findings", "n", v.Number(int64(len(worst)))), Href: v.Path("imports", i.ID, "findings")}
	}
	return s
}

var severityRank = map[logbook.Severity]int{logbook.SeverityError: 0, logbook.SeverityWarning: 1, logbook.SeverityInfo: 2}

func (v *visit) findingColumns() []column {
	return []column{{Label: v.T("imports.row"), Kind: "tight"}, {Label: v.T("imports.severity")}, {Label: v.T("imports.finding")}}
}

func (v *visit) findingRow(f logbook.Finding) row {
	where := v.T("imports.whole_file")
	if f.Row > 0 {
		where = v.Number(int64(f.Row))
	}
	tone := map[logbook.Severity]string{logbook.SeverityError: "bad", logbook.SeverityWarning: "warn", logbook.SeverityInfo: "info"}[f.Severity]
	return row{Cells: []cell{txt(where), badge(v.T("imports.severity."+string(f.Severity)), tone), sub(f.Text, f.Fix)}}
}

// importFindings lists everything that is odd about a file, by row.
func (v *visit) importFindings() error {
	i, err := v.theImport()
	if err != nil {
		return err
	}
	severity, q := v.query("severity"), strings.ToLower(v.query("q"))
	var rows []row
	for _, f := range i.Findings {
		text := strings.ToLower(f.Text + " " + f.Fix)
		if (severity == "" || severity == string(f.Severity)) && (q == "" || strings.Contains(text, q)) {
			rows = append(rows, v.findingRow(f))
		}
	}
	title := cmp.Or(i.FileName, v.T("imports.unnamed"))
	return v.list(list{Title: v.T("imports.findings"), Intro: v.T("imports.findings_intro"), Name: "findings", Columns: v.findingColumns(),
		Back: v.importTrail(link{Label: title, Href: v.Path("imports", i.ID)}),
		Filters: []field{{Name: "q", Label: v.T("list.search"), Kind: "search"},
			{Name: "severity", Label: v.T("imports.severity"), Kind: "select", Options: v.words("imports.severity.", []string{"error", "warning", "info"}, v.T("list.any"))}},
		Empty: empty{Title: v.T("imports.no_findings"), Text: v.T("imports.no_findings_text")},
		Rows: func(at string, limit int) (rowsPage, error) {
			p, err := sorted(rows, at, limit)
			p.Count = v.T("list.count", "n", v.Number(int64(len(rows))))
			return p, err
		}})
}

// importProgress tells how far a commit or an undo has come.
func (v *visit) importProgress(i logbook.Import) section {
	p := i.Progress
	s := section{Title: v.T("imports.status." + string(i.Status)), Intro: v.T("imports.progress_intro"), Wide: true,
		Progress: &progress{Done: p.Done, Total: max(p.Total, 1), Text: v.T("imports.progress", "done", v.Number(p.Done), "total", v.Number(p.Total))}}
	if i.Status == logbook.StatusCommitting {
		s.Actions = []action{{Label: v.T("imports.undo"), Href: v.Path("imports", i.ID, "undo"), Danger: true}}
	}
	return s
}

// stopSection is what keeps an import from going on, or nil.
func (v *visit) stopSection(i logbook.Import) *section {
	t := &table{Caption: v.T("imports.findings"), Columns: v.findingColumns()}
	for _, f := range i.Findings {
		if f.Code == "import_stopped" {
			t.Rows = append(t.Rows, v.findingRow(f))
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &section{Title: v.T("imports.stopped"), Table: t, Wide: true}
}
