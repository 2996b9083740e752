package httpx

import (
	"net/http"
	"net/netip"
	"strings"
)

// clientAddress is the address of who sent the request. The header X-Forwarded-For is read from right to left, and
// only as far as its entries were written by proxies that we trust: what stands further left may be made up.
func clientAddress(r *http.Request, trusted []netip.Prefix) (addr netip.Addr, viaProxy bool) {
	addr = hostOf(r.RemoteAddr)
	if len(trusted) == 0 || !contains(trusted, addr) {
		return addr, false
	}
	lines := r.Header.Values("X-Forwarded-For")
	for i := len(lines) - 1; i >= 0; i-- {
		entries := strings.Split(lines[i], ",")
		for j := len(entries) - 1; j >= 0; j-- {
			next := hostOf(strings.TrimSpace(entries[j]))
			if !next.IsValid() {
				return addr, true
			}
			addr = next
			if !contains(trusted, addr) {
				return addr, true
			}
		}
	}
	return addr, true
}

// hostOf reads '192.0.2.1', '192.0.2.1:80', '2001:db8::1', '[2001:db8::1]:80'.
func hostOf(s string) netip.Addr {
	if p, err := netip.ParseAddrPort(s); err == nil {
		return p.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
