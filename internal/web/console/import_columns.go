package console

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/logbook"
)

// shownColumns bounds the columns of a file that can be mapped on the page.
const shownColumns = 200

// importColumns is where somebody says what the columns of a file hold, and how its values are written.
func (v *visit) importColumns() error {
	i, err := v.theImport()
	if err != nil {
		return err
	}
	m := logbook.Mapping{}
	if i.Mapping != nil {
		m = *i.Mapping
	}
	if v.posted() {
		m, err = v.readWriting()
	}
	in, seen := v.c.Imports.InspectUpload(v.ctx(), v.Who, logbook.ID(i.ID), logbook.Mapping{Delimiter: m.Delimiter, Encoding: m.Encoding, HeaderRow: m.HeaderRow})
	if fault.KindOf(seen) == fault.Invalid { // a line that is not there: show what is
		err = cmp.Or(err, seen)
		in, seen = v.c.Imports.InspectUpload(v.ctx(), v.Who, logbook.ID(i.ID), logbook.Mapping{})
	}
	if seen != nil {
		return seen
	}
	g := v.columnsForm(i, in, m)
	if err != nil {
		return v.refuseGrid(g, err)
	}
	if !v.posted() || v.value("look") != "" {
		return v.grid(g)
	}
	return v.mapColumns(i, in, g, m)
}

// mapColumns carries out what was chosen.
func (v *visit) mapColumns(i logbook.Import, in logbook.Inspection, g gridForm, m logbook.Mapping) error {
	c := logbook.Choices{Mapping: merge.To(m)}
	switch {
	case v.value("recognise") != "":
		c.Mapping = merge.Clear[logbook.Mapping]()
	case v.value("use") != "":
		saved, err := v.c.Imports.GetMapping(v.ctx(), v.Who, logbook.MappingID(v.value("saved")))
		if err != nil {
			return v.refuseGrid(g, fault.InvalidFields(fault.Field{Name: "saved", Where: "body", Code: "choose_saved_mapping"}))
		}
		c.Mapping = merge.To(saved.Mapping)
	default:
		c.Mapping.V.Columns = nil
		for n := range in.Columns[:min(len(in.Columns), shownColumns)] {
			if chosen := v.value(columnField(n, "field")); chosen != "" && chosen != "ignore" {
				c.Mapping.V.Columns = append(c.Mapping.V.Columns, logbook.MappedColumn{Column: in.Columns[n].Column, Field: chosen, Unit: v.value(columnField(n, "unit"))})
			}
		}
		c.Mapping.V.Signature = in.Mapping.Signature
	}
	if name := v.value("save_name"); name != "" && v.value("use") == "" && v.value("recognise") == "" {
		if _, err := v.c.Imports.SaveMapping(v.ctx(), v.Who, name, c.Mapping.V); err != nil {
			return v.refuseGrid(g, inForm(err, c.Mapping.V, in))
		}
	}
	seen := readSeen(v.value("change_no"))
	if _, err := v.c.Imports.Choose(v.ctx(), v.Who, logbook.ID(i.ID), c, seen); err != nil {
		return v.refuseGrid(g, inForm(err, c.Mapping.V, in))
	}
	return v.redirect(v.Path("imports", i.ID), "done.import_read")
}

func columnField(n int, member string) string { return rowName("columns", n, member) }

// readWriting reads how the values are written; columns come later, when it is known which there are.
func (v *visit) readWriting() (logbook.Mapping, error) {
	m := logbook.Mapping{Delimiter: v.value("delimiter"), Encoding: v.value("encoding"), DateOrder: v.value("date_order"), DecimalSign: v.value("decimal_sign"), TimeZone: v.value("time_zone")}
	var c fault.Check
	for name, into := range map[string]*int{"header_row": &m.HeaderRow, "skip_rows": &m.SkipRows} {
		n, _, err := number(v.value(name))
		c.Require(err == nil && n >= 0 && n < 1_000_000, name, "not_whole")
		*into = int(n)
	}
	return m, c.Err()
}

// inForm names fields as the form has them: the verb counts the columns that are mapped, the form those of the file.
func inForm(err error, m logbook.Mapping, in logbook.Inspection) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	mine := *f
	mine.Fields = slices.Clone(f.Fields)
	for i := range mine.Fields {
		name := strings.TrimPrefix(mine.Fields[i].Name, "mapping.")
		if rest, found := strings.CutPrefix(name, "columns["); found {
			at, member, _ := strings.Cut(rest, "].")
			if n, err := strconv.Atoi(at); err == nil && n < len(m.Columns) {
				column := slices.IndexFunc(in.Columns, func(c logbook.ColumnGuess) bool { return c.Column == m.Columns[n].Column })
				if member == "column" {
					member = "field"
				}
				name = columnField(column, member)
			}
		}
		if name == "name" {
			name = "save_name"
		}
		mine.Fields[i].Name = name
	}
	return &mine
}

// columnsForm is the form with what is chosen so far, or else what was guessed.
func (v *visit) columnsForm(i logbook.Import, in logbook.Inspection, m logbook.Mapping) gridForm {
	known := i.Mapping != nil
	if !known && !v.posted() {
		m = in.Mapping
	}
	title := cmp.Or(i.FileName, v.T("imports.unnamed"))
	g := gridForm{form: form{Title: v.T("imports.columns_title"), Intro: v.T("imports.columns_intro", "rows", v.Number(in.Rows)), Submit: v.T("imports.read_so"), Cancel: v.Path("imports", i.ID),
		Back: v.importTrail(link{Label: title, Href: v.Path("imports", i.ID)})},
		Caption: v.T("imports.columns"), Columns: []column{{Label: v.T("imports.column")}, {Label: v.T("imports.values")}, {Label: v.T("imports.field")}, {Label: v.T("imports.unit")}}}
	v.lock(&g.form, i.ChangeNo)
	if in.Format != nil {
		g.Notices = append(g.Notices, notice{"info", v.T("imports.columns_known", "format", v.formatTitle(*in.Format))})
		g.Buttons = append(g.Buttons, button{Name: "recognise", Value: "yes", Label: v.T("imports.as_recognised", "format", v.formatTitle(*in.Format))})
	}
	g.Fields = append(g.Fields, field{Name: "columns", Kind: "note"})
	if len(in.Saved) > 0 {
		f := field{Name: "saved", Label: v.T("imports.saved"), Kind: "select", Hint: v.T("imports.saved_hint"), Required: true, Half: true}
		for _, s := range in.Saved {
			f.Options = append(f.Options, option{Value: s.ID, Label: s.Name})
		}
		g.Fields = append(g.Fields, f, field{Name: "use", Kind: "more", Value: "yes", Label: v.T("imports.use_saved")})
	}
	g.Fields = append(g.Fields, v.valueFields(in, m)...)
	from := in.Mapping
	if known && (!v.posted() || v.value("look") == "") {
		from = *i.Mapping
	}
	for n, c := range in.Columns[:min(len(in.Columns), shownColumns)] {
		chosen, _ := from.ColumnAt(in.Headers, n)
		fields, line := v.columnFields(in, n, c, chosen)
		g.Fields = append(g.Fields, fields...)
		g.Lines = append(g.Lines, line)
	}
	g.Fields = append(g.Fields, v.fileFields(in, m)...)
	g.Fields = append(g.Fields, field{Name: "save_name", Label: v.T("imports.save_name"), Max: 100, Hint: v.T("imports.save_hint"), Group: v.T("imports.save")})
	return g
}

// columnFields are the two choices of a column, and its line in the table.
func (v *visit) columnFields(in logbook.Inspection, n int, c logbook.ColumnGuess, chosen logbook.MappedColumn) ([]field, gridLine) {
	what := field{Name: columnField(n, "field"), Label: v.T("imports.field_of", "column", c.Column), Kind: "select", Required: true, Value: cmp.Or(chosen.Field, "ignore")}
	for _, f := range logbook.MappingFields() {
		what.Options = append(what.Options, option{Value: f.Field, Label: f.Label(v.Lang), Chosen: f.Field == what.Value})
	}
	slices.SortStableFunc(what.Options, func(a, b option) int { // first that it is not read
		return cmp.Compare(rankOf(a.Value), rankOf(b.Value))
	})
	name := cell{Text: c.Column}
	if c.Field != "ignore" && c.Field == what.Value {
		name.Sub = v.T("imports.guessed."+c.Why, "certainty", c.Certainty)
	}
	line := gridLine{{cell: name}, {cell: txt(v.samplesOf(in, n))}, {Field: what.Name}}
	if !measured(in, n) {
		return []field{what}, append(line, gridCell{cell: txt("")})
	}
	unit := field{Name: columnField(n, "unit"), Label: v.T("imports.unit_of", "column", c.Column), Kind: "select", Required: true, Value: cmp.Or(chosen.Unit, c.Unit, "auto")}
	for _, u := range []string{"auto", "hours", "hh:mm", "minutes", "tenths"} {
		unit.Options = append(unit.Options, option{Value: u, Label: v.T("mapping_unit_" + u), Chosen: u == unit.Value})
	}
	return []field{what, unit}, append(line, gridCell{Field: unit.Name})
}

func rankOf(field string) int {
	if field == "ignore" {
		return 0
	}
	return 1
}

// measured tells whether the values of a column could be durations, times or readings.
func measured(in logbook.Inspection, n int) bool {
	filled, numbers := 0, 0
	for _, r := range in.Samples {
		if r[n] == "" {
			continue
		}
		filled++
		if strings.Trim(r[n], "0123456789.,:'+hHm ") == "" && len(r[n]) < 10 {
			numbers++
		}
	}
	return filled == 0 || numbers*2 > filled
}

// samplesOf are the first values of a column that differ.
func (v *visit) samplesOf(in logbook.Inspection, n int) string {
	var some []string
	for _, r := range in.Samples {
		value := r[n]
		if len([]rune(value)) > 30 {
			value = string([]rune(value)[:30]) + "…"
		}
		if value != "" && !slices.Contains(some, value) {
			some = append(some, value)
		}
		if len(some) == 3 {
			break
		}
	}
	return strings.Join(some, " · ")
}

// valueFields ask how dates and numbers are written.
func (v *visit) valueFields(in logbook.Inspection, m logbook.Mapping) []field {
	order := field{Name: "date_order", Label: v.T("imports.guess.date_order"), Kind: "select", Span: "third", Value: m.DateOrder, Unmarked: true, Group: v.T("imports.writing"),
		Options: v.words("imports.date_order.", logbook.DateOrders, v.T("imports.found_out"))}
	if g := in.DateOrder; g.Certainty > 0 {
		order.Hint = v.T("imports.looks_like", "value", v.T("imports.date_order."+g.Value), "certainty", g.Certainty)
	}
	sign := field{Name: "decimal_sign", Label: v.T("imports.guess.decimal_sign"), Kind: "select", Span: "third", Value: m.DecimalSign, Unmarked: true,
		Options: v.words("imports.decimal_sign.", logbook.DecimalSigns, v.T("imports.found_out"))}
	zone := zoneField(v, m.TimeZone, false)
	zone.Label, zone.Span, zone.Unmarked, zone.Hint = v.T("imports.zone"), "third", true, v.T("imports.zone_hint")
	zone.Options[0].Label = "UTC"
	zone.Options = slices.DeleteFunc(zone.Options, func(o option) bool { return o.Value == "UTC" })
	fields := []field{order, sign, zone}
	f := form{Fields: fields}
	f.choose()
	return fields
}

// fileFields ask how the file is made; looking again with other answers shows other columns.
func (v *visit) fileFields(in logbook.Inspection, m logbook.Mapping) []field {
	fields := []field{
		{Name: "delimiter", Label: v.T("imports.guess.delimiter"), Kind: "select", Span: "quarter", Value: cmp.Or(m.Delimiter, in.Delimiter.Value), Unmarked: true,
			Options: v.words("imports.delimiter.", logbook.Delimiters, ""), Group: v.T("imports.file_group")},
		{Name: "encoding", Label: v.T("imports.guess.encoding"), Kind: "select", Span: "quarter", Value: m.Encoding, Unmarked: true, Options: []option{{Label: v.T("imports.found_out")}}},
		{Name: "header_row", Label: v.T("imports.header_row"), Kind: "number", Span: "quarter", Value: strconv.Itoa(m.HeaderRow), Unmarked: true, Hint: v.T("imports.header_hint", "n", in.HeaderRow)},
		{Name: "skip_rows", Label: v.T("imports.skip_rows"), Kind: "number", Span: "quarter", Value: strconv.Itoa(m.SkipRows), Unmarked: true},
		{Name: "look", Kind: "more", Value: "yes", Label: v.T("imports.look_again")},
	}
	for _, e := range logbook.Encodings {
		fields[1].Options = append(fields[1].Options, option{Value: e, Label: strings.ToUpper(e[:1]) + e[1:]})
	}
	f := form{Fields: fields}
	f.choose()
	return fields
}
