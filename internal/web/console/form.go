package console

import (
	"context"
	"crypto/sha256"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/idempotency"
	"airside/internal/web/httpx"
)

// form is fields to fill in, or a question whether to do something dangerous.
type form struct {
	Title    string
	Intro    string
	Points   []string      // what will happen, and to how many
	Picture  template.HTML // between the points and the fields
	Fields   []field
	Submit   string
	Cancel   string // address
	Danger   bool
	File     bool     // has a field with a file
	Get      bool     // asks for a page or file, and changes nothing
	Download bool     // is answered with a file, and stays as it is
	Action   string   // address; empty for the page's own
	Problems []string // not of a single field
	Hidden   []hidden
	Back     []link
	Narrow   bool // a page of its own without an organization: signing in
	After    []link
	Shown    []section // what there is to know, above the fields
	Decides  string    // what Submit sends as decision, of a form whose buttons decide
	Buttons  []button  // beside Submit
	Fold     *fold     // around fields that most people leave as they are
	Below    []section // what a button found out, behind the form
	Once     string
	Reload   string // address of the form anew, where what it is about was changed meanwhile
	bad      bool
	status   int // of the answer, where it is not whether what was typed fits
}

// field is one field of a form or a filter. Kind is text, email, password, number, date, time, datetime-local, search,
// textarea, select, checkbox, checks (several of Options), radio, file, note, or more: a button that asks for more fields.
type field struct {
	Name, Label  string
	Kind         string
	Value        string
	Hint         string
	Options      []option
	Error        string
	Required     bool
	Max          int
	Count        string // says beside a textarea how many characters it has; {n} is their number
	Autocomplete string
	Inputmode    string
	Placeholder  string
	Group        string // heading over this field and those that follow
	Rows         int
	Focus        bool
	Half         bool   // two beside each other where there is room
	Span         string // third or quarter: three or four beside each other
	Unmarked     bool   // does not say that it is optional, because the form says so of all
	Was          string // what Suggest's field was made from; see wasField
	Suggest      string // address that gives options for what was typed; with Options those that are offered at first
	Offer        string // name of a list of suggestions; Options are what is in it, at the first field that has it
}

// button sends the form too, with Name and Value in it. Part is the part of the page that it leads to, such as #below.
type button struct{ Name, Value, Label, Part string }

// fold hides the fields from one on behind a title. It is open where one of them is wrong.
type fold struct {
	From  int
	Title string
	Open  bool
}

// option of a select, of radio buttons or of checks.
type option struct {
	Value, Label, Hint string
	Chosen             bool
}

// Chosen is for templates: whether a checkbox is on.
func (f field) Chosen() bool { return f.Value == "on" || f.Value == "true" }

func (f form) trail() []link { return f.Back }

// Front and Folded are for templates: the fields in sight, and those behind the fold.
func (f form) Front() []field {
	if f.Fold == nil {
		return f.Fields
	}
	return f.Fields[:f.Fold.From]
}

func (f form) Folded() []field {
	if f.Fold == nil {
		return nil
	}
	return f.Fields[f.Fold.From:]
}

// FoldOpen is for templates: whether what is behind the fold can be seen at once.
func (f form) FoldOpen() bool {
	return f.Fold.Open || slices.ContainsFunc(f.Folded(), func(d field) bool { return d.Error != "" })
}

// HasMore is for templates: whether a button stands among the fields. The key Enter must not press that one.
func (f form) HasMore() bool {
	for _, d := range f.Fields {
		if d.Kind == "more" {
			return true
		}
	}
	return false
}

// form answers with a form. Where one was sent, the fields keep what was typed.
func (v *visit) form(f form) error {
	if v.posted() {
		f.keep(v)
	}
	if f.Once == "" {
		f.Once = id.New()
	}
	status := http.StatusOK
	switch {
	case f.status != 0:
		status = f.status
	case f.bad:
		status = http.StatusUnprocessableEntity
	}
	return v.show(status, "form", f.Title, f)
}

// keep fills the fields with what was typed; passwords and files are typed again.
func (f *form) keep(v *visit) {
	for i := range f.Fields {
		d := &f.Fields[i]
		sent, ok := v.r.PostForm[d.Name]
		switch {
		case d.Kind == "password" || d.Kind == "file" || d.Kind == "note" || d.Kind == "more":
			continue
		case d.Kind == "checkbox":
			d.Value = v.value(d.Name)
		case ok:
			d.Value = v.value(d.Name)
		}
		for n := range d.Options {
			d.Options[n].Chosen = slices.Contains(sent, d.Options[n].Value)
		}
	}
}

// choose marks the option of each select and radio that is the field's value.
func (f *form) choose() {
	for i := range f.Fields {
		d := &f.Fields[i]
		if d.Kind == "checks" {
			continue
		}
		for n := range d.Options {
			d.Options[n].Chosen = d.Options[n].Value == d.Value
		}
	}
}

// refuse shows the form again with what is wrong: beside the fields that err names, above them otherwise. What a form
// cannot repair is returned, to become a page. as maps names of the verb to fields: "crew[0].person_id", "student".
func (v *visit) refuse(f form, err error, as ...string) error {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind == fault.Internal || e.Kind == fault.NotFound || e.Kind == fault.Unauthenticated && v.Session != nil {
		return err
	}
	v.blame(&f, e, as...)
	return v.form(f)
}

// blame writes into a form what is wrong with it.
func (v *visit) blame(f *form, e *fault.Error, as ...string) {
	f.bad = true
	switch e.Kind {
	case fault.Precondition:
		f.status, f.Reload = httpx.StatusOf(e), v.r.URL.RequestURI()
	case fault.Limited, fault.Unavailable, fault.Forbidden:
		f.status = httpx.StatusOf(e)
	}
	for _, bad := range e.Fields {
		name := bad.Name
		for i := 0; i+1 < len(as); i += 2 {
			if strings.HasPrefix(bad.Name, as[i]) {
				name = as[i+1]
				break
			}
		}
		what := v.T(bad.Code, bad.Args...)
		if !f.blame(name, what) {
			f.Problems = append(f.Problems, bad.Name+": "+what)
		}
	}
	if len(e.Fields) == 0 {
		f.Problems = append(f.Problems, v.T(e.Code, e.Args...))
	}
	if e.RetryAfter > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds()+0.999)))
	}
}

// blame puts a message beside the field; 'scopes[2]' is the field scopes.
func (f *form) blame(name, what string) bool {
	whole, _, _ := strings.Cut(name, "[")
	for _, wanted := range []string{name, whole} {
		for i := range f.Fields {
			if f.Fields[i].Name == wanted {
				f.Fields[i].Error = strings.TrimSpace(f.Fields[i].Error + " " + what)
				return true
			}
		}
	}
	return false
}

// once returns a context in which the form's verb happens once, even if the form is sent twice.
func (v *visit) once() context.Context {
	key := v.value("_once")
	if !idempotency.Valid(key) {
		return v.ctx()
	}
	sum := sha256.Sum256([]byte(v.r.URL.Path + "\n" + v.r.PostForm.Encode()))
	return idempotency.With(v.ctx(), string(v.Who.Org), "session/"+v.Who.MemberID, key, sum[:])
}

// number reads a whole number that was typed; empty is 0 and not there.
func number(s string) (n int64, there bool, err error) {
	if s == "" {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(s, 10, 64)
	return n, true, err
}

func place(n int) string { return strconv.Itoa(n) }

func parsePlace(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err == nil && n < 0 {
		err = errors.New("negative")
	}
	return n, err
}
