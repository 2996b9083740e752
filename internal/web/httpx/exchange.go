package httpx

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"airside/internal/base/text"
	"airside/internal/platform/scope"
)

// exchange is one request and its answer on their way through the front. It is the response writer that handlers
// see, and what the request log is written from.
type exchange struct {
	http.ResponseWriter
	front   *Front
	request *http.Request // the one that the mux marks with its pattern
	id      string
	address netip.Addr
	began   time.Time

	status    int
	written   int64
	swallowed int // status of a plain answer of the mux that a problem document replaces

	who   scope.Principal
	admit bool   // who is set
	list  string // canonical text of the filters in force, set for lists
	fresh cachePlace
	body  []byte // as it was read

	records int // in the answer
}

type exchangeKey struct{}

// exchangeOf returns the exchange that a request came through.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil {
		panic("httpx: the handler is not behind Front.Wrap")
	}
	return x
}

// RequestID returns the id of the request that ctx belongs to, or nothing.
func RequestID(ctx context.Context) string {
	if x, _ := ctx.Value(exchangeKey{}).(*exchange); x != nil {
		return x.id
	}
	return ""
}

// Address returns the address of the client, as far as trusted proxies can tell.
func Address(ctx context.Context) netip.Addr {
	if x, _ := ctx.Value(exchangeKey{}).(*exchange); x != nil {
		return x.address
	}
	return netip.Addr{}
}

// Language is the one that the client wants to read: "en" or "fr".
func Language(ctx context.Context) string { return exchangeOf(ctx).lang().String() }

// Caller returns who asks: the principal that was authenticated for the request.
func Caller(ctx context.Context) scope.Principal { return exchangeOf(ctx).who }

func (x *exchange) lang() text.Lang { return text.Negotiate(x.request.Header.Get("Accept-Language")) }

// WriteHeader holds back the plain 404 and 405 of a ServeMux: the front answers a problem document instead.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && x.request.Pattern == "" && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		x.status, x.swallowed = status, status
		return
	}
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(b []byte) (int, error) {
	if x.swallowed != 0 {
		return len(b), nil
	}
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(b)
	x.written += int64(n)
	return n, err
}

// answered is the status of the answer, which is 200 where no handler has said anything.
func (x *exchange) answered() int {
	if x.status == 0 {
		return http.StatusOK
	}
	return x.status
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }
