package console

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"

	"airside/internal/base/fault"
	"airside/internal/platform/event"
	"airside/internal/platform/webhook"
)

// maxConditions is how many conditions a filter may have.
const maxConditions = 20

// filterFields ask for the conditions of a filter, one in each row: a path, and the values of which one has to fit.
func (v *visit) filterFields(m webhook.Match) []field {
	paths := slices.Sorted(maps.Keys(m))
	rows := len(paths)
	if v.posted() {
		rows = max(1, v.filterRows())
	}
	if v.value("more") == "condition" || !v.posted() {
		rows = min(rows+1, maxConditions)
	}
	all := []field{{Name: "filter", Kind: "note", Group: v.T("webhooks.filter"), Hint: v.T("webhooks.filter_hint")}}
	for i := range rows {
		path, values := field{Name: conditionName(i, "path"), Offer: "paths"}, field{Name: conditionName(i, "values"), Kind: "textarea", Rows: 1}
		path.Label, values.Label = v.T("webhooks.filter_path", "n", i+1), v.T("webhooks.filter_values", "n", i+1)
		for _, d := range []*field{&path, &values} {
			d.Half, d.Unmarked, d.Autocomplete = true, true, "off"
		}
		path.Max = 200
		if i < len(paths) {
			path.Value, values.Value = paths[i], writeValues(m.Values(paths[i]))
		}
		if i == 0 {
			path.Placeholder, path.Options = "data.aircraft.registration", v.filterPaths()
		}
		path.Focus = v.value("more") == "condition" && i == rows-1
		all = append(all, path, values)
	}
	if rows < maxConditions {
		all = append(all, field{Name: "more", Kind: "more", Value: "condition", Label: v.T("webhooks.filter_more")})
	}
	return all
}

func conditionName(row int, part string) string { return "filter[" + place(row) + "]." + part }

// filterRows is how many rows of conditions were sent.
func (v *visit) filterRows() int {
	n := 0
	for n < maxConditions && v.r.PostForm.Has(conditionName(n, "path")) {
		n++
	}
	return n
}

// filterPaths are the paths that the events of some type have, each with those types where not all of them have it.
func (v *visit) filterPaths() []option {
	types := map[string][]string{}
	var paths []string
	for _, row := range event.Catalogue() {
		for _, path := range event.Paths(row) {
			if types[path] == nil {
				paths = append(paths, path)
			}
			types[path] = append(types[path], string(row.Type))
		}
	}
	var all []option
	for _, path := range paths {
		all = append(all, option{Value: path, Label: strings.Join(types[path], ", ")})
	}
	return all
}

// readFilter reads the conditions that were sent, and names those that cannot be read. Rows without anything are none.
func (v *visit) readFilter(c *fault.Check) webhook.Match {
	m := webhook.Match{}
	for i := range v.filterRows() {
		path, sent := v.value(conditionName(i, "path")), v.value(conditionName(i, "values"))
		if path == "" && sent == "" {
			continue
		}
		values, err := readValues(sent)
		_, twice := m[path]
		switch {
		case path == "":
			c.Bad(conditionName(i, "path"), "required")
		case twice:
			c.Bad(conditionName(i, "path"), "given_twice")
		case err != nil:
			c.Bad(conditionName(i, "values"), "filter_unreadable")
		case len(values) == 0:
			c.Bad(conditionName(i, "values"), "required")
		case len(values) == 1:
			m[path] = values[0]
		default:
			m[path] = values
		}
	}
	return m
}

// inRows gives what a verb says of a filter's paths the names of the form's fields.
func (v *visit) inRows(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	placed := *e
	placed.Fields = slices.Clone(e.Fields)
	for n, bad := range placed.Fields {
		path, ok := strings.CutPrefix(bad.Name, "filter.")
		if !ok {
			continue
		}
		for i := range v.filterRows() {
			if v.value(conditionName(i, "path")) != path {
				continue
			}
			part := "values"
			if bad.Code == "unknown_filter_path" {
				part = "path"
			}
			placed.Fields[n].Name = conditionName(i, part)
		}
	}
	return &placed
}

var errValues = errors.New("console: the values of a condition cannot be read")

// readValues reads values with commas or line breaks between them. A number, true, false and null stand for
// themselves, everything else is text; in quotes, as JSON writes it, a text may be anything.
func readValues(s string) ([]any, error) {
	var all []any
	for {
		s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
		if s == "" {
			return all, nil
		}
		if s[0] != '"' {
			end := strings.IndexAny(s, ",\n")
			if end < 0 {
				end = len(s)
			}
			all = append(all, readValue(strings.TrimSpace(s[:end])))
			s = s[end:]
			continue
		}
		d := json.NewDecoder(strings.NewReader(s))
		var text string
		if err := d.Decode(&text); err != nil || !clean(text) {
			return nil, errValues
		}
		all = append(all, text)
		s = strings.TrimLeft(s[d.InputOffset():], " \t")
		if s != "" && s[0] != ',' && s[0] != '\n' {
			return nil, errValues
		}
	}
}

// readValue reads a value that is not in quotes.
func readValue(s string) any {
	var value any
	if json.Unmarshal([]byte(s), &value) == nil {
		switch value.(type) {
		case nil, bool, float64:
			return value
		}
	}
	return s
}

// writeValues writes values so that readValues reads the same.
func writeValues(values []any) string {
	var all []string
	for _, value := range values {
		all = append(all, writeValue(value))
	}
	return strings.Join(all, ", ")
}

func writeValue(value any) string {
	text, ok := value.(string)
	if !ok {
		return asJSON(value)
	}
	back, err := readValues(text)
	if err == nil && len(back) == 1 && back[0] == value && !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	return asJSON(text)
}

func asJSON(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// sameFilter tells whether two filters ask for the same, however they write it.
func sameFilter(a, b webhook.Match) bool {
	return maps.EqualFunc(a, b, func(x, y any) bool {
		return writeValues(webhook.Match{"": x}.Values("")) == writeValues(webhook.Match{"": y}.Values(""))
	})
}

// conditions are a filter in lines for people: a path, and what has to stand there.
func (v *visit) conditions(m webhook.Match) string {
	var all []string
	for _, path := range slices.Sorted(maps.Keys(m)) {
		all = append(all, path+" = "+v.oneOf(m.Values(path)))
	}
	return strings.Join(all, "\n")
}

// oneOf writes values of which one has to fit.
func (v *visit) oneOf(values []any) string {
	var all []string
	for _, value := range values {
		all = append(all, writeValue(value))
	}
	return strings.Join(all, v.T("webhooks.or"))
}
