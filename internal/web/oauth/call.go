package oauth

import (
	"bytes"
	"context"
	"net/http"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"airside/internal/base/fault"
	"airside/internal/platform/oauth"
)

// endpoint is what a request asks for.
type endpoint int

const (
	authorizing endpoint = iota // begins an authorization request
	resuming                    // carries out one that was decided about
	tokening
	revoking
	introspecting
)

// call is what this package and the library tell one another about a request, beside what the library's interfaces carry.
type call struct {
	at       endpoint
	basic    bool             // the client comes with HTTP Basic
	named    string           // the client that a form says it comes from
	client   oauth.Client     // of the request, once found
	redirect string           // where the answer goes, as it was asked for
	browser  string           // the text of the browser's cookie
	implicit bool             // the answer is a token in the address
	request  *oauth.Request   // that was decided about
	begun    string           // the id of the request that was kept
	using    *oauth.Authority // the grant whose code or refresh token came
	refresh  string           // the refresh token that came
	live     *oauth.Authority // the grant of the token that was asked about
	issued   *goidc.Token     // the access token that goes out
	err      error            // what the library reported
	broken   error            // what a store failed with; the library takes some of it for the client's mistake
}

type callKey struct{}

// callOf returns what belongs to a request of the library.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		return &call{}
	}
	return c
}

// missing turns what there is not into what the library knows, and keeps every other error in mind.
func (c *call) missing(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return goidc.ErrNotFound
	}
	c.broken = err
	return err
}

// recorder keeps what the library answers, to be looked at first.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

// ask has the library answer a request.
func (s *server) ask(r *http.Request, c *call) (*recorder, error) {
	h, err := s.library()
	if err != nil {
		return nil, err
	}
	rec := &recorder{header: http.Header{}}
	h.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
	if c.broken != nil {
		return nil, c.broken
	}
	return rec, nil
}
