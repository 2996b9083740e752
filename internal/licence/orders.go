package licence

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
)

// Limits of a file of licences.
const (
	MaxOrders    = 10_000
	MaxOrderFile = 4 << 20
	maxFindings  = 1000
)

// How bad a finding is.
const (
	Wrong   = "error"
	Strange = "warning"
)

// Finding is something about a row of a file.
type Finding struct {
	Row      int    `json:"row" doc:"Line of the table, of which the head is 1; 0: the file as a whole"`
	Column   string `json:"column" doc:"Empty: the row as a whole" example:"email"`
	Severity string `json:"severity" enum:"error,warning"`
	Code     string `json:"code" example:"not_an_email"`
	Args     []any  `json:"-"`
	Detail   string `json:"detail" doc:"In words" example:"Must be an e-mail address."`
}

// columns of a file of licences, by what people call them.
var orderColumns = map[string]string{
	"email": "email", "mail": "email", "customer": "email", "product": "product", "edition": "edition", "maxactivations": "max_activations",
	"devices": "max_activations", "features": "features", "expiresat": "expires_at", "expires": "expires_at", "note": "note", "order": "note",
}

// readOrders reads a CSV of licences: with a head that names the columns email, product and edition, and perhaps
// max_activations, features (separated by ;), expires_at (a date, or RFC 3339) and note, in any order and case; separated by
// commas, semicolons or tabs. Errors come before warnings. A row is counted as a table's, so that line breaks inside of a
// cell count nothing.
func readOrders(file []byte) (orders []order, findings []Finding) {
	var warnings []Finding
	file = bytes.TrimPrefix(file, []byte("\uFEFF"))
	whole := func(code string, args ...any) ([]order, []Finding) {
		return nil, []Finding{{Severity: Wrong, Code: code, Args: args}}
	}
	switch {
	case len(bytes.TrimSpace(file)) == 0:
		return whole("file_empty")
	case len(file) > MaxOrderFile:
		return whole("file_too_large", "max", MaxOrderFile>>20)
	case !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0:
		return whole("file_not_utf8")
	}
	r := csv.NewReader(bytes.NewReader(file))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = separator(file), -1, true
	head, err := r.Read()
	if err != nil {
		return whole("file_not_csv")
	}
	place, bad := readHead(head)
	if len(bad) > 0 {
		return nil, bad
	}
	seen := map[string]int{}
	for row := 2; ; row++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			findings = append(findings, Finding{Row: row, Severity: Wrong, Code: "file_not_csv"})
			break
		}
		if len(orders) == MaxOrders {
			findings = append(findings, Finding{Row: row, Severity: Wrong, Code: "too_many_rows", Args: []any{"max", MaxOrders}})
			break
		}
		if len(findings) >= maxFindings {
			break
		}
		cell := func(name string) string {
			if i, ok := place[name]; ok && i < len(cells) {
				return strings.TrimSpace(cells[i])
			}
			return ""
		}
		n, c := readOrder(cell)
		n.check(&c, "")
		var f *fault.Error
		if errors.As(c.Err(), &f) {
			for _, field := range f.Fields {
				findings = append(findings, Finding{Row: row, Column: field.Name, Severity: Wrong, Code: field.Code, Args: field.Args})
			}
		}
		if len(cells) > len(head) {
			findings = append(findings, Finding{Row: row, Severity: Wrong, Code: "too_many_cells"})
		}
		same := n.Email + "\x00" + n.Product + "\x00" + n.Edition
		if first := seen[same]; first > 0 && len(warnings) < maxFindings {
			warnings = append(warnings, Finding{Row: row, Severity: Strange, Code: "order_repeated", Args: []any{"row", first}})
		}
		seen[same] = row
		orders = append(orders, order{NewLicence: n})
	}
	if len(orders) == 0 && len(findings) == 0 {
		return whole("file_empty")
	}
	all := append(findings, warnings...)
	return orders, all[:min(len(all), maxFindings)]
}

// separator guesses what separates the cells, by the first line.
func separator(file []byte) rune {
	line, _, _ := bytes.Cut(file, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t'} {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// readHead finds the columns.
func readHead(head []string) (place map[string]int, bad []Finding) {
	place = map[string]int{}
	if len(head) > 2*len(orderColumns) {
		return nil, []Finding{{Row: 1, Severity: Wrong, Code: "too_many_cells"}}
	}
	for i, name := range head {
		short := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(name)))
		if short == "" {
			continue
		}
		column, ok := orderColumns[short]
		_, twice := place[column]
		switch {
		case !ok:
			if short := []rune(name); len(short) > 60 {
				name = string(short[:60]) + "…"
			}
			bad = append(bad, Finding{Row: 1, Column: name, Severity: Wrong, Code: "unknown_column"})
		case twice:
			bad = append(bad, Finding{Row: 1, Column: name, Severity: Wrong, Code: "column_repeated"})
		}
		place[column] = i
	}
	for _, name := range []string{"email", "product", "edition"} {
		if _, ok := place[name]; !ok {
			bad = append(bad, Finding{Row: 1, Column: name, Severity: Wrong, Code: "column_missing"})
		}
	}
	return place, bad
}

// readOrder reads a row.
func readOrder(cell func(string) string) (n NewLicence, c fault.Check) {
	n = NewLicence{Email: cell("email"), Product: cell("product"), Edition: cell("edition"), Note: cell("note")}
	if text := cell("max_activations"); text != "" {
		number, err := strconv.Atoi(text)
		c.Require(err == nil, "max_activations", "not_an_integer")
		if err == nil {
			n.MaxActivations = &number
		}
	}
	if text := cell("features"); text != "" {
		list := strings.Split(text, ";")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
		n.Features = &list
	}
	if text := cell("expires_at"); text != "" {
		day := text
		if len(text) == len("2006-01-02") {
			day += "T23:59:59Z" // the whole of that day
		}
		at, err := clock.Parse(day)
		c.Require(err == nil, "expires_at", "not_a_time")
		n.ExpiresAt = at
	}
	return n, c
}

// findingOf is a fault about a row.
func findingOf(row int, err error) Finding {
	var f *fault.Error
	errors.As(err, &f)
	found := Finding{Row: row, Severity: Wrong, Code: f.Code, Args: f.Args}
	if len(f.Fields) > 0 {
		found.Column, found.Code, found.Args = f.Fields[0].Name, f.Fields[0].Code, f.Fields[0].Args
	}
	return found
}
