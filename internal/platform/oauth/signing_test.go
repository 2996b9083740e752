package oauth_test

import (
	"slices"
	"testing"
	"time"

	"airside/internal/platform/oauth"
)

// kids are the keys that are published.
func (h *house) kids(s *oauth.Service) []string {
	h.t.Helper()
	keys, err := s.PublicKeys(h.ctx)
	h.must(err)
	var ids []string
	for _, k := range keys {
		if !k.IsPublic() || !k.Valid() || k.Use != "sig" || k.Algorithm != "ES256" {
			h.t.Errorf("published: %+v", k)
		}
		ids = append(ids, k.KeyID)
	}
	slices.Sort(ids)
	return ids
}

func (h *house) signer(s *oauth.Service) string {
	h.t.Helper()
	k, err := s.Signer(h.ctx)
	h.must(err)
	return k.ID
}

// TestKeysFollowOneAnother: a key is published a day before it signs, and until its last token has ended, on every node.
func TestKeysFollowOneAnother(t *testing.T) {
	each(t, func(h *house) {
		other := h.node()
		h.must(h.oauth.RotateKeys(h.ctx)) // with no key there is nothing to do
		first := h.signer(h.oauth)
		if got := h.signer(other); got != first {
			h.t.Errorf("another node signs with %s", got)
		}
		step := func(d time.Duration, want int, signs string, when string) {
			h.t.Helper()
			h.clock.Advance(d)
			h.must(h.oauth.RotateKeys(h.ctx))
			for _, s := range []*oauth.Service{h.oauth, other} {
				if got := h.kids(s); len(got) != want {
					h.t.Errorf("%s: %d keys are published, want %d", when, len(got), want)
				}
				if got := h.signer(s); signs != "" && got != signs {
					h.t.Errorf("%s: %s signs, want %s", when, got, signs)
				}
			}
		}
		step(0, 1, first, "at first")
		step(88*24*time.Hour, 1, first, "before the successor")
		step(24*time.Hour, 2, first, "the successor is published")
		step(23*time.Hour, 2, first, "an hour before")
		h.clock.Advance(time.Hour - 2*time.Minute) // the last token of the first key is two minutes old when the second signs
		token := h.sign(h.claims(h.open("a code")), oauth.TokenType)
		step(2*time.Minute, 2, "", "the second signs")
		second := h.signer(h.oauth)
		if second == first {
			h.t.Error("the first signs still")
		}
		h.good(token, "of the first key")
		step(9*time.Minute, 2, second, "the last token ends")
		h.bad(token, "expired")
		step(time.Hour, 1, second, "the first has ended")
	})
}

// TestReplacedKeys: a key that may have leaked signs nothing any more, and nothing that it signed counts.
func TestReplacedKeys(t *testing.T) {
	each(t, func(h *house) {
		a := h.open("a code")
		token := h.sign(h.claims(a), oauth.TokenType)
		h.good(token, "before")
		other := h.node()
		if _, err := other.Verify(h.ctx, token); err != nil {
			h.t.Error(err)
		}
		before := h.signer(h.oauth)
		h.must(h.oauth.ReplaceKeys(h.ctx))
		h.bad(token, "after")
		if _, err := other.Verify(h.ctx, token); err == nil {
			h.t.Error("another node takes it still")
		}
		if got := h.kids(other); len(got) != 1 || got[0] == before {
			h.t.Errorf("published: %v", got)
		}
		h.good(h.sign(h.claims(a), oauth.TokenType), "of the new key")
	})
}
