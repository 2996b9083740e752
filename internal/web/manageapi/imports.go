package manageapi

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/ops/logbook"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// maxUpload is how large a logbook may be, with a little room for the form around it.
const maxUpload = 32<<20 + 64<<10

var uploadTypes = []string{"multipart/form-data", "text/csv", "text/plain", "text/tab-separated-values", "application/octet-stream"}

func (s surface) imports(a *httpx.API) {
	const noun = "import"
	const state = "The state of the import does not allow it: `state_conflict`."
	a.Resource("imports", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.spoken(ctx)(s.Imports.Get(ctx, who, logbook.ID(id)))
	})
	one := logbook.Import{}
	upload := answering(op("createImport", "POST imports", noun, "Upload a logbook, and see what importing it would do", scope.ImportsManage), statusCreated, one)
	upload.Text = "Nothing is entered before the verb `commit`. Send the file in the field `file` of a form, or as the whole body with `file_name` in the query. " +
		"A file of no known program needs a `mapping`; `POST import-inspections` guesses one."
	upload.MaxBody, upload.Raw = maxUpload, uploadBody()
	upload.Types = uploadTypes
	httpx.Handle(a, listing(op("listImports", "GET imports", noun, "Imports, without their findings", scope.ImportsManage), one), s.listImports)
	httpx.Handle(a, upload, s.createImport)
	httpx.Handle(a, answering(op("getImport", "GET imports/{id}", noun, "One import, with its findings and progress", scope.ImportsManage), 200, one), s.getImport)
	httpx.Handle(a, conflicts(matching(answering(op("updateImport", "PATCH imports/{id}", noun, "Say whose logbook it is, whom its names mean and what its columns are, while it is previewed", scope.ImportsManage), 200, one)), state), s.updateImport)
	names := conflicts(answering(op("listImportNames", "GET imports/{id}/names", noun, "Names in the file, and people they may mean, while it is previewed", scope.ImportsManage), 200, []logbook.NameFound{}), state)
	names.NoTag = true // people change too
	httpx.Handle(a, names, s.importNames)
	httpx.Handle(a, conflicts(answering(op("commitImport", "POST imports/{id}/commit", noun, "Enter the flights of an upload", scope.ImportsManage), 200, one), state), s.commitImport)
	httpx.Handle(a, conflicts(answering(op("undoImport", "POST imports/{id}/undo", noun, "Take a whole import back", scope.ImportsManage), 200, one), state), s.undoImport)
}

// uploadBody describes both forms of an upload.
func uploadBody() *huma.RequestBody {
	file := &huma.Schema{Type: "string", Format: "binary", Description: "The logbook"}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{
			Type: "object", Required: []string{"file"},
			Properties: map[string]*huma.Schema{
				"file":         file,
				"pilot_id":     {Type: "string", Format: "uuid", Description: "Whose logbook it is"},
				"match_people": {Type: "string", Enum: []any{"true", "false"}, Description: "Whether names in the file are matched to people"},
				"people":       {Type: "string", Description: peopleDoc},
				"mapping":      {Type: "string", Description: mappingDoc},
			},
		}},
		"text/csv": {Schema: &huma.Schema{Type: "string", Format: "binary"}},
	}}
}

type importsQuery struct {
	httpx.ListQuery
	UpdatedSince httpx.Instant `query:"updated_since" doc:"Only what was changed at or after this time, RFC 3339"`
	Status       []string      `query:"status,explode" enum:"previewed,committing,committed,undoing,undone" doc:"In this status; repeatable: any of them"`
}

func (s surface) listImports(ctx context.Context, who scope.Principal, in *importsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Imports.List(ctx, who, logbook.Filter{Statuses: in.Status, UpdatedSince: in.UpdatedSince.Time}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	at := func(i logbook.Import) page.Position { return page.Position{ChangeNo: i.ChangeNo, ID: i.ID} }
	return httpx.Rows(ctx, in.ListQuery, p, of, at, httpx.AsJSON)
}

type upload struct {
	FileName    string `query:"file_name" maxLength:"255" doc:"With a body that is the file: its name" example:"logbook.csv"`
	PilotID     string `query:"pilot_id" format:"uuid" doc:"Whose logbook it is; left out: a person called Logbook owner"`
	MatchPeople bool   `query:"match_people" default:"false" doc:"Match names in the file to people, and add those who are missing: only with the consent of those named"`
	People      string `query:"people" maxLength:"100000" doc:"Whom names in the file mean, as a JSON object: by name the id of a person, new, or an empty string to keep the name as text in the remarks" example:"{\"A. Keller\":\"new\"}"`
	Mapping     string `query:"mapping" maxLength:"100000" doc:"How the columns are read, as JSON: see the schema Mapping. Left out: as the format that is recognised"`
}

const (
	peopleDoc  = "Whom names in the file mean, as a JSON object: by name the id of a person, new, or an empty string to keep the name as text in the remarks"
	mappingDoc = "How the columns are read, as JSON: see the schema Mapping. Left out: as the format that is recognised"
)

func (s surface) createImport(ctx context.Context, who scope.Principal, in *upload) (httpx.Answer, error) {
	file, err := httpx.ReadUpload(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	name, o, err := in.options(file)
	if err != nil {
		return httpx.Answer{}, err
	}
	i, err := s.spoken(ctx)(s.Imports.Upload(ctx, who, name, file.Data, o))
	return spokenOne(ctx, httpx.Created(i, i.ID), i), err
}

// options reads what the query and the form say; the form wins.
func (in *upload) options(file httpx.Upload) (string, logbook.UploadOptions, error) {
	o := logbook.UploadOptions{PilotID: in.PilotID, MatchPeople: in.MatchPeople}
	name := in.FileName
	if file.Name != "" {
		name = file.Name
	}
	people, mapping := in.People, in.Mapping
	var c fault.Check
	c.Require(len(file.Data) > 0, "file", "not_a_file")
	for field, value := range file.Fields {
		switch field {
		case "pilot_id":
			o.PilotID = value
		case "match_people":
			o.MatchPeople = value == "true"
			c.Require(value == "true" || value == "false", field, "not_a_boolean")
		case "people":
			people = value
		case "mapping":
			mapping = value
		case "file_name":
			name = value
		default:
			c.Bad(field, "unknown_field")
		}
	}
	if o.PilotID != "" {
		usual, ok := id.Parse(o.PilotID)
		c.Require(ok, "pilot_id", "not_a_uuid")
		o.PilotID = usual
	}
	if people != "" {
		c.Require(strictJSON(people, &o.People) == nil, "people", "not_an_object")
	}
	if mapping != "" {
		if err := strictJSON(mapping, &o.Mapping); err != nil {
			c.Bad("mapping", "not_a_mapping", "why", err.Error())
		}
	}
	if name == "" {
		name = "logbook.csv"
	}
	return name, o, c.Err()
}

// strictJSON reads JSON that stands in a field, and nothing that is not asked for.
func strictJSON(value string, into any) error {
	d := json.NewDecoder(strings.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}

func (s surface) getImport(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	i, err := s.spoken(ctx)(s.Imports.Get(ctx, who, logbook.ID(in.ID)))
	return spokenOne(ctx, httpx.One(i), i), err
}

type importChange struct {
	ByID
	httpx.IfMatch
	Body logbook.Choices
}

func (s surface) updateImport(ctx context.Context, who scope.Principal, in *importChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	i, err := s.spoken(ctx)(s.Imports.Choose(ctx, who, logbook.ID(in.ID), in.Body, seen))
	return spokenOne(ctx, httpx.One(i), i), err
}

func (s surface) importNames(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	names, err := s.Imports.Names(ctx, who, logbook.ID(in.ID))
	return httpx.One(names), err
}

type importCommit struct {
	ByID
	Body *Commit
}

// Commit is the body of a commit.
type Commit struct {
	As         string `json:"as,omitempty" enum:"draft,submitted,history" default:"draft" doc:"What the flights become: drafts, submitted, or posted as approved without events"`
	Background bool   `json:"background,omitempty" doc:"Answer at once; progress and status of the import tell how far it has come"`
}

type importUndo struct {
	ByID
	Body *Undo
}

// Undo is the body of an undo.
type Undo struct {
	Background bool `json:"background,omitempty" doc:"Answer at once; progress and status of the import tell how far it has come"`
}

func (s surface) commitImport(ctx context.Context, who scope.Principal, in *importCommit) (httpx.Answer, error) {
	as := logbook.AsDraft
	if in.Body != nil && in.Body.As != "" {
		as = in.Body.As
	}
	commit := s.Imports.Commit
	if in.Body != nil && in.Body.Background {
		commit = s.Imports.Start
	}
	i, err := s.spoken(ctx)(commit(ctx, who, logbook.ID(in.ID), as))
	return spokenOne(ctx, httpx.One(i), i), err
}

func (s surface) undoImport(ctx context.Context, who scope.Principal, in *importUndo) (httpx.Answer, error) {
	undo := s.Imports.Undo
	if in.Body != nil && in.Body.Background {
		undo = s.Imports.StartUndo
	}
	i, err := s.spoken(ctx)(undo(ctx, who, logbook.ID(in.ID)))
	return spokenOne(ctx, httpx.One(i), i), err
}

// spoken puts the findings of an import into the language of the request.
func (s surface) spoken(ctx context.Context) func(logbook.Import, error) (logbook.Import, error) {
	return func(i logbook.Import, err error) (logbook.Import, error) {
		if err == nil {
			i.Speak(httpx.Language(ctx))
		}
		return i, err
	}
}

// spokenOne tags an import by its last change and the language of its findings.
func spokenOne(ctx context.Context, a httpx.Answer, i logbook.Import) httpx.Answer {
	return a.TaggedIn(i.ChangeNo, httpx.Language(ctx)).With("Vary", "Accept-Language")
}
