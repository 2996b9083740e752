package key_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"airside/internal/platform/key"
)

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func TestNewTokensPassCheck(t *testing.T) {
	seen := map[string]bool{}
	for _, prefix := range []string{key.PublicPrefix, key.ManagementPrefix} {
		for range 1000 {
			token := key.NewToken(prefix)
			if got, ok := key.Check(token); !ok || got != prefix {
				t.Fatalf("Check(%s) = %q, %v", token, got, ok)
			}
			if len(token) != 45 || seen[token] {
				t.Fatalf("%s: %d characters, seen before: %v", token, len(token), seen[token])
			}
			seen[token] = true
		}
	}
}

// TestCheckStaysTheSame: tokens of earlier versions are good for ever.
func TestCheckStaysTheSame(t *testing.T) {
	for _, token := range []string{
		"gaf_pk_000000000000000000000000000000002wjyrI",
		"gaf_mt_0123456789ABCDEFGHIJKLMNOPQRSTUV1ggZdL",
	} {
		if _, ok := key.Check(token); !ok {
			t.Errorf("%s is refused", token)
		}
	}
}

func TestCheckRefusesLookAlikes(t *testing.T) {
	good := key.NewToken(key.PublicPrefix)
	for _, bad := range []string{
		"", "gaf_pk_", good[:len(good)-1], good + "0", " " + good, good + "\n", strings.ToUpper(good),
		"gaf_xx_" + good[7:], "gaf_pk-" + good[7:], good[:7] + strings.Repeat("é", 16) + good[39:], strings.Repeat("\x00", 45),
	} {
		if p, ok := key.Check(bad); ok || p != "" {
			t.Errorf("Check(%q) = %q, %v", bad, p, ok)
		}
	}
}

// TestEveryWrongCharacterIsFound changes each place to each other digit, and then a million at random: one character,
// or two neighbours exchanged.
func TestEveryWrongCharacterIsFound(t *testing.T) {
	token := key.NewToken(key.PublicPrefix)
	for i := 7; i < len(token); i++ {
		for _, d := range digits {
			if bad := token[:i] + string(d) + token[i+1:]; bad != token {
				if _, ok := key.Check(bad); ok {
					t.Fatalf("%s passes as well as %s", bad, token)
				}
			}
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	buf := []byte(token)
	rounds := 1_000_000
	started := time.Now()
	for n := range rounds {
		if n%1000 == 0 {
			buf = []byte(key.NewToken(key.ManagementPrefix))
			if time.Since(started) > 2*time.Second { // under the race detector
				t.Logf("stopped after %d", n)
				break
			}
		}
		i := 7 + rng.IntN(len(buf)-7)
		old := buf[i]
		buf[i] = digits[rng.IntN(62)]
		if _, ok := key.Check(string(buf)); ok != (buf[i] == old) {
			t.Fatalf("%s: %v after %c at %d", buf, ok, old, i)
		}
		buf[i] = old
		j := 7 + rng.IntN(31) // neighbours in the body
		buf[j], buf[j+1] = buf[j+1], buf[j]
		if _, ok := key.Check(string(buf)); ok != (buf[j] == buf[j+1]) {
			t.Fatalf("%s: %v after an exchange at %d", buf, ok, j)
		}
		buf[j], buf[j+1] = buf[j+1], buf[j]
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(key.NewToken(key.PublicPrefix))
	f.Add(key.NewToken(key.ManagementPrefix))
	f.Add("gaf_pk_")
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		prefix, ok := key.Check(token)
		if !ok {
			if prefix != "" {
				t.Errorf("a prefix %q of what is no token", prefix)
			}
			return
		}
		if len(token) != 45 || !strings.HasPrefix(token, prefix) || strings.Trim(token[7:], digits) != "" {
			t.Errorf("%q passes", token)
		}
	})
}
