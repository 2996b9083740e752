package httpx

import (
	"context"
	"net/http"
	"net/netip"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/maypok86/otter/v2"

	"airside/internal/base/clock"
	"airside/internal/base/limit"
	"airside/internal/platform/scope"
)

// Options say how a surface authenticates, and how it introduces itself.
type Options struct {
	Title       string
	Version     string // of the program; part of every ETag, because a new program may answer differently
	Description string // CommonMark, for the document

	Prefix string // of all paths: /api/v1/public

	// Scheme is the name of the credential in the document, and Credential what it is.
	Scheme     string
	Credential string
	// TokenPrefix is how this surface's tokens begin.
	TokenPrefix string
	// Verify finds who a token stands for, at the organization that the request names. With an error it returns who asks
	// if the token is good all the same, so that the request counts against its rate.
	Verify func(ctx context.Context, token, prefix string, from netip.Addr, org string) (scope.Principal, error)
	// Session finds who is signed in to the console, in the organization of that id; ok is false where nobody is, and
	// who is nobody yet where org is empty. Nil for surfaces that take no sessions.
	Session func(r *http.Request, org string) (who scope.Principal, ok bool, err error)
	// Used is told of each admitted request; nil for none.
	Used func(who scope.Principal, from netip.Addr)
	// Read is told what an app's key was answered at an organization: by which scope, and how many records; nil for nobody.
	Read func(who scope.Principal, by scope.Scope, records int, from netip.Addr)
	// NamesOrganization says that every request must carry X-Org-Id; a tenant's key needs not.
	NamesOrganization bool
	// TenantKey finds who the key in X-API-KEY stands for: one of the security.yml of the tenant that the request names, or
	// that the key itself names. Nil for surfaces that take none.
	TenantKey func(ctx context.Context, token string, from netip.Addr, org string) (scope.Principal, error)
	// Tenant finds the organization that {tenantId} names in every path, by its id or slug: empty where there is none. Nil
	// for surfaces whose paths name nobody.
	Tenant func(ctx context.Context, named string) (scope.OrgID, error)
	// Header finds who the token in the header that an operation names (Op.Header) stands for. Nil for surfaces whose
	// credential is a bearer token.
	Header func(ctx context.Context, header, token string) (scope.Principal, error)
	// Lenient says that a JSON body is read whatever type it claims to be, and that its texts may hold any character.
	Lenient bool
	// Bare says that answers are the data itself, without an envelope.
	Bare bool
	// Flows describes the credential as OAuth 2 in the document; nil: it is a bearer token.
	Flows *huma.OAuthFlows

	// Pepper keys the hash by which a repeated POST is known to be the same, so that what is stored of it leads nobody back to
	// a secret in its body.
	Pepper []byte

	// Limiter counts requests by key, a minute long; nil does not limit.
	Limiter *limit.Limiter
	// ChangeNo is the number of the last change of an organization's records; pages are kept as long as it stands.
	ChangeNo func(ctx context.Context, org string) (int64, error)
	Clock    clock.Clock
	// PageBytes bounds the kept pages; 0 means 64 MiB.
	PageBytes uint64
}

// API is one surface: its operations and their document.
type API struct {
	o         Options
	mux       *http.ServeMux
	huma      huma.API
	routes    []*route
	pages     *otter.Cache[pageKey, keptPage]
	resources map[string]Current
}

// Current reads a record as it is now, to answer a repeated POST.
type Current func(ctx context.Context, who scope.Principal, id string) (any, error)

// NewAPI makes a surface without operations on mux.
func NewAPI(mux *http.ServeMux, o Options) *API {
	if o.Clock == nil {
		o.Clock = clock.Real
	}
	if o.PageBytes == 0 {
		o.PageBytes = 64 << 20
	}
	a := &API{o: o, mux: mux, resources: map[string]Current{}}
	a.pages = newPages(o.PageBytes)
	a.huma = huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: o.Title, Version: o.Version, Description: o.Description,
				License: &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"}},
			Components: &huma.Components{Schemas: newRegistry()},
		},
		Formats:       map[string]huma.Format{jsonType: huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: jsonType,
	}, adapter{a})
	return a
}

// Resource tells how to read the records of a noun, as db.Tx.Created names them.
func (a *API) Resource(noun string, read Current) { a.resources[noun] = read }

// Alias describes values of v's type in the document as as.
func (a *API) Alias(v, as any) {
	a.huma.OpenAPI().Components.Schemas.RegisterTypeAlias(reflect.TypeOf(v), reflect.TypeOf(as))
}

// Routes lists the operations as 'GET /api/v1/public/flights'.
func (a *API) Routes() []string {
	var all []string
	for _, o := range a.routes {
		all = append(all, o.Method+" "+o.Path)
	}
	return all
}

// adapter puts huma's handlers on the mux, behind the door.
type adapter struct{ a *API }

func (d adapter) Handle(op *huma.Operation, handle func(huma.Context)) {
	o := op.Metadata["route"].(*route)
	d.a.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, req *http.Request) {
		r, err := d.a.door(w, req, o)
		if err != nil {
			Fail(w, req, err)
		} else if r != nil {
			handle(humago.NewContext(op, r, w))
		}
		d.a.tellRead(exchangeOf(req.Context()), o)
	})
}

func (d adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.a.mux.ServeHTTP(w, r) }

// door decides, in this order, who asks, whether not too often, in which organization, and whether they may; then
// whether the address, parameters and body can be read. It returns the request to handle; nil when it is answered.
func (a *API) door(w http.ResponseWriter, r *http.Request, o *route) (*http.Request, error) {
	x := exchangeOf(r.Context())
	if err := a.admit(x, r, w.Header(), o); err != nil {
		return r, err
	}
	if o.Cached {
		if done, err := a.fromPages(x, w, r, o); done || err != nil {
			return nilIf(done, r), err
		}
	}
	if err := o.checkPath(r); err != nil {
		return r, err
	}
	values, err := o.params.read(r.URL.RawQuery)
	if err != nil {
		return r, err
	}
	if o.Rows != nil {
		x.list = o.params.filter(o.Path, string(x.who.Org), values)
	}
	if !o.takesBody() {
		return r, nil
	}
	body, err := o.readBody(w, r, a.o.Lenient)
	if err != nil {
		return r, err
	}
	if o.Raw == nil && !a.o.Lenient { // files come in any encoding
		if err := checkTexts(body); err != nil {
			return r, err
		}
	}
	x.body = body
	if x.who, err = a.authenticate(x, r, o); err != nil { // a body may take half a minute to come, and authority may end meanwhile
		return r, err
	}
	if err := needAny(x.who, o.needs); err != nil {
		return r, err
	}
	return a.claim(x, r, body)
}

func nilIf(done bool, r *http.Request) *http.Request {
	if done {
		return nil
	}
	return r
}

// admit authenticates a request and holds it against what its operation declares. Whatever is asked with a valid key
// counts against its rate, refused or not.
func (a *API) admit(x *exchange, r *http.Request, h http.Header, o *route) error {
	who, refused := a.authenticate(x, r, o)
	if refused != nil && who.ID == "" {
		return refused
	}
	x.who, x.admit = who, true
	if err := a.take(h, who, o); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	if err := a.checkOrganization(r, who); err != nil {
		return err
	}
	if err := needAny(who, o.needs); err != nil {
		return err
	}
	if a.o.Used != nil {
		a.o.Used(who, x.address)
	}
	return nil
}

// tellRead says what an app read, for the evidence that its installation shows. A page that the client has already is
// read again, for who looks at it cannot tell.
func (a *API) tellRead(x *exchange, o *route) {
	if a.o.Read == nil || x.who.Install == "" || x.status >= http.StatusBadRequest || x.status == 0 {
		return
	}
	for _, s := range o.needs {
		if x.who.Can(s) {
			a.o.Read(x.who, s, x.records, x.address)
			return
		}
	}
}

const window = time.Minute

// take counts the request against the key's rate, and says so in the headers of the IETF draft.
func (a *API) take(h http.Header, who scope.Principal, o *route) error {
	if a.o.Limiter == nil || o.Unlimited || o.Open {
		return nil
	}
	res := a.o.Limiter.Take(who.ID, who.Limit)
	var b [64]byte
	policy := strconv.AppendInt(append(b[:0], `"key";q=`...), int64(res.Limit), 10)
	policy = strconv.AppendInt(append(policy, ";w="...), int64(window/time.Second), 10)
	h["Ratelimit-Policy"] = []string{string(policy)}
	left := strconv.AppendInt(append(b[:0], `"key";r=`...), int64(res.Remaining), 10)
	left = strconv.AppendInt(append(left, ";t="...), limit.Seconds(res.Reset), 10)
	h["Ratelimit"] = []string{string(left)}
	return res.Err()
}
