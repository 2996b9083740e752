package market_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// cutter stands between the program and PostgreSQL, and cuts the connection of a transaction at a statement.
type cutter struct {
	url, to string
	after   bool // cut when the database has answered, and not before it has the statement

	mu     sync.Mutex
	at     int64     // 0: not armed
	passed int64     // statements of the transaction until now
	of     *cutWires // the connection of the transaction
	hit    bool
}

// cutWires are the two ends of a connection. Once it is muted, what the database says is only noted.
type cutWires struct {
	program, database net.Conn
	mu                sync.Mutex
	muted             chan struct{}
}

func newCutter(t *testing.T, address string, after bool) *cutter {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &cutter{to: u.Host, after: after}
	u.Host = l.Addr().String()
	c.url = u.String()
	go func() {
		for {
			program, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(program)
		}
	}()
	return c
}

// arm has the next transaction cut at its n-th statement.
func (c *cutter) arm(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.passed, c.of, c.hit = n, 0, nil, false
}

// disarm tells whether a connection was cut.
func (c *cutter) disarm() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = 0
	return c.hit
}

func (c *cutter) serve(program net.Conn) {
	database, err := net.Dial("tcp", c.to)
	if err != nil {
		program.Close()
		return
	}
	w := &cutWires{program: program, database: database}
	defer w.close()
	go w.answers()
	if err := w.pass(0, nil); err != nil { // the first message has no type
		return
	}
	for {
		kind := make([]byte, 1)
		if _, err := io.ReadFull(program, kind); err != nil {
			return
		}
		err := w.pass(kind[0], func(body []byte) bool { return c.cuts(w, kind[0], body) })
		if err == errCut && c.after {
			<-w.muted
		}
		if err != nil {
			return
		}
	}
}

// cuts counts a statement, and tells whether it is the one.
func (c *cutter) cuts(w *cutWires, kind byte, body []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == 0 || c.hit || kind != 'Q' && kind != 'S' {
		return false
	}
	if c.of == nil && kind == 'Q' && bytes.HasPrefix(bytes.ToLower(body), []byte("begin")) {
		c.of = w
	}
	if c.of != w {
		return false
	}
	c.passed++
	c.hit = c.passed == c.at
	if c.hit && c.after {
		w.mu.Lock()
		w.muted = make(chan struct{})
		w.mu.Unlock()
	}
	return c.hit
}

var errCut = io.ErrClosedPipe

// pass hands a message on to the database, unless it is cut off before.
func (w *cutWires) pass(kind byte, cut func([]byte) bool) error {
	head := make([]byte, 4)
	if _, err := io.ReadFull(w.program, head); err != nil {
		return err
	}
	body := make([]byte, binary.BigEndian.Uint32(head)-4)
	if _, err := io.ReadFull(w.program, body); err != nil {
		return err
	}
	message := append(head, body...)
	if kind != 0 {
		message = append([]byte{kind}, message...)
	}
	hit := cut != nil && cut(body)
	w.mu.Lock()
	muted := w.muted != nil
	w.mu.Unlock()
	if !hit || muted {
		if _, err := w.database.Write(message); err != nil {
			return err
		}
	}
	if hit {
		return errCut
	}
	return nil
}

// answers hands on what the database says, until the connection is muted: then one more answer is waited for.
func (w *cutWires) answers() {
	defer w.close()
	chunk := make([]byte, 64<<10)
	for {
		n, err := w.database.Read(chunk)
		w.mu.Lock()
		muted := w.muted
		w.mu.Unlock()
		if muted != nil {
			close(muted)
			return
		}
		if err != nil {
			return
		}
		if _, err := w.program.Write(chunk[:n]); err != nil {
			return
		}
	}
}

func (w *cutWires) close() {
	w.program.Close()
	w.database.SetDeadline(time.Now())
	w.database.Close()
}
