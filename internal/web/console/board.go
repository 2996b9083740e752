package console

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// boardRows is how much of each list the day board shows.
const boardRows = 10

// board is the first page of an organization: what waits, what happened lately, what fails.
func (v *visit) board() error {
	d := detail{Title: v.T("nav.day"), Intro: v.Org.Name + " · " + v.Date(v.c.Clock.Now().In(v.zone).Format(time.DateOnly))}
	if v.mayEnterFlights() {
		d.Actions = append(d.Actions, action{Label: v.T("flights.new"), Href: v.Path("flights", "new"), Primary: true})
	}
	if v.Can(scope.FlightsRead) {
		if err := v.boardOfAll(&d); err != nil {
			return err
		}
	}
	if v.Can(scope.WebhooksManage) {
		failing, err := v.boardFailing()
		if err != nil {
			return err
		}
		d.Sections = append(d.Sections, failing...)
	}
	if err := v.boardOfOwn(&d); err != nil {
		return err
	}
	if v.Can(scope.FlightsRead) {
		months, err := v.c.Flights.Months(v.ctx(), v.Who, 24)
		if err != nil {
			return err
		}
		d.Sections = append(d.Sections, v.hoursChart(months))
	}
	return v.detail(d)
}

// boardOfAll is what everybody's flights have to be done about, or first steps where there are none yet.
func (v *visit) boardOfAll(d *detail) error {
	steps, err := v.firstSteps()
	if err != nil {
		return err
	}
	d.Sections = append(d.Sections, steps...)
	n, more, err := v.c.Flights.Count(v.ctx(), v.Who, flight.BrowseFilter{Statuses: one(string(flight.StatusSubmitted))}, countUpTo)
	if err != nil {
		return err
	}
	oldest, err := v.c.Flights.ListManaged(v.ctx(), v.Who, flight.Filter{Statuses: one(string(flight.StatusSubmitted))}, page.Page{Limit: boardRows})
	if err != nil {
		return err
	}
	if err := v.foresee(oldest.Rows); err != nil {
		return err
	}
	count := v.Number(int64(n))
	if more {
		count = v.T("list.count_more", "n", count)
	}
	t := &table{Caption: v.T("board.waiting"), Empty: v.T("board.none_waiting"), Columns: v.boardColumns(v.T("flight.submitted_at"))}
	for _, f := range oldest.Rows {
		r := v.boardRow(f, f.SubmittedAt)
		if v.Can(scope.FlightsApprove) {
			r.Href = v.Path("flights", f.ID, "approve")
		}
		t.Rows = append(t.Rows, r)
	}
	if n > 0 {
		t.More = action{Label: v.T("board.see_waiting"), Href: v.waiting()}
	}
	d.Sections = append(d.Sections, section{Title: v.T("board.waiting") + " (" + count + ")", Intro: v.T("board.waiting_intro"), Table: t, Wide: true})
	latest, err := v.c.Flights.Latest(v.ctx(), v.Who, flight.StatusApproved, boardRows)
	if err != nil {
		return err
	}
	done := &table{Caption: v.T("board.approved"), Empty: v.T("board.none_approved"), Columns: v.boardColumns(v.T("flight.decided_at"))}
	for _, f := range latest {
		done.Rows = append(done.Rows, v.boardRow(f, f.DecidedAt))
	}
	if len(latest) > 0 {
		done.More = action{Label: v.T("flights.see_all"), Href: v.Path("flights") + "?status=approved"}
	}
	d.Sections = append(d.Sections, section{Title: v.T("board.approved"), Table: done, Wide: true})
	return nil
}

func (v *visit) boardColumns(at string) []column {
	return []column{{Label: v.T("flight.number"), Kind: "tight"}, {Label: v.T("flights.date"), Kind: "tight"}, {Label: v.T("flight.aircraft"), Kind: "tight"},
		{Label: v.T("flights.route"), Kind: "tight"},
		{Label: v.T("flight.crew")}, {Label: v.T("flight.logged_min"), Kind: "num"}, {Label: at, Kind: "tight"}, {Label: v.T("flight.warnings")}}
}

func (v *visit) boardRow(f flight.Managed, at clock.Time) row {
	return row{Href: v.Path("flights", f.ID), Cells: []cell{{Text: f.Number}, txt(v.flightDay(f)), txt(flownOn(f)), txt(route(f)), txt(v.crewLine(f)),
		txt(v.some(f.LoggedMin)), txt(v.Time(at)), v.warningCell(f)}}
}

// boardOfOwn is the visitor's own drafts, and for who reads no others' all of their own flights.
func (v *visit) boardOfOwn(d *detail) error {
	if !v.Can(scope.FlightsReadOwn) {
		return nil
	}
	own := v.Who
	own.Rights = scope.Of(scope.FlightsReadOwn)
	drafts, err := v.c.Flights.Browse(v.ctx(), own, flight.BrowseFilter{Statuses: []string{string(flight.StatusDraft), string(flight.StatusRejected)}}, flight.Bookmark{}, boardRows)
	if err != nil {
		return err
	}
	d.Sections = append(d.Sections, section{Title: v.T("board.drafts"), Intro: v.T("board.drafts_intro"), Wide: true,
		Table: v.flightTable(v.T("board.drafts"), v.T("board.no_drafts"), drafts.Rows)})
	if v.Can(scope.FlightsRead) {
		return nil
	}
	latest, err := v.latestFlights(own, flight.BrowseFilter{}, v.Path("flights"))
	if err != nil {
		return err
	}
	latest.Title = v.T("flights.title_own")
	d.Sections = append(d.Sections, latest)
	if v.Who.PersonID == "" {
		d.Notices = append(d.Notices, notice{"info", v.T("not_linked")})
		return nil
	}
	months, err := v.c.Flights.PersonMonths(v.ctx(), v.Who, v.Who.PersonID, 24)
	if err != nil {
		return err
	}
	d.Actions = append(d.Actions, action{Label: v.T("board.my_record"), Href: v.Path("people", v.Who.PersonID)},
		action{Label: v.T("people.export"), Href: v.Path("exports") + "?person=" + v.Who.PersonID})
	d.Sections = append(d.Sections, v.hoursChart(months))
	return nil
}

// boardFailing is what does not reach its receivers.
func (v *visit) boardFailing() ([]section, error) {
	troubled, err := v.c.Webhooks.Troubled(v.ctx(), v.Who, boardRows)
	if err != nil {
		return nil, err
	}
	failed, err := v.c.Webhooks.FailedSince(v.ctx(), v.Who, clock.Of(v.c.Clock.Now().Add(-24*time.Hour)), boardRows)
	if err != nil {
		return nil, err
	}
	s := section{Title: v.T("board.failing"), Wide: true, Facts: []fact{isA(v.T("board.state"), badge(v.T("board.all_well"), "good"))}}
	if len(troubled)+len(failed) == 0 {
		return []section{s}, nil
	}
	s.Facts = nil
	s.Table = &table{Caption: v.T("board.failing"), Columns: []column{{Label: v.T("board.endpoint")}, {Label: v.T("board.what")}, {Label: v.T("board.since")}}}
	for _, t := range troubled {
		s.Table.Rows = append(s.Table.Rows, v.troubleRow(t))
	}
	for _, one := range failed {
		s.Table.Rows = append(s.Table.Rows, row{Href: v.settings("integrations", "deliveries", string(one.ID)),
			Cells: []cell{txt(string(one.EventType)), badge(v.T("board.gave_up", "n", one.AttemptCount), "bad"), txt(v.Time(one.FinishedAt))}})
	}
	return []section{s}, nil
}

func (v *visit) troubleRow(t webhook.Trouble) row {
	what, since := badge(v.T("board.failing_now"), "warn"), t.FailingSince
	switch {
	case !t.Active:
		what, since = badge(v.T("board.disabled"), "bad"), t.DisabledAt
		if t.DisabledReason != nil {
			what.Sub = v.T("webhooks.reason." + *t.DisabledReason)
		}
	case t.FailingSince != 0:
		what.Sub = v.T("board.until", "time", v.Time(webhook.DisabledFrom(t.FailingSince)))
		if t.BlockedSince != 0 {
			what.Sub += "; " + v.T("board.blocked")
		}
	default:
		what, since = badge(v.T("webhooks.state.blocked"), "warn"), t.BlockedSince
		what.Sub = v.T("board.blocked")
	}
	return row{Href: v.settings("integrations", "webhooks", string(t.ID)), Cells: []cell{txt(t.URL), what, txt(v.Time(since))}}
}

// firstSteps lead into an empty organization; they are gone once a flight was entered.
func (v *visit) firstSteps() ([]section, error) {
	n, _, err := v.c.Flights.Count(v.ctx(), v.Who, flight.BrowseFilter{}, 1)
	if err != nil || n > 0 || !v.Can(scope.FleetWrite) || !v.Can(scope.PeopleWrite) {
		return nil, err
	}
	t := &table{Caption: v.T("board.first_steps"), Columns: []column{{Label: v.T("board.step")}, {Label: v.T("board.why")}, {Label: v.T("board.state")}}}
	add := func(name string, done bool, path ...string) {
		state := badge(v.T("board.to_do"), "quiet")
		if done {
			state = badge("✓ "+v.T("board.done"), "good")
		}
		t.Rows = append(t.Rows, row{Href: v.Path(path...), Cells: []cell{{Text: v.T("board.step." + name)}, txt(v.T("board.step_why." + name)), state}})
	}
	craft, err := v.c.Fleet.Choices(v.ctx(), v.Who, "", 1)
	if err != nil {
		return nil, err
	}
	people, _, err := v.c.People.Count(v.ctx(), v.Who, person.Filter{}, 1)
	if err != nil {
		return nil, err
	}
	add("aircraft", len(craft) > 0, "fleet", "new")
	add("people", people > 0, "people", "new")
	add("flight", false, "flights", "new")
	if v.Can(scope.ImportsManage) {
		add("import", false, "imports")
	}
	if v.Can(scope.KeysManage) {
		keys, err := v.c.Keys.List(v.ctx(), v.Who, key.Filter{Kind: scope.KindOrganization}, page.Page{Limit: 1})
		if err != nil {
			return nil, err
		}
		add("key", len(keys.Rows) > 0, "settings", "integrations", "api-keys")
	}
	if v.Can(scope.WebhooksManage) {
		endpoints, err := v.c.Webhooks.List(v.ctx(), v.Who, webhook.Filter{}, page.Page{Limit: 1})
		if err != nil {
			return nil, err
		}
		add("endpoint", len(endpoints.Rows) > 0, "settings", "integrations", "webhooks")
	}
	return []section{{Title: v.T("board.first_steps"), Intro: v.T("board.first_steps_intro"), Table: t, Wide: true}}, nil
}
