package receiver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"airside/internal/base/clock"
	"airside/internal/platform/event"
)

// Triggering says which example to send, and where to.
type Triggering struct {
	Type            string
	Forward, Secret string   // those of the last listening if empty
	Fields          []string // of the event, to be other than in the example: data.number=F-2026-1
	Out             io.Writer
}

// Trigger sends the catalogue's example of a type to the receiver under development, and to nobody else. It enters no
// event log: an event there says that something happened.
func Trigger(ctx context.Context, o Triggering) error {
	if err := knownTypes([]string{o.Type}); err != nil {
		return err
	}
	to, err := o.target()
	if err != nil {
		return err
	}
	row, _ := event.Find(event.Type(o.Type))
	e, err := row.Sample(clock.Of(time.Now()))
	if err != nil {
		return err
	}
	for _, f := range o.Fields {
		if err := set(&e, f); err != nil {
			return err
		}
	}
	body, err := e.Body()
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "%s  %s  → %s\n", e.Type, e.ID, to.url)
	d := to.deliver(ctx, []byte(body))
	fmt.Fprintln(o.Out, d)
	fmt.Fprint(o.Out, firstLines(d.body))
	if !d.taken() {
		return errNotTaken
	}
	return nil
}

func (o Triggering) target() (*target, error) {
	if o.Forward == "" || o.Secret == "" {
		r, err := recall()
		if err != nil {
			return nil, err
		}
		if o.Forward == "" {
			o.Forward = r.Forward
		}
		if o.Secret == "" {
			o.Secret = r.Secret
		}
	}
	if o.Forward == "" {
		return nil, errors.New("--forward is missing: the address of your receiver, such as http://localhost:3000/hook (it can be left out once airside listen has forwarded to it)")
	}
	if o.Secret == "" {
		return nil, errors.New("--secret is missing: what your receiver verifies with, whsec_… (it can be left out once airside listen has made one)")
	}
	return newTarget(o.Forward, o.Secret)
}

// set changes one member of an event: path=value. What is not JSON is text; so is what does not fit otherwise, as in
// data.number=2026.
func set(e *event.Envelope, field string) error {
	path, value, ok := strings.Cut(field, "=")
	if !ok || path == "" || path == "type" {
		return fmt.Errorf("--field %s: not of the form data.number=F-2026-1", field)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if !json.Valid([]byte(value)) {
		value = string(text)
	}
	if err = merge(e, path, value); err != nil {
		err = merge(e, path, string(text))
	}
	if err != nil {
		return fmt.Errorf("--field %s: %w", field, err)
	}
	return nil
}

// merge lets the event's own Go types decide what is allowed, so that it keeps to its published schema.
func merge(e *event.Envelope, path, value string) error {
	names := strings.Split(path, ".")
	for i := len(names) - 1; i >= 0; i-- {
		name, err := json.Marshal(names[i])
		if err != nil {
			return err
		}
		value = "{" + string(name) + ":" + value + "}"
	}
	d := json.NewDecoder(bytes.NewReader([]byte(value)))
	d.DisallowUnknownFields()
	return d.Decode(e)
}

// firstLines is the beginning of an answer, fit for a terminal.
func firstLines(body []byte) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(string(body)), "\n") {
		if i == 10 {
			b.WriteString("  …\n")
			break
		}
		line = strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) && r != '\t' {
				return -1
			}
			return r
		}, strings.ToValidUTF8(line, "?"))
		if line = strings.TrimRight(line, " \t"); line != "" {
			fmt.Fprintf(&b, "  %.200s\n", line)
		}
	}
	return b.String()
}

// List writes the catalogue: what can be triggered, when it happens in earnest, and how stable it is.
func List(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "TYPE\tSTABILITY\tWHEN")
	for _, r := range event.Catalogue() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Type, r.Stability, r.When)
	}
	return w.Flush()
}
