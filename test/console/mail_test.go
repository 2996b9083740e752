package console_test

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailbox is a mail server that keeps what it gets.
type mailbox struct {
	port string
	mu   sync.Mutex
	got  []letter
	more chan struct{} // closed, and made anew, with each letter
}

type letter struct{ To, Subject, Text string }

func newMailbox(t testing.TB) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	m := &mailbox{port: port, more: make(chan struct{})}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.serve(c)
		}
	}()
	return m
}

// serve speaks as much SMTP as a client needs.
func (m *mailbox) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(s string) { fmt.Fprintf(c, "%s\r\n", s) }
	say("220 mailbox")
	to := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		switch verb := strings.ToUpper(line); {
		case strings.HasPrefix(verb, "EHLO"), strings.HasPrefix(verb, "HELO"):
			say("250-mailbox")
			say("250 8BITMIME")
		case strings.HasPrefix(verb, "RCPT TO:"):
			to = strings.Trim(strings.Fields(line[len("RCPT TO:"):] + " ")[0], "<>")
			say("250 ok")
		case verb == "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			m.keep(to, text.String())
			say("250 kept")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (m *mailbox) keep(to, raw string) {
	l := letter{To: to, Text: raw}
	if msg, err := mail.ReadMessage(strings.NewReader(raw)); err == nil {
		l.Subject, _ = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
		var body io.Reader = msg.Body
		if strings.EqualFold(msg.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(body)
		}
		b, _ := io.ReadAll(body)
		l.Text = string(b)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got = append(m.got, l)
	close(m.more)
	m.more = make(chan struct{})
}

// wait returns the last letter to somebody, once there are at least n of them.
func (m *mailbox) wait(to string, n int, within time.Duration) (letter, error) {
	late := time.After(within)
	for {
		m.mu.Lock()
		more := m.more
		var last letter
		found := 0
		for _, l := range m.got {
			if strings.EqualFold(l.To, to) {
				last = l
				found++
			}
		}
		m.mu.Unlock()
		if found >= n {
			return last, nil
		}
		select {
		case <-more:
		case <-late:
			return letter{}, fmt.Errorf("%d mails to %s, want %d", found, to, n)
		}
	}
}

var inMail = regexp.MustCompile(`https?://\S+/account/link/\S+`)

func (l letter) link() string { return inMail.FindString(l.Text) }
