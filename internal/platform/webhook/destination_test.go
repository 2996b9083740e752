package webhook

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"

	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
)

var refusedAddresses = []string{
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
	"168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
	"192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
	"203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
	"64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "64:ff9b:1:ffff::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
	"2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "2620:4f:8000::1", "3fff::1", "5f00::1",
	"fc00::1", "fd00:ec2::254", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
}

var publicAddresses = []string{"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "100.63.255.255", "100.128.0.1", "198.17.0.1",
	"223.255.255.255", "2606:4700::1111", "2a00:1450:4001:80f::200e", "2400:cb00::1"}

func TestDestinations(t *testing.T) {
	g := newGuard(nil)
	for _, a := range refusedAddresses {
		if err := g.check(netip.MustParseAddr(a)); !errors.Is(err, errNotAllowed) {
			t.Errorf("%s is allowed", a)
		}
		if err := g.control("tcp", net.JoinHostPort(a, "443"), nil); !errors.Is(err, errNotAllowed) {
			t.Errorf("%s may be connected to", a)
		}
	}
	for _, a := range publicAddresses {
		if err := g.control("tcp", net.JoinHostPort(a, "8443"), nil); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	open := newGuard(loopback.AllowPrefixes)
	for _, a := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1", "8.8.8.8"} {
		if err := open.check(netip.MustParseAddr(a)); err != nil {
			t.Errorf("with loopback allowed, %s: %v", a, err)
		}
	}
	for _, a := range []string{"10.0.0.1", "169.254.169.254", "fe80::1"} {
		if open.check(netip.MustParseAddr(a)) == nil {
			t.Errorf("with loopback allowed, so is %s", a)
		}
	}
}

// An address that says itself that it is not allowed is refused when the endpoint is made.
func TestLiteralDestinationIsRefusedAtCreate(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), Policy{})
	hosts := []string{"localhost", "LOCALHOST.", "api.localhost", "127.1", "0x7f000001", "0x7f.0.0.1", "017700000001", "2130706433", "127.0.0.1."}
	for _, a := range refusedAddresses {
		if ip := netip.MustParseAddr(a); ip.Zone() == "" {
			hosts = append(hosts, net.JoinHostPort(a, "8443"))
		}
	}
	for _, h := range hosts {
		_, err := s.Create(t.Context(), s.who, NewEndpoint{URL: "https://" + h + "/hook"})
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "url" || f.Fields[0].Code != codeNotAllowed {
			t.Errorf("%s: %v", h, err)
		}
	}
	for _, h := range []string{"partner.example", "partner.example:8443", "8.8.8.8", "[2606:4700::1111]:444", "münchen.example", "10.example.org"} {
		if _, err := s.Create(t.Context(), s.who, NewEndpoint{URL: "https://" + h + "/hook"}); err != nil {
			t.Errorf("%s: %v", h, err)
		}
	}
}

// A name that resolves to what is not allowed is refused when connecting, at once and for good, also when it
// resolved to something else before.
func TestNameIsCheckedWhenConnecting(t *testing.T) {
	inside := newReceiver(t, nil)
	p := Policy{AllowHTTP: true, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}}
	s := newStation(t, dbtest.SQLite(t), p)
	var lookups atomic.Int64
	s.transport.DialContext = (&net.Dialer{Control: s.guard.control, Resolver: names(t, map[string]func() string{"rebinding.example.org": func() string {
		if lookups.Add(1) == 1 {
			return "127.0.0.2" // allowed, and nobody is there
		}
		return "127.0.0.1"
	}})}).DialContext
	s.start()
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	s.endpoint("http://rebinding.example.org.:" + port)
	s.emit(1)
	d := s.settled(1, Failed)[0]
	attempts := s.detail(d.ID).Attempts
	last := attempts[len(attempts)-1]
	if len(attempts) != 2 || *attempts[0].ErrorCode != codeRefused || *last.ErrorCode != codeNotAllowed || last.Response != nil {
		t.Errorf("attempts %+v", attempts)
	}
	if n := len(inside.requests()); n > 0 {
		t.Errorf("%d requests came through", n)
	}
}

// No environment variable sends deliveries through a proxy.
func TestNoProxy(t *testing.T) {
	proxy := newReceiver(t, nil)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	s := newStation(t, dbtest.SQLite(t), loopback).start()
	s.endpoint(newReceiver(t, status(http.StatusOK)).URL)
	s.emit(1)
	s.settled(1, Succeeded)
	if len(proxy.requests()) > 0 {
		t.Error("a delivery went through a proxy")
	}
}
