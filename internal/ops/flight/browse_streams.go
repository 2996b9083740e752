package flight

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// A stream is a stretch of an index that holds flights in the order in which they were flown. The engines would not find
// it by themselves: they know neither how rare a status is nor how often somebody flew. So the stream with the fewest
// flights is chosen here, and conditions are written so that they can only be answered along it.
type stream struct {
	crew  bool   // of flight_crew, else of flights
	lead  []cond // what the index begins with
	sort  bool   // the index has another order: only for few flights
	extra []cond // what must hold besides
}

// cond is a condition; each ? stands for the next value.
type cond struct {
	text   string
	values []any
}

func is(column string, v any) cond { return cond{column + " = ?", []any{v}} }

// stretch are the texts of a column from one to before another.
func stretch(column, from, until string) []cond {
	return []cond{{column + " >= ?", []any{from}}, {column + " < ?", []any{until}}}
}

// streams are those that a list is merged from.
type streams struct {
	list     []stream
	from, to clock.Time // from <= flown < to
	windowed bool       // a date was asked for, so that flights without one are left out
	org      scope.OrgID
	rest     rest
	places   bool
	walked   []stream // nil, or what a page looks at a part of: see horizon
}

// rest is what the rows of every stream are checked for, unless the stream holds only such.
type rest struct {
	f   BrowseFilter
	own *scope.Principal // only their flights
}

// limits are how many flights are rather looked at one by one than found along a more frequent stream, and how many a page
// looks at where there are more.
type limits struct{ few, look int }

var usualLimits = limits{few: 4000, look: 2000}

// streams chooses where to look; no stream when nothing can match.
func (s *Service) streams(ctx context.Context, who scope.Principal, f BrowseFilter) (streams, error) {
	in := streams{org: who.Org, from: cmp.Or(f.From, earliest), to: cmp.Or(f.To, latest), windowed: f.From != 0 || f.To != 0}
	if !who.Can(scope.FlightsRead) {
		if err := who.Need(scope.FlightsReadOwn); err != nil {
			return in, err
		}
		in.rest.own = &who
	}
	if f.Statuses = known(f.Statuses); f.Statuses != nil && len(f.Statuses) == 0 || f.Kind != "" && !slices.Contains(Kinds, f.Kind) {
		return in, nil
	}
	f.Q = strings.TrimSpace(f.Q)
	in.rest.f = f
	if err := s.choose(ctx, &in); err != nil || f.Q == "" {
		return in, err
	}
	return in, s.search(ctx, &in)
}

// known are the statuses that there are; nil for all of them.
func known(statuses []string) []string {
	if len(statuses) == 0 {
		return nil
	}
	kept := []string{}
	for _, status := range Statuses {
		if slices.Contains(statuses, status) {
			kept = append(kept, status)
		}
	}
	if len(kept) == len(Statuses) {
		return nil
	}
	return kept
}

// choose takes the filter that leaves the fewest flights to look at; of two that leave many, the one whose index knows
// of the other.
func (s *Service) choose(ctx context.Context, in *streams) error {
	f := in.rest.f
	var ways [][]stream
	if in.rest.own != nil {
		ways = append(ways, ofOwn(in.rest.own))
	}
	if f.PersonID != "" {
		ways = append(ways, []stream{ofPerson(f.PersonID)})
	}
	if f.AircraftID != "" {
		ways = append(ways, []stream{{lead: []cond{is("f.aircraft_id", f.AircraftID)}}})
	}
	if f.ImportID != "" {
		ways = append(ways, []stream{{lead: []cond{is("f.import_id", f.ImportID)}}})
	}
	if f.Statuses != nil || f.Kind != "" {
		ways = append(ways, ofStatuses(f))
	}
	if len(ways) == 0 {
		in.list = []stream{{}}
		return nil
	}
	in.list = ways[0]
	if len(ways) == 1 {
		return nil
	}
	fewest := s.limits.few
	for _, way := range ways {
		n, err := s.sum(ctx, *in, way, fewest)
		if err != nil {
			return err
		}
		if n < fewest {
			fewest, in.list = n, way
		}
	}
	if fewest == s.limits.few && slices.ContainsFunc(in.list, in.costly) {
		in.walked = in.list
	}
	return nil
}

// costly tells whether something is asked of a stream's rows that its index does not know.
func (in *streams) costly(t stream) bool {
	return slices.ContainsFunc(in.checks(t), func(c cond) bool {
		return slices.ContainsFunc([]string{"SELECT", "f.aircraft_id", "f.import_id", "f.created_by"}, func(s string) bool { return strings.Contains(c.text, s) })
	})
}

func ofPerson(person string) stream {
	return stream{crew: true, lead: []cond{is("c.person_id", person)}}
}

func ofOwn(who *scope.Principal) []stream {
	own := []stream{{lead: []cond{is("f.created_by", createdBy(*who))}}}
	if who.PersonID != "" {
		own = append(own, ofPerson(who.PersonID))
	}
	return own
}

// ofStatuses are the streams of each status with each kind: one index serves both filters, and both together.
func ofStatuses(f BrowseFilter) (list []stream) {
	statuses, kinds := f.Statuses, Kinds
	if statuses == nil {
		statuses = Statuses
	}
	if f.Kind != "" {
		kinds = []string{f.Kind}
	}
	for _, status := range statuses {
		for _, kind := range kinds {
			list = append(list, stream{lead: []cond{is("f.status", status), is("f.kind", kind)}})
		}
	}
	return list
}

// table, at and flight name the table and what the columns of both are called.
func (t stream) table() string {
	if t.crew {
		return "c."
	}
	return "f."
}

func (t stream) at() string {
	if t.crew {
		return "c.flown_at"
	}
	return "f.off_block_at"
}

func (t stream) flight() string {
	if t.crew {
		return "c.flight_id"
	}
	return "f.id"
}

// leads tells whether the stream holds only flights with one of these in a column.
func (t stream) leads(column string, values ...string) bool {
	return slices.ContainsFunc(t.lead, func(c cond) bool {
		return c.text == column+" = ?" && slices.Contains(values, c.values[0].(string))
	})
}

// checks are the conditions on the rows of a stream. The empty texts keep the engines from other indexes.
func (in *streams) checks(t stream) []cond {
	f, table, flight := in.rest.f, t.table(), t.flight()
	var list []cond
	if len(f.Statuses) > 0 && !t.leads("f.status", f.Statuses...) {
		values := make([]any, len(f.Statuses))
		for i, status := range f.Statuses {
			values[i] = status
		}
		list = append(list, cond{table + "status || '' IN (?" + strings.Repeat(", ?", len(values)-1) + ")", values})
	}
	if f.Kind != "" && !t.leads("f.kind", f.Kind) {
		list = append(list, is(table+"kind || ''", f.Kind))
	}
	if f.AircraftID != "" && !t.leads("f.aircraft_id", f.AircraftID) {
		list = append(list, is(table+"aircraft_id || ''", f.AircraftID))
	}
	if f.ImportID != "" && t.crew {
		list = append(list, cond{importOfCrew, []any{f.ImportID}})
	} else if f.ImportID != "" && !t.leads("f.import_id", f.ImportID) {
		list = append(list, is("f.import_id || ''", f.ImportID))
	}
	if f.PersonID != "" && !t.holds(f.PersonID) {
		list = append(list, onCrew(flight, f.PersonID))
	}
	if own := in.rest.own; own != nil && !t.leads("f.created_by", createdBy(*own)) && (own.PersonID == "" || !t.holds(own.PersonID)) {
		list = append(list, ownOf(t.crew, flight, own))
	}
	return append(list, t.extra...)
}

// holds tells whether the stream is that of a person.
func (t stream) holds(person string) bool {
	return t.crew && t.lead[0].values[0] == person
}

func onCrew(flight, person string) cond {
	return cond{crewCountHead + flight + crewCountTail, []any{person}}
}

func ownOf(crew bool, flight string, who *scope.Principal) cond {
	by := is("f.created_by || ''", createdBy(*who))
	if crew {
		by.text = authorOfCrew
	}
	on := onCrew(flight, who.PersonID)
	return cond{"(" + by.text + " OR " + on.text + ")", append(by.values, on.values...)}
}

// browseQuery is being written: a page of the merged streams, or their number.
type browseQuery struct {
	in      streams
	undated bool
	after   Bookmark
	back    bool
	end     *spot // the last that is looked at
	limit   int
	skip    int // of each stream

	args      []any
	place     map[any]string
	unordered bool
}

// page reads the next spots.
func (q *browseQuery) page() string {
	parts := q.parts()
	if len(parts) == 1 {
		return parts[0]
	}
	order := ` ORDER BY 1 DESC, 2 DESC`
	if q.back {
		order = ` ORDER BY 1, 2`
	}
	return mergedHead + strings.Join(q.nested(parts), mergedNext) + `) m` + order + ` LIMIT ` + strconv.Itoa(q.limit)
}

// count counts up to the limit.
func (q *browseQuery) count() string {
	q.unordered = true
	parts := q.parts()
	if len(parts) == 1 {
		return mergedCountHead + parts[0] + `) m`
	}
	return mergedCountHead + mergedHead + strings.Join(q.nested(parts), mergedNext) + `) n LIMIT ` + strconv.Itoa(q.limit) + `) m`
}

func (q *browseQuery) nested(parts []string) []string {
	for i := range parts {
		parts[i] = partHead + parts[i] + `) p` + strconv.Itoa(i)
	}
	return parts
}

func (q *browseQuery) parts() []string {
	var parts []string
	for _, t := range q.in.list {
		if q.undated && t.crew { // the index on the crew has no flights without a date; there are few
			of := stream{extra: []cond{onCrew("f.id", t.lead[0].values[0].(string))}}
			for _, c := range t.extra {
				of.extra = append(of.extra, cond{onFlight.Replace(c.text), c.values})
			}
			t = of
		}
		parts = append(parts, q.part(t))
	}
	return parts
}

// onFlight turns what is said of a crew's row into the same of the flight.
var onFlight = strings.NewReplacer("c.flight_id", "f.id", "c.flown_at", "f.off_block_at", "c.", "f.")

// part reads one stream.
func (q *browseQuery) part(t stream) string {
	head, at, flight := flightsHead, t.at(), t.flight()
	if t.crew {
		head = crewHead
	}
	if t.sort {
		at += " + 0"
	}
	conds := append([]cond{is(t.table()+"org_id", q.in.org)}, t.lead...)
	if !t.crew {
		conds = append(conds, cond{text: "NOT f.deleted"})
	}
	conds = append(conds, q.span(at, flight)...)
	conds = append(conds, q.in.checks(t)...)
	texts := make([]string, len(conds))
	for i, c := range conds {
		texts[i] = q.put(c)
	}
	order := ` ORDER BY ` + at + ` DESC, ` + flight + ` DESC`
	if q.back {
		order = ` ORDER BY ` + at + `, ` + flight
	}
	if q.undated {
		order = strings.Replace(order, at+` DESC, `, "", 1)
		order = strings.Replace(order, at+`, `, "", 1)
	}
	if q.unordered && t.sort {
		order = ""
	}
	if q.skip > 0 {
		order += ` LIMIT 1 OFFSET ` + strconv.Itoa(q.skip)
	} else {
		order += ` LIMIT ` + strconv.Itoa(q.limit)
	}
	return head + ` WHERE ` + strings.Join(texts, ` AND `) + order
}

// span bounds a stream.
func (q *browseQuery) span(at, flight string) []cond {
	spot := "(" + at + ", " + flight + ")"
	switch {
	case q.undated && q.after.ID == "":
		return []cond{{text: at + " IS NULL"}}
	case q.undated && q.back:
		return []cond{{text: at + " IS NULL"}, {flight + " > ?", []any{q.after.ID}}}
	case q.undated:
		return []cond{{text: at + " IS NULL"}, {flight + " < ?", []any{q.after.ID}}}
	case q.back && q.end != nil:
		return []cond{{spot + " > (?, ?)", []any{q.after.FlownAt, q.after.ID}}, {spot + " <= (?, ?)", []any{q.end.at, q.end.id}}}
	case q.back:
		return []cond{{spot + " > (?, ?)", []any{q.after.FlownAt, q.after.ID}}, {at + " < ?", []any{q.in.to}}}
	case q.end != nil:
		return []cond{{spot + " < (?, ?)", []any{q.after.FlownAt, q.after.ID}}, {spot + " >= (?, ?)", []any{q.end.at, q.end.id}}}
	}
	return []cond{{spot + " < (?, ?)", []any{q.after.FlownAt, q.after.ID}}, {at + " >= ?", []any{q.in.from}}}
}

// put numbers the values of a condition; one that was there before keeps its number.
func (q *browseQuery) put(c cond) string {
	if q.place == nil {
		q.place = map[any]string{}
	}
	var b strings.Builder
	values := c.values
	for _, r := range c.text {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		mark, ok := q.place[values[0]]
		if !ok {
			q.args = append(q.args, values[0])
			mark = "$" + strconv.Itoa(len(q.args))
			q.place[values[0]] = mark
		}
		b.WriteString(mark)
		values = values[1:]
	}
	return b.String()
}

func scanSpot(s db.Scanner) (p spot, err error) { return p, s.Scan(&p.at, &p.id) }
