package webhook

import (
	"context"
	"net"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
)

// slowToClose is a connection that takes its time to close.
type slowToClose struct{ net.Conn }

func (c slowToClose) Close() error {
	time.Sleep(500 * time.Millisecond)
	return c.Conn.Close()
}

// An answer that ends after the deadline is none, even if its end is read before the connection is closed.
func TestAnswerThatEndsAfterTheDeadline(t *testing.T) {
	p := loopback
	p.Timeout = 500 * time.Millisecond
	s := newStation(t, dbtest.SQLite(t), p)
	dial := s.transport.DialContext
	s.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return slowToClose{c}, err
	}
	s.start()
	s.endpoint(handmade(t, func(_ int, c net.Conn) {
		request(c)
		say(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsl")
		time.Sleep(700 * time.Millisecond)
		say(c, "ow")
		hold(c)
	}))
	s.emit(1)
	a := s.detail(s.afterAttempt(1).ID).Attempts[0]
	if show(a.ErrorCode) != codeTimeout || a.ErrorDetail == nil || a.Response == nil || a.Response.Status != 200 || a.Response.Body != "slow" {
		t.Errorf("%s, %s, %+v", show(a.ErrorCode), show(a.ErrorDetail), a.Response)
	}
}
