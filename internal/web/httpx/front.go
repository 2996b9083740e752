package httpx

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/id"
)

// Front is what every request passes first.
type Front struct {
	// Log gets a line a request, and the causes of internal errors. Nil discards.
	Log *slog.Logger
	// TrustedProxies may say for whom they ask (X-Forwarded-For) and under which id (X-Request-Id).
	TrustedProxies []netip.Prefix
	// Observe, if not nil, hears of every request that was answered.
	Observe func(r *http.Request, status int, took time.Duration)
}

// Wrap returns next behind the front: with a request id and the client's address, panics answered as problems,
// security headers, the plain 404 and 405 of a ServeMux as problem documents, and a line in the request log.
func (f *Front) Wrap(next http.Handler) http.Handler {
	if f.Log == nil {
		f.Log = slog.New(slog.DiscardHandler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{ResponseWriter: w, front: f, began: time.Now()}
		var viaProxy bool
		x.address, viaProxy = clientAddress(r, f.TrustedProxies)
		x.id = requestID(r, viaProxy)
		x.request = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		setSecurityHeaders(w.Header(), x.id)
		if r.ContentLength != 0 { // even where nobody wants the body, the server reads on before it answers; see ReadInTime
			http.NewResponseController(w).SetReadDeadline(x.began.Add(bodyTime))
		}
		f.serve(x, next)
		f.logRequest(x)
		f.observe(x)
	})
}

func (f *Front) serve(x *exchange, next http.Handler) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			x.panicked(p)
		}
	}()
	next.ServeHTTP(x, x.request)
	if x.swallowed != 0 {
		x.plainAnswer()
	}
}

// plainAnswer replaces what the mux answers by itself: no such path, or not with this method.
func (x *exchange) plainAnswer() {
	err := fault.New(fault.NotFound, "not_found")
	if x.swallowed == http.StatusMethodNotAllowed {
		err = fault.New(fault.Method, "method_not_allowed", "method", x.request.Method)
	}
	x.status, x.swallowed = 0, 0
	x.request.Pattern = "-" // so that the problem itself passes
	Fail(x, x.request, err)
	x.request.Pattern = ""
}

func (x *exchange) panicked(p any) {
	err := fault.Wrap(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "serve a request")
	x.swallowed = 0
	if x.status != 0 { // the answer is on its way: cut it off, so that nobody takes it for whole
		x.front.logError(x, err)
		x.front.logRequest(x)
		x.front.observe(x)
		panic(http.ErrAbortHandler)
	}
	clear(x.Header())
	setSecurityHeaders(x.Header(), x.id)
	if x.request.Pattern == "" {
		x.request.Pattern = "-"
	}
	Fail(x, x.request, err)
}

// Values of headers that every answer has. Sharing them is safe: setting a header replaces the whole slice.
var (
	noSniff     = []string{"nosniff"}
	noReferrer  = []string{"no-referrer"}
	noEmbedding = []string{"default-src 'none'; frame-ancestors 'none'"}
)

func setSecurityHeaders(h http.Header, id string) {
	h["X-Request-Id"] = []string{id}
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = noReferrer
	h["Content-Security-Policy"] = noEmbedding
}

// requestID takes the id that a trusted proxy gave, if it is a sane one, or makes one.
func requestID(r *http.Request, viaProxy bool) string {
	if viaProxy {
		if given := r.Header.Get("X-Request-Id"); saneID(given) {
			return given
		}
	}
	return id.New()
}

func saneID(s string) bool {
	if len(s) < 8 || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// logRequest writes the line of a request: never its query or headers, which may hold secrets.
func (f *Front) logRequest(x *exchange) {
	ctx := x.request.Context()
	if !f.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	route := x.request.Pattern
	if route == "" {
		route = "-"
	}
	f.Log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("method", x.request.Method), slog.String("route", route), slog.Int("status", x.answered()),
		slog.Duration("took", time.Since(x.began)), slog.Int64("bytes", x.written), slog.String("request_id", x.id),
		slog.String("address", x.address.String()), slog.String("org", string(x.who.Org)), slog.String("key", x.who.ID))
}

func (f *Front) observe(x *exchange) {
	if f.Observe != nil {
		f.Observe(x.request, x.answered(), time.Since(x.began))
	}
}

func (f *Front) logError(x *exchange, err error) {
	f.Log.LogAttrs(x.request.Context(), slog.LevelError, "request failed",
		slog.String("method", x.request.Method), slog.String("route", x.request.Pattern),
		slog.String("request_id", x.id), slog.Any("error", err))
}
