package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/job"
	"airside/internal/base/logtest"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
)

var ctx = context.Background()

// server is a mail server on this machine.
type server struct {
	mu      sync.Mutex
	l       net.Listener
	got     []received
	refuse  []string // answers to RCPT TO before it takes one
	refused int
}

type received struct {
	from, to string
	data     string
}

func serve(t *testing.T, refuse ...string) *server {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{l: l, refuse: refuse}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.talk(c) })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return s
}

func (s *server) port() int { return s.l.Addr().(*net.TCPAddr).Port }

func (s *server) talk(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * time.Second))
	r := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 test ESMTP")
	var m received
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0])
		switch {
		case verb == "EHLO":
			say("250-test")
			say("250 8BITMIME")
		case verb == "MAIL":
			m = received{from: line}
			say("250 ok")
		case verb == "RCPT":
			m.to = line
			say(s.answer())
		case verb == "DATA":
			say("354 go on")
			for {
				line, err := r.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				m.data += strings.TrimPrefix(line, ".")
			}
			s.mu.Lock()
			s.got = append(s.got, m)
			s.mu.Unlock()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *server) answer() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refuse) == 0 {
		return "250 ok"
	}
	a := s.refuse[0]
	s.refuse = s.refuse[1:]
	s.refused++
	return a
}

func (s *server) state() (got []received, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got, s.refused
}

// office is a mail service whose queue runs.
type office struct {
	t     *testing.T
	db    *db.DB
	clock *clock.Fake
	mail  *mail.Service
	log   *logtest.Buffer
	run   func()
}

func each(t *testing.T, o mail.Options, test func(f *office)) {
	dbtest.Each(t, func(t *testing.T, at db.Options) {
		f := &office{t: t, clock: clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)), log: &logtest.Buffer{}}
		at.Clock = f.clock
		f.db = dbtest.Open(t, at)
		f.build(o, box(t))
		test(f)
	})
}

// build makes the service and a queue for it.
func (f *office) build(o mail.Options, b *secret.Box) {
	log := slog.New(slog.NewTextHandler(f.log, nil))
	node := job.NewNode(f.db, log)
	o.DB, o.Box, o.Queue, o.Errs = f.db, b, job.New(f.db, node, log), log
	f.mail = mail.New(o)
	f.run = func() {
		if err := node.Join(ctx); err != nil {
			f.t.Fatal(err)
		}
		life, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { node.Run(life) })
		wg.Go(func() { o.Queue.Run(life) })
		f.t.Cleanup(func() { stop(); wg.Wait(); node.Leave(ctx) })
	}
}

func box(t *testing.T) *secret.Box {
	b, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (f *office) send(m mail.Message) error {
	return f.db.Write(ctx, func(tx *db.Tx) error { return f.mail.Send(tx, m) })
}

// until waits for something that the queue does.
func (f *office) until(what string, ok func() bool) {
	f.t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.t.Fatalf("%s; log:\n%s", what, f.log)
}

func (f *office) waiting() int64 {
	n, err := db.One(ctx, f.db, db.Scalar[int64], `SELECT count(*) FROM jobs`)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

const secretText = "Grüezi Zoé,\n\nhttps://airside.example/account/link/gaf_al_SECRET\n.\nune ligne – « fin »\n" + "very long line " // made long below

func smtp(s *server) mail.Config {
	return mail.Config{Host: "127.0.0.1", Port: s.port(), From: "Aéro <airside@example.org>", TLS: "none"}
}

func TestAMailArrives(t *testing.T) {
	s := serve(t)
	each(t, mail.Options{SMTP: smtp(s)}, func(f *office) {
		before, _ := s.state()
		text := secretText + strings.Repeat("é", 2000) + "\n"
		if err := f.send(mail.Message{To: "zoe@voile.example", Subject: "Invitation à « Vol à voile »", Text: text}); err != nil {
			t.Fatal(err)
		}
		payload, err := db.One(ctx, f.db, db.Scalar[string], `SELECT payload FROM jobs`)
		if err != nil || strings.Contains(payload, "zoe") || strings.Contains(payload, "SECRET") {
			t.Errorf("the waiting mail can be read: %s, %v", payload, err)
		}
		f.run()
		f.until("the mail did not arrive", func() bool { got, _ := s.state(); return len(got) > len(before) && f.waiting() == 0 })
		got, _ := s.state()
		m := got[len(got)-1]
		if m.from != "MAIL FROM:<airside@example.org> BODY=8BITMIME" || m.to != "RCPT TO:<zoe@voile.example>" {
			t.Errorf("%q, %q", m.from, m.to)
		}
		msg, err := netmail.ReadMessage(strings.NewReader(m.data))
		if err != nil {
			t.Fatal(err)
		}
		var words mime.WordDecoder
		subject, err := words.DecodeHeader(msg.Header.Get("Subject"))
		if err != nil || subject != "Invitation à « Vol à voile »" {
			t.Errorf("%q, %v", subject, err)
		}
		from, err := msg.Header.AddressList("From")
		if err != nil || from[0].Name != "Aéro" || from[0].Address != "airside@example.org" {
			t.Errorf("%v, %v", from, err)
		}
		if date, err := msg.Header.Date(); err != nil || !date.Equal(f.clock.Now()) {
			t.Errorf("%v, %v", date, err)
		}
		if id := msg.Header.Get("Message-Id"); !strings.HasSuffix(id, "@example.org>") || len(id) < 40 {
			t.Errorf("%q", id)
		}
		if kind := msg.Header.Get("Content-Type"); kind != "text/plain; charset=UTF-8" || msg.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%q", msg.Header)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
		if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != text {
			t.Errorf("%.300q, %v", body, err)
		}
		if strings.Contains(f.log.String(), "SECRET") {
			t.Error("the log has the mail")
		}
	})
}

// What the server refuses for good is given up and logged, without the text; what it refuses for now is tried again.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		refuse   []string
		arrives  bool
		attempts int
	}{
		"for good": {[]string{"550 5.1.1 no such user zoe@voile.example"}, false, 1},
		"for now":  {[]string{"451 4.3.0 come back later", "421 4.3.2 not now"}, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			each(t, mail.Options{SMTP: smtp(s)}, func(f *office) {
				s.mu.Lock()
				s.refuse, s.refused, s.got = c.refuse, 0, nil
				s.mu.Unlock()
				if err := f.send(mail.Message{To: "zoe@voile.example", Subject: "s", Text: secretText}); err != nil {
					t.Fatal(err)
				}
				f.run()
				f.until("the mail is neither sent nor given up", func() bool {
					f.clock.Advance(time.Minute)
					return f.waiting() == 0
				})
				got, refused := s.state()
				if (len(got) == 1) != c.arrives || refused != c.attempts {
					t.Errorf("%d arrived, %d refused; log:\n%s", len(got), refused, f.log)
				}
				log := f.log.String()
				if strings.Contains(log, "SECRET") || strings.Contains(log, "zoe") || strings.Contains(log, "will not be") == c.arrives {
					t.Errorf("log:\n%s", log)
				}
				if !c.arrives && !strings.Contains(log, "550") {
					t.Errorf("the log does not say why:\n%s", log)
				}
			})
		})
	}
}

// A mail that nobody takes is given up after three days.
func TestGivingUp(t *testing.T) {
	s := serve(t)
	port := s.port()
	s.l.Close() // nobody there
	each(t, mail.Options{SMTP: mail.Config{Host: "127.0.0.1", Port: port, From: "a@example.org", TLS: "none"}}, func(f *office) {
		if err := f.send(mail.Message{To: "zoe@voile.example", Subject: "s", Text: secretText}); err != nil {
			t.Fatal(err)
		}
		f.run()
		f.until("no attempt", func() bool { return strings.Contains(f.log.String(), "a job failed") })
		if f.waiting() != 1 {
			t.Error("given up at once")
		}
		f.clock.Advance(3*24*time.Hour + time.Second)
		f.until("not given up", func() bool { f.clock.Advance(time.Second); return f.waiting() == 0 })
	})
}

// A server that offers no TLS gets nothing, unless it was said that none is needed.
func TestNoDowngrade(t *testing.T) {
	s := serve(t)
	c := smtp(s)
	c.TLS = "starttls"
	each(t, mail.Options{SMTP: c}, func(f *office) {
		if err := f.send(mail.Message{To: "zoe@voile.example", Subject: "s", Text: secretText}); err != nil {
			t.Fatal(err)
		}
		f.run()
		f.until("no attempt", func() bool { return strings.Contains(f.log.String(), "a job failed") })
		if got, _ := s.state(); len(got) != 0 || !strings.Contains(f.log.String(), "STARTTLS") {
			t.Errorf("%v; log:\n%s", got, f.log)
		}
	})
}

func TestNoHeaderIsSmuggledIn(t *testing.T) {
	each(t, mail.Options{SMTP: mail.Config{Host: "127.0.0.1", From: "a@example.org", TLS: "none"}}, func(f *office) {
		for _, m := range []mail.Message{
			{To: "zoe@voile.example\r\nBcc: x@y.example", Subject: "s"}, {To: "zoe@voile.example\n", Subject: "s"},
			{To: "Zoé <zoe@voile.example>", Subject: "s"}, {To: "a@b.example, c@d.example", Subject: "s"}, {To: "", Subject: "s"},
			{To: "zoe@voile.example", Subject: "s\r\nBcc: x@y.example"}, {To: "zoe@voile.example", Subject: "s\u2028x"}, {To: "zoe@voile.example", Subject: "a\x00"},
			{To: "zoe@voile.example", Subject: ""}, {To: "zoe@voile.example", Subject: "\xff"}, {To: "zoe@voile.example", Subject: "s", Text: strings.Repeat("x", 1<<20)},
		} {
			if err := f.send(m); err == nil || strings.Contains(err.Error(), "Bcc") {
				t.Errorf("%+.100v: %v", m, err)
			}
		}
		if f.waiting() != 0 {
			t.Error("something is queued")
		}
	})
}

func TestWithoutAServer(t *testing.T) {
	each(t, mail.Options{}, func(f *office) {
		if f.mail.Enabled() {
			t.Error("mails go nowhere")
		}
		if err := f.send(mail.Message{To: "zoe@voile.example", Subject: "s", Text: secretText}); err != nil || f.waiting() != 0 {
			t.Error(err)
		}
	})
	var demo logtest.Buffer
	each(t, mail.Options{Log: slog.New(slog.NewTextHandler(&demo, nil))}, func(f *office) {
		if !f.mail.Enabled() {
			t.Error("the demo writes mails to its log")
		}
		if err := f.send(mail.Message{To: "zoe@voile.example", Subject: "s", Text: secretText}); err != nil {
			t.Error(err)
		}
		f.run()
		f.until("not in the log", func() bool { return f.waiting() == 0 })
		if !strings.Contains(demo.String(), "gaf_al_SECRET") || strings.Contains(f.log.String(), "SECRET") {
			t.Errorf("%s\n%s", &demo, f.log)
		}
	})
}

func TestConfigurationIsChecked(t *testing.T) {
	for _, c := range []struct {
		config mail.Config
		want   string
	}{
		{mail.Config{}, ""},
		{mail.Config{Host: "mail.example.org", From: "Airside <a@example.org>"}, ""},
		{mail.Config{Host: "mail.example.org", From: "a@example.org", TLS: "tls", User: "u", Password: "p"}, ""},
		{mail.Config{Host: "mail.example.org"}, "--smtp-from"},
		{mail.Config{Host: "mail.example.org", From: "a@example.org\r\nBcc: b@example.org"}, "--smtp-from"},
		{mail.Config{Host: "mail.example.org", From: "a@example.org", TLS: "ssl"}, "--smtp-tls"},
		{mail.Config{Host: "mail.example.org", From: "a@example.org", TLS: "none", User: "u", Password: "p"}, "--smtp-tls none"},
		{mail.Config{Host: "mail.example.org", From: "a@example.org", Port: 700000}, "--smtp"},
		{mail.Config{Host: "127.0.0.1", From: "a@example.org", TLS: "none", User: "u", Password: "p"}, ""},
	} {
		err := c.config.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.config, err, c.want)
		}
	}
}
