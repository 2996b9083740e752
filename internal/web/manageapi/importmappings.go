package manageapi

import (
	"context"
	"errors"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/ops/logbook"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) importMappings(a *httpx.API) {
	const noun = "import_mapping"
	one := logbook.SavedMapping{}
	a.Resource("import-mappings", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Imports.GetMapping(ctx, who, logbook.MappingID(id))
	})
	httpx.Handle(a, listing(op("listImportMappings", "GET import-mappings", noun, "Saved mappings of columns", scope.ImportsManage), one), s.listMappings)
	create := conflicts(answering(op("saveImportMapping", "POST import-mappings", noun, "Save a mapping of columns under a name", scope.ImportsManage), statusCreated, one), "There are 200 already: `too_many_mappings`.")
	create.Text = "A mapping that has this name already is replaced."
	httpx.Handle(a, create, s.saveMapping)
	httpx.Handle(a, answering(op("getImportMapping", "GET import-mappings/{id}", noun, "One saved mapping", scope.ImportsManage), 200, one), s.getMapping)
	httpx.Handle(a, matching(answering(op("updateImportMapping", "PATCH import-mappings/{id}", noun, "Rename a saved mapping, or replace what it says", scope.ImportsManage), 200, one)), s.updateMapping)
	httpx.Handle(a, answering(op("deleteImportMapping", "DELETE import-mappings/{id}", noun, "Forget a saved mapping", scope.ImportsManage), 204, nil), s.deleteMapping)

	inspect := answering(op("inspectImport", "POST import-inspections", "", "Look at a file before it is uploaded, and guess what its columns hold", scope.ImportsManage), 200, logbook.Inspection{})
	inspect.Text = "Nothing is stored. Send the file in the field `file` of a form, or as the whole body with `file_name` in the query. Correct the `mapping` of the answer and send it with the upload."
	inspect.MaxBody, inspect.Types = maxUpload, uploadTypes
	inspect.Raw = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{Type: "object", Required: []string{"file"}, Properties: map[string]*huma.Schema{
			"file": {Type: "string", Format: "binary", Description: "The logbook"}}}},
		"text/csv": {Schema: &huma.Schema{Type: "string", Format: "binary"}},
	}}
	httpx.Handle(a, inspect, s.inspectImport)
	again := conflicts(answering(op("inspectUploadedImport", "GET imports/{id}/inspection", "import", "Look at the file of an upload, while it is previewed, and guess what its columns hold", scope.ImportsManage), 200, logbook.Inspection{}), "The import is no longer previewed: `state_conflict`.")
	again.NoTag = true // saved mappings change too
	httpx.Handle(a, again, s.inspectUpload)
}

type mappingsQuery struct{ httpx.ListQuery }

func (s surface) listMappings(ctx context.Context, who scope.Principal, in *mappingsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Imports.ListMappings(ctx, who, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	at := func(m logbook.SavedMapping) page.Position { return page.Position{ChangeNo: m.ChangeNo, ID: m.ID} }
	return httpx.Rows(ctx, in.ListQuery, p, of, at, httpx.AsJSON)
}

type mappingDraft struct{ Body NewMapping }

// NewMapping is the body of a mapping to be saved.
type NewMapping struct {
	Name    string          `json:"name" minLength:"1" maxLength:"100" example:"Club spreadsheet"`
	Mapping logbook.Mapping `json:"mapping"`
}

func (s surface) saveMapping(ctx context.Context, who scope.Principal, in *mappingDraft) (httpx.Answer, error) {
	m, err := s.Imports.SaveMapping(ctx, who, in.Body.Name, in.Body.Mapping)
	return httpx.Created(m, m.ID).Tagged(m.ChangeNo), err
}

func (s surface) getMapping(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	m, err := s.Imports.GetMapping(ctx, who, logbook.MappingID(in.ID))
	return httpx.One(m).Tagged(m.ChangeNo), err
}

type mappingChange struct {
	ByID
	httpx.IfMatch
	Body MappingPatch
}

// MappingPatch is a merge patch of a saved mapping.
type MappingPatch struct {
	Name    merge.Field[string]          `json:"name,omitzero" maxLength:"100"`
	Mapping merge.Field[logbook.Mapping] `json:"mapping,omitzero" doc:"Always given as a whole"`
}

func (s surface) updateMapping(ctx context.Context, who scope.Principal, in *mappingChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	m, err := s.Imports.UpdateMapping(ctx, who, logbook.MappingID(in.ID), logbook.MappingPatch{Name: pointer(in.Body.Name), Mapping: pointer(in.Body.Mapping)}, seen)
	return httpx.One(m).Tagged(m.ChangeNo), err
}

func (s surface) deleteMapping(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	return httpx.Nothing(), s.Imports.DeleteMapping(ctx, who, logbook.MappingID(in.ID))
}

type inspection struct {
	FileName string `query:"file_name" maxLength:"255" doc:"With a body that is the file: its name" example:"logbook.csv"`
}

func (s surface) inspectImport(ctx context.Context, who scope.Principal, in *inspection) (httpx.Answer, error) {
	file, err := httpx.ReadUpload(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	if len(file.Data) == 0 {
		return httpx.Answer{}, fault.InvalidFields(fault.Field{Name: "file", Where: "body", Code: "not_a_file"})
	}
	name := in.FileName
	if file.Name != "" {
		name = file.Name
	}
	seen, err := s.Imports.Inspect(ctx, who, name, file.Data)
	return httpx.One(seen), err
}

type uploadInspection struct {
	ByID
	Delimiter string `query:"delimiter" enum:"comma,semicolon,tab,pipe" doc:"What stands between cells, where that was guessed wrongly"`
	Encoding  string `query:"encoding" enum:"utf-8,utf-16,windows-1252,windows-1250,iso-8859-15,macintosh" doc:"How characters are written"`
	HeaderRow int    `query:"header_row" minimum:"1" maximum:"20000" doc:"Line of the file that names the columns"`
}

func (s surface) inspectUpload(ctx context.Context, who scope.Principal, in *uploadInspection) (httpx.Answer, error) {
	seen, err := s.Imports.InspectUpload(ctx, who, logbook.ID(in.ID), logbook.Mapping{Delimiter: in.Delimiter, Encoding: in.Encoding, HeaderRow: in.HeaderRow})
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid { // what does not fit stands in the query here
		bad := &fault.Error{Kind: fault.BadRequest, Code: "invalid_parameters", Fields: slices.Clone(f.Fields)}
		for i := range bad.Fields {
			bad.Fields[i].Where = "query"
		}
		err = bad
	}
	return httpx.One(seen), err
}
