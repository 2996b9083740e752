package tenantfile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func shownDiff(lines []DiffLine) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%c%d,%d %s\n", l.Op, l.Before, l.After, l.Text)
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	d := parse(t, document(t, "crlf"))
	permissions := []string{"public.flights:read", "*"}
	after, err := d.Change("billing", false, &permissions)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shownDiff(Diff(d.Text(), after.Text())), `@0,0 
 14,14   # Comptabilité, contrat nº 12
 15,15   billing:
 16,16     hash: 1f38…   # coffre, tiroir 3
-17,0     enabled: true      # depuis avril
+0,17     enabled: false      # depuis avril
 18,18     permissions:       # le strict nécessaire
 19,19       # lecture
 20,20       - public.flights:read     # vols
-21,0       - public.pilots:read      # pilotes 👩‍✈️
+0,21       - "*"
 22,22 
 23,23       # - public.fleet:read     (refusé par Zoé)
 24,24     createdAt: 2026-04-24T12:03:11Z
@0,0 
`; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if lines := Diff(d.Text(), d.Text()); len(lines) != 0 {
		t.Error(lines)
	}
	if got := shownDiff(Diff(nil, []byte("a\n"))); got != "+0,1 a\n" {
		t.Error(got)
	}
	if got := shownDiff(Diff([]byte("a\nb"), []byte("a\nb\n"))); got == "" {
		t.Error("a line break at the end is no change")
	}
}

// TestDiffTellsNoSecret: neither in good files nor in broken ones.
func TestDiffTellsNoSecret(t *testing.T) {
	secrets := []string{"gaf_tk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZab", hashA, strings.ToUpper(hashA), hashA[:40], "Ab0Cd1Ef2Gh3"}
	for _, s := range secrets {
		for _, form := range []string{"    hash: %s\n", "hash:%s", "{\"hash\":\"%s\"}", "'hash' : '%s' # x", "hash: \"%s", "- hash: %s"} {
			for _, l := range Diff([]byte("x: 1\n"), fmt.Appendf(nil, form, s)) {
				if strings.Contains(l.Text, s[:11]) {
					t.Errorf("%q", l.Text)
				}
			}
		}
	}
	for _, s := range secrets[:4] {
		for _, form := range []string{"# was: %s", "permissions: [%s]", "  %s", "%s:"} {
			for _, l := range Diff([]byte("x: 1\n"), fmt.Appendf(nil, form, s)) {
				if strings.Contains(l.Text, s[:12]) {
					t.Errorf("%q", l.Text)
				}
			}
		}
	}
}

// TestDiffIsTrue: the lines of a diff make both texts, whatever they are.
func TestDiffIsTrue(t *testing.T) {
	r := chance(t)
	for range 500 {
		a, b := someLines(r), someLines(r)
		d := differ{a: a, b: b, cells: r.IntN(400)}
		d.compare(0, len(a), 0, len(b), r.IntN(4))
		var before, after []string
		for _, l := range d.all {
			if l.Op != Came {
				before = append(before, l.Text)
			}
			if l.Op != Gone {
				after = append(after, l.Text)
			}
		}
		if !slices.Equal(before, a) || !slices.Equal(after, b) {
			t.Fatalf("%q\n%q\n%v", a, b, d.all)
		}
	}
}

func someLines(r *rand.Rand) []string {
	lines := make([]string, r.IntN(40))
	for i := range lines {
		lines[i] = fmt.Sprint(r.IntN(30))
	}
	return lines
}

func TestDiffOfHugeTexts(t *testing.T) {
	r := chance(t)
	random := func(values int) []byte {
		var b strings.Builder
		for b.Len() < MaxBytes-10 {
			fmt.Fprintf(&b, "%d\n", r.IntN(values))
		}
		return []byte(b.String())
	}
	for _, values := range []int{2, 300, 1_000_000} {
		began := time.Now()
		if n := len(Diff(random(values), random(values))); n > 2001 {
			t.Errorf("%d lines", n)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%d different lines took %v", values, took)
		}
	}
}

// TestDiffOfManyChanges: where more has changed than is shown, the beginning is, and then a gap.
func TestDiffOfManyChanges(t *testing.T) {
	var before, after strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&before, "same-%d: 1\nbefore-%d: 1\n", i, i)
		fmt.Fprintf(&after, "same-%d: 1\nafter-%d: 1\n", i, i)
	}
	lines := Diff([]byte(before.String()), []byte(after.String()))
	if len(lines) != diffMost+1 || lines[diffMost].Op != Gap || lines[1].Text != "before-0: 1" {
		t.Errorf("%d lines, %+v … %+v", len(lines), lines[:3], lines[len(lines)-1])
	}
}
