package webhook

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
)

// forms are ways to write addresses that are not on the public internet as the host of a URL. The second part is the
// address that a lenient resolver reads there; without it, the host is the address.
var forms = [][2]string{
	// this machine
	{"127.0.0.1"}, {"127.0.0.1.", "127.0.0.1"}, {"127.0.0.1..", "127.0.0.1"}, {"127.1", "127.0.0.1"}, {"127.0.1", "127.0.0.1"}, {"127.1.", "127.0.0.1"},
	{"0x7f000001", "127.0.0.1"}, {"0X7F000001", "127.0.0.1"}, {"0x7f.0.0.1", "127.0.0.1"}, {"0x7f.1", "127.0.0.1"}, {"0x7F.0x0.0x0.0x1", "127.0.0.1"},
	{"0177.0.0.1", "127.0.0.1"}, {"00177.1", "127.0.0.1"}, {"017700000001", "127.0.0.1"}, {"2130706433", "127.0.0.1"}, {"127.0.0.0x1", "127.0.0.1"},
	{"127.0.0.01", "127.0.0.1"}, {"127.000.000.001", "127.0.0.1"}, {"127.255.255.254"}, {"0", "0.0.0.0"}, {"0.0.0.0"}, {"0x", "0.0.0.0"}, {"0.1.2.3"}, {"1", "0.0.0.1"},
	{"[::1]"}, {"[0:0:0:0:0:0:0:1]"}, {"[0000:0000:0000:0000:0000:0000:0000:0001]"}, {"[::]"}, {"[::1%25lo]"}, {"[::1%251]"},
	{"localhost", "127.0.0.1"}, {"LocalHost", "127.0.0.1"}, {"localhost.", "127.0.0.1"}, {"localhost..", "127.0.0.1"}, {"a.b.localhost", "127.0.0.1"},
	// this machine, as IDNA reads it
	{"ⓛocalhost", "127.0.0.1"}, {"ⓁⓄⒸⒶⓁⒽⓄⓈⓉ", "127.0.0.1"}, {"ｌｏｃａｌｈｏｓｔ", "127.0.0.1"}, {"localhoſt", "127.0.0.1"}, {"𝐥𝐨𝐜𝐚𝐥𝐡𝐨𝐬𝐭", "127.0.0.1"},
	{"local\u00adhost", "127.0.0.1"}, {"local\u200bhost", "127.0.0.1"}, {"local\u2060host", "127.0.0.1"}, {"localhost\ufe0f", "127.0.0.1"}, {"x。localhost", "127.0.0.1"}, {"localhost。", "127.0.0.1"},
	{"127。0。0。1", "127.0.0.1"}, {"127．0．0．1", "127.0.0.1"}, {"127｡0｡0｡1", "127.0.0.1"}, {"１２７.０.０.１", "127.0.0.1"}, {"①②⑦.⓪.⓪.①", "127.0.0.1"},
	{"１２７．１", "127.0.0.1"}, {"０ｘ７ｆ.1", "127.0.0.1"}, {"②①③⓪⑦⓪⑥④③③", "127.0.0.1"}, {"%E2%93%9Bocalhost", "127.0.0.1"}, {"%EF%BC%91%EF%BC%92%EF%BC%97.1", "127.0.0.1"},
	// inside networks
	{"10.0.0.1"}, {"10.1", "10.0.0.1"}, {"012.0.0.1", "10.0.0.1"}, {"167772161", "10.0.0.1"}, {"172.16.0.1"}, {"172.31.255.254"}, {"0254.020.1", "172.16.0.1"},
	{"192.168.0.1"}, {"192.168.1", "192.168.0.1"}, {"0300.0250.0.1", "192.168.0.1"}, {"3232235521", "192.168.0.1"}, {"１９２.168.0.1", "192.168.0.1"},
	{"100.64.0.1"}, {"100.127.255.254"}, {"[fc00::1]"}, {"[fd12:3456:789a::1]"}, {"[fec0::1]"}, {"[fe80::1]"}, {"[fe80::1%25eth0]"}, {"[febf::1]"}, {"169.254.1.1"},
	// clouds' metadata
	{"169.254.169.254"}, {"0xa9fea9fe", "169.254.169.254"}, {"2852039166", "169.254.169.254"}, {"169.254.43518", "169.254.169.254"}, {"0251.0376.0251.0376", "169.254.169.254"},
	{"[::ffff:169.254.169.254]"}, {"[fd00:ec2::254]"}, {"[fd20:ce::254]"}, {"[fd00:42::42]"}, {"100.100.100.200"}, {"192.0.0.192"}, {"168.63.129.16"}, {"169.254.170.2"}, {"169.254.0.23"},
	// IPv4 in IPv6
	{"[::ffff:127.0.0.1]"}, {"[::ffff:7f00:1]"}, {"[0:0:0:0:0:ffff:10.0.0.1]"}, {"[::127.0.0.1]"}, {"[::7f00:1]"}, {"[::10.0.0.1]"}, {"[::ffff:0:127.0.0.1]"},
	{"[64:ff9b::127.0.0.1]"}, {"[64:ff9b::a9fe:a9fe]"}, {"[64:ff9b:1::10.0.0.1]"}, {"[64:ff9b:1:ffff::1]"}, {"[2002:7f00:1::]"}, {"[2002:a9fe:a9fe::1]"}, {"[2002:c0a8:1::1]"},
	{"[2001::1]"}, {"[2001:0:7f00:1::80ff:fffe]"}, {"[2001:0:4136:e378:8000:63bf:3fff:fdd2]"},
	// nobody's, everybody's
	{"224.0.0.1"}, {"239.255.255.250"}, {"255.255.255.255"}, {"4294967295", "255.255.255.255"}, {"240.0.0.1"}, {"[ff02::1]"}, {"[ff05::1:3]"}, {"[ff0e::1]"},
	{"192.0.2.1"}, {"198.51.100.1"}, {"203.0.113.1"}, {"[2001:db8::1]"}, {"[3fff::1]"}, {"198.18.0.1"}, {"192.88.99.1"}, {"[100::1]"}, {"[5f00::1]"}, {"[4000::1]"},
}

// What an address looks like does not help it: neither when the endpoint is made, nor when connecting.
func TestAddressesInAllForms(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), Policy{Timeout: 5 * time.Second})
	known := map[string]func() string{}
	for _, f := range forms {
		known[mapped(f[0])] = func() string { return f[1] }
	}
	s.guard.resolver = names(t, known)
	s.transport = newTransport(s.guard, s.policy)
	for _, f := range forms {
		raw := "https://" + f[0] + ":8443/hook"
		_, err := s.Create(t.Context(), s.who, NewEndpoint{URL: raw})
		var made *fault.Error
		if !errors.As(err, &made) || len(made.Fields) != 1 || made.Fields[0].Code != codeNotAllowed {
			t.Errorf("%q may be made an endpoint of: %v", f[0], err)
		}
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.transport.RoundTrip((&http.Request{Method: http.MethodPost, URL: u, Header: http.Header{}}).WithContext(t.Context()))
		if code := codeOf(err); code != codeNotAllowed && (code != codeDNS || f[1] == "") { // Go looks up no name that is all numbers
			t.Errorf("%q may be connected to: %v", f[0], err)
		}
	}
	t.Logf("%d forms", len(forms))
}

// What looks like an address and is none is no name either.
func TestNoAddressAndNoName(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), Policy{})
	for _, host := range []string{"[127.0.0.1]", "[::1].", "[::1", "::1", "[v1.x]", "%31%32%37.1", "local%20host", "127.0.0.1\\@partner.example", "user@8.8.8.8",
		"08.8.8.8", "256.1.1.1", "1.2.3.4.5", "8.8.8.8.8.", "4294967296", "0x1ffffffff", "partner.example.1", "partner.example.0x7f", "8.8..8", "１.２.３.４.５"} {
		if _, err := s.Create(t.Context(), s.who, NewEndpoint{URL: "https://" + host + "/hook"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", host, err)
		}
	}
	for _, host := range []string{"8.8.8.8", "8.8.2056", "0x08080808", "8.8.8.8.", "８.8.8.8", "[2606:4700::1111]", "partner.example", "partner.example.", "1.partner.example",
		"1x", "0xg.example", "münchen.example", "xn--mnchen-3ya.example", "ⓟartner.example", "localhost.example", "127.0.0.1.example", "notlocalhost", "日本。example"} {
		if _, err := s.Create(t.Context(), s.who, NewEndpoint{URL: "https://" + host + "/hook"}); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// A deployment allows addresses by prefix, of IPv6 too, and may write IPv4 in IPv6's way.
func TestAllowedPrefixes(t *testing.T) {
	for _, c := range []struct{ allow, yes, no string }{
		{"10.1.0.0/16", "10.1.2.3 ::ffff:10.1.2.3", "10.2.0.1 127.0.0.1 ::10.1.2.3 64:ff9b::a01:203 2002:a01:203::"},
		{"10.1.2.3/16", "10.1.9.9", "10.2.0.1"},
		{"::ffff:10.1.0.0/112", "10.1.2.3 ::ffff:10.1.2.3", "10.2.0.1 ::1"},
		{"fd12:3456::/32", "fd12:3456::1 fd12:3456::1%eth0", "fd12:3457::1 fe80::1 10.0.0.1"},
		{"fe80::/10", "fe80::1%eth0", "fec0::1"},
		{"64:ff9b::/96", "64:ff9b::808:808", "64:ff9b:1::1 169.254.169.254"},
	} {
		g := newGuard([]netip.Prefix{netip.MustParsePrefix(c.allow)})
		for _, a := range strings.Fields(c.yes) {
			if err := g.check(netip.MustParseAddr(a)); err != nil {
				t.Errorf("with %s: %v", c.allow, err)
			}
		}
		for _, a := range strings.Fields(c.no) {
			if ip, _ := netip.ParseAddr(a); g.check(ip) == nil {
				t.Errorf("with %s, %s may be reached", c.allow, a)
			}
		}
	}
}

// The operator's log says which address was refused and which option allows it, once; the owner of the endpoint is not
// told where a name points.
func TestRefusalsAreLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	s := newStation(t, dbtest.SQLite(t), Policy{})
	s.guard.refusals.log = slog.New(slog.NewTextHandler(&log, nil))
	for range 3 {
		_, err := s.Create(t.Context(), s.who, NewEndpoint{URL: "https://10.11.12.13/"})
		if err == nil || strings.Contains(err.Error(), "webhook-allow") {
			t.Errorf("refused with %v", err)
		}
	}
	if text := log.String(); strings.Count(text, "10.11.12.13 ") != 1 || strings.Count(text, `"--webhook-allow 10.11.12.13/32"`) != 1 {
		t.Errorf("logged %s", text)
	}
	for i := range 200 {
		s.guard.check(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	if n := strings.Count(log.String(), "\n"); n != tellMost {
		t.Errorf("%d lines", n)
	}
}
