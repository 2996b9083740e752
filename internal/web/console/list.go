package console

import (
	"cmp"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"airside/internal/base/fault"
)

// list is a page of rows: with search and filters in the address, newer and older pages, and all rows as CSV.
type list struct {
	Title   string
	Intro   string
	Actions []action
	Tabs    []link // to sibling lists
	Filters []field
	Columns []column
	// Rows reads a page of rows: limit of them from at, which is empty or the Next or Prev of an earlier page.
	Rows  func(at string, limit int) (rowsPage, error)
	Size  int    // rows of a page; 0 means 50
	Empty empty  // what to say where there is nothing yet; with filters in force something else is said
	Name  string // of the CSV file, without its ending
	CSV   string // address of a file with more than the rows have, in place of them
	Back  []link // the pages above this one
	Bulk  *bulk  // what can be done with several rows at once, whose first cells have Check
}

// bulk asks the page at Href what to do with the rows that were checked; their Checks come as id.
type bulk struct{ Href, Label, Intro string }

// column heads a column. Kind is empty for text, tight for text on one line, num for what
// stands to the right, or actions.
type column struct{ Label, Kind string }

// rowsPage is a page of a list. Next and Prev are places for Rows, or empty; Count says how many there are in all, if
// that is known.
type rowsPage struct {
	Rows       []row
	Next, Prev string
	Count      string
	Note       string // a sentence about what was looked for
}

// row is a row of a list or a table; Href is the page of its record, on which the first cell is the link.
type row struct {
	Href  string
	Cells []cell
}

// cell is what stands under a column. CSV gets Text.
type cell struct {
	Text    string
	Sub     string // smaller, below
	Href    string
	Tone    string // makes it a badge: good, warn, bad, info or quiet
	Mono    bool
	Copy    bool   // with a button that copies Text
	Check   string // a checkbox before it, for the list's Bulk
	Actions []action
	Edit    *edit // Text can be changed where it stands
}

// edit is a text that can be changed where it stands, by a form that the page at Href takes.
type edit struct {
	Href, Name, Label, Button string
	Max                       int
	Fields                    []hidden
}

// txt, num, badge and mono make cells.
func txt(s string) cell         { return cell{Text: orDash(s)} }
func sub(s, below string) cell  { return cell{Text: orDash(s), Sub: below} }
func badge(s, tone string) cell { return cell{Text: s, Tone: tone} }
func mono(s string) cell        { return cell{Text: orDash(s), Mono: true} }
func to(s, href string) cell    { return cell{Text: orDash(s), Href: href} }

// At is the cell as the link to its row's page.
func (c cell) At(href string) cell {
	c.Href = href
	return c
}

// action is something that can be done: a link to a page or, with Post, a button that sends a form at once.
type action struct {
	Label   string
	About   string // what it is done to, where several on a page have the same label; heard, not seen
	Href    string
	Post    bool
	Primary bool
	Danger  bool
	Fields  []hidden // sent with Post
}

type hidden struct{ Name, Value string }

// link leads somewhere; Current marks the page one is on.
type link struct {
	Label, Href string
	Current     bool
}

// empty teaches what would be here, and how to begin.
type empty struct {
	Title, Text string
	Action      action
}

// shownList is a list with the rows of one page, for the template.
type shownList struct {
	list
	Page             rowsPage
	Filtered         bool
	NextURL, PrevURL string
	CSVURL, FirstURL string
	Hidden           []hidden
}

func (l shownList) trail() []link { return l.Back }

const (
	pageRows = 50
	csvRows  = 500
)

// list answers with a list, or with all of it as CSV.
func (v *visit) list(l list) error {
	v.fillFilters(l.Filters)
	if v.query("format") == "csv" {
		return v.sendCSV(l)
	}
	p, err := l.Rows(v.query("at"), cmp.Or(l.Size, pageRows))
	if err != nil {
		return err
	}
	s := shownList{list: l, Page: p, CSVURL: cmp.Or(l.CSV, v.with("format", "csv", "at", "", "done", ""))}
	for _, f := range l.Filters {
		s.Filtered = s.Filtered || f.Value != ""
	}
	if p.Next != "" {
		s.NextURL = v.with("at", p.Next, "done", "")
	}
	if p.Prev != "" {
		s.PrevURL = v.with("at", p.Prev, "done", "")
	}
	if v.query("at") != "" {
		s.FirstURL = v.with("at", "", "done", "")
	}
	return v.show(http.StatusOK, "list", l.Title, s)
}

// fillFilters puts what the address says into the filters.
func (v *visit) fillFilters(filters []field) {
	for i := range filters {
		filters[i].Value = v.query(filters[i].Name)
		for n := range filters[i].Options {
			filters[i].Options[n].Chosen = filters[i].Options[n].Value == filters[i].Value
		}
	}
}

// with is the address of this page with some parameters changed; an empty value takes one out.
func (v *visit) with(pairs ...string) string {
	q := v.r.URL.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u := url.URL{Path: v.r.URL.Path, RawQuery: q.Encode()}
	return u.String()
}

// sendCSV writes every row of a list. The first page is read before anything is sent, so that an error can still be
// shown as a page; a later one cuts the file off.
func (v *visit) sendCSV(l list) error {
	p, err := l.Rows("", csvRows)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+v.Org.Slug+"-"+l.Name+"-"+v.c.Clock.Now().UTC().Format(time.DateOnly)+`.csv"`)
	w := csv.NewWriter(v.w)
	var heads []string
	for _, c := range l.Columns {
		if c.Kind != "actions" {
			heads = append(heads, c.Label)
		}
	}
	w.Write(heads)
	for {
		for _, r := range p.Rows {
			w.Write(csvRow(l.Columns, r))
		}
		if p.Next == "" {
			w.Flush()
			return nil
		}
		if p, err = l.Rows(p.Next, csvRows); err != nil {
			panic(http.ErrAbortHandler) // nobody must take half a file for whole
		}
	}
}

func csvRow(columns []column, r row) []string {
	var cells []string
	for i, c := range r.Cells {
		if i < len(columns) && columns[i].Kind == "actions" {
			continue
		}
		s := c.Text
		if s == "–" {
			s = ""
		}
		if c.Sub != "" {
			s = strings.TrimSpace(s + " " + c.Sub)
		}
		cells = append(cells, harmless(s))
	}
	return cells
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// sorted makes a page of rows that are all at hand, from the place that at names: the position of its first row.
func sorted(rows []row, at string, limit int) (rowsPage, error) {
	from := 0
	if at != "" {
		n, err := parsePlace(at)
		if err != nil || n > len(rows) {
			return rowsPage{}, fault.New(fault.BadRequest, "invalid_cursor")
		}
		from = n
	}
	p := rowsPage{Rows: slices.Clone(rows[from:min(len(rows), from+limit)])}
	if from+limit < len(rows) {
		p.Next = place(from + limit)
	}
	if from > 0 {
		p.Prev = place(max(0, from-limit))
	}
	return p, nil
}

// Table is the page's rows for the template that tables share.
func (l shownList) Table() table {
	return table{Caption: l.Title, Columns: l.Columns, Rows: l.Page.Rows}
}
