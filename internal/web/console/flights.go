package console

import (
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/ops/flight"
	"airside/internal/platform/scope"
)

// flights is the list of flights, newest flown first.
func (v *visit) flights() error {
	l := list{Title: v.T("flights.title"), Intro: v.T("flights.intro"), Name: "flights", Tabs: v.flightTabs(), Columns: v.flightColumns(),
		Empty: empty{Title: v.T("flights.empty"), Text: v.T("flights.empty_text")}}
	if !v.Can(scope.FlightsRead) {
		l.Title, l.Intro = v.T("flights.title_own"), v.T("flights.intro_own")
	}
	if v.mayEnterFlights() {
		enter := action{Label: v.T("flights.new"), Href: v.Path("flights", "new"), Primary: true}
		l.Actions, l.Empty.Action = []action{enter}, enter
	}
	waiting := v.query("status") == string(flight.StatusSubmitted) && v.Can(scope.FlightsApprove)
	if waiting {
		l.Bulk = &bulk{Href: v.Path("flights", "approve"), Label: v.T("flights.bulk"), Intro: v.T("flights.bulk_intro")}
	}
	var err error
	if l.Filters, err = v.flightFilters(); err != nil {
		return err
	}
	f, err := v.flightFilter()
	if err != nil {
		return err
	}
	l.Rows = func(at string, limit int) (rowsPage, error) { return v.flightRows(f, at, limit, waiting) }
	if waiting { // each of these is held against the flights before and after it
		l.Size = 25
	}
	return v.list(l)
}

// mayEnterFlights tells whether the visitor may enter flights: any, or their own if they are linked to a person.
func (v *visit) mayEnterFlights() bool {
	return v.Can(scope.FlightsWrite) || v.Can(scope.FlightsWriteOwn) && v.Who.PersonID != ""
}

func (v *visit) flightTabs() []link {
	now := v.query("status")
	tabs := []link{{Label: v.T("flights.tab.all"), Href: v.with("status", "", "at", "", "done", ""), Current: now == ""}}
	for _, s := range []flight.Status{flight.StatusSubmitted, flight.StatusDraft, flight.StatusApproved, flight.StatusRejected} {
		tabs = append(tabs, link{Label: v.T("flights.tab." + string(s)), Href: v.with("status", string(s), "at", "", "done", ""), Current: now == string(s)})
	}
	return tabs
}

func (v *visit) flightFilters() ([]field, error) {
	filters := []field{
		{Name: "q", Label: v.T("list.search"), Kind: "search", Placeholder: v.T("flights.search")},
		{Name: "status", Label: v.T("flight.status"), Kind: "select", Options: v.words("flight.status.", flight.Statuses, v.T("list.any"))},
		{Name: "kind", Label: v.T("flight.kind"), Kind: "select", Options: v.words("flight.kind.", flight.Kinds, v.T("list.any"))},
	}
	aircraft, err := v.fleetPicker()
	if err != nil {
		return nil, err
	}
	chosen, err := aircraft.filter(v, field{Name: "aircraft", Label: v.T("flight.aircraft")})
	if err != nil {
		return nil, err
	}
	filters = append(filters, chosen...)
	if v.Can(scope.FlightsRead) {
		people, err := v.peoplePicker()
		if err != nil {
			return nil, err
		}
		if chosen, err = people.filter(v, field{Name: "person", Label: v.T("flights.person")}); err != nil {
			return nil, err
		}
		filters = append(filters, chosen...)
	}
	filters = append(filters, field{Name: "from", Label: v.T("flights.from"), Kind: "date"}, field{Name: "to", Label: v.T("flights.to"), Kind: "date"})
	if of := v.query("import"); of != "" {
		filters = append(filters, field{Name: "import", Label: v.T("flights.import"), Kind: "select",
			Options: []option{{Label: v.T("list.any")}, {Value: of, Label: v.T("flights.this_import")}}})
	}
	return filters, nil
}

// words are options whose labels are in the catalogue; any, if it is not empty, heads them.
func (v *visit) words(prefix string, values []string, any string) []option {
	var all []option
	if any != "" {
		all = append(all, option{Label: any})
	}
	for _, s := range values {
		all = append(all, option{Value: s, Label: v.T(prefix + s)})
	}
	return all
}

func (v *visit) flightFilter() (flight.BrowseFilter, error) {
	f := flight.BrowseFilter{AircraftID: v.query("aircraft"), PersonID: v.query("person"), Kind: v.query("kind"),
		ImportID: v.query("import"), Q: v.query("q")}
	if s := v.query("status"); s != "" {
		f.Statuses = []string{s}
	}
	for name, at := range map[string]*clock.Time{"from": &f.From, "to": &f.To} {
		day := v.query(name)
		if day == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return f, fault.New(fault.BadRequest, "not_a_date")
		}
		if name == "to" { // the day is meant with its flights
			t = t.AddDate(0, 0, 1)
		}
		*at = clock.Of(t)
	}
	return f, nil
}

func (v *visit) flightColumns() []column {
	return []column{{Label: v.T("flight.number"), Kind: "tight"}, {Label: v.T("flights.date"), Kind: "tight"}, {Label: v.T("flight.aircraft"), Kind: "tight"},
		{Label: v.T("flights.route"), Kind: "tight"},
		{Label: v.T("flight.crew")}, {Label: v.T("flights.block"), Kind: "num"}, {Label: v.T("flight.logged_min"), Kind: "num"},
		{Label: v.T("flights.landings"), Kind: "num"}, {Label: v.T("flight.status")}, {Label: v.T("flight.warnings")}}
}

func (v *visit) flightRows(f flight.BrowseFilter, at string, limit int, check bool) (rowsPage, error) {
	b, err := readBookmark(at)
	if err != nil {
		return rowsPage{}, err
	}
	found, err := v.c.Flights.Browse(v.ctx(), v.Who, f, b, limit)
	if err != nil {
		return rowsPage{}, err
	}
	if check && limit != csvRows { // a file has the warnings that are written down, all of it alike
		if err := v.foresee(found.Rows); err != nil {
			return rowsPage{}, err
		}
	}
	p := rowsPage{Next: writeBookmark(found.Next), Prev: writeBookmark(found.Prev)}
	if f.Q != "" {
		p.Note = v.T("flights.places_left_out")
		if found.Places {
			p.Note = v.T("flights.places_searched")
		}
	}
	if found.Until != 0 {
		p.Note = v.T("flights.looked_until", "day", v.Day(found.Until))
	}
	for _, one := range found.Rows {
		r := v.flightRow(one)
		if check {
			r.Cells[0].Check = one.ID
		}
		p.Rows = append(p.Rows, r)
	}
	if limit != csvRows {
		p.Count, err = v.counted(v.c.Flights.Count(v.ctx(), v.Who, f, countUpTo))
	}
	return p, err
}

// foresee gives flights that wait the warnings that approving them now would ask about: some follow from other flights.
func (v *visit) foresee(waiting []flight.Managed) error {
	if !v.Can(scope.FlightsApprove) {
		return nil
	}
	ids := make([]flight.ID, 0, pageRows)
	for _, f := range waiting[:min(len(waiting), pageRows)] {
		ids = append(ids, flight.ID(f.ID))
	}
	seen, err := v.c.Posting.PreviewWarnings(v.ctx(), v.Who, ids)
	for i := range waiting {
		if w, ok := seen[flight.ID(waiting[i].ID)]; ok {
			waiting[i].Warnings = w
		}
	}
	return err
}

// countUpTo is how far lists count: a page must not cost more where there is more.
const countUpTo = 1000

func (v *visit) counted(n int, more bool, err error) (string, error) {
	if more {
		return v.T("list.count_more", "n", v.Number(int64(n))), err
	}
	return v.T("list.count", "n", v.Number(int64(n))), err
}

func (v *visit) flightRow(f flight.Managed) row {
	return row{Href: v.Path("flights", f.ID), Cells: []cell{{Text: f.Number}, txt(v.flightDay(f)), txt(flownOn(f)), txt(route(f)), txt(v.crewLine(f)),
		txt(v.some(f.BlockMin)), txt(v.some(f.LoggedMin)), txt(v.Number(f.LandingsDay + f.LandingsNight)), v.flightStatus(f.Status), v.warningCell(f)}}
}

func (v *visit) flightStatus(s flight.Status) cell {
	tones := map[flight.Status]string{flight.StatusDraft: "quiet", flight.StatusSubmitted: "info", flight.StatusApproved: "good",
		flight.StatusRejected: "bad", flight.StatusReversed: "warn"}
	return badge(v.T("flight.status."+string(s)), tones[s])
}

func (v *visit) warningCell(f flight.Managed) cell {
	switch {
	case len(f.Warnings) == 0:
		return txt("")
	case f.Status == flight.StatusApproved || f.Status == flight.StatusReversed:
		return txt(v.T("flights.accepted", "n", len(f.Warnings)))
	}
	return badge(v.T("flights.warned", "n", len(f.Warnings)), "warn")
}

func (v *visit) flightDay(f flight.Managed) string {
	if f.Date == nil {
		return "–"
	}
	return v.Date(*f.Date)
}

// flownOn is the registration, or the training device.
func flownOn(f flight.Managed) string {
	switch {
	case f.Aircraft != nil:
		return f.Aircraft.Registration
	case f.FSTD != nil:
		return f.FSTD.DeviceType + " " + f.FSTD.QualificationNo
	}
	return "–"
}

func route(f flight.Managed) string {
	from, to := "–", "–"
	if f.Departure != nil {
		from = f.Departure.Ident
	}
	if f.Arrival != nil {
		to = f.Arrival.Ident
	}
	if from == "–" && to == "–" {
		return "–"
	}
	return from + " → " + to
}

func (v *visit) crewLine(f flight.Managed) string {
	var names []string
	for _, c := range f.Crew {
		if c.Person != nil {
			names = append(names, c.Person.DisplayName)
		}
	}
	return strings.Join(names, ", ")
}

// some writes a duration in minutes that may not be known.
func (v *visit) some(minutes *int64) string {
	if minutes == nil {
		return "–"
	}
	return v.Minutes(*minutes)
}

// A bookmark in an address is n or b (back), the time, a dot and the id.
func writeBookmark(b *flight.Bookmark) string {
	if b == nil {
		return ""
	}
	way := "n"
	if b.Back {
		way = "b"
	}
	return way + strconv.FormatInt(int64(b.FlownAt), 10) + "." + string(b.ID)
}

func readBookmark(s string) (flight.Bookmark, error) {
	if s == "" {
		return flight.Bookmark{}, nil
	}
	at, id, ok := strings.Cut(s[1:], ".")
	n, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || s[0] != 'n' && s[0] != 'b' {
		return flight.Bookmark{}, fault.New(fault.BadRequest, "invalid_cursor")
	}
	return flight.Bookmark{FlownAt: clock.Time(n), ID: flight.ID(id), Back: s[0] == 'b'}, nil
}
