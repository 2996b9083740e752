package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/text"
)

// statuses is the one place that maps kinds of faults to HTTP.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.BadRequest:      http.StatusBadRequest,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Method:          http.StatusMethodNotAllowed,
	fault.Conflict:        http.StatusConflict,
	fault.Gone:            http.StatusGone,
	fault.Precondition:    http.StatusPreconditionFailed,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Media:           http.StatusUnsupportedMediaType,
	fault.Limited:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// StatusOf is the HTTP status that an error is answered with.
func StatusOf(err error) int { return statuses[fault.KindOf(err)] }

// Problem is a problem document, RFC 9457.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" doc:"The kind of problem, as an address: /problems/ and its code" example:"/problems/invalid_parameters"`
	Title     string         `json:"title" doc:"A short name of the status, in the language of Accept-Language (en, fr)" example:"Bad request"`
	Status    int            `json:"status" doc:"The HTTP status" example:"400"`
	Detail    string         `json:"detail" doc:"What happened, in the language of Accept-Language (en, fr)" example:"A parameter does not fit; errors[] names it."`
	Instance  string         `json:"instance" format:"uri-reference" doc:"The path that was asked for" example:"/api/v1/public/flights"`
	Code      string         `json:"code" doc:"Stable, for programs; never translated" example:"invalid_parameters"`
	RequestID string         `json:"request_id" doc:"As in X-Request-Id; name it when you ask for help" example:"0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"Each bad field or parameter"`
	Scope     string         `json:"scope,omitempty" doc:"With insufficient_scope: the scope that was needed" example:"public.flights:read"`
	State     string         `json:"state,omitempty" doc:"With state_conflict: the state that the record is in" example:"approved"`

	extra map[string]any
	_     struct{} `additionalProperties:"true"`
}

// ProblemField is one bad field of a body, or a bad parameter.
type ProblemField struct {
	Field  string `json:"field" doc:"Its name, as crew[0].person_id; empty for the body as a whole" example:"limit"`
	In     string `json:"in" enum:"body,query,header,path" doc:"Where it stands"`
	Code   string `json:"code" doc:"What is wrong, for programs" example:"at_most"`
	Detail string `json:"detail" doc:"What is wrong, for people" example:"Must be at most 200."`
}

// problemOf makes the document of a fault.
func problemOf(x *exchange, f *fault.Error) *Problem {
	l := x.lang()
	status := statuses[f.Kind]
	p := &Problem{
		Type: "/problems/" + f.Code, Title: text.Get(l, "title_"+strconv.Itoa(status)), Status: status,
		Detail: text.Get(l, f.Code, f.Args...), Instance: x.request.URL.EscapedPath(), Code: f.Code, RequestID: x.id,
		extra: f.Extra,
	}
	for _, field := range f.Fields {
		where := field.Where
		if where == "" {
			where = "body"
		}
		p.Errors = append(p.Errors, ProblemField{Field: field.Name, In: where, Code: field.Code, Detail: text.Get(l, field.Code, field.Args...)})
	}
	return p
}

// MarshalJSON writes the document with the further members of its fault.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	body, err := marshal((*plain)(p))
	if err != nil || len(p.extra) == 0 {
		return body, err
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	extra := maps.Clone(p.extra)
	for name := range members {
		delete(extra, name) // what the standard names cannot be replaced
	}
	if len(extra) == 0 {
		return body, nil
	}
	more, err := marshal(extra)
	if err != nil {
		return nil, err
	}
	return append(append(body[:len(body)-1], ','), more[1:]...), nil
}

// Error, GetStatus and ContentType are what huma asks of an error.
func (p *Problem) Error() string               { return p.Code }
func (p *Problem) GetStatus() int              { return p.Status }
func (p *Problem) ContentType(_ string) string { return problemType }

const problemType = "application/problem+json"

// Fail answers a request with the problem document of err, and the headers that belong to it. What is not a fault
// is an internal error: it is logged with its cause, and the client learns nothing but the request id.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	x := exchangeOf(r.Context())
	f := x.faultOf(err)
	h := w.Header()
	challenge(h, f)
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	p := problemOf(x, f)
	body, marshalErr := marshal(p)
	if marshalErr != nil {
		x.front.logError(x, marshalErr)
		p.extra = nil
		body, _ = marshal(p)
	}
	setErrorHeaders(h, x.lang())
	h.Set("Content-Type", problemType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	w.Write(body)
}

func setErrorHeaders(h http.Header, l text.Lang) {
	for _, name := range []string{"ETag", "Link", "Location", "Last-Modified", "Content-Encoding"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Language", l.String())
	h.Set("Vary", "Accept-Language")
}

// retryAfter is when to come back, where the fault does not say it.
const retryAfter = 5 * time.Second

// faultOf finds the fault in err, and logs what must not be shown.
func (x *exchange) faultOf(err error) *fault.Error {
	var f *fault.Error
	if !errors.As(err, &f) {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			f = fault.New(fault.Unavailable, "storage_unavailable").Because(err) // the client has gone, or the server stops
			f.RetryAfter = retryAfter
			return f
		}
		f = &fault.Error{Kind: fault.Internal, Code: "internal_error", Err: err}
	}
	if f.Kind == fault.Internal {
		x.front.logError(x, f)
		return fault.New(fault.Internal, "internal_error")
	}
	if f.Kind == fault.Unavailable && f.Err != nil {
		x.front.logError(x, f)
	}
	return f
}

// challenge adds WWW-Authenticate to what RFC 6750 wants it on. Without a credential it names no error.
func challenge(h http.Header, f *fault.Error) {
	const realm = `Bearer realm="airside"`
	switch {
	case f.Code == "credential_required":
		h.Set("WWW-Authenticate", realm)
	case f.Kind == fault.Unauthenticated:
		h.Set("WWW-Authenticate", realm+`, error="invalid_token"`)
	case f.Code == "insufficient_scope":
		needed, _ := f.Extra["scope"].(string)
		h.Set("WWW-Authenticate", realm+`, error="insufficient_scope", scope="`+strings.ReplaceAll(needed, `"`, "")+`"`)
	}
}
