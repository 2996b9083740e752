package key_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// house is an organization with its owner, on one engine, with a clock that the test owns.
type house struct {
	t     testing.TB
	ctx   context.Context
	clock *clock.Fake
	db    *db.DB
	orgs  *org.Service
	keys  *key.Service
	org   org.Organization
	owner org.Member
}

var start = time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(start)
		o.Clock = fake
		h := open(t, dbtest.Open(t, o))
		h.clock = fake
		test(h)
	})
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, ctx: context.Background(), db: d, orgs: org.New(org.Options{DB: d}), keys: key.New(key.Options{DB: d})}
	h.org, h.owner = h.found("aero-club")
	return h
}

func (h *house) found(slug string) (org.Organization, org.Member) {
	h.t.Helper()
	o, owner, err := h.orgs.Create(h.ctx, scope.Operator(""), org.NewOrganization{
		Slug: slug, Name: "Aero-Club", OwnerEmail: "anna@" + slug + ".example", OwnerName: "Anna Keller",
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return o, owner
}

func (h *house) operator() scope.Principal { return scope.Operator(h.org.ID) }

// mint makes an organization key that reads flights.
func (h *house) mint(change ...func(*key.NewKey)) (key.Key, string) {
	h.t.Helper()
	n := key.NewKey{Name: "Partner", Scopes: []string{"public.flights:read"}}
	for _, f := range change {
		f(&n)
	}
	k, token, err := h.keys.Mint(h.ctx, h.operator(), n)
	if err != nil {
		h.t.Fatal(err)
	}
	return k, token
}

// token makes a management token of a member.
func (h *house) token(member org.MemberID, scopes ...string) (key.Key, string) {
	h.t.Helper()
	return h.mint(func(n *key.NewKey) {
		n.Kind, n.MemberID, n.Scopes = scope.KindManagement, string(member), scopes
	})
}

func (h *house) member(role scope.Role, email string) org.Member {
	h.t.Helper()
	m, err := h.orgs.AddMember(h.ctx, h.operator(), org.NewMember{Email: email, DisplayName: "Beat Frei", Role: role})
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

var somewhere = netip.MustParseAddr("192.0.2.7")

func (h *house) verify(token string) (scope.Principal, error) {
	prefix, _ := key.Check(token)
	return h.keys.Verify(h.ctx, token, prefix, somewhere, "")
}

func (h *house) good(token, when string) scope.Principal {
	h.t.Helper()
	who, err := h.verify(token)
	if err != nil {
		h.t.Fatalf("%s: %v", when, err)
	}
	return who
}

func (h *house) bad(token, when string) {
	h.t.Helper()
	for range 2 { // the second time from memory
		if who, err := h.verify(token); !fault.Is(err, "invalid_token") || fault.KindOf(err) != fault.Unauthenticated || who != (scope.Principal{}) {
			h.t.Fatalf("%s: %+v, %v", when, who, err)
		}
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Fatalf("got %v, want %s", err, code)
	}
}
