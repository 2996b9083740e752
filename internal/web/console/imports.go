package console

import (
	"errors"
	"io"
	"net/http"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/ops/logbook"
	"airside/internal/platform/scope"
)

// maxImport is how large an uploaded logbook may be, with the form around it.
const maxImport = 33 << 20

// importRoutes are the pages of importing.
func (c *Console) importRoutes() {
	c.in("GET /o/{org}/imports", (*visit).imports)
	c.in("GET /o/{org}/imports/new", (*visit).newImport)
	c.upload("POST /o/{org}/imports/new", maxImport, scope.ImportsManage, (*visit).newImport)
	c.in("GET /o/{org}/imports/mappings", (*visit).importMappings)
	c.form("/o/{org}/imports/mappings/{id}/rename", (*visit).renameMapping)
	c.form("/o/{org}/imports/mappings/{id}/delete", (*visit).deleteMapping)
	c.in("GET /o/{org}/imports/{id}", (*visit).importPage)
	c.in("GET /o/{org}/imports/{id}/findings", (*visit).importFindings)
	c.form("/o/{org}/imports/{id}/columns", (*visit).importColumns)
	c.form("/o/{org}/imports/{id}/names", (*visit).importNames)
	c.form("/o/{org}/imports/{id}/commit", (*visit).commitImport)
	c.form("/o/{org}/imports/{id}/undo", (*visit).undoImport)
}

// imports lists what was imported, the last upload first.
func (v *visit) imports() error {
	add := action{Label: v.T("imports.new"), Href: v.Path("imports", "new"), Primary: true}
	l := list{Title: v.T("imports.title"), Intro: v.T("imports.intro"), Name: "imports", Actions: []action{add}, Tabs: v.importTabs("imports"),
		Columns: []column{{Label: v.T("imports.file")}, {Label: v.T("imports.format")}, {Label: v.T("imports.state")}, {Label: v.T("imports.flights"), Kind: "num"},
			{Label: v.T("imports.created"), Kind: "num"}, {Label: v.T("imports.unchanged"), Kind: "num"}, {Label: v.T("imports.uploaded"), Kind: "tight"}},
		Filters: []field{{Name: "status", Label: v.T("imports.state"), Kind: "select", Options: v.words("imports.status.", importStatuses, v.T("list.any"))}},
		Empty:   empty{Title: v.T("imports.empty"), Text: v.T("imports.empty_text"), Action: add}}
	f := logbook.Filter{Newest: true}
	if s := v.query("status"); s != "" {
		f.Statuses = []string{s}
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Imports.List(v.ctx(), v.Who, f, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, func(i logbook.Import) page.Position { return page.Position{ID: i.ID} }, v.importRow), nil
	}
	return v.list(l)
}

var importStatuses = []string{"previewed", "committing", "committed", "undoing", "undone"}

func (v *visit) importTabs(current string) []link {
	return []link{{Label: v.T("imports.title"), Href: v.Path("imports"), Current: current == "imports"},
		{Label: v.T("imports.mappings"), Href: v.Path("imports", "mappings"), Current: current == "mappings"}}
}

func (v *visit) importRow(i logbook.Import) row {
	return row{Href: v.Path("imports", i.ID), Cells: []cell{txt(i.FileName), txt(v.formatTitle(i.Format)), v.importState(i), txt(v.Number(i.Flights)),
		txt(v.Number(i.Created)), txt(v.Number(i.Unchanged)), sub(v.Time(i.CreatedAt), v.Ago(i.CreatedAt))}}
}

// importState is a badge; what an import became stands in it too.
func (v *visit) importState(i logbook.Import) cell {
	tone := map[logbook.Status]string{logbook.StatusPreviewed: "info", logbook.StatusCommitting: "warn", logbook.StatusUndoing: "warn",
		logbook.StatusCommitted: "good", logbook.StatusUndone: "quiet"}[i.Status]
	c := badge(v.T("imports.status."+string(i.Status)), tone)
	if i.As != nil && i.Status == logbook.StatusCommitted {
		c.Sub = v.T("imports.as." + *i.As)
	}
	return c
}

// formatTitle is the name of the program that wrote a file.
func (v *visit) formatTitle(format string) string { return v.T("imports.format." + format) }

func (v *visit) importTrail(more ...link) []link {
	return append([]link{{Label: v.T("imports.title"), Href: v.Path("imports")}}, more...)
}

// newImport asks for a file. What no format knows is uploaded with a guess at its columns, which are asked for next.
func (v *visit) newImport() error {
	if err := v.Who.Need(scope.ImportsManage); err != nil {
		return err
	}
	people, err := v.peoplePicker()
	if err != nil {
		return err
	}
	whose, err := people.field(field{Name: "pilot_id", Label: v.T("imports.pilot"), Hint: v.T("imports.pilot_hint")}, v.query("person"))
	if err != nil {
		return err
	}
	v.nameNobody(&whose)
	how, err := v.mappingChoice()
	if err != nil {
		return err
	}
	f := form{Title: v.T("imports.new"), Intro: v.T("imports.new_intro"), Submit: v.T("imports.upload"), Cancel: v.Path("imports"), Back: v.importTrail(), File: true,
		Points: []string{v.T("imports.new_programs"), v.T("imports.new_any"), v.T("imports.new_nothing_yet")},
		Fields: []field{{Name: "file", Label: v.T("imports.file"), Kind: "file", Required: true, Hint: v.T("imports.file_hint")}, whose, how}}
	if !v.posted() {
		return v.form(f)
	}
	name, data, err := v.sentFile()
	if err != nil {
		return v.refuse(f, err)
	}
	var c fault.Check
	var o logbook.UploadOptions
	if o.PilotID, err = people.read(&c, "pilot_id", v.value("pilot_id")); err != nil {
		return err
	}
	if c.Err() != nil {
		return v.refuse(f, c.Err())
	}
	i, next, err := v.uploadAs(name, data, o, v.value("how"))
	if err != nil {
		return v.refuse(f, err, "mapping", "how")
	}
	return v.redirect(v.Path(append([]string{"imports", i.ID}, next...)...), "")
}

// nameNobody says what becomes of a logbook that is nobody's.
func (v *visit) nameNobody(whose *field) {
	if whose.Kind == "select" {
		whose.Options[0].Label = v.T("imports.pilot_unnamed")
	}
}

// mappingChoice asks how a file is to be read.
func (v *visit) mappingChoice() (field, error) {
	f := field{Name: "how", Label: v.T("imports.how"), Kind: "select", Unmarked: true, Hint: v.T("imports.how_hint"),
		Options: []option{{Label: v.T("imports.how_recognise")}, {Value: "columns", Label: v.T("imports.how_columns")}}}
	saved, err := v.savedMappings()
	for _, m := range saved {
		f.Options = append(f.Options, option{Value: m.ID, Label: v.T("imports.how_saved", "name", m.Name)})
	}
	return f, err
}

// savedMappings are all of the organization's, at most 200.
func (v *visit) savedMappings() ([]logbook.SavedMapping, error) {
	all, err := v.c.Imports.ListMappings(v.ctx(), v.Who, page.Page{Limit: page.MaxLimit})
	return all.Rows, err
}

// sentFile is the file of the form.
func (v *visit) sentFile() (name string, data []byte, err error) {
	missing := fault.InvalidFields(fault.Field{Name: "file", Where: "body", Code: "no_file_chosen"})
	if v.r.MultipartForm == nil {
		return "", nil, missing
	}
	file, head, err := v.r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return "", nil, missing
	}
	if err != nil {
		return "", nil, fault.New(fault.BadRequest, "form_unreadable").Because(err)
	}
	defer file.Close()
	if data, err = io.ReadAll(file); err != nil {
		return "", nil, err
	}
	if len(data) == 0 {
		return "", nil, missing
	}
	return head.Filename, data, nil
}

// uploadAs uploads a file: as it is recognised, through a saved mapping, or with the columns to be chosen next. next is
// the part of the import's address to go on at.
func (v *visit) uploadAs(name string, data []byte, o logbook.UploadOptions, how string) (i logbook.Import, next []string, err error) {
	switch how {
	case "columns":
	case "":
		i, err = v.c.Imports.Upload(v.once(), v.Who, name, data, o)
		if !unknownFormat(err) {
			return i, nil, err
		}
	default:
		m, err := v.c.Imports.GetMapping(v.ctx(), v.Who, logbook.MappingID(how))
		if err != nil {
			return i, nil, err
		}
		o.Mapping = &m.Mapping
		i, err = v.c.Imports.Upload(v.once(), v.Who, name, data, o)
		return i, nil, err
	}
	in, err := v.c.Imports.Inspect(v.ctx(), v.Who, name, data)
	if err != nil {
		return i, nil, err
	}
	if how == "" && len(in.Saved) > 0 { // the same columns as before
		o.Mapping = &in.Saved[0].Mapping
		i, err = v.c.Imports.Upload(v.once(), v.Who, name, data, o)
		return i, nil, err
	}
	m, ok := in.Usable()
	if !ok {
		return i, nil, fault.InvalidFields(fault.Field{Name: "file", Where: "body", Code: "file_without_columns"})
	}
	o.Mapping = &m
	i, err = v.c.Imports.Upload(v.once(), v.Who, name, data, o)
	return i, []string{"columns"}, err
}

func unknownFormat(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && len(f.Fields) == 1 && f.Fields[0].Code == "unknown_format"
}
