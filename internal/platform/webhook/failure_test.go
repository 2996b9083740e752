package webhook

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
)

// Every way of failing has its code, and what the receiver answered is kept.
func TestFailures(t *testing.T) {
	p := loopback
	p.Timeout = 3 * time.Second
	s := newStation(t, dbtest.SQLite(t), p).start()
	elsewhere := newReceiver(t, nil)
	plain := newReceiver(t, nil)
	raw := func(serve func(net.Conn)) string { return "http://" + rawServer(t, serve) }
	answer := func(text string) string {
		return raw(func(c net.Conn) { readRequest(c); c.Write([]byte(text)) })
	}
	selfSigned := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(selfSigned.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()

	cases := []struct {
		name, url, code string
		status          int
	}{
		{"400", newReceiver(t, status(400)).URL, codeHTTPStatus, 400},
		{"404", newReceiver(t, status(404)).URL, codeHTTPStatus, 404},
		{"500", newReceiver(t, status(500)).URL, codeHTTPStatus, 500},
		{"301", newReceiver(t, redirect(301, elsewhere.URL)).URL, codeRedirect, 301},
		{"302", newReceiver(t, redirect(302, elsewhere.URL)).URL, codeRedirect, 302},
		{"307", newReceiver(t, redirect(307, elsewhere.URL)).URL, codeRedirect, 307},
		{"304", newReceiver(t, status(304)).URL, codeRedirect, 304},
		{"no answer", raw(func(c net.Conn) { readRequest(c); time.Sleep(10 * time.Second) }), codeTimeout, 0},
		{"body without end", raw(func(c net.Conn) {
			readRequest(c)
			c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"))
			for range 100 {
				c.Write([]byte("x"))
				time.Sleep(50 * time.Millisecond)
			}
		}), codeTimeout, 200},
		{"refused", "http://" + closed.Addr().String(), codeRefused, 0},
		{"reset", raw(func(c net.Conn) { readRequest(c); c.(*net.TCPConn).SetLinger(0) }), codeReset, 0},
		{"closed", raw(func(c net.Conn) { readRequest(c) }), codeReset, 0},
		{"cut body", answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), codeReset, 200},
		{"bad chunk", answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), codeOther, 200},
		{"no name", "http://nothing.invalid/", codeDNS, 0},
		{"self-signed", selfSigned.URL, codeTLS, 0},
		{"no TLS there", strings.Replace(plain.URL, "http:", "https:", 1), codeTLS, 0},
		{"huge headers", answer("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70<<10) + "\r\n\r\n"), codeTooLarge, 0},
		{"not HTTP", answer("hello\r\n\r\n"), codeOther, 0},
	}
	endpoints := make([]Endpoint, len(cases))
	for i, c := range cases {
		endpoints[i] = s.endpoint(c.url)
	}
	s.emit(1)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			var d Delivery
			s.await("an attempt", func() bool {
				d = s.deliveries(DeliveryFilter{EndpointID: endpoints[i].ID})[0]
				return d.AttemptCount > 0
			})
			a := s.detail(d.ID).Attempts[0]
			if a.ErrorCode == nil || *a.ErrorCode != c.code {
				t.Errorf("error_code %s, not %s: %s", show(a.ErrorCode), c.code, show(a.ErrorDetail))
			}
			if c.status == 0 && a.Response != nil || c.status != 0 && (a.Response == nil || a.Response.Status != c.status) {
				t.Errorf("response %+v", a.Response)
			}
			if d.Status != Delivering {
				t.Errorf("delivery %+v", d)
			}
		})
	}
	s.t = t
	if n := len(elsewhere.requests()); n > 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func show(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

func redirect(code int, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, code) }
}

// rawServer answers connections by hand.
func rawServer(t *testing.T, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				serve(c)
				c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

func readRequest(c net.Conn) {
	buf := make([]byte, 64<<10)
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	for got := []byte{}; !bytes.HasSuffix(got, []byte("}")); {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		got = append(got, buf[:n]...)
	}
}

// A large answer is cut, not refused; a compressed one is kept as it came.
func TestLargeAnswersAreCut(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), loopback).start()
	text := strings.Repeat("é", 40<<10) // the cut goes through a character
	bodies := map[string]http.HandlerFunc{
		"text": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x" + text)) },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write([]byte(text)); err != nil {
					return
				}
			}
		},
		"bytes": func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte{0xff, 0, 1}, 100)) },
		"gzip": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "" {
				t.Error("asked for compression")
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte("not even gzip"))
		},
	}
	for name, answer := range bodies {
		e := s.endpoint(newReceiver(t, answer).URL, "flight.approved")
		d, err := s.Ping(t.Context(), s.who, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		s.await(name, func() bool { return s.detail(d.ID).Status == Succeeded })
		got := s.detail(d.ID).Attempts[0].Response
		switch name {
		case "text":
			if got.BodyEncoding != "text" || got.Body != "x"+text[:maxBody-2] {
				t.Errorf("%s: %d bytes of %s", name, len(got.Body), got.BodyEncoding)
			}
		case "endless":
			if len(got.Body) != maxBody {
				t.Errorf("%s: %d bytes", name, len(got.Body))
			}
		case "bytes":
			if got.BodyEncoding != "base64" || len(got.Body) != 400 {
				t.Errorf("%s: %+v", name, got)
			}
		case "gzip":
			if got.Body != "not even gzip" {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}

func TestHTTP2(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), loopback)
	r := newReceiver(t, nil)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.ProtoMajor != 2 {
			t.Errorf("spoke %s", req.Proto)
		}
		r.ServeHTTP(w, req)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	s.transport.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	s.start()
	e := s.endpoint(srv.URL)
	s.emit(50)
	s.settled(50, Succeeded)
	verify(t, r.requests()[0], e.Secret)
}

// A slow endpoint holds up no other one, and few connections.
func TestSlowEndpointsDelayNoOther(t *testing.T) {
	p := loopback
	p.StopGrace = 100 * time.Millisecond
	s := newStation(t, dbtest.SQLite(t), p).start()
	slow := newReceiver(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	fast := newReceiver(t, nil)
	for range 30 {
		s.endpoint(slow.URL)
	}
	s.endpoint(fast.URL)
	s.emit(20)
	started := time.Now()
	s.await("the fast one", func() bool { return len(fast.requests()) == 20 })
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("the fast endpoint waited %v", took)
	}
	s.stop() // which cuts off what hangs
}
