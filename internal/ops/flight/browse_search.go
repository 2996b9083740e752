package flight

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/fleet"
)

// What a search looks at before it asks for less: people and aircraft with a stream of their own, and flights whose
// places are compared.
const (
	manyFound = 100
	fewPlaces = 300
	fewSorted = 1000 // numbers and references, whose indexes do not know when a flight was flown
)

// search finds whom and what the text may mean. It looks along their flights if these are few, or if nothing else is
// asked; otherwise it keeps what the other filters chose and looks at each flight, as far as a page looks.
func (s *Service) search(ctx context.Context, in *streams) error {
	base, q := in.list, in.rest.f.Q
	in.list, in.walked = nil, nil
	aircraft, err := s.called(ctx, aircraftCalled, in, registrationLike(q))
	if err != nil {
		return err
	}
	people, err := s.called(ctx, peopleCalled, in, nameLike(q))
	if err != nil {
		return err
	}
	n, err := s.sum(ctx, *in, base, s.limits.few+1)
	if err != nil {
		return err
	}
	broad := n > s.limits.few
	chosen, err := s.along(ctx, in, broad, aircraft, people)
	if err != nil {
		return err
	}
	in.list = chosen
	var means []cond
	if chosen == nil {
		means = in.meant(aircraft, people)
	}
	texts := []stream{{sort: true, lead: stretch("f.external_ref", q, q+afterAll)}}
	from, until, years := numbers(q, len(aircraft)+len(people) > 0)
	if until != "" {
		texts = append(texts, stream{sort: true, lead: stretch("f.number", from, until)})
	}
	for _, t := range texts {
		n, err := s.sum(ctx, *in, []stream{t}, fewSorted+1)
		if err != nil {
			return err
		}
		if n > fewSorted {
			means = append(means, t.meant())
		} else if n > 0 {
			in.list = append(in.list, t)
		}
	}
	if years {
		first, last := yearsOf(from)
		for _, t := range base {
			in.list = append(in.list, t.with(cond{t.at() + " >= ?", []any{first}}, cond{t.at() + " < ?", []any{last}}))
		}
	}
	if len(means) > 0 {
		for _, t := range base {
			in.list = append(in.list, t.with(t.either(means)))
		}
	}
	if broad && (len(means) > 0 || years && slices.ContainsFunc(in.list, in.costly)) {
		in.walked = base
	}
	if broad {
		return nil
	}
	return s.addPlaces(ctx, in, base)
}

// along are the flights of those who are meant, if it is shorter to look along them.
func (s *Service) along(ctx context.Context, in *streams, broad bool, aircraft, people []string) (list []stream, err error) {
	if len(aircraft) > manyFound || len(people) > manyFound {
		return nil, nil
	}
	for _, id := range aircraft {
		list = append(list, stream{lead: []cond{is("f.aircraft_id", id)}})
	}
	for _, id := range people {
		list = append(list, ofPerson(id))
	}
	asked := slices.ContainsFunc(list, func(t stream) bool { return len(in.checks(t)) > 0 })
	if !asked {
		return list, nil
	}
	if !broad {
		return nil, nil
	}
	few := s.limits.few
	if !slices.ContainsFunc(list, in.costly) {
		few *= 5
	}
	n, err := s.sum(ctx, *in, list, few+1)
	if err != nil || n > few {
		return nil, err
	}
	return list, nil
}

// meant is what is true of the flights of those who are meant.
func (in *streams) meant(aircraft, people []string) (list []cond) {
	switch q := in.rest.f.Q; {
	case len(aircraft) > manyFound:
		list = append(list, cond{"f.aircraft_id || ''" + widely, []any{in.org, registrationLike(q)}})
	case len(aircraft) > 0:
		list = append(list, isOneOf("f.aircraft_id || ''", aircraft))
	}
	switch q := in.rest.f.Q; {
	case len(people) > manyFound:
		list = append(list, cond{widelyOnHead + "f.id" + widelyOnTail, []any{nameLike(q)}})
	case len(people) > 0:
		on := isOneOf("x.person_id", people)
		list = append(list, cond{crewCountHead + "f.id AND " + on.text + crewCountEnd, on.values})
	}
	return list
}

// meant is what is true of the flights of a stretch of texts; the empty text keeps the engines from its index.
func (t stream) meant() cond {
	from, until := t.lead[0], t.lead[1]
	text := strings.ReplaceAll(from.text+" AND "+until.text, " >= ", " || '' >= ")
	return cond{strings.ReplaceAll(text, " < ", " || '' < "), []any{from.values[0], until.values[0]}}
}

func isOneOf(column string, ids []string) cond {
	values := make([]any, len(ids))
	for i, id := range ids {
		values[i] = id
	}
	return cond{column + " IN (?" + strings.Repeat(", ?", len(ids)-1) + ")", values}
}

// either is true of a row of the stream if one of the conditions is true of the flight.
func (t stream) either(means []cond) cond {
	var texts []string
	var values []any
	for _, c := range means {
		text := c.text
		if t.crew {
			if strings.Contains(text, "f.number") || strings.Contains(text, "f.external_ref") {
				text = flightOfCrewHead + strings.ReplaceAll(text, "f.", "y.") + flightOfCrewTail
			} else {
				text = onCrewRow.Replace(text)
			}
		}
		texts, values = append(texts, text), append(values, c.values...)
	}
	return cond{"(" + strings.Join(texts, " OR ") + ")", values}
}

// onCrewRow turns what is said of a flight into the same of its crew's row.
var onCrewRow = strings.NewReplacer("f.id", "c.flight_id", "f.aircraft_id", "c.aircraft_id")

// with is the stream with more conditions.
func (t stream) with(more ...cond) stream {
	t.extra = append(slices.Clone(t.extra), more...)
	return t
}

// registrationLike and nameLike are patterns, or empty where the text can be no such thing.
func registrationLike(q string) string {
	key := fleet.Key(q)
	if len(key) < 2 {
		return ""
	}
	return "%" + key + "%"
}

func nameLike(q string) string {
	if len([]rune(q)) < 2 {
		return ""
	}
	return "%" + like.Replace(strings.ToLower(q)) + "%"
}

// like takes the meaning from the signs of a LIKE pattern.
var like = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// called finds the ids of those who are called so, and one more than is used.
func (s *Service) called(ctx context.Context, query string, in *streams, pattern string) ([]string, error) {
	if pattern == "" {
		return nil, nil
	}
	return db.All(ctx, s.db, db.Scalar[string], query, in.org, pattern, manyFound+1)
}

// afterAll follows every text with the same beginning that anybody writes.
const afterAll = "\U0010ffff"

// numbers says which flight numbers begin with a text: those from one to another or, where only the beginning of a year
// is given and nothing else is meant, the years.
func numbers(q string, meant bool) (from, until string, years bool) {
	text := strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(q), "F"), "-")
	year, rest, cut := strings.Cut(text, "-")
	if strings.Trim(year+rest, "0123456789") != "" || year == "" && cut || len(year) > 4 {
		return "", "", false
	}
	if cut && len(year) == 4 && rest != "" {
		return "F-" + text, "F-" + text + "~", false
	}
	if cut && len(year) < 4 || meant || year == "" {
		return "", "", false
	}
	return year, "", true
}

// yearsOf are the first and the end of the years that begin with some digits.
func yearsOf(digits string) (first, end clock.Time) {
	n, _ := strconv.Atoi(digits)
	m := n + 1
	for range 4 - len(digits) {
		n, m = n*10, m*10
	}
	return clock.Of(time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)), clock.Of(time.Date(m, 1, 1, 0, 0, 0, 0, time.UTC))
}

// addPlaces compares the identifiers of places where the other filters leave few flights.
func (s *Service) addPlaces(ctx context.Context, in *streams, base []stream) error {
	bare := *in
	bare.list, bare.rest.f.Q = base, ""
	n, err := s.size(ctx, bare, nil, fewPlaces+1)
	if err != nil || n > fewPlaces {
		return err
	}
	in.places = true
	text, err := json.Marshal(strings.ToLower(in.rest.f.Q))
	if err != nil {
		return err
	}
	begins := like.Replace(string(text[:len(text)-1]))
	for _, t := range base {
		facts := "lower(f.facts)"
		if t.crew {
			facts = factsOfCrew
		}
		in.list = append(in.list, t.with(cond{facts + ` LIKE ? ESCAPE '\'`, []any{`%"ident":` + begins + `%`}}))
	}
	return nil
}
