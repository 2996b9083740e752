package key_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

func TestMint(t *testing.T) {
	each(t, func(h *house) {
		expires := clock.Of(start.Add(24 * time.Hour))
		k, token := h.mint(func(n *key.NewKey) {
			n.Name, n.ExpiresAt = "  Tower  ", expires
			n.Scopes = []string{"public.events:read", "public.flights:read", "public.events:read"}
		})
		if k.Name != "Tower" || k.Prefix != "gaf_pk_" || !strings.HasPrefix(token, k.Prefix) || !strings.HasSuffix(token, k.LastFour) ||
			len(k.LastFour) != 4 || k.Status != key.Active || k.CreatedBy != "operator" || k.ExpiresAt != expires ||
			!slices.Equal(k.Scopes, []string{"public.flights:read", "public.events:read"}) {
			h.t.Errorf("%+v", k)
		}
		got, err := h.keys.Get(h.ctx, h.operator(), k.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		if db, mem := jsonOf(got), jsonOf(k); db != mem {
			h.t.Errorf("stored  %s\nminted %s", db, mem)
		}
		h.clock.Advance(25 * time.Hour)
		if got, _ := h.keys.Get(h.ctx, h.operator(), k.ID); got.Status != key.Expired {
			h.t.Errorf("a day later it is %s", got.Status)
		}
	})
}

func TestMintRefuses(t *testing.T) {
	each(t, func(h *house) {
		for name, c := range map[string]struct {
			n     key.NewKey
			field string
			code  string
		}{
			"no name":          {key.NewKey{Name: " ", Scopes: []string{"public.fleet:read"}}, "name", "required"},
			"no scope":         {key.NewKey{Name: "x"}, "scopes", "required"},
			"an unknown scope": {key.NewKey{Name: "x", Scopes: []string{"public.fleet:read", "public.weather:read"}}, "scopes[1]", "unknown"},
			"a right":          {key.NewKey{Name: "x", Scopes: []string{"flights:approve"}}, "scopes[0]", "not_a_public_scope"},
			"a bad range":      {key.NewKey{Name: "x", Scopes: []string{"public.fleet:read"}, AllowedIPs: []string{"192.0.2.1", "192.0.2.0/33"}}, "allowed_ips[1]", "not_an_address_range"},
			"the past":         {key.NewKey{Name: "x", Scopes: []string{"public.fleet:read"}, ExpiresAt: clock.Of(start)}, "expires_at", "in_the_past"},
			"another kind":     {key.NewKey{Name: "x", Kind: "feed", Scopes: []string{"public.fleet:read"}}, "kind", "one_of"},
			"a member's key":   {key.NewKey{Name: "x", Scopes: []string{"public.fleet:read"}, MemberID: string(h.owner.ID)}, "member_id", "not_allowed"},
			"nobody's token":   {key.NewKey{Name: "x", Kind: scope.KindManagement}, "member_id", "required"},
			"a stranger's":     {key.NewKey{Name: "x", Kind: scope.KindManagement, MemberID: "0196a1b2-0000-7000-8000-000000000000"}, "member_id", "unknown"},
		} {
			_, _, err := h.keys.Mint(h.ctx, h.operator(), c.n)
			f, ok := err.(*fault.Error)
			if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != c.field || f.Fields[0].Code != c.code {
				h.t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestMembersMintForThemselvesOnly(t *testing.T) {
	each(t, func(h *house) {
		m := h.member(scope.Instructor, "beat@example.org")
		_, token := h.mint(func(n *key.NewKey) {
			n.Kind, n.MemberID, n.Scopes = scope.KindManagement, string(m.ID), []string{"flights:write", "flights:approve"}
			n.ExpiresAt = clock.Of(start.Add(time.Hour))
		})
		beat := h.good(token, "fresh")
		mint := func(n key.NewKey) (key.Key, string, error) {
			n.Name, n.Kind = "second", scope.KindManagement
			return h.keys.Mint(h.ctx, beat, n)
		}

		k, second, err := mint(key.NewKey{})
		if err != nil {
			h.t.Fatal(err)
		}
		if !slices.Equal(k.Scopes, []string{"flights:write", "flights:approve"}) || k.MemberID != string(m.ID) || k.ExpiresAt != clock.Of(start.Add(time.Hour)) {
			h.t.Errorf("a token without a wish has %v until %s", k.Scopes, k.ExpiresAt)
		}
		h.good(second, "minted by a member")

		_, _, err = mint(key.NewKey{Scopes: []string{"flights:read"}})
		wantCode(h.t, err, "insufficient_scope")
		_, _, err = mint(key.NewKey{MemberID: string(h.owner.ID)})
		wantCode(h.t, err, "own_tokens_only")
		_, _, err = h.keys.Mint(h.ctx, beat, key.NewKey{Name: "x", Scopes: []string{"public.fleet:read"}})
		wantCode(h.t, err, "insufficient_scope")
		_, _, err = h.keys.Mint(h.ctx, h.operator(), key.NewKey{
			Name: "x", Kind: scope.KindManagement, MemberID: string(m.ID), Scopes: []string{"keys:manage"}})
		if f, ok := err.(*fault.Error); !ok || len(f.Fields) != 1 || f.Fields[0].Code != "beyond_role" {
			h.t.Errorf("more than the role has: %v", err)
		}

		// Their own tokens they may end; others they do not even see.
		if _, err := h.keys.Revoke(h.ctx, beat, k.ID); err != nil {
			h.t.Error(err)
		}
		theirs, _ := h.mint()
		_, err = h.keys.Revoke(h.ctx, beat, theirs.ID)
		wantCode(h.t, err, "insufficient_scope")
		_, err = h.keys.Revoke(h.ctx, beat, "0196a1b2-0000-7000-8000-000000000000")
		wantCode(h.t, err, "insufficient_scope")
		_, err = h.keys.List(h.ctx, beat, key.Filter{}, page.Page{Limit: 10})
		wantCode(h.t, err, "insufficient_scope")
	})
}

func TestRotate(t *testing.T) {
	each(t, func(h *house) {
		expires := clock.Of(start.Add(1000 * time.Hour))
		k, token := h.mint(func(n *key.NewKey) { n.ExpiresAt, n.AllowedIPs = expires, []string{"192.0.2.0/24"} })
		next, newToken, err := h.keys.Rotate(h.ctx, h.operator(), k.ID, 24*time.Hour)
		if err != nil {
			h.t.Fatal(err)
		}
		if next.ID == k.ID || next.RotatedFrom != string(k.ID) || next.Name != k.Name || !slices.Equal(next.Scopes, k.Scopes) ||
			!slices.Equal(next.AllowedIPs, k.AllowedIPs) || next.ExpiresAt != expires || !strings.HasSuffix(newToken, next.LastFour) {
			h.t.Errorf("%+v", next)
		}
		h.good(token, "the old one in the overlap")
		h.good(newToken, "the new one")
		_, _, err = h.keys.Rotate(h.ctx, h.operator(), k.ID, 0)
		wantCode(h.t, err, "state_conflict")
		h.clock.Advance(24 * time.Hour)
		h.bad(token, "the old one after the overlap")
		h.good(newToken, "the new one after the overlap")

		last, lastToken, err := h.keys.Rotate(h.ctx, h.operator(), next.ID, 0)
		if err != nil {
			h.t.Fatal(err)
		}
		h.bad(newToken, "rotated without an overlap")
		h.good(lastToken, "its successor")
		if old, _ := h.keys.Get(h.ctx, h.operator(), next.ID); old.Status != key.Revoked {
			h.t.Errorf("rotated without an overlap it is %s", old.Status)
		}
		_, _, err = h.keys.Rotate(h.ctx, h.operator(), k.ID, 0)
		wantCode(h.t, err, "state_conflict") // expired
		h.clock.Advance(1000 * time.Hour)
		_, _, err = h.keys.Rotate(h.ctx, h.operator(), last.ID, 0)
		wantCode(h.t, err, "state_conflict") // expired
		_, _, err = h.keys.Rotate(h.ctx, h.operator(), last.ID, key.MaxOverlap+1)
		wantCode(h.t, err, "invalid_body")
	})
}

// TestRotateKeepsAShorterExpiry: an overlap never makes a key live longer.
func TestRotateKeepsAShorterExpiry(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint(func(n *key.NewKey) { n.ExpiresAt = clock.Of(start.Add(time.Hour)) })
		if _, _, err := h.keys.Rotate(h.ctx, h.operator(), k.ID, 24*time.Hour); err != nil {
			h.t.Fatal(err)
		}
		h.clock.Advance(time.Hour)
		h.bad(token, "after its own expiry")
	})
}

func TestNobodyRotatesAnothersToken(t *testing.T) {
	each(t, func(h *house) {
		ownersKey, ownersToken := h.token(h.owner.ID)
		admin := h.member(scope.Admin, "beat@example.org")
		_, token := h.token(admin.ID)
		_, _, err := h.keys.Rotate(h.ctx, h.good(token, "fresh"), ownersKey.ID, time.Hour)
		wantCode(h.t, err, "own_tokens_only")
		_, next, err := h.keys.Rotate(h.ctx, h.good(ownersToken, "fresh"), ownersKey.ID, 0)
		if err != nil {
			h.t.Fatal(err)
		}
		h.bad(ownersToken, "rotated by itself")
		h.good(next, "its successor")
	})
}

func TestList(t *testing.T) {
	each(t, func(h *house) {
		a, _ := h.mint()
		b, _ := h.mint(func(n *key.NewKey) { n.ExpiresAt = clock.Of(start.Add(time.Hour)) })
		c, _ := h.mint()
		d, _ := h.token(h.owner.ID)
		removed := h.member(scope.Member, "weg@example.org")
		e, _ := h.token(removed.ID)
		if err := h.orgs.RemoveMember(h.ctx, h.operator(), removed.ID, 0); err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.keys.Revoke(h.ctx, h.operator(), a.ID); err != nil {
			h.t.Fatal(err)
		}
		no := false
		if _, err := h.keys.Update(h.ctx, h.operator(), c.ID, key.Patch{Enabled: &no}, 0); err != nil {
			h.t.Fatal(err)
		}
		h.clock.Advance(2 * time.Hour)
		for _, want := range []struct {
			f   key.Filter
			ids []key.ID
		}{
			{key.Filter{}, []key.ID{b.ID, d.ID, e.ID, a.ID, c.ID}},
			{key.Filter{Kind: scope.KindManagement}, []key.ID{d.ID, e.ID}},
			{key.Filter{MemberID: string(h.owner.ID)}, []key.ID{d.ID}},
			{key.Filter{Status: key.Active}, []key.ID{d.ID}},
			{key.Filter{Status: key.Expired}, []key.ID{b.ID}},
			{key.Filter{Status: key.Revoked}, []key.ID{e.ID, a.ID}},
			{key.Filter{Status: key.Disabled}, []key.ID{c.ID}},
		} {
			var ids []key.ID
			var after page.Position
			for more := true; more; {
				got, err := h.keys.List(h.ctx, h.operator(), want.f, page.Page{Limit: 2, After: after})
				if err != nil {
					h.t.Fatal(err)
				}
				for _, k := range got.Rows {
					ids = append(ids, k.ID)
					after = page.Position{ChangeNo: k.ChangeNo, ID: string(k.ID)}
					if want.f.Status != "" && k.Status != want.f.Status {
						h.t.Errorf("among the %s is one that is %s", want.f.Status, k.Status)
					}
				}
				more = got.More
			}
			if !slices.Equal(ids, want.ids) {
				h.t.Errorf("%+v: got %v, want %v", want.f, ids, want.ids)
			}
		}
	})
}

// TestNoTokenIsLeftBehind: neither a token nor its hash is in the audit log.
func TestNoTokenIsLeftBehind(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint()
		_, next, err := h.keys.Rotate(h.ctx, h.operator(), k.ID, time.Hour)
		if err != nil {
			h.t.Fatal(err)
		}
		entries, err := audit.New(h.db).List(h.ctx, h.operator(), audit.Filter{}, page.Page{Limit: 100})
		if err != nil {
			h.t.Fatal(err)
		}
		var verbs []string
		for _, e := range entries.Rows {
			verbs = append(verbs, e.Verb)
			if text := jsonOf(e); strings.Contains(text, token[7:]) || strings.Contains(text, next[7:]) {
				h.t.Errorf("%s", text)
			}
		}
		want := []string{"organization.create", "member.add", "api_key.mint", "api_key.rotate", "api_key.mint"}
		if !slices.Equal(verbs, want) {
			h.t.Errorf("got %v, want %v", verbs, want)
		}
		if r, err := audit.New(h.db).Verify(h.ctx, h.operator()); err != nil || !r.OK || r.Entries != 5 {
			h.t.Errorf("%+v, %v", r, err)
		}
	})
}
