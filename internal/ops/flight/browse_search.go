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
)

// search finds whom and what the text may mean, and looks along their flights. What was chosen by the other filters is
// kept where that is shorter.
func (s *Service) search(ctx context.Context, in *streams) error {
	base, q := in.list, in.rest.f.Q
	in.list = nil
	aircraft, err := s.called(ctx, aircraftCalled, in, registrationLike(q))
	if err != nil {
		return err
	}
	people, err := s.called(ctx, peopleCalled, in, nameLike(q))
	if err != nil {
		return err
	}
	in.addAircraft(base, aircraft)
	in.addPeople(base, people)
	in.addReferences(q)
	if from, until, years := numbers(q, len(aircraft)+len(people) > 0); until != "" {
		in.list = append(in.list, stream{sort: true, lead: stretch("f.number", from, until)})
	} else if years {
		first, last := yearsOf(from)
		for _, t := range base {
			in.list = append(in.list, t.with(cond{t.at() + " >= ?", []any{first}}, cond{t.at() + " < ?", []any{last}}))
		}
	}
	return s.addPlaces(ctx, in, base)
}

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

func (in *streams) addAircraft(base []stream, ids []string) {
	switch {
	case len(ids) > manyFound:
		for _, t := range base {
			in.list = append(in.list, t.with(cond{t.table() + "aircraft_id" + widely, []any{in.org, registrationLike(in.rest.f.Q)}}))
		}
	case len(ids) > 0 && base[0].crew:
		values := make([]any, len(ids))
		for i, id := range ids {
			values[i] = id
		}
		for _, t := range base {
			in.list = append(in.list, t.with(cond{t.table() + "aircraft_id || '' IN (?" + strings.Repeat(", ?", len(ids)-1) + ")", values}))
		}
	default:
		for _, id := range ids {
			in.list = append(in.list, stream{lead: []cond{is("f.aircraft_id", id)}})
		}
	}
}

func (in *streams) addPeople(base []stream, ids []string) {
	if len(ids) > manyFound {
		for _, t := range base {
			in.list = append(in.list, t.with(cond{widelyOnHead + t.flight() + widelyOnTail, []any{nameLike(in.rest.f.Q)}}))
		}
		return
	}
	for _, id := range ids {
		in.list = append(in.list, ofPerson(id))
	}
}

// addReferences looks for an external reference that begins so.
func (in *streams) addReferences(q string) {
	in.list = append(in.list, stream{sort: true, lead: stretch("f.external_ref", q, q+afterAll)})
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
	n, err := s.size(ctx, bare, fewPlaces+1)
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
