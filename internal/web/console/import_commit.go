package console

import (
	"cmp"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/ops/logbook"
	"airside/internal/platform/scope"
)

// commitImport asks as what the flights are entered, and begins.
func (v *visit) commitImport() error {
	i, err := v.theImport()
	if err != nil {
		return err
	}
	if i.Status != logbook.StatusPreviewed {
		return v.redirect(v.Path("imports", i.ID), "")
	}
	title := cmp.Or(i.FileName, v.T("imports.unnamed"))
	f := form{Title: v.T("imports.commit_title", "n", v.Number(i.Created)), Submit: v.T("imports.commit"), Cancel: v.Path("imports", i.ID),
		Back:   v.importTrail(link{Label: title, Href: v.Path("imports", i.ID)}),
		Fields: []field{{Name: "as", Label: v.T("imports.commit_as"), Kind: "radio", Required: true, Value: logbook.AsDraft}}}
	for _, as := range logbook.Modes {
		f.Fields[0].Options = append(f.Fields[0].Options, option{Value: as, Label: v.T("imports.as." + as), Hint: v.T("imports.as_hint." + as)})
	}
	f.choose()
	f.Points = append(f.Points, v.T("imports.point_created", "n", v.Number(i.Created)))
	if i.Unchanged > 0 {
		f.Points = append(f.Points, v.T("imports.point_unchanged", "n", v.Number(i.Unchanged)))
	}
	if n := badRows(i); n > 0 {
		f.Points = append(f.Points, v.T("imports.point_bad", "n", v.Number(n)))
	}
	if i.Duplicates > 0 {
		f.Points = append(f.Points, v.T("imports.point_duplicates", "n", v.Number(i.Duplicates)))
	}
	f.Points = append(f.Points, v.T("imports.point_aircraft"), v.T("imports.people")+v.T("imports.colon")+v.peopleChosen(i), v.T("imports.point_undo"))
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Imports.Start(v.once(), v.Who, logbook.ID(i.ID), v.value("as")); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.Path("imports", i.ID), "")
}

// undoImport asks whether to take an import back, and begins.
func (v *visit) undoImport() error {
	i, err := v.theImport()
	if err != nil {
		return err
	}
	if i.Status != logbook.StatusCommitted && i.Status != logbook.StatusCommitting {
		return v.redirect(v.Path("imports", i.ID), "")
	}
	title := cmp.Or(i.FileName, v.T("imports.unnamed"))
	f := form{Title: v.T("imports.undo_title"), Submit: v.T("imports.undo_now", "n", v.Number(i.Created)), Cancel: v.Path("imports", i.ID), Danger: true,
		Back: v.importTrail(link{Label: title, Href: v.Path("imports", i.ID)}),
		Points: []string{v.T("imports.undo_flights", "n", v.Number(i.Created)), v.T("imports.undo_posted"), v.T("imports.undo_edited"), v.T("imports.undo_added"),
			v.T("imports.undo_again")}}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Imports.StartUndo(v.once(), v.Who, logbook.ID(i.ID)); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.Path("imports", i.ID), "")
}

// importMappings lists the saved mappings.
func (v *visit) importMappings() error {
	l := list{Title: v.T("imports.mappings"), Intro: v.T("imports.mappings_intro"), Name: "mappings", Tabs: v.importTabs("mappings"),
		Columns: []column{{Label: v.T("imports.mapping_name")}, {Label: v.T("imports.mapping_columns")}, {Label: v.T("imports.saved_at"), Kind: "tight"}, {Label: v.T("list.actions"), Kind: "actions"}},
		Empty:   empty{Title: v.T("imports.mappings_empty"), Text: v.T("imports.mappings_empty_text"), Action: action{Label: v.T("imports.new"), Href: v.Path("imports", "new")}}}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Imports.ListMappings(v.ctx(), v.Who, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, func(m logbook.SavedMapping) page.Position { return page.Position{ChangeNo: m.ChangeNo, ID: m.ID} }, func(m logbook.SavedMapping) row {
			return row{Cells: []cell{txt(m.Name), txt(v.mappedColumns(m.Mapping)), txt(v.Time(m.UpdatedAt)), {Actions: []action{
				{Label: v.T("imports.rename"), Href: v.Path("imports", "mappings", m.ID, "rename")},
				{Label: v.T("form.delete"), Href: v.Path("imports", "mappings", m.ID, "delete"), Danger: true}}}}}
		}), nil
	}
	return v.list(l)
}

// mappedColumns says in a line what a mapping reads.
func (v *visit) mappedColumns(m logbook.Mapping) string {
	s := ""
	for n, c := range m.Columns {
		if n == 6 && len(m.Columns) > 7 {
			return s + v.T("imports.and_more", "n", len(m.Columns)-n)
		}
		if n > 0 {
			s += ", "
		}
		s += c.Column
	}
	return s
}

func (v *visit) theMapping() (logbook.SavedMapping, []link, error) {
	m, err := v.c.Imports.GetMapping(v.ctx(), v.Who, logbook.MappingID(v.id()))
	return m, v.importTrail(link{Label: v.T("imports.mappings"), Href: v.Path("imports", "mappings")}), err
}

// renameMapping gives a saved mapping another name.
func (v *visit) renameMapping() error {
	m, back, err := v.theMapping()
	if err != nil {
		return err
	}
	f := form{Title: v.T("imports.rename_title", "name", m.Name), Submit: v.T("form.save"), Cancel: v.Path("imports", "mappings"), Back: back,
		Fields: []field{{Name: "name", Label: v.T("imports.mapping_name"), Value: m.Name, Required: true, Max: 100, Focus: true}}}
	if !v.posted() {
		return v.form(f)
	}
	name := v.value("name")
	if _, err := v.c.Imports.UpdateMapping(v.once(), v.Who, logbook.MappingID(m.ID), logbook.MappingPatch{Name: &name}, 0); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.Path("imports", "mappings"), "done.saved")
}

// deleteMapping forgets a saved mapping.
func (v *visit) deleteMapping() error {
	if err := v.Who.Need(scope.ImportsManage); err != nil {
		return err
	}
	m, back, err := v.theMapping()
	if err != nil {
		return err
	}
	f := form{Title: v.T("imports.delete_title", "name", m.Name), Submit: v.T("form.delete"), Cancel: v.Path("imports", "mappings"), Danger: true, Back: back,
		Points: []string{v.T("imports.delete_point")}}
	if !v.posted() {
		return v.form(f)
	}
	if err := v.c.Imports.DeleteMapping(v.once(), v.Who, logbook.MappingID(m.ID)); err != nil && fault.KindOf(err) != fault.NotFound {
		return v.refuse(f, err)
	}
	return v.redirect(v.Path("imports", "mappings"), "done.deleted")
}
