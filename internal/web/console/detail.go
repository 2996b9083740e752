package console

import "net/http"

// detail is the page of one record.
type detail struct {
	Title    string
	Badges   []cell
	Intro    string
	Actions  []action
	Notices  []notice
	Sections []section
	Back     []link
	Poll     string // address that htmx asks again every second while work is under way
}

// notice is a sentence that must not be missed. Tone is good, warn, bad or info.
type notice struct{ Tone, Text string }

// section is a part of a record's page; it shows what it has, in this order.
type section struct {
	Title    string
	Tabs     []link // to the same of another time or kind
	Intro    string
	Secret   *secret
	Figures  []fact // a few numbers that say most
	Facts    []fact
	Progress *progress
	Charts   []*chart
	Table    *table
	Pre      string  // as it is, such as a body or headers
	Blocks   []block // texts as they are, each behind its title
	Form     *form
	Actions  []action
	Wide     bool // the whole width
}

// block is a text as it is; it is closed at first unless Open.
type block struct {
	Title, Text string
	Open        bool
}

// fact is a name and a value.
type fact struct {
	Label string
	cell
}

// table is rows without filters or paging.
type table struct {
	Caption string // for screen readers
	Columns []column
	Rows    []row
	Empty   string
	More    action // leads to the whole list
}

// secret is shown once, with a button to copy it.
type secret struct{ Label, Value, Warning string }

// progress is how far long work has come.
type progress struct {
	Done, Total int64
	Text        string
}

func (d detail) trail() []link { return d.Back }

func (d detail) refresh() int {
	if d.Poll != "" {
		return 2
	}
	return 0
}

// secret tells whether the page shows one.
func (d detail) secret() bool {
	for _, s := range d.Sections {
		if s.Secret != nil {
			return true
		}
	}
	return false
}

// detail answers with the page of a record.
func (v *visit) detail(d detail) error { return v.show(http.StatusOK, "detail", d.Title, d) }

func is(label, value string) fact       { return fact{label, txt(value)} }
func isA(label string, value cell) fact { return fact{label, value} }
