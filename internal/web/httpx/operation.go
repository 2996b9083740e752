package httpx

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/idempotency"
	"airside/internal/platform/scope"
)

// Op declares an operation: what it needs, takes and answers, in the words of its document.
type Op struct {
	ID      string // operationId: 'listFlights'
	Method  string
	Path    string
	Tag     string
	Summary string
	Text    string // CommonMark

	Needs []scope.Scope // any one of these
	Noun  string        // of {id} in the path: a 404 is <noun>_not_found
	IDs   string        // the prefix of ids that are not UUIDs: 'evt_'

	Status  int            // of success; 0 means 200
	Data    any            // zero value of what the answer's data holds; nil when there is no answer
	Rows    any            // zero value of a row, for a list
	NoTag   bool           // the record has no version, so its answer has no ETag
	OrGone  bool           // a list that may hold deleted rows, as {"id","deleted":true}
	Files   []string       // media types of an answer that is a file
	Example any            // of the data, or of a row
	Faults  map[int]string // statuses beyond the usual ones, and when

	Header    string // the header of the credential, on a surface that has Options.Header
	Open      bool   // for everybody, without a credential
	Unlimited bool   // not counted against the rate of who asks

	Types   []string // media types of the body; nil means JSON
	MaxBody int64    // bytes; 0 means 1 MiB
	Raw     *huma.RequestBody

	// Repeat answers a POST that was answered before, where it is not simply with the record.
	Repeat Current

	Cached bool          // keep pages of this list until the organization changes
	Fresh  time.Duration // or until this time is over: for answers that depend on the day
}

// route is an operation that is served.
type route struct {
	Op
	needs  []scope.Scope
	params parameters
}

// versioned tells whether answers to GET can be held against If-None-Match.
func (o *route) versioned() bool {
	return o.Cached || o.Method == http.MethodGet && o.Data != nil && !o.NoTag
}

type humaOutput struct{ Body func(huma.Context) }

// Handle registers an operation. I is its input: a struct whose fields are bound by huma's tags. Who asks has been
// authenticated and holds one of the needed scopes.
func Handle[I any](a *API, op Op, verb func(ctx context.Context, who scope.Principal, in *I) (Answer, error)) {
	if op.Status == 0 {
		op.Status = http.StatusOK
	}
	if op.MaxBody == 0 {
		op.MaxBody = defaultBodyLimit
	}
	if op.Types == nil {
		op.Types = []string{jsonType}
		if op.Method == http.MethodPatch {
			op.Types = []string{mergeType, jsonType}
		}
	}
	o := &route{Op: op}
	described := a.describe(o)
	a.routes = append(a.routes, o)
	huma.Register(a.huma, described, func(ctx context.Context, in *I) (*humaOutput, error) {
		x := exchangeOf(ctx)
		answer, err := verb(ctx, x.who, in)
		var repeat *idempotency.Replay
		if errors.As(err, &repeat) {
			answer, err = a.repeated(ctx, x, o, repeat.Resource)
		}
		return &humaOutput{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			if err != nil {
				Fail(w, r, err)
				return
			}
			a.write(x, w, r, o, answer)
		}}, nil
	})
	o.params = queryParameters[I](a.huma.OpenAPI(), described)
	a.finish(o)
}

// checkPath answers an id that is nobody's for what it is, and puts a UUID into its usual form.
func (o *route) checkPath(r *http.Request) error {
	given := r.PathValue("id")
	if given == "" {
		return nil
	}
	if o.IDs != "" {
		if !id.IsPrefixed(o.IDs, given) {
			return fault.NotFoundFor(o.Noun)
		}
		return nil
	}
	usual, ok := id.Parse(given)
	if !ok {
		return fault.NotFoundFor(o.Noun)
	}
	if usual != given {
		r.SetPathValue("id", usual)
	}
	return nil
}

// repeated answers a POST that was answered before: with the record as it is now, under the first status.
func (a *API) repeated(ctx context.Context, x *exchange, o *route, resource string) (Answer, error) {
	answer := Answer{header: []string{"Idempotent-Replayed", "true"}}
	noun, key, ok := strings.Cut(resource, "/")
	inPath := x.request.PathValue("id")
	switch {
	case !ok:
		noun, key = o.nounOf(), inPath
	case inPath == "" && a.resources[o.nounOf()] != nil: // created in this collection, whatever it is kept as
		noun = o.nounOf()
	}
	read := a.resources[noun]
	if o.Repeat != nil {
		read, key = o.Repeat, inPath
	}
	if o.Data == nil || read == nil || key == "" {
		return answer, nil
	}
	data, err := read(ctx, x.who, key)
	if err != nil {
		return Answer{}, err
	}
	answer.data = data
	if o.Status == http.StatusCreated {
		answer.location = o.prefix() + "/" + noun + "/" + key
	}
	return answer, nil
}

// nounOf is the plural noun of the path: flights of /api/v1/manage/flights/{id}/submit.
func (o *route) nounOf() string {
	parts := strings.Split(o.Path, "/")
	if len(parts) < 5 {
		return ""
	}
	return parts[4]
}

// prefix is /api/v1/manage.
func (o *route) prefix() string { return strings.Join(strings.Split(o.Path, "/")[:4], "/") }
