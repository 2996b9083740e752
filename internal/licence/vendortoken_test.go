package licence_test

import (
	"context"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/secret"
	"airside/internal/licence"
	"airside/internal/platform/event"
)

// Two tokens of a role are live at once, so that one can take the other's place; a third is refused. One that is revoked is
// dead from the next request on, on every node.
func TestVendorTokens(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		h := newHouse(t, o, licence.Options{})
		nodes := []*licence.Service{h.Service}
		if o.URL != "" {
			nodes = append(nodes, another(t, o))
		}
		verified := func(role licence.TokenRole, token, want string) {
			t.Helper()
			for range 2 { // from the store, and from memory
				for n, node := range nodes {
					who, err := node.Verify(t.Context(), role, token)
					if got := codeOf(t, err); got != want || err == nil && who.Org != h.shop.Org {
						t.Errorf("node %d says %q, want %q", n, got, want)
					}
				}
			}
		}
		for _, role := range []licence.TokenRole{licence.ClientRole, licence.AdminRole} {
			invalid, other := "invalid_"+string(role)+"_token", licence.AdminRole
			if role == other {
				other = licence.ClientRole
			}
			mint := func() (licence.VendorToken, string, error) {
				return h.MintToken(t.Context(), h.shop, licence.NewVendorToken{Role: role, Name: "Token"})
			}
			one, first, err := mint()
			if err != nil {
				t.Fatal(err)
			}
			_, second, err := mint()
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := mint(); codeOf(t, err) != "too_many_live_tokens" {
				t.Errorf("a third token: %v", err)
			}
			verified(role, first, "")
			verified(role, second, "")
			verified(other, first, "invalid_"+string(other)+"_token")
			verified(role, first+"x", invalid)
			if _, err := h.RevokeToken(t.Context(), h.shop, one.ID); err != nil {
				t.Fatal(err)
			}
			verified(role, first, invalid)
			verified(role, second, "")
			if _, third, err := mint(); err != nil {
				t.Error(err)
			} else {
				verified(role, third, "")
			}
			shop, _ := h.vendor()
			if _, err := h.RevokeToken(t.Context(), shop, one.ID); codeOf(t, err) != "licence_token_not_found" {
				t.Errorf("another vendor: %v", err)
			}
		}
	})
}

// another is a second node on the same store.
func another(t *testing.T, o db.Options) *licence.Service {
	t.Helper()
	d := dbtest.Open(t, o)
	box, err := secret.Open(context.Background(), d, secret.Options{Key: masterKey})
	if err != nil {
		t.Fatal(err)
	}
	return licence.New(licence.Options{DB: d, Box: box, Events: event.New(event.Options{DB: d})})
}
