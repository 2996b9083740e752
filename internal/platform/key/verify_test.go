package key_test

import (
	"context"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

func TestVerifyOrganizationKey(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint()
		want := scope.Principal{Kind: scope.KindOrganization, Org: h.org.ID, ID: string(k.ID), Label: "Partner", Rights: scope.Of(scope.PublicFlights)}
		for range 3 {
			if got := h.good(token, "fresh"); got != want {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}
		if _, err := h.keys.Verify(h.ctx, token, key.ManagementPrefix, somewhere, ""); !fault.Is(err, "invalid_token") {
			t.Errorf("an API key as a management token: %v", err)
		}
		h.bad(key.NewToken(key.PublicPrefix), "a token that nobody minted")
		_, err := h.keys.Verify(h.ctx, "", key.PublicPrefix, somewhere, "")
		wantCode(t, err, "credential_required")
	})
}

func TestVerifyManagementToken(t *testing.T) {
	each(t, func(h *house) {
		m := h.member(scope.Instructor, "beat@example.org")
		k, token := h.token(m.ID, "flights:write", "flights:approve")
		want := scope.Principal{
			Kind: scope.KindManagement, Org: h.org.ID, ID: string(k.ID), Label: "Beat Frei", MemberID: string(m.ID),
			Role: scope.Instructor, Rights: scope.Of(scope.FlightsWrite, scope.FlightsApprove),
		}
		if got := h.good(token, "fresh"); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}

		mechanic := scope.Mechanic
		m, err := h.orgs.ChangeRole(h.ctx, h.operator(), m.ID, org.MemberPatch{Role: &mechanic}, m.ChangeNo)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.good(token, "after a change of role"); got.Rights != 0 || got.Role != scope.Mechanic {
			t.Fatalf("a mechanic's token still has %v as %s", got.Rights.Names(), got.Role)
		}

		if err := h.orgs.RemoveMember(h.ctx, h.operator(), m.ID, 0); err != nil {
			t.Fatal(err)
		}
		h.bad(token, "after the member was removed")
		got, err := h.keys.Get(h.ctx, h.operator(), k.ID)
		if err != nil || got.Status != key.Revoked {
			h.t.Fatalf("the token of a removed member is %s, %v", got.Status, err)
		}
		h.member(scope.Owner, "beat@example.org")
		h.bad(token, "after the same person was added again")
	})
}

func TestExpiryIsLookedAtOnEachRequest(t *testing.T) {
	each(t, func(h *house) {
		_, token := h.mint(func(n *key.NewKey) { n.ExpiresAt = clock.Of(start.Add(time.Hour)) })
		h.good(token, "before")
		h.clock.Advance(time.Hour - time.Microsecond)
		h.good(token, "a moment before")
		h.clock.Advance(time.Microsecond)
		h.bad(token, "at its end")
		h.clock.Advance(-time.Minute)
		h.good(token, "when the clock was set back")
	})
}

func TestAllowList(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint(func(n *key.NewKey) {
			n.AllowedIPs = []string{"192.0.2.0/24", "198.51.100.9", "2001:db8::/32", "::ffff:203.0.113.5", "192.0.2.77/24"}
		})
		if want := []string{"192.0.2.0/24", "198.51.100.9", "2001:db8::/32", "203.0.113.5"}; !reflect.DeepEqual(k.AllowedIPs, want) {
			t.Errorf("allowed_ips is %q, want %q", k.AllowedIPs, want)
		}
		for addr, ok := range map[string]bool{
			"192.0.2.1": true, "192.0.3.1": false, "::ffff:192.0.2.1": true, "198.51.100.9": true, "198.51.100.10": false,
			"2001:db8:5::1": true, "2001:db9::1": false, "203.0.113.5": true, "::1": false, "2001:db8::1%eth0": true,
		} {
			_, err := h.keys.Verify(h.ctx, token, key.PublicPrefix, netip.MustParseAddr(addr), "")
			if (err == nil) != ok || err != nil && (!fault.Is(err, "ip_not_allowed") || fault.KindOf(err) != fault.Forbidden) {
				t.Errorf("from %s: %v", addr, err)
			}
		}
		if _, err := h.keys.Verify(h.ctx, token, key.PublicPrefix, netip.Addr{}, ""); !fault.Is(err, "ip_not_allowed") {
			t.Errorf("from nowhere: %v", err)
		}
	})
}

// TestGarbageNeverTouchesTheStore: with the store closed, what could be a token fails for want of it, and garbage
// does not.
func TestGarbageNeverTouchesTheStore(t *testing.T) {
	each(t, func(h *house) {
		_, token := h.mint()
		h.db.Close()
		if _, err := h.keys.Verify(context.Background(), token, key.PublicPrefix, somewhere, ""); err == nil || fault.Is(err, "invalid_token") {
			t.Errorf("a real token without the store: %v", err)
		}
		last := byte('0')
		if token[len(token)-1] == '0' {
			last = '1'
		}
		for _, garbage := range []string{"x", token[:20], token + "0", token[:len(token)-1] + string(last), "Bearer " + token} {
			if _, err := h.keys.Verify(context.Background(), garbage, key.PublicPrefix, somewhere, ""); !fault.Is(err, "invalid_token") {
				t.Errorf("%q: %v", garbage, err)
			}
		}
	})
}

// TestUnknownTokensDoNotDriveOutTheGoodOnes fills the memory with invented ones.
func TestUnknownTokensDoNotDriveOutTheGoodOnes(t *testing.T) {
	if testing.Short() {
		t.Skip("asks the store 12,000 times")
	}
	h := open(t, dbtest.Open(t, dbtest.SQLite(t)))
	_, token := h.mint()
	h.good(token, "fresh")
	for range 12_000 {
		if _, err := h.verify(key.NewToken(key.PublicPrefix)); !fault.Is(err, "invalid_token") {
			t.Fatal(err)
		}
	}
	h.good(token, "afterwards")
}

func BenchmarkVerifyWarm(b *testing.B) {
	h := open(b, dbtest.Open(b, dbtest.SQLite(b)))
	_, token := h.mint(func(n *key.NewKey) {
		n.ExpiresAt = clock.Of(time.Now().Add(time.Hour))
		n.AllowedIPs = []string{"192.0.2.0/24"}
	})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.keys.Verify(ctx, token, key.PublicPrefix, somewhere, ""); err != nil {
			b.Fatal(err)
		}
	}
}
