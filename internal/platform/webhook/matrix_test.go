package webhook

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
)

// row is a receiver, and what is to come of each delivery to it, one after the other.
type row struct {
	name, url string
	want      []want
	also      func(t *testing.T, a Attempt) // what else the first attempt has to be
}

// want is what comes of one delivery after its first attempt, and of its endpoint.
type want struct {
	code     string // none is success; 'a|b' is either
	status   int    // 0 is no answer
	body     string // how it begins
	bodySize int    // at least, and never more than maxBody
	wait     time.Duration
	disabled string
}

// firstWait is what the schedule has come after a first attempt.
const firstWait = time.Second

func succeeds(status int) want { return want{status: status} }

func retried(code string, status int) want { return want{code: code, status: status, wait: firstWait} }

func (w want) after(d time.Duration) want { w.wait = d; return w }

func (w want) with(body string) want { w.body, w.bodySize = body, len(body); return w }

func (w want) sized(n int) want { w.bodySize = n; return w }

func (w want) check(t *testing.T, s *station, d Delivery, now time.Time) Attempt {
	t.Helper()
	expected := Succeeded
	switch {
	case w.wait > 0:
		expected = Delivering
	case w.code != "":
		expected = Failed
	}
	if d.Status != expected || d.AttemptCount != 1 {
		t.Errorf("delivery %s after %d attempts, not %s", d.Status, d.AttemptCount, expected)
	}
	if wait := d.NextAttemptAt.Std().Sub(now); w.wait == 0 && d.NextAttemptAt != 0 || w.wait > 0 && (wait < w.wait*4/5 || wait > w.wait*5/4) {
		t.Errorf("the next attempt comes in %v, not %v", wait, w.wait)
	}
	e, err := s.Get(t.Context(), s.who, d.EndpointID)
	if err != nil || e.Active != (w.disabled == "") || e.DisabledReason != nil && *e.DisabledReason != w.disabled {
		t.Errorf("endpoint %+v, %v", e, err)
	}
	a := s.detail(d.ID).Attempts[0]
	if w.code == "" && a.ErrorCode != nil || w.code != "" && !slices.Contains(strings.Split(w.code, "|"), show(a.ErrorCode)) {
		t.Errorf("error_code %s, not %q: %s", show(a.ErrorCode), w.code, show(a.ErrorDetail))
	}
	if limit := s.policy.Timeout + 1500*time.Millisecond; a.DurationMS > ms(limit) {
		t.Errorf("took %v ms", a.DurationMS)
	}
	if (w.status == 0) != (a.Response == nil) || a.Response != nil && a.Response.Status != w.status {
		t.Errorf("response %+v", a.Response)
		return a
	}
	if a.Response == nil {
		return a
	}
	body := []byte(a.Response.Body)
	if a.Response.BodyEncoding == "base64" {
		body, _ = base64.StdEncoding.DecodeString(a.Response.Body)
	}
	if !strings.HasPrefix(string(body), w.body) || len(body) < w.bodySize || len(body) > maxBody {
		t.Errorf("%d bytes of body: %.40q", len(body), body)
	}
	return a
}

// TestReceivers sends to receivers of every kind at once, good and bad, and looks at what is written down for each.
// The clock stands still, so that no retry comes between.
func TestReceivers(t *testing.T) {
	ca := newAuthority(t)
	roots, err := ReadRoots(ca.file)
	if err != nil {
		t.Fatal(err)
	}
	o, fake := withFake(dbtest.SQLite(t))
	s := newStation(t, o, Policy{AllowHTTP: true, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Timeout: 2 * time.Second, Roots: roots})
	forbidden := &receiver{}
	forbiddenPort := connections(t, listen(t, "127.0.0.2:0"), func(int, net.Conn) { forbidden.ServeHTTP(nil, nil) })
	elsewhere := newReceiver(t, nil)

	rows := append(statusRows(t, fake.Now()), broken(t)...)
	rows = append(rows, large(t)...)
	rows = append(rows, overTLS(t, ca)...)
	rows = append(rows, connectionsLost(t, ca)...)
	for _, code := range []int{301, 302, 307, 308} {
		rows = append(rows,
			row{name: fmt.Sprint(code, " to an allowed address"), url: newReceiver(t, redirect(code, elsewhere.URL)).URL, want: []want{retried(codeRedirect, code)}},
			row{name: fmt.Sprint(code, " to one that is not"), url: newReceiver(t, redirect(code, "http://127.0.0.2:"+forbiddenPort)).URL, want: []want{retried(codeRedirect, code)}})
	}
	refused := want{code: codeNotAllowed}
	var lookups atomic.Int64
	rebinding := "http://rebinding.test:" + connections(t, listen(t, "127.0.0.1:"+forbiddenPort), func(_ int, c net.Conn) {
		request(c)
		say(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	})
	rows = append(rows,
		row{name: "a name that nobody has", url: "https://nothing.test/", want: []want{retried(codeDNS, 0)}},
		row{name: "a name server that is silent", url: "https://silent.test/", want: []want{retried(codeDNS+"|"+codeTimeout, 0)}},
		row{name: "a name of an address that is not allowed", url: "http://inside.test:" + forbiddenPort, want: []want{refused}, also: hidesTheAddress},
		row{name: "a name that changes to one", url: rebinding, want: []want{succeeds(204), refused}})
	here := func() string { return "127.0.0.1" }
	known := map[string]func() string{"inside.test": func() string { return "127.0.0.2" }, "silent.test": func() string { return "" },
		"rebinding.test": func() string {
			if lookups.Add(1) == 1 {
				return "127.0.0.1"
			}
			return "127.0.0.2"
		}}
	for _, r := range rows {
		if host, _, _ := net.SplitHostPort(strings.TrimPrefix(r.url, "https://")); strings.HasSuffix(host, ".tls.test") {
			known[host] = here
		}
	}
	s.guard.resolver = names(t, known)
	s.transport = newTransport(s.guard, s.policy)
	s.start()
	s.try(t, rows, fake.Now())

	if n := len(elsewhere.requests()); n > 0 {
		t.Errorf("%d redirects were followed", n)
	}
	if n := len(forbidden.requests()); n > 0 {
		t.Errorf("%d connections came to an address that is not allowed", n)
	}
}

// try sends to all rows at once, as often as the longest of them wants.
func (s *station) try(t *testing.T, rows []row, now time.Time) {
	endpoints := make([]Endpoint, len(rows))
	for i, r := range rows {
		endpoints[i] = s.endpoint(r.url)
	}
	for n := 0; ; n++ {
		sent := make([]DeliveryID, len(rows))
		last := true
		for i, r := range rows {
			if n >= len(r.want) {
				continue
			}
			d, err := s.Ping(t.Context(), s.who, endpoints[i].ID)
			if err != nil {
				t.Fatal(r.name, err)
			}
			sent[i], last = d.ID, false
		}
		if last {
			return
		}
		for i, r := range rows {
			if sent[i] == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", r.name, n+1), func(t *testing.T) {
				s.t = t
				s.await("an attempt", func() bool { return s.detail(sent[i]).AttemptCount > 0 })
				a := r.want[n].check(t, s, s.detail(sent[i]).Delivery, now)
				if n == 0 && r.also != nil {
					r.also(t, a)
				}
			})
		}
		s.t = t
	}
}

func hidesTheAddress(t *testing.T, a Attempt) {
	if d := show(a.ErrorDetail); d != "the address is not on the public internet" {
		t.Error(d)
	}
}

// answers are receivers that answer as they should, whatever they say.
func statusRows(t *testing.T, now time.Time) []row {
	var rows []row
	for _, code := range []int{200, 201, 202, 204, 299} {
		rows = append(rows, row{name: fmt.Sprint(code), url: newReceiver(t, status(code)).URL, want: []want{succeeds(code)}})
	}
	for _, code := range []int{400, 401, 403, 404, 405, 408, 409, 413, 422, 425, 429, 451, 500, 501, 502, 503, 504, 599, 999} {
		rows = append(rows, row{name: fmt.Sprint(code), url: newReceiver(t, status(code)).URL, want: []want{retried(codeHTTPStatus, code)}})
	}
	later := func(code int, value string, wait time.Duration) row {
		return row{name: fmt.Sprint(code, " Retry-After ", value), want: []want{retried(codeHTTPStatus, code).after(wait)},
			url: newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", value)
				w.WriteHeader(code)
			}).URL}
	}
	date := now.Add(5 * time.Minute).UTC().Format(http.TimeFormat)
	gone := want{code: codeHTTPStatus, status: 410, disabled: ReasonGone}
	return append(rows,
		row{name: "410", url: newReceiver(t, status(410)).URL, want: []want{gone}},
		row{name: "304", url: newReceiver(t, status(304)).URL, want: []want{retried(codeRedirect, 304)}},
		row{name: "100 and then 200", url: answering(t, "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), want: []want{succeeds(200).with("ok")}},
		row{name: "a failure that is explained", want: []want{retried(codeHTTPStatus, 500).with("because é")},
			url: newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "because é", 500) }).URL},
		later(429, "90", 90*time.Second), later(429, date, 5*time.Minute), later(503, "90", 90*time.Second), later(503, date, 5*time.Minute),
		later(429, "soon", firstWait), later(503, "-1", firstWait), later(429, "864000", maxRetryAfter))
}

// broken are receivers that do not get to the end of an answer.
func broken(t *testing.T) []row {
	closed := listen(t, "127.0.0.1:0")
	closed.Close()
	unaccepted := listen(t, "127.0.0.1:0")
	t.Cleanup(func() { unaccepted.Close() })
	const head, unended = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
	then := func(text string, end func(net.Conn)) string {
		return handmade(t, func(_ int, c net.Conn) {
			request(c)
			say(c, text)
			end(c)
		})
	}
	drips := func(text string) func(net.Conn) { return func(c net.Conn) { drip(c, text) } }
	closes := func(net.Conn) {}
	late := retried(codeTimeout, 0)
	return []row{
		{name: "refused", url: "http://" + closed.Addr().String(), want: []want{retried(codeRefused, 0)}},
		{name: "no connection", url: fullBacklog(t), want: []want{late}},
		{name: "nobody accepts", url: "http://" + unaccepted.Addr().String(), want: []want{late}},
		{name: "hangs before headers", url: then("", hold), want: []want{late}},
		{name: "hangs in headers", url: then(head, hold), want: []want{late}},
		{name: "headers a byte a second", url: then("", drips(head)), want: []want{late}},
		{name: "hangs in the body", url: then(unended+"some", hold), want: []want{retried(codeTimeout, 200).with("some")}},
		{name: "a body of a byte a second", url: then(unended, drips(strings.Repeat("x", 100))), want: []want{retried(codeTimeout, 200).with("x")}},
		{name: "a failure whose body hangs", url: then("HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nno", hold), want: []want{retried(codeTimeout, 500).with("no")}},
		{name: "closed", url: then("", closes), want: []want{retried(codeReset, 0)}},
		{name: "closed in headers", url: then(head+"X-Half: 1\r\n", closes), want: []want{retried(codeReset, 0)}},
		{name: "closed in a header", url: then(head+"X-Half: ", closes), want: []want{retried(codeReset, 0)}},
		{name: "closed in the body", url: then(unended+"some", closes), want: []want{retried(codeReset, 200).with("some")}},
		{name: "reset", url: then("", reset), want: []want{retried(codeReset, 0)}},
		{name: "reset in headers", url: then(head+"X-Half: 1\r\n", reset), want: []want{retried(codeReset, 0)}},
		{name: "reset in the body", url: then(unended+"some", reset), want: []want{retried(codeReset, 200).with("some")}},
		{name: "reset before the request", url: handmade(t, func(_ int, c net.Conn) { c.(*net.TCPConn).SetLinger(0) }), want: []want{retried(codeReset, 0)}},
		{name: "a bad chunk", url: then(head+"Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\nzz\r\n", hold), want: []want{retried(codeOther, 200).with("some")}},
		{name: "chunks cut off", url: then(head+"Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n", closes), want: []want{retried(codeReset, 200).with("some")}},
		{name: "two lengths", url: then(head+"Content-Length: 1\r\nContent-Length: 2\r\n\r\nno", hold), want: []want{retried(codeOther, 0)}},
		{name: "no HTTP", url: then("hello\r\n\r\n", hold), want: []want{retried(codeOther, 0)}},
		{name: "an answer at the request's first byte", url: handmade(t, func(_ int, c net.Conn) {
			c.Read(make([]byte, 1)) // an answer before that may come while the connection is idle, which then counts as broken
			say(c, head+"Content-Length: 0\r\n\r\n")
			hold(c)
		}), want: []want{succeeds(200)}},
	}
}

// large are receivers that send more than anybody wants.
func large(t *testing.T) []row {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.CopyN(z, zeros{}, 100<<20)
	z.Close()
	bomb := zipped.String()
	var body, headers atomic.Int64
	fewOf := func(n *atomic.Int64) func(*testing.T, Attempt) {
		return func(t *testing.T, a Attempt) {
			if n.Load() > 20<<20 { // what buffers of the kernel take
				t.Errorf("%d bytes were taken", n.Load())
			}
			if a.DurationMS > 1500 {
				t.Errorf("took %v ms", a.DurationMS)
			}
		}
	}
	pours := func(head, text string, times int, sent *atomic.Int64) string {
		return handmade(t, func(_ int, c net.Conn) {
			request(c)
			say(c, head)
			pour(c, text, times, sent)
		})
	}
	var unused atomic.Int64
	kib := strings.Repeat("0123456789abcdef", 64)
	tooLarge, tooLargeInside := retried(codeTooLarge, 0), retried(codeTooLarge, 200)
	return []row{
		{name: "16 KiB", want: []want{succeeds(200).sized(maxBody)}, url: pours("HTTP/1.1 200 OK\r\nContent-Length: 16384\r\n\r\n", kib, 16, &unused)},
		{name: "100 MB", want: []want{succeeds(200).sized(maxBody)}, also: fewOf(&body),
			url: pours("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", kib, 100<<10, &body)},
		{name: "a body without end", want: []want{succeeds(200).sized(maxBody), succeeds(200).sized(maxBody)},
			url: pours("HTTP/1.1 200 OK\r\n\r\n", kib, 1<<40, &unused)},
		{name: "a failure without end", want: []want{retried(codeHTTPStatus, 500).sized(maxBody)},
			url: pours("HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n"+kib+"\r\n", 1<<40, &unused)},
		{name: "a gzip bomb", want: []want{succeeds(200).with(bomb[:maxBody])},
			url: pours(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(bomb)), bomb, 1, &unused)},
		{name: "a small gzip bomb", want: []want{succeeds(200).with(bomb[:1000])},
			url: pours("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n", bomb[:1000], 1, &unused)},
		{name: "headers without end", want: []want{tooLarge}, also: fewOf(&headers),
			url: pours("HTTP/1.1 200 OK\r\n", "X-"+kib[:100]+": "+kib[:100]+"\r\n", 1<<40, &headers)},
		{name: "a header without end", want: []want{tooLarge}, url: pours("HTTP/1.1 200 OK\r\nX: ", kib, 1<<40, &unused)},
		{name: "trailers without end", want: []want{tooLargeInside}, url: pours("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-A: "+kib+"\r\n", 1<<40, &unused)},
		{name: "a chunk extension without end", want: []want{tooLargeInside}, url: pours("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", kib, 1<<40, &unused)},
		{name: "interim answers without end", want: []want{tooLarge}, url: pours("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 1<<40, &unused)},
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// overTLS are receivers whose certificates are good, and not.
func overTLS(t *testing.T, ca authority) []row {
	hour := time.Now().Add(time.Hour)
	answer := func(_ int, c net.Conn) {
		request(c)
		say(c, "HTTP/1.1 204 No Content\r\n\r\n")
		hold(c)
	}
	with := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	stranger := newAuthority(t)
	old := with(ca.issue(t, "old.tls.test", hour))
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	asking := with(ca.issue(t, "asking.tls.test", hour))
	asking.ClientAuth = tls.RequireAnyClientCert
	bad := retried(codeTLS, 0)
	return []row{
		{name: "TLS by the deployment's authority", url: tlsReceiver(t, "good.tls.test", with(ca.issue(t, "good.tls.test", hour)), answer), want: []want{succeeds(204)}},
		{name: "TLS expired", url: tlsReceiver(t, "expired.tls.test", with(ca.issue(t, "expired.tls.test", time.Now().Add(-time.Hour))), answer), want: []want{bad}},
		{name: "TLS for another name", url: tlsReceiver(t, "wrong.tls.test", with(ca.issue(t, "right.tls.test", hour)), answer), want: []want{bad}},
		{name: "TLS by a stranger", url: tlsReceiver(t, "stranger.tls.test", with(stranger.issue(t, "stranger.tls.test", hour)), answer), want: []want{bad}},
		{name: "TLS signed by itself", url: tlsReceiver(t, "self.tls.test", with(tls.Certificate{Certificate: [][]byte{stranger.cert.Raw}, PrivateKey: stranger.key}), answer), want: []want{bad}},
		{name: "TLS 1.1", url: tlsReceiver(t, "old.tls.test", old, answer), want: []want{bad}},
		{name: "TLS that asks who we are", url: tlsReceiver(t, "asking.tls.test", asking, answer), want: []want{bad}},
		{name: "no TLS there", url: strings.Replace(newReceiver(t, nil).URL, "http:", "https:", 1), want: []want{bad}},
		{name: "hangs in the handshake", url: strings.Replace(handmade(t, func(_ int, c net.Conn) { hold(c) }), "http:", "https:", 1), want: []want{retried(codeTimeout, 0)}},
		{name: "closed in the handshake", url: strings.Replace(handmade(t, func(_ int, c net.Conn) { c.Read(make([]byte, 1)) }), "http:", "https:", 1), want: []want{retried(codeReset, 0)}},
	}
}

// connectionsLost are receivers that give up a connection which more was to be sent on.
func connectionsLost(t *testing.T, ca authority) []row {
	http2 := func(host string, asked func(n int, c net.Conn, stream uint32) bool) string {
		host += ".tls.test"
		return http2Receiver(t, host, ca.issue(t, host, time.Now().Add(time.Hour)), asked)
	}
	// first does something on the first connection, and answers on all others.
	first := func(do func(c net.Conn, stream uint32) bool) func(int, net.Conn, uint32) bool {
		return func(n int, c net.Conn, stream uint32) bool {
			if n == 0 {
				return do(c, stream)
			}
			answer204(c, stream)
			return true
		}
	}
	keepAlive := func(end func(net.Conn)) string {
		return handmade(t, func(n int, c net.Conn) {
			request(c)
			say(c, "HTTP/1.1 204 No Content\r\n\r\n")
			request(c)
			if n > 0 {
				say(c, "HTTP/1.1 204 No Content\r\n\r\n")
			}
			end(c)
		})
	}
	ok, tooLarge, dark := succeeds(204), retried(codeTooLarge, 0), retried(codeReset+"|"+codeTimeout, 0)
	return []row{
		{name: "closed when the second request comes", url: keepAlive(func(net.Conn) {}), want: []want{ok, retried(codeReset, 0), ok}},
		{name: "reset when the second request comes", url: keepAlive(reset), want: []want{ok, retried(codeReset, 0), ok}},
		{name: "HTTP/2", url: http2("two", func(_ int, c net.Conn, stream uint32) bool { answer204(c, stream); return true }), want: []want{ok, ok, ok}},
		{name: "GOAWAY before the request was taken", want: []want{ok, ok}, url: http2("untaken", first(func(c net.Conn, _ uint32) bool {
			goAway(c, 0, 0)
			return false
		}))},
		{name: "GOAWAY after the answer", want: []want{ok, ok}, url: http2("after", first(func(c net.Conn, stream uint32) bool {
			answer204(c, stream)
			goAway(c, stream, 0)
			return false
		}))},
		{name: "GOAWAY instead of an answer", want: []want{retried(codeReset, 0), ok}, url: http2("instead", first(func(c net.Conn, stream uint32) bool {
			goAway(c, stream, 2)
			return false
		}))},
		{name: "the stream is reset", want: []want{retried(codeReset, 0), ok}, url: http2("stream", func(n int, c net.Conn, stream uint32) bool {
			if stream > 1 {
				answer204(c, stream)
				return true
			}
			return frame(c, frameRST, 0, stream, []byte{0, 0, 0, 2}) == nil
		})},
		{name: "HTTP/2 headers without end", want: []want{retried(codeOther, 0)}, url: http2("endless", func(_ int, c net.Conn, stream uint32) bool {
			endlessHeaders2(c, stream)
			return false
		})},
		{name: "HTTP/2 headers that unfold", want: []want{tooLarge}, url: http2("unfold", func(_ int, c net.Conn, stream uint32) bool {
			headers := append([]byte{0x88}, bytes.Repeat([]byte{0x90}, 2000)...) // ':status: 200', 'accept-encoding: gzip, deflate'
			return frame(c, frameHeaders, 5, stream, headers) == nil
		})},
		{name: "HTTP/2 goes dark", want: []want{ok, dark, ok}, url: http2("dark", first(func(c net.Conn, stream uint32) bool {
			if stream == 1 {
				answer204(c, stream)
				return true
			}
			time.Sleep(20 * time.Second) // and answers no ping either
			return false
		}))},
	}
}
