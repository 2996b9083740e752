package webhook

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// connections answers connections by hand, and knows which one it is on. It gives the port that it listens on.
func connections(t testing.TB, l net.Listener, serve func(n int, c net.Conn)) string {
	t.Helper()
	t.Cleanup(func() { l.Close() })
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(n, c)
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// handmade serves plain connections.
func handmade(t testing.TB, serve func(n int, c net.Conn)) string {
	return "http://127.0.0.1:" + connections(t, listen(t, "127.0.0.1:0"), serve)
}

// answering reads a request and writes these texts, one after the other with a pause.
func answering(t testing.TB, texts ...string) string {
	return handmade(t, func(_ int, c net.Conn) {
		request(c)
		say(c, texts...)
	})
}

func say(c net.Conn, texts ...string) {
	for i, text := range texts {
		if i > 0 {
			time.Sleep(50 * time.Millisecond)
		}
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

// reset ends a connection with a reset instead of an orderly close.
func reset(c net.Conn) {
	time.Sleep(50 * time.Millisecond) // what was written arrives before
	c.(*net.TCPConn).SetLinger(0)
}

// request reads one request, and tells whether there was one.
func request(c net.Conn) bool {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
	}
	return err == nil
}

// hold keeps a connection open without a word until the other side leaves.
func hold(c net.Conn) { io.Copy(io.Discard, c) }

// drip writes a byte a second.
func drip(c net.Conn, text string) {
	for i := range text {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// pour writes a text again and again until nobody takes it, and counts the bytes.
func pour(c io.Writer, text string, times int, sent *atomic.Int64) {
	for range times {
		n, err := io.WriteString(c, text)
		if sent.Add(int64(n)); err != nil {
			return
		}
	}
}

// fullBacklog is a port that answers no connection at all: the kernel's queue for it is full.
func fullBacklog(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = syscall.Listen(fd, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(name.(*syscall.SockaddrInet4).Port)).String()
	for {
		c, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return "http://" + address
		}
		t.Cleanup(func() { c.Close() })
	}
}

// authority signs certificates for receivers.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	a := authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(der)
	}
	if err == nil {
		err = os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// issue makes a certificate for a name that ends at a time.
func (a authority) issue(t testing.TB, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// tlsReceiver speaks TLS under a name, and answers by hand.
func tlsReceiver(t testing.TB, name string, c *tls.Config, serve func(n int, c net.Conn)) string {
	return "https://" + name + ":" + connections(t, tls.NewListener(listen(t, "127.0.0.1:0"), c), func(n int, c net.Conn) {
		if c.(*tls.Conn).HandshakeContext(t.Context()) == nil {
			serve(n, c)
		}
	})
}

// A frame of HTTP/2.
const (
	frameHeaders      = 1
	frameRST          = 3
	frameSettings     = 4
	framePing         = 6
	frameGoAway       = 7
	frameContinuation = 9
)

// http2Receiver speaks HTTP/2 by hand: asked is called for each request, with the number of the connection and of the
// stream; false ends the connection.
func http2Receiver(t testing.TB, name string, cert tls.Certificate, asked func(n int, c net.Conn, stream uint32) bool) string {
	return tlsReceiver(t, name, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}, func(n int, c net.Conn) {
		if _, err := io.ReadFull(c, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
			return
		}
		frame(c, frameSettings, 0, 0, nil)
		for head := make([]byte, 9); ; {
			if _, err := io.ReadFull(c, head); err != nil {
				return
			}
			payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
			if _, err := io.ReadFull(c, payload); err != nil {
				return
			}
			switch stream := binary.BigEndian.Uint32(head[5:]); {
			case head[3] == frameSettings && head[4] == 0:
				frame(c, frameSettings, 1, 0, nil) // seen
			case head[3] == framePing && head[4] == 0:
				frame(c, framePing, 1, 0, payload)
			case head[3] == frameHeaders && !asked(n, c, stream):
				return
			}
		}
	})
}

func frame(c io.Writer, kind, flags byte, stream uint32, payload []byte) error {
	n := len(payload)
	b := append([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}, binary.BigEndian.AppendUint32(nil, stream)...)
	_, err := c.Write(append(b, payload...))
	return err
}

// answer204 answers a stream: entry 9 of the table that both sides know is ':status: 204'.
func answer204(c net.Conn, stream uint32) { frame(c, frameHeaders, 5, stream, []byte{0x89}) }

func goAway(c net.Conn, last, code uint32) {
	frame(c, frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code))
}

// endlessHeaders2 begins an answer that never gets to its body.
func endlessHeaders2(c net.Conn, stream uint32) {
	value := bytes.Repeat([]byte("x"), 10000)
	field := append([]byte{0, 1, 'x', 0x7f, 0x91, 0x4d}, value...) // not indexed, a name of 1, a value of 127+17+77·128 = 10,000
	if frame(c, frameHeaders, 0, stream, append([]byte{0x88}, field...)) != nil {
		return
	}
	for frame(c, frameContinuation, 0, stream, field) == nil {
	}
}

// names is a name server: it answers questions for A records with what a name's function says, and does not know
// other names. A function that says nothing gives no answer at all.
func names(t testing.TB, known map[string]func() string) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			_, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if msg := answerFor(buf, known); msg != nil {
				c.WriteTo(msg, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

func answerFor(question []byte, known map[string]func() string) []byte {
	var labels []string
	end := 12
	for question[end] != 0 {
		n := int(question[end])
		labels = append(labels, string(question[end+1:end+1+n]))
		end += n + 1
	}
	msg := append([]byte(nil), question[:end+5]...)
	msg[2], msg[3] = 0x81, 0x80
	copy(msg[6:12], make([]byte, 6))
	say, ok := known[strings.ToLower(strings.Join(labels, "."))]
	switch isA := msg[end+2] == 1; {
	case !ok:
		msg[3] |= 3 // no such name
	case isA:
		address := say()
		if address == "" {
			return nil
		}
		a := netip.MustParseAddr(address).As4()
		msg[7] = 1
		msg = append(append(msg, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), a[:]...)
	}
	return msg
}
