package httpx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"airside/internal/base/fault"
	"airside/internal/web/httpx"
)

// serve answers one request through a front with these handlers.
func serve(t *testing.T, f httpx.Front, handlers map[string]http.HandlerFunc, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, h := range handlers {
		mux.HandleFunc(pattern, h)
	}
	server := httptest.NewServer(f.Wrap(mux))
	defer server.Close()
	r, _ := http.NewRequest("GET", server.URL+"/x", nil)
	if change != nil {
		change(r)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err.Error()
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for _, c := range []struct {
		what      string
		trusted   []netip.Prefix
		forwarded []string
		want      string
	}{
		{"nobody is trusted", nil, []string{"192.0.2.1"}, "127.0.0.1"},
		{"no header", trusted, nil, "127.0.0.1"},
		{"one proxy", trusted, []string{"192.0.2.1"}, "192.0.2.1"},
		{"what the client made up stands left", trusted, []string{"198.51.100.9, 192.0.2.1"}, "192.0.2.1"},
		{"two proxies", trusted, []string{"198.51.100.9, 192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
		{"two headers", trusted, []string{"198.51.100.9", "192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
		{"with a port", trusted, []string{"192.0.2.1:4711"}, "192.0.2.1"},
		{"IPv6", trusted, []string{"[2001:db9::7]:443"}, "2001:db9::7"},
		{"IPv6 through IPv6", trusted, []string{"2001:db9::7, 2001:db8::1"}, "2001:db9::7"},
		{"IPv4 written as IPv6", trusted, []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"only proxies", trusted, []string{"10.0.0.1, 10.0.0.2"}, "10.0.0.1"},
		{"rubbish stops the reading", trusted, []string{"192.0.2.1, unknown, 10.0.0.2"}, "10.0.0.2"},
	} {
		var got string
		serve(t, httpx.Front{TrustedProxies: c.trusted}, map[string]http.HandlerFunc{"/x": func(w http.ResponseWriter, r *http.Request) {
			got = httpx.Address(r.Context()).String()
		}}, func(r *http.Request) { r.Header["X-Forwarded-For"] = c.forwarded })
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, got, c.want)
		}
	}
}

func TestRequestID(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	for _, c := range []struct {
		trusted []netip.Prefix
		given   string
		kept    bool
	}{
		{nil, "0123456789", false},
		{proxies, "0123456789", true},
		{proxies, "short", false},
		{proxies, strings.Repeat("x", 65), false},
		{proxies, "with\"quotes", false},
	} {
		var inside string
		res, _ := serve(t, httpx.Front{TrustedProxies: c.trusted}, map[string]http.HandlerFunc{"/x": func(w http.ResponseWriter, r *http.Request) {
			inside = httpx.RequestID(r.Context())
		}}, func(r *http.Request) { r.Header.Set("X-Request-Id", c.given) })
		got := res.Header.Get("X-Request-Id")
		if (got == c.given) != c.kept || got == "" || got != inside {
			t.Errorf("%v %q: got %q", c.trusted, c.given, got)
		}
	}
}

func TestPanics(t *testing.T) {
	var log bytes.Buffer
	f := httpx.Front{Log: slog.New(slog.NewJSONHandler(&log, nil))}
	res, body := serve(t, f, map[string]http.HandlerFunc{"/x": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "half=done")
		panic("the secret reason")
	}}, nil)
	var p map[string]any
	json.Unmarshal([]byte(body), &p)
	if res.StatusCode != 500 || p["code"] != "internal_error" || strings.Contains(body, "secret reason") || res.Header.Get("Set-Cookie") != "" || p["request_id"] != res.Header.Get("X-Request-Id") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if !strings.Contains(log.String(), "secret reason") || !strings.Contains(log.String(), "front_test.go") || !strings.Contains(log.String(), p["request_id"].(string)) {
		t.Errorf("the log lacks the reason: %s", &log)
	}
	// An answer that is on its way is cut off, so that nobody takes it for whole.
	res, body = serve(t, httpx.Front{}, map[string]http.HandlerFunc{"/x": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte("half"))
		http.NewResponseController(w).Flush()
		panic("late")
	}}, nil)
	if res != nil && res.StatusCode == 200 && len(body) == 100 {
		t.Errorf("a whole answer: %s", body)
	}
}

func TestFailuresOfTheInsideAreNotShown(t *testing.T) {
	var log bytes.Buffer
	f := httpx.Front{Log: slog.New(slog.NewJSONHandler(&log, nil))}
	res, body := serve(t, f, map[string]http.HandlerFunc{"/x": func(w http.ResponseWriter, r *http.Request) {
		httpx.Fail(w, r, errors.New("SELECT password FROM users"))
	}}, nil)
	if res.StatusCode != 500 || strings.Contains(body, "SELECT") || !strings.Contains(log.String(), "SELECT") {
		t.Errorf("%d %s; log: %s", res.StatusCode, body, &log)
	}
	res, body = serve(t, f, map[string]http.HandlerFunc{"/x": func(w http.ResponseWriter, r *http.Request) {
		httpx.Fail(w, r, fault.New(fault.Conflict, "state_conflict", "state", "<draft>").With("state", "<draft>").With("status", "forged"))
	}}, nil)
	var p map[string]any
	if err := json.Unmarshal([]byte(body), &p); err != nil || p["state"] != "<draft>" || p["status"] != 409.0 || res.StatusCode != 409 {
		t.Errorf("%s: %v", body, err)
	}
}

// A surface that is mounted beside others answers for itself what a mux would, and pages keep their own 404.
func TestPlainAnswersOfTheMux(t *testing.T) {
	inner := http.NewServeMux()
	inner.HandleFunc("GET /api/v1/thing", func(http.ResponseWriter, *http.Request) {})
	inner.HandleFunc("GET /api/{tenantId}/thing", func(http.ResponseWriter, *http.Request) {})
	handlers := map[string]http.HandlerFunc{
		"/api/": inner.ServeHTTP,
		"/":     func(w http.ResponseWriter, r *http.Request) { http.Error(w, "a page that is not there", 404) },
	}
	for _, c := range []struct {
		method, path string
		status       int
		want, allow  string
	}{
		{"GET", "/api/nothing", 404, `"code":"not_found"`, ""},
		{"POST", "/api/v1/thing", 405, `"code":"method_not_allowed"`, "GET, HEAD"},
		{"DELETE", "/api/club/thing", 405, `"code":"method_not_allowed"`, "GET, HEAD"},
		{"GET", "/page", 404, "a page that is not there", ""},
	} {
		res, body := serve(t, httpx.Front{}, handlers, func(r *http.Request) { r.Method, r.URL.Path = c.method, c.path })
		if res.StatusCode != c.status || !strings.Contains(body, c.want) || res.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d %s %v", c.method, c.path, res.StatusCode, body, res.Header)
		}
	}
}
