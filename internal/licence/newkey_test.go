package licence

import (
	"strings"
	"testing"
)

// A million keys: each of the documented form, none twice, and every symbol as likely at every place. χ² of 32 symbols has 31
// degrees of freedom: at one place it exceeds 90 once in 10^7 runs.
func TestNewKeysAreUniform(t *testing.T) {
	const n = 1_000_000
	seen := make(map[string]bool, n)
	var counts [keySymbols][len(symbols)]int
	var refs [len(symbols)]int
	for range n {
		key := newKey()
		if len(key) != 14 || key[4] != '-' || key[9] != '-' {
			t.Fatalf("a key like %q", key)
		}
		if seen[key] {
			t.Fatalf("%q came twice", key)
		}
		seen[key] = true
		for i, c := range []byte(strings.ReplaceAll(key, "-", "")) {
			s := strings.IndexByte(symbols, c)
			if s < 0 {
				t.Fatalf("%q has a symbol that is none", key)
			}
			counts[i][s]++
		}
		if again, ok := readKey(key); !ok || again != key {
			t.Fatalf("%q is read as %q", key, again)
		}
		if refOf(key) != key[10:] {
			t.Fatalf("the ref of %q is %q", key, refOf(key))
		}
		refs[strings.IndexByte(symbols, refOf(key)[0])]++
	}
	for i, count := range counts {
		if x := chiSquare(count[:], n); x > 90 {
			t.Errorf("χ² at place %d is %.1f", i, x)
		}
	}
	if x := chiSquare(refs[:], n); x > 90 {
		t.Errorf("χ² of refs is %.1f", x)
	}
	if symbols != "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" {
		t.Errorf("the symbols are %s", symbols)
	}
}

func chiSquare(counts []int, n int) (x float64) {
	expected := float64(n) / float64(len(counts))
	for _, c := range counts {
		x += (float64(c) - expected) * (float64(c) - expected) / expected
	}
	return x
}
