package org_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)
)

type house struct {
	t     *testing.T
	db    *db.DB
	clock *clock.Fake
	orgs  *org.Service
	org   org.Organization
	owner org.Member
}

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		h := &house{t: t, clock: clock.NewFake(start)}
		o.Clock = h.clock
		h.db = dbtest.Open(t, o)
		h.orgs = org.New(org.Options{DB: h.db})
		h.org, h.owner = h.found("aero-club")
		test(h)
	})
}

func (h *house) found(slug string) (org.Organization, org.Member) {
	h.t.Helper()
	o, m, err := h.orgs.Create(ctx, scope.Operator(""), org.NewOrganization{
		Slug: slug, Name: " Aero-Club ", OwnerEmail: " Anna@Example.org ", OwnerName: "Anna Keller",
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return o, m
}

func (h *house) operator() scope.Principal { return scope.Operator(h.org.ID) }

// as is a member at work.
func (h *house) as(m org.Member) scope.Principal {
	return scope.Principal{Kind: scope.KindManagement, Org: h.org.ID, ID: "token", MemberID: string(m.ID), Label: m.DisplayName,
		Role: m.Role, Rights: scope.Rights(m.Role)}
}

func (h *house) add(who scope.Principal, email string, role scope.Role) (org.Member, error) {
	return h.orgs.AddMember(ctx, who, org.NewMember{Email: email, DisplayName: "Beat Frei", Role: role})
}

func (h *house) must(m org.Member, err error) org.Member {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func (h *house) want(err error, code string) {
	h.t.Helper()
	if !fault.Is(err, code) {
		h.t.Fatalf("got %v, want %s", err, code)
	}
}

// wantField wants exactly this one field to be bad.
func (h *house) wantField(err error, name, code string) {
	h.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != name || f.Fields[0].Code != code {
		h.t.Errorf("got %v, want %s %s", err, name, code)
	}
}

func TestCreate(t *testing.T) {
	each(t, func(h *house) {
		want := org.Organization{
			ID: h.org.ID, Slug: "aero-club", Name: "Aero-Club", Kind: org.School, Authority: org.EASA, TimeZone: "UTC", Currency: "EUR",
			CreatedAt: clock.Of(start), UpdatedAt: clock.Of(start), ChangeNo: 1,
		}
		if h.org != want {
			h.t.Errorf("got %+v, want %+v", h.org, want)
		}
		for _, name := range []string{"aero-club", string(h.org.ID), strings.ToUpper(string(h.org.ID))} {
			if got, err := h.orgs.BySlug(ctx, name); err != nil || got != want {
				h.t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if got, err := h.orgs.Get(ctx, h.as(h.owner)); err != nil || got != want {
			h.t.Errorf("%+v, %v", got, err)
		}
		owner, err := h.orgs.GetMember(ctx, h.operator(), h.owner.ID)
		if err != nil || owner != h.owner || owner.Email != "anna@example.org" || owner.Role != scope.Owner || owner.Status != org.Active {
			h.t.Errorf("%+v, %v", owner, err)
		}
		if r, err := audit.New(h.db).Verify(ctx, h.operator()); err != nil || !r.OK || r.Entries != 2 {
			h.t.Errorf("%+v, %v", r, err)
		}
		_, err = h.orgs.BySlug(ctx, "nobody")
		h.want(err, "organization_not_found")
		all, err := h.orgs.All(ctx)
		if err != nil || len(all) != 1 {
			h.t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	each(t, func(h *house) {
		good := org.NewOrganization{Slug: "good", Name: "Good", OwnerEmail: "a@example.org", OwnerName: "A"}
		for name, c := range map[string]struct {
			change      func(n *org.NewOrganization)
			field, code string
		}{
			"a slug in use":   {func(n *org.NewOrganization) { n.Slug = "aero-club" }, "slug", "already_in_use"},
			"a reserved slug": {func(n *org.NewOrganization) { n.Slug = "admin" }, "slug", "slug_reserved"},
			"no name":         {func(n *org.NewOrganization) { n.Name = " " }, "name", "required"},
			"no email":        {func(n *org.NewOrganization) { n.OwnerEmail = "" }, "owner_email", "not_an_email"},
			"a named email":   {func(n *org.NewOrganization) { n.OwnerEmail = "A <a@example.org>" }, "owner_email", "not_an_email"},
			"a kind":          {func(n *org.NewOrganization) { n.Kind = "airline" }, "kind", "one_of"},
			"an authority":    {func(n *org.NewOrganization) { n.Authority = "ICAO" }, "authority", "one_of"},
			"a zone":          {func(n *org.NewOrganization) { n.TimeZone = "Europe/Bern" }, "time_zone", "not_a_time_zone"},
			"the local zone":  {func(n *org.NewOrganization) { n.TimeZone = "Local" }, "time_zone", "not_a_time_zone"},
			"a currency":      {func(n *org.NewOrganization) { n.Currency = "chf" }, "currency", "not_a_currency"},
		} {
			n := good
			c.change(&n)
			_, _, err := h.orgs.Create(ctx, scope.Operator(""), n)
			h.t.Run(name, func(t *testing.T) { (&house{t: t}).wantField(err, c.field, c.code) })
		}
		_, _, err := h.orgs.Create(ctx, h.as(h.owner), good)
		h.want(err, "operator_only")
		if all, _ := h.orgs.All(ctx); len(all) != 1 {
			h.t.Errorf("%d organizations", len(all))
		}
	})
}

func TestSlugs(t *testing.T) {
	for slug, want := range map[string]string{
		"aero-club-bern": "", "abc": "", "3-b": "", strings.Repeat("a", 40): "",
		"ab": "not_a_slug", strings.Repeat("a", 41): "not_a_slug", "": "not_a_slug", "-abc": "not_a_slug", "abc-": "not_a_slug",
		"a--b": "not_a_slug", "Abc": "not_a_slug", "a_b": "not_a_slug", "aéro": "not_a_slug", ".well-known": "not_a_slug",
		"api": "slug_reserved", "www": "slug_reserved", "readyz": "slug_reserved", "licenses-api": "slug_reserved", "healthz": "slug_reserved",
		"0196a1b2-0000-7000-8000-000000000000": "slug_reserved", "0196a1b2000070008000000000000000": "slug_reserved",
	} {
		if got := org.SlugProblem(slug); got != want {
			t.Errorf("%q: %q, want %q", slug, got, want)
		}
	}
}

func TestUpdate(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Advance(time.Hour)
		name, zone, currency, day, faa, yes := "Flugschule", "Europe/Zurich", "CHF", "2026-03-31", org.FAA, true
		got, err := h.orgs.Update(ctx, h.as(h.owner), org.Patch{
			Name: &name, TimeZone: &zone, Currency: &currency, LockDate: &day, Authority: &faa, AllowSolePIC: &yes}, h.org.ChangeNo)
		if err != nil {
			h.t.Fatal(err)
		}
		want := org.Organization{ID: h.org.ID, Slug: "aero-club", Name: name, Kind: org.School, Authority: faa, TimeZone: zone, Currency: currency,
			LockDate: day, AllowSolePIC: true, CreatedAt: clock.Of(start), UpdatedAt: clock.Of(start.Add(time.Hour)), ChangeNo: 2}
		stored, err := h.orgs.Get(ctx, h.operator())
		if got != want || stored != want || err != nil {
			h.t.Errorf("got %+v, stored %+v, want %+v, %v", got, stored, want, err)
		}
		_, err = h.orgs.Update(ctx, h.as(h.owner), org.Patch{Name: &name}, h.org.ChangeNo)
		h.want(err, "precondition_failed")
		none := ""
		if got, err := h.orgs.Update(ctx, h.as(h.owner), org.Patch{LockDate: &none}, 0); err != nil || got.LockDate != "" {
			h.t.Errorf("%+v, %v", got, err)
		}
		bad := "31.3.2026"
		_, err = h.orgs.Update(ctx, h.as(h.owner), org.Patch{LockDate: &bad}, 0)
		h.wantField(err, "lock_date", "not_a_date")
		instructor := h.must(h.add(h.operator(), "b@example.org", scope.Instructor))
		_, err = h.orgs.Update(ctx, h.as(instructor), org.Patch{Name: &name}, 0)
		h.want(err, "insufficient_scope")
	})
}

func TestMembers(t *testing.T) {
	each(t, func(h *house) {
		m := h.must(h.add(h.as(h.owner), " Beat@Example.ORG", scope.Instructor))
		if m.Email != "beat@example.org" || m.DisplayName != "Beat Frei" {
			h.t.Errorf("%+v", m)
		}
		_, err := h.add(h.operator(), "beat@example.org", scope.Member)
		h.wantField(err, "email", "already_in_use")
		_, err = h.add(h.operator(), "c@example.org", "pilot")
		h.wantField(err, "role", "one_of")
		_, err = h.orgs.AddMember(ctx, h.operator(), org.NewMember{Email: "c@example.org", DisplayName: "C", Role: scope.Member, PersonID: "nobody"})
		h.wantField(err, "person_id", "unknown")

		mechanic := scope.Mechanic
		got := h.must(h.orgs.ChangeRole(ctx, h.as(h.owner), m.ID, org.MemberPatch{Role: &mechanic}, m.ChangeNo))
		if stored := h.must(h.orgs.GetMember(ctx, h.operator(), m.ID)); stored != got || got.Role != mechanic {
			h.t.Errorf("got %+v, stored %+v", got, stored)
		}
		_, err = h.orgs.ChangeRole(ctx, h.operator(), m.ID, org.MemberPatch{Role: &mechanic}, m.ChangeNo)
		h.want(err, "precondition_failed")

		other, _ := h.found("other-club")
		_, err = h.orgs.GetMember(ctx, scope.Operator(other.ID), m.ID)
		h.want(err, "member_not_found")
		_, err = h.orgs.ChangeRole(ctx, scope.Operator(other.ID), m.ID, org.MemberPatch{Role: &mechanic}, 0)
		h.want(err, "member_not_found")
		h.want(h.orgs.RemoveMember(ctx, scope.Operator(other.ID), m.ID, 0), "member_not_found")

		if err := h.orgs.RemoveMember(ctx, h.as(h.owner), m.ID, got.ChangeNo); err != nil {
			h.t.Fatal(err)
		}
		h.want(h.orgs.RemoveMember(ctx, h.operator(), m.ID, 0), "state_conflict")
		_, err = h.orgs.ChangeRole(ctx, h.operator(), m.ID, org.MemberPatch{Role: &mechanic}, 0)
		h.want(err, "state_conflict")
		back := h.must(h.add(h.operator(), "beat@example.org", scope.Member))
		if back.ID == m.ID {
			h.t.Error("who comes back is the old member")
		}
		if ids := h.list(org.MemberFilter{}, 1); !slices.Equal(ids, []org.MemberID{h.owner.ID, back.ID}) {
			h.t.Errorf("active: %v", ids)
		}
		if ids := h.list(org.MemberFilter{Status: org.Removed}, 1); !slices.Equal(ids, []org.MemberID{m.ID}) {
			h.t.Errorf("removed: %v", ids)
		}
		if ids := h.list(org.MemberFilter{Role: scope.Owner}, 1); !slices.Equal(ids, []org.MemberID{h.owner.ID}) {
			h.t.Errorf("owners: %v", ids)
		}
	})
}

func (h *house) list(f org.MemberFilter, limit int) (ids []org.MemberID) {
	h.t.Helper()
	p := page.Page{Limit: limit}
	for {
		got, err := h.orgs.ListMembers(ctx, h.operator(), f, p)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, m := range got.Rows {
			ids = append(ids, m.ID)
			p.After = page.Position{ChangeNo: m.ChangeNo, ID: string(m.ID)}
		}
		if !got.More {
			return ids
		}
	}
}

func TestOwners(t *testing.T) {
	each(t, func(h *house) {
		owner, admin, member := scope.Owner, scope.Admin, scope.Member
		a := h.must(h.add(h.as(h.owner), "admin@example.org", scope.Admin))
		_, err := h.add(h.as(a), "x@example.org", scope.Owner)
		h.want(err, "only_owner")
		_, err = h.orgs.ChangeRole(ctx, h.as(a), a.ID, org.MemberPatch{Role: &owner}, 0)
		h.want(err, "only_owner")
		_, err = h.orgs.ChangeRole(ctx, h.as(a), h.owner.ID, org.MemberPatch{Role: &member}, 0)
		h.want(err, "only_owner")
		h.want(h.orgs.RemoveMember(ctx, h.as(a), h.owner.ID, 0), "only_owner")

		_, err = h.orgs.ChangeRole(ctx, h.as(h.owner), h.owner.ID, org.MemberPatch{Role: &admin}, 0)
		h.want(err, "last_owner")
		h.want(h.orgs.RemoveMember(ctx, h.as(h.owner), h.owner.ID, 0), "last_owner")
		h.must(h.orgs.ChangeRole(ctx, h.as(h.owner), a.ID, org.MemberPatch{Role: &owner}, 0))
		if err := h.orgs.RemoveMember(ctx, h.operator(), h.owner.ID, 0); err != nil {
			h.t.Fatal(err)
		}
		h.want(h.orgs.RemoveMember(ctx, h.operator(), a.ID, 0), "last_owner")
	})
}

// TestTwoOwnersLeaveAtOnce: one of them stays.
func TestTwoOwnersLeaveAtOnce(t *testing.T) {
	each(t, func(h *house) {
		for range 5 {
			ids := []org.MemberID{h.list(org.MemberFilter{Role: scope.Owner}, 10)[0], h.must(h.add(h.operator(), "b@example.org", scope.Owner)).ID}
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for i, id := range ids {
				wg.Go(func() { errs[i] = h.orgs.RemoveMember(ctx, h.operator(), id, 0) })
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				h.t.Fatalf("%v, %v", errs[0], errs[1])
			}
			if errs[0] == nil { // let the first of the next round be the other one's
				h.must(h.add(h.operator(), "anna@example.org", scope.Owner))
				if err := h.orgs.RemoveMember(ctx, h.operator(), ids[1], 0); err != nil {
					h.t.Fatal(err)
				}
			}
		}
	})
}

func TestOneUserInTwoOrganizations(t *testing.T) {
	each(t, func(h *house) {
		other, owner := h.found("other-club")
		if owner.Email != h.owner.Email || owner.ID == h.owner.ID {
			h.t.Errorf("%+v and %+v", owner, h.owner)
		}
		m, err := h.orgs.ListMembers(ctx, scope.Operator(other.ID), org.MemberFilter{}, page.Page{Limit: 5})
		if err != nil || len(m.Rows) != 1 || m.Rows[0].ID != owner.ID {
			h.t.Errorf("%+v, %v", m, err)
		}
		member := h.must(h.add(h.operator(), "m@example.org", scope.Member))
		_, err = h.orgs.ListMembers(ctx, h.as(member), org.MemberFilter{}, page.Page{Limit: 5})
		h.want(err, "insufficient_scope")
	})
}
