package httpx

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"airside/internal/base/fault"
	"airside/internal/base/text"
)

// refusals are the problems that operations share: by status, with the code that its example shows.
var refusals = []struct {
	status int
	code   string
	args   []any
	about  string
	fields []fault.Field
}{
	{400, "invalid_parameters", nil, "A parameter, header or cursor does not fit: `invalid_parameters`, `invalid_cursor`, `org_id_required`, `org_id_invalid`, `one_credential`, `idempotency_key_malformed`, `body_incomplete`.", []fault.Field{{Name: "limit", Where: "query", Code: "at_most", Args: []any{"max", 200}}}},
	{401, "invalid_token", nil, "The credential is missing (`credential_required`), or malformed, unknown, disabled, revoked or expired (`invalid_token`).", nil},
	{403, "insufficient_scope", []any{"scope", "flights:approve"}, "The credential is valid but may not do this: `insufficient_scope`, `org_not_accessible`, `ip_not_allowed`.", nil},
	{404, "not_found", nil, "Nobody's, or somebody else's: the code names the noun, as `flight_not_found`.", nil},
	{405, "method_not_allowed", []any{"method", "PUT"}, "Another method; Allow names what is possible.", nil},
	{409, "state_conflict", []any{"state", "approved"}, "The state of the record does not allow this.", nil},
	{410, "cursor_expired", nil, "The cursor is older than what is kept.", nil},
	{412, "precondition_failed", nil, "The record has changed since the state that If-Match names.", nil},
	{413, "body_too_large", []any{"max", defaultBodyLimit}, "The body is too large.", nil},
	{415, "unsupported_media_type", []any{"types", jsonType}, "The body has another media type.", nil},
	{422, "invalid_body", nil, "The body does not fit; `errors[]` names each field. Also `idempotency_key_reused`: the same Idempotency-Key came with another body.", []fault.Field{{Name: "name", Where: "body", Code: "required"}}},
	{429, "rate_limited", []any{"seconds", 12}, "Too many requests with this key; come back after Retry-After seconds.", nil},
	{500, "internal_error", nil, "An error on our side. The request id helps us find it.", nil},
	{503, "storage_unavailable", nil, "The store cannot take this now. Nothing was changed; come back after Retry-After seconds.", nil},
}

func (a *API) organizationText() string {
	if a.o.TenantKey != nil {
		return "The organization to read; a tenant's key reads its own, and needs no such header"
	}
	return "The organization to read"
}

// tenantScheme is the name of a tenant's key in documents.
const tenantScheme = "tenantKey"

func responseName(status int) string {
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

// refusal is the response of a status with a description of its own.
func (a *API) refusal(status int, about string) *huma.Response {
	for _, r := range refusals {
		if r.status == status {
			return a.problemResponse(status, about, r.code, r.args, r.fields)
		}
	}
	return a.problemResponse(status, about, "not_found", nil, nil)
}

func (a *API) problemResponse(status int, about, code string, args []any, fields []fault.Field) *huma.Response {
	example := Problem{
		Type: "/problems/" + code, Title: text.Get(text.EN, "title_"+strconv.Itoa(status)), Status: status,
		Detail: text.Get(text.EN, code, args...), Instance: a.o.Prefix + "/flights", Code: code, RequestID: "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41",
	}
	for _, f := range fields {
		example.Errors = append(example.Errors, ProblemField{Field: f.Name, In: f.Where, Code: f.Code, Detail: text.Get(text.EN, f.Code, f.Args...)})
	}
	switch code {
	case "insufficient_scope":
		example.Scope = args[1].(string)
	case "state_conflict":
		example.State = args[1].(string)
	}
	headers := map[string]*huma.Param{"X-Request-Id": {Ref: "#/components/headers/X-Request-Id"}}
	switch status {
	case 401, 403:
		headers["WWW-Authenticate"] = &huma.Param{Ref: "#/components/headers/WWW-Authenticate"}
	case 405:
		headers["Allow"] = &huma.Param{Description: "The methods that are possible", Schema: &huma.Schema{Type: "string"}}
	case 429, 503:
		headers["Retry-After"] = &huma.Param{Ref: "#/components/headers/Retry-After"}
	}
	if status != 401 && status != 405 { // those are answered before a key is known
		headers["RateLimit-Policy"] = &huma.Param{Ref: "#/components/headers/RateLimit-Policy"}
		headers["RateLimit"] = &huma.Param{Ref: "#/components/headers/RateLimit"}
	}
	return &huma.Response{Description: about, Headers: headers, Content: map[string]*huma.MediaType{
		problemType: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, ""), Example: &example},
	}}
}

// addComponents puts what the operations refer to into the document.
func (a *API) addComponents(doc *huma.OpenAPI) {
	doc.Servers = []*huma.Server{{URL: "/", Description: "The deployment that serves this document"}}
	c := doc.Components
	c.SecuritySchemes = map[string]*huma.SecurityScheme{
		a.o.Scheme: {Type: "http", Scheme: "bearer", BearerFormat: a.o.TokenPrefix + "…", Description: a.o.Credential},
	}
	if a.o.Header != nil {
		clear(c.SecuritySchemes)
		for _, o := range a.routes {
			if o.Header != "" {
				c.SecuritySchemes[o.Header] = &huma.SecurityScheme{Type: "apiKey", In: "header", Name: o.Header}
			}
		}
	}
	if a.o.Flows != nil {
		c.SecuritySchemes[a.o.Scheme] = &huma.SecurityScheme{Type: "oauth2", Description: a.o.Credential, Flows: a.o.Flows}
	}
	if a.o.TenantKey != nil {
		c.SecuritySchemes[tenantScheme] = &huma.SecurityScheme{Type: "apiKey", In: "header", Name: "X-API-KEY",
			Description: "A key of the tenant's `security.yml`. Each operation names the scope that the key needs."}
	}
	c.Responses = map[string]*huma.Response{}
	for _, r := range refusals {
		c.Responses[responseName(r.status)] = a.problemResponse(r.status, r.about, r.code, r.args, r.fields)
	}
	str := func(example string) *huma.Schema {
		return &huma.Schema{Type: "string", Examples: []any{example}}
	}
	c.Headers = map[string]*huma.Header{
		"X-Request-Id":     {Description: "The id of this request", Schema: str("0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41")},
		"RateLimit-Policy": {Description: "How many requests (q) the key may make in how many seconds (w)", Schema: str(`"key";q=600;w=60`)},
		"RateLimit":        {Description: "How many requests are left (r), and when all are again, in seconds (t)", Schema: str(`"key";r=599;t=1`)},
		"Retry-After":      {Description: "Seconds to wait", Schema: &huma.Schema{Type: "integer", Examples: []any{12}}},
		"WWW-Authenticate": {Description: "RFC 6750", Schema: str(`Bearer realm="airside", error="invalid_token"`)},
		"Link":             {Description: `The next page, rel="next", when there are more rows`, Schema: str(`</api/v1/public/flights?cursor=AX3X>; rel="next"`)},
		"ETag":             {Description: "The state of the answer, for If-None-Match", Schema: str(`W/"3f-1qk8m2"`)},
		"Location":         {Description: "The address of what was created", Schema: str("/api/v1/manage/flights/0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41")},
	}
	c.Parameters = map[string]*huma.Param{
		"Accept-Language": {Name: "Accept-Language", In: "header", Description: "The language of errors: en or fr", Schema: str("fr")},
		"If-None-Match":   {Name: "If-None-Match", In: "header", Description: "The ETag that you have; 304 while it stands", Schema: str(`W/"3f-1qk8m2"`)},
		"Idempotency-Key": {Name: "Idempotency-Key", In: "header", Description: "1 to 255 visible ASCII characters. For 24 hours the same key with the same body is done once: a repeat is answered with the record as it is, without secrets, and Idempotent-Replayed: true. The same key with another body is refused (422)", Schema: str("4b1c7a52-order-17")},
	}
	if a.o.NamesOrganization {
		c.Parameters["X-Org-Id"] = &huma.Param{Name: "X-Org-Id", In: "header", Required: true, Description: a.organizationText(), Schema: &huma.Schema{Type: "string", Format: "uuid", Examples: []any{"0195b4c0-0f3e-7a51-8c11-52d7f0a1b2c3"}}}
	}
}
