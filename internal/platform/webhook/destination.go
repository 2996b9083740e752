package webhook

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// errNotAllowed says that an address is not one to send to.
var errNotAllowed = errors.New("the destination is not on the public internet")

// guard decides which addresses may be reached: of IPv6 only global unicast, of both families nothing that IANA set
// aside (loopback, private, link-local with the metadata services, carrier-grade NAT, documentation, benchmarking,
// multicast, 6to4, Teredo, NAT64, IPv4-mapped), and no public address that clouds use for their metadata.
type guard struct {
	allow    []netip.Prefix
	public   *ssrf.Guardian
	resolver *net.Resolver // nil is the system's
}

// metadata lists what clouds serve to their machines under addresses that look public.
var metadata = []netip.Prefix{netip.MustParsePrefix("168.63.129.16/32")}

func newGuard(allow []netip.Prefix) guard {
	return guard{allow: allow, public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(metadata...))}
}

// check returns errNotAllowed, with the address, unless it may be reached.
func (g guard) check(a netip.Addr) error {
	a = a.WithZone("")
	for _, p := range g.allow {
		if p.Contains(a.Unmap()) {
			return nil
		}
	}
	if g.public.SafeAddr(a) != nil {
		return fmt.Errorf("%w: %s", errNotAllowed, a)
	}
	return nil
}

// control is called for every connection with the address it is about to be made to, after name resolution: a
// resolver that changes its answer gains nothing.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", errNotAllowed, address)
	}
	return g.check(ap.Addr())
}

// newTransport makes the one transport of all deliveries. Its RoundTrip is used directly, so nothing follows a
// redirect, and it neither asks for nor inflates compressed answers.
func newTransport(g guard, p Policy) *http.Transport {
	dialer := &net.Dialer{Timeout: p.Timeout, KeepAlive: 30 * time.Second, Control: g.control, Resolver: g.resolver}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.Roots},
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		TLSHandshakeTimeout:    p.Timeout,
		MaxResponseHeaderBytes: 32 << 10,
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    p.Concurrency,
		IdleConnTimeout:        45 * time.Second,
		WriteBufferSize:        4 << 10,
		ReadBufferSize:         4 << 10,
	}
}

// literal reads a host that is an address, also in the old forms that some resolvers take for IPv4: 127.1,
// 0x7f000001, 017700000001, 2130706433.
func literal(host string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a, true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 0, 32)
		if err != nil || strings.HasPrefix(p, "0b") || strings.HasPrefix(p, "0o") || strings.Contains(p, "_") {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false
			}
			value |= n << (24 - 8*i)
			continue
		}
		if n >= 1<<(32-8*i) {
			return netip.Addr{}, false
		}
		value |= n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}
