package account_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"airside/internal/base/secret"
	"airside/internal/platform/account"
	"airside/internal/platform/org"
)

// TestSecondFactorsOutliveTheMasterKey: after it was replaced, in this process and in one that starts with the new key
// alone, codes and recovery codes count as before.
func TestSecondFactorsOutliveTheMasterKey(t *testing.T) {
	each(t, func(h *house) {
		setup := h.accounts.SetupCode()
		key, recovery := h.secondFactor(h.session("claire@bern.example", good))
		old, err := os.ReadFile(h.keyFile)
		h.must(err)
		next := strings.Repeat("5a", 32)
		h.must(os.WriteFile(h.keyFile, []byte(next+"\n"+string(old)), 0o600))
		counts, err := h.box.Reseal(ctx, h.db, account.Sealed())
		h.must(err)
		if len(counts) != 1 || counts[0] != (secret.Count{Table: "accounts", Column: "totp", Texts: 1, Resealed: 1}) {
			t.Errorf("%+v", counts)
		}

		enter := func(what string, a *account.Service, code string) {
			t.Helper()
			in, err := a.SignIn(ctx, "claire@bern.example", good, client())
			h.must(err)
			if in, err = a.EnterCode(ctx, in.Token, code, client()); err != nil || in.CodeNeeded {
				t.Errorf("%s: %v", what, err)
			}
		}
		h.clock.Advance(time.Minute) // a code counts once
		enter("a code", h.accounts, h.code(key, 0))
		enter("a recovery code", h.accounts, recovery[0])

		box, err := secret.Open(ctx, h.db, secret.Options{Key: next})
		h.must(err)
		after := account.New(account.Options{DB: h.db, Box: box, Orgs: org.New(org.Options{DB: h.db})})
		h.clock.Advance(time.Minute)
		enter("a code, started anew", after, h.code(key, 0))
		enter("a recovery code, started anew", after, recovery[1])
		if after.SetupCode() != setup {
			t.Error("another setup code")
		}
	})
}
