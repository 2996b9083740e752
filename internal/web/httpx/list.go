package httpx

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/page"
)

// ListQuery are the parameters that every list has. Inputs of list operations embed it.
type ListQuery struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many rows at most" example:"50"`
	Cursor string `query:"cursor" maxLength:"200" doc:"Where to go on: the next_cursor of the page before, with the same filters. It survives inserts. Keep the last one: it is valid for ever, and gives what has been added or changed since"`
}

// Page is what the list was asked for; a cursor that is damaged or of other filters is refused.
func (q ListQuery) Page(ctx context.Context) (page.Page, error) {
	x := exchangeOf(ctx)
	p := page.Page{Limit: q.Limit, Filter: x.list}
	if q.Cursor == "" {
		return p, nil
	}
	at, err := page.Parse(q.Cursor, x.list)
	if err != nil {
		return page.Page{}, fault.New(fault.BadRequest, "invalid_cursor").Because(err)
	}
	p.After = at
	return p, nil
}

// Pagination is what follows the rows of a list.
type Pagination struct {
	NextCursor *string `json:"next_cursor" doc:"The position after the last row of this page. It is there even on the last page, so that a consumer can keep it and go on from it later; null only for a list that is empty from its beginning"`
	HasMore    bool    `json:"has_more" doc:"Whether more rows follow now"`
}

// Rows answers a page of a list. at is where a row stands, and write appends it as JSON.
func Rows[T any](ctx context.Context, q ListQuery, p page.Page, of page.Of[T], at func(T) page.Position, write func([]byte, T) ([]byte, error)) (Answer, error) {
	x := exchangeOf(ctx)
	b := append(make([]byte, 0, 4096), `{"data":[`...)
	var err error
	for i, row := range of.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		if i == 1 { // rows are about as long as the first
			b = slices.Grow(b, len(of.Rows)*len(b)*9/8+256)
		}
		if b, err = write(b, row); err != nil {
			return Answer{}, fault.Wrap(err, "write a row of a list")
		}
	}
	next := q.Cursor
	if n := len(of.Rows); n > 0 {
		next = p.Cursor(at(of.Rows[n-1]))
	}
	b = append(b, `],"pagination":{"next_cursor":`...)
	if next == "" {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendQuote(b, next)
	}
	b = append(b, `,"has_more":`...)
	b = strconv.AppendBool(b, of.More)
	b = append(b, "}}"...)
	x.records = len(of.Rows)
	a := Answer{body: b}
	if of.More {
		a.link = nextLink(x.request, next)
	}
	return a, nil
}

// AsJSON appends a row by its own JSON form.
func AsJSON[T any](b []byte, row T) ([]byte, error) {
	doc, err := marshal(row)
	return append(b, doc...), err
}

// Instant is a time in a query: RFC 3339, or a date that stands for its first moment in UTC.
type Instant struct{ clock.Time }

// UnmarshalText reads the parameter.
func (t *Instant) UnmarshalText(b []byte) error {
	s := string(b)
	if len(s) == len("2006-01-02") {
		s += "T00:00:00Z"
	}
	v, err := clock.Parse(strings.Replace(s, " ", "+", 1)) // a '+' that was not escaped
	if err != nil {
		return errNotATime
	}
	t.Time = v
	return nil
}

type textError string

func (e textError) Error() string { return string(e) }

const errNotATime = textError("!not_a_time")
