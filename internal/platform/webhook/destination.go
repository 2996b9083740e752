package webhook

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"code.dny.dev/ssrf"
	"golang.org/x/text/unicode/norm"
)

// errNotAllowed says that an address is not one to send to.
var errNotAllowed = errors.New("the destination is not on the public internet")

// guard decides which addresses may be reached: of IPv6 only global unicast, of both families nothing that IANA set
// aside (loopback, private, link-local with the metadata services, carrier-grade NAT, documentation, benchmarking,
// multicast, 6to4, Teredo, NAT64, IPv4-mapped), and no public address that clouds use for their metadata.
type guard struct {
	allow    []netip.Prefix
	public   *ssrf.Guardian
	refusals *refusals
	resolver *net.Resolver // nil is the system's
}

// metadata lists what clouds serve to their machines under addresses that look public.
var metadata = []netip.Prefix{netip.MustParsePrefix("168.63.129.16/32")}

func newGuard(allow []netip.Prefix) guard {
	g := guard{public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(metadata...)), refusals: &refusals{}}
	for _, p := range allow {
		if p.Addr().Is4In6() && p.Bits() >= 96 { // ::ffff:10.0.0.0/104 means 10.0.0.0/8
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		g.allow = append(g.allow, p)
	}
	return g
}

// check returns errNotAllowed, with the address, unless it may be reached.
func (g guard) check(a netip.Addr) error {
	a = a.WithZone("")
	for _, p := range g.allow {
		if p.Contains(a.Unmap()) {
			return nil
		}
	}
	if !a.IsValid() || g.public.SafeAddr(a) != nil {
		g.refusals.tell(a)
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

// idleFor is how long a connection is kept open without use: less than the five seconds after which many servers close it, so
// that no request meets a connection that is just being closed. Should one, the attempt has failed, is written down, and is
// made again as any other: to send it once more unseen would be an attempt that nobody knows of.
const idleFor = 4 * time.Second

// newTransport makes the one transport of all deliveries. Its RoundTrip is used directly, so nothing follows a
// redirect, and it neither asks for nor inflates compressed answers.
func newTransport(g guard, p Policy) *http.Transport {
	dialer := &net.Dialer{Timeout: p.Timeout, KeepAlive: 30 * time.Second, Control: g.control, Resolver: g.resolver}
	return &http.Transport{
		Proxy:             nil,
		DialContext:       dialer.DialContext,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.Roots},
		ForceAttemptHTTP2: true,
		// Many requests share a connection: one that has gone dark is given up, or the retries would end on it too.
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: p.Timeout / 3, PingTimeout: p.Timeout * 2 / 3},
		DisableCompression:     true,
		TLSHandshakeTimeout:    p.Timeout,
		MaxResponseHeaderBytes: 32 << 10,
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    maxConcurrency,
		IdleConnTimeout:        idleFor,
		WriteBufferSize:        2 << 10,
		ReadBufferSize:         1 << 10,
	}
}

// mapped is a host as it is looked up: a resolver is asked for ⓛocalhost as localhost, and for 127。0。0。1 as 127.0.0.1.
func mapped(host string) string {
	host = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		return r
	}, norm.NFKC.String(host))
	host = strings.ReplaceAll(norm.NFKC.String(strings.ToLower(host)), "\u3002", ".")
	return strings.TrimRight(host, ".")
}

// literal reads a host that is an address, also in the old forms that some resolvers take for IPv4: 127.1,
// 0x7f000001, 017700000001, 2130706433. What ends in a number and is none of these is no name either: the address is
// then not valid.
func literal(host string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a, true
	}
	parts := strings.Split(host, ".")
	if _, ok := number(parts[len(parts)-1]); !ok {
		return netip.Addr{}, false
	}
	if len(parts) > 4 {
		return netip.Addr{}, true
	}
	var value uint64
	for i, p := range parts {
		n, ok := number(p)
		bits := 8
		if i == len(parts)-1 {
			bits = 32 - 8*i // the last part fills what is left
		}
		if !ok || n >= 1<<bits {
			return netip.Addr{}, true
		}
		value = value<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}

// number reads a part of an address: decimal, octal after 0, hexadecimal after 0x. One that is out of range, or has
// an 8 after the 0, is a number all the same.
func number(s string) (uint64, bool) {
	digits, base := s, 10
	switch {
	case strings.HasPrefix(s, "0x"):
		digits, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		base = 8
	}
	if base == 16 && digits == "" {
		return 0, true // 0x alone is 0 to some
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil && s != "" && strings.Trim(digits, "0123456789") == "" || errors.Is(err, strconv.ErrRange) {
		return math.MaxUint64, true
	}
	return n, err == nil
}
