package httpx

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"airside/internal/platform/scope"
)

// describe makes huma's operation out of ours. What it declares as security is what the door asks for.
func (a *API) describe(o *route) huma.Operation {
	op := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, Description: o.Text, Tags: []string{o.Tag},
		DefaultStatus: o.Status, MaxBodyBytes: -1, BodyReadTimeout: -1,
		Metadata: map[string]any{"route": o},
	}
	for _, s := range o.Needs {
		op.Security = append(op.Security, map[string][]string{a.o.Scheme: {s.String()}})
		if a.o.TenantKey != nil {
			op.Security = append(op.Security, map[string][]string{tenantScheme: {s.String()}})
		}
	}
	if len(o.Needs) == 0 {
		op.Security = []map[string][]string{{a.o.Scheme: {}}}
	}
	if o.Header != "" {
		op.Security = []map[string][]string{{o.Header: {}}}
	}
	if o.Open {
		op.Security = []map[string][]string{}
	}
	op.Extensions = map[string]any{"x-required-right": rightsOf(o.Needs)}
	o.needs = declared(op.Security, a.o.Scheme)
	if o.Header != "" {
		o.needs = o.Needs
	}
	if a.o.NamesOrganization {
		op.Parameters = append(op.Parameters, &huma.Param{Ref: "#/components/parameters/X-Org-Id"})
	}
	op.Parameters = append(op.Parameters, &huma.Param{Ref: "#/components/parameters/Accept-Language"})
	if o.Method == http.MethodPost && !a.o.Bare {
		op.Parameters = append(op.Parameters, &huma.Param{Ref: "#/components/parameters/Idempotency-Key"})
	}
	if o.versioned() {
		op.Parameters = append(op.Parameters, &huma.Param{Ref: "#/components/parameters/If-None-Match"})
	}
	if o.Raw != nil {
		op.RequestBody, op.SkipValidateBody = o.Raw, true
	}
	op.Responses = a.responses(o)
	return op
}

// rightsOf names the rights for readers of the document: any one of them is enough.
func rightsOf(needs []scope.Scope) []string {
	names := []string{}
	for _, s := range needs {
		names = append(names, s.String())
	}
	return names
}

// declared reads the scopes back out of a declaration of security.
func declared(security []map[string][]string, scheme string) []scope.Scope {
	var all []scope.Scope
	for _, alternative := range security {
		for _, name := range alternative[scheme] {
			s, ok := scope.Parse(name)
			if !ok {
				panic("httpx: there is no scope " + name)
			}
			all = append(all, s)
		}
	}
	return all
}

// responses are what the operation can answer: success, what every operation can answer, and its own faults.
func (a *API) responses(o *route) map[string]*huma.Response {
	all := map[string]*huma.Response{strconv.Itoa(o.Status): a.success(o)}
	refuse := func(statuses ...int) {
		for _, s := range statuses {
			all[strconv.Itoa(s)] = &huma.Response{Ref: "#/components/responses/" + responseName(s)}
		}
	}
	refuse(400, 429, 500, 503)
	if !o.Open {
		refuse(401, 403)
	}
	if o.Noun != "" {
		refuse(404)
	}
	if o.takesBody() {
		refuse(413, 415, 422)
	}
	if o.versioned() {
		all["304"] = &huma.Response{Description: "Nothing has changed since the answer that had this ETag.", Headers: map[string]*huma.Param{"ETag": {Ref: "#/components/headers/ETag"}}}
	}
	for status, when := range o.Faults {
		refuse(status)
		if when != "" {
			all[strconv.Itoa(status)] = a.refusal(status, when)
		}
	}
	return all
}

func (a *API) success(o *route) *huma.Response {
	r := &huma.Response{Description: http.StatusText(o.Status), Headers: map[string]*huma.Param{}}
	for _, name := range []string{"X-Request-Id", "RateLimit-Policy", "RateLimit"} {
		r.Headers[name] = &huma.Param{Ref: "#/components/headers/" + name}
	}
	if o.Status == http.StatusCreated {
		r.Headers["Location"] = &huma.Param{Ref: "#/components/headers/Location"}
	}
	if o.versioned() || o.Data != nil && o.Method == http.MethodPatch {
		r.Headers["ETag"] = &huma.Param{Ref: "#/components/headers/ETag"}
	}
	registry := a.huma.OpenAPI().Components.Schemas
	media := &huma.MediaType{}
	switch {
	case o.Rows != nil:
		r.Headers["Link"] = &huma.Param{Ref: "#/components/headers/Link"}
		media.Schema = a.listSchema(registry, o)
		if o.Example != nil {
			media.Example = map[string]any{"data": []any{o.Example}, "pagination": Pagination{NextCursor: &exampleCursor, HasMore: true}}
		}
	case o.Data != nil:
		media.Schema = registry.Schema(reflect.TypeOf(o.Data), true, o.ID+"Data")
		if !a.o.Bare {
			media.Schema = &huma.Schema{Type: "object", Required: []string{"data"}, Properties: map[string]*huma.Schema{"data": media.Schema}}
		}
		if o.Example != nil {
			media.Example = a.enveloped(o.Example)
		}
	case o.Files != nil:
		return fileResponse(r, o.Files)
	default:
		return r
	}
	r.Content = map[string]*huma.MediaType{jsonType: media}
	return r
}

var exampleCursor = "AX3XAq6PxI0OMDE5NWI0YzItNmQxZS03YzNhLTlmMTAtMmI3ZTVhOWMwZDQx"

func (a *API) listSchema(registry huma.Registry, o *route) *huma.Schema {
	row := registry.Schema(reflect.TypeOf(o.Rows), true, o.ID+"Row")
	if o.OrGone {
		gone := registry.Schema(reflect.TypeFor[Deleted](), true, "")
		row = &huma.Schema{AnyOf: []*huma.Schema{row, gone}}
	}
	return &huma.Schema{
		Type: "object", Required: []string{"data", "pagination"},
		Properties: map[string]*huma.Schema{
			"data":       {Type: "array", Items: row},
			"pagination": registry.Schema(reflect.TypeFor[Pagination](), true, ""),
		},
	}
}

// Deleted is what is left of a record that was deleted, in lists with include_deleted=true.
type Deleted struct {
	ID      string `json:"id" format:"uuid"`
	Deleted bool   `json:"deleted" enum:"true"`
}

// queryParameters reads back what huma found in an input, for the strict reading of queries.
func queryParameters[I any](doc *huma.OpenAPI, op huma.Operation) parameters {
	ps := parameters{}
	for _, p := range documented(doc, op.Method, op.Path).Parameters {
		if p.In != "query" || p.Schema == nil {
			continue
		}
		known := parameter{repeatable: p.Schema.Type == huma.TypeArray}
		if p.Schema.Default != nil {
			known.standard = fmt.Sprint(p.Schema.Default)
		}
		ps[p.Name] = known
	}
	return ps
}

// documented finds an operation in the document.
func documented(doc *huma.OpenAPI, method, path string) *huma.Operation {
	item := doc.Paths[path]
	switch method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	}
	panic("httpx: no method " + method)
}

// finish says in the document what huma does not: every media type of a body.
func (a *API) finish(o *route) {
	op := documented(a.huma.OpenAPI(), o.Method, o.Path)
	if op.RequestBody == nil || o.Raw != nil {
		return
	}
	media := op.RequestBody.Content[jsonType]
	for _, t := range o.Types {
		op.RequestBody.Content[t] = media
	}
}
