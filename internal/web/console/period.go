package console

import (
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
)

// rowsOf makes a page of rows of what a verb found; at is the place of a record, show its row.
func rowsOf[T any](found page.Of[T], at func(T) page.Position, show func(T) row) rowsPage {
	var p rowsPage
	for _, x := range found.Rows {
		p.Rows = append(p.Rows, show(x))
		if found.More {
			p.Next = writePlace(at(x))
		}
	}
	return p
}

// writePlace and readPlace carry the place of a record in an address.
func writePlace(p page.Position) string { return strconv.FormatInt(p.ChangeNo, 10) + "_" + p.ID }

func readPlace(at string, limit int) (page.Page, error) {
	p := page.Page{Limit: limit}
	if at == "" {
		return p, nil
	}
	no, rest, _ := strings.Cut(at, "_")
	n, err := strconv.ParseInt(no, 10, 64)
	if err != nil || len(rest) > 64 {
		return p, fault.New(fault.BadRequest, "invalid_cursor")
	}
	p.After = page.Position{ChangeNo: n, ID: rest}
	return p, nil
}

// periodFilters ask for a first and a last day; period reads them.
func (v *visit) periodFilters() []field {
	return []field{{Name: "from", Label: v.T("period.from"), Kind: "date"}, {Name: "to", Label: v.T("period.to"), Kind: "date"}}
}

// period is from the beginning of the first day to the end of the last one, in the visitor's time zone.
func (v *visit) period() (from, before clock.Time, err error) {
	if from, err = v.dayFilter("from", 0); err == nil {
		before, err = v.dayFilter("to", 1)
	}
	return from, before, err
}

func (v *visit) dayFilter(name string, plus int) (clock.Time, error) {
	s := v.query(name)
	if s == "" {
		return 0, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, s, v.zone)
	if err != nil {
		return 0, fault.New(fault.BadRequest, "period_unreadable")
	}
	return clock.Of(at.AddDate(0, 0, plus)), nil
}

// localForm is how a browser's field for date and time writes an instant.
const localForm = "2006-01-02T15:04"

// local writes an instant for such a field, readLocal reads it.
func (v *visit) local(t clock.Time) string { return t.Std().In(v.zone).Format(localForm) }

func (v *visit) readLocal(s string) (clock.Time, bool) {
	at, err := time.ParseInLocation(localForm, strings.TrimSuffix(s, ":00"), v.zone)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02T15:04:05", s, v.zone)
	}
	return clock.Of(at), err == nil
}

// lines are the lines of a text, without empty ones.
func lines(s string) []string {
	list := []string{}
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == ',' }) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// press is a button that does something at once, and once.
func press(label, href string) action {
	return action{Label: label, Href: href, Post: true, Fields: []hidden{{"_once", id.New()}}}
}
