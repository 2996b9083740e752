package tenant_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"airside/test/airside"
)

// halfSent is a request whose body has begun to come.
type halfSent struct {
	t    *testing.T
	conn net.Conn
	rest string
}

// begin sends a request up to the first byte of its body.
func begin(t *testing.T, base, method, path, body string, headers ...string) halfSent {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: airside.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", method, path, len(body))
	for i := 0; i+1 < len(headers); i += 2 {
		fmt.Fprintf(conn, "%s: %s\r\n", headers[i], headers[i+1])
	}
	fmt.Fprintf(conn, "\r\n%s", body[:1])
	return halfSent{t, conn, body[1:]}
}

// end sends the rest, and returns the status of the answer.
func (h halfSent) end() int {
	h.t.Helper()
	h.conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprint(h.conn, h.rest)
	res, err := http.ReadResponse(bufio.NewReader(h.conn), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// TestHalfSent: a request that was let in, and whose body comes after its credential has ended, is refused; on every
// surface that takes bodies.
func TestHalfSent(t *testing.T) {
	h := open(t, airside.Store{Data: t.TempDir()})
	evil := h.create(201, h.all, obj{"name": "evil", "permissions": []string{"*"}})
	slow := begin(t, h.server.URL, "POST", h.admin(), `{"name":"more","permissions":["*"]}`, "X-API-KEY", evil.Token)
	good := begin(t, h.server.URL, "POST", h.admin(), `{"name":"good"}`, "X-API-KEY", h.all)
	h.works(evil.Token) // it has gone through what the others sent before
	h.is(204, "", h.all, "DELETE", h.admin("evil"), nil)
	if status := slow.end(); status != 401 {
		t.Errorf("with a key that was deleted: %d", status)
	}
	if status := good.end(); status != 201 {
		t.Errorf("with a good key: %d", status)
	}

	var token struct{ ID, Token string }
	h.school.Manage.Call(t, 201, "POST", "/api/v1/manage/management-tokens", obj{"name": "evil"}).Data(t, &token)
	slow = begin(t, h.server.URL, "POST", "/api/v1/manage/api-keys", `{"name":"more","scopes":["public.flights:read"]}`, "Authorization", "Bearer "+token.Token)
	h.works(h.all)
	h.school.Manage.Call(t, 200, "POST", "/api/v1/manage/management-tokens/"+token.ID+"/revoke", nil)
	if status := slow.end(); status != 401 {
		t.Errorf("with a token that was revoked: %d", status)
	}
}
