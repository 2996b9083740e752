package licence

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
)

// madeKeys are keys as they are made one after the other, the oldest first.
func madeKeys(t testing.TB, n int) []SigningKey {
	t.Helper()
	var keys, before []SigningKey // before is the newest first
	for i := range n {
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		k := SigningKey{Version: i + 1, KID: kidOf(public), Public: public, private: private, SignsFrom: clock.Of(time.Date(2026, 1+time.Month(i), 1, 0, 0, 0, 0, time.UTC))}
		k.Set = stateKeys(k, before)
		keys, before = append(keys, k), slices.Insert(before, 0, k)
	}
	return keys
}

// A pinned key leads to the newest over any number of sets in any order, and what was forged leads nowhere else.
func TestFollow(t *testing.T) {
	k := madeKeys(t, 4)
	stranger := madeKeys(t, 1)[0]
	s := []KeySet{k[0].Set, k[1].Set, k[2].Set, k[3].Set}
	if s[0].PreviousSig != nil || !bytes.HasPrefix(s[3].Signed, []byte(keySetDomain+"{")) {
		t.Fatalf("%s", s[3].Signed)
	}
	// signed is the third set with other bytes, as its key and the one before it would sign them.
	signed := func(text string) []KeySet {
		set := KeySet{Signed: []byte(text), Sig: ed25519.Sign(k[2].private, []byte(text)), PreviousSig: ed25519.Sign(k[1].private, []byte(text))}
		return []KeySet{s[0], s[1], set, s[3]}
	}
	with := func(change func(set *KeySet)) []KeySet {
		sets := slices.Clone(s)
		change(&sets[2])
		return sets
	}
	text := string(s[2].Signed)
	again := func(old, new string) []KeySet { return signed(strings.ReplaceAll(text, old, new)) }
	head, _, _ := strings.Cut(text, `,"keys":`)
	nameless := head + `,"keys":[],"kid":"` + k[2].KID + `","previous_kid":"` + k[1].KID + `","version":3}`
	b64 := func(k SigningKey) string { return stated(k)["ed25519_public_key_b64"].(string) }

	for name, c := range map[string]struct {
		pinned SigningKey
		sets   []KeySet
		found  int // keys, the pinned one with them
		bad    bool
	}{
		"good":                   {k[0], s, 4, false},
		"the newest first":       {k[0], []KeySet{s[3], s[2], s[1], s[0]}, 4, false},
		"from the third":         {k[2], s, 2, false},
		"from the newest":        {k[3], s, 1, false},
		"from a stranger":        {stranger, s, 1, false},
		"no sets":                {k[0], nil, 1, false},
		"one is missing":         {k[0], []KeySet{s[0], s[1], s[3]}, 2, false},
		"an older as the newest": {k[0], []KeySet{s[0], s[1], s[2], s[2]}, 3, false},
		"each twice":             {k[0], slices.Concat(s, s), 4, false},
		"with nonsense beside":   {k[0], append([]KeySet{{}, {Signed: []byte(keySetDomain)}, {Signed: []byte(keySetDomain + "null")}, {Signed: []byte("{}")}}, s...), 4, false},

		"without the line before it":            {k[0], signed(strings.TrimPrefix(text, keySetDomain)), 2, false},
		"after the line of files":               {k[0], again(keySetDomain, fileDomain), 2, false},
		"not signed by itself":                  {k[0], with(func(set *KeySet) { set.Sig = nil }), 2, true},
		"not signed by the one before":          {k[0], with(func(set *KeySet) { set.PreviousSig = nil }), 2, true},
		"signatures the wrong way round":        {k[0], with(func(set *KeySet) { set.Sig, set.PreviousSig = set.PreviousSig, set.Sig }), 2, true},
		"signed by a stranger":                  {k[0], with(func(set *KeySet) { set.PreviousSig = ed25519.Sign(stranger.private, set.Signed) }), 2, true},
		"signed by the one before that":         {k[0], with(func(set *KeySet) { set.PreviousSig = ed25519.Sign(k[0].private, set.Signed) }), 2, true},
		"longer":                                {k[0], with(func(set *KeySet) { set.Signed = append(slices.Clone(set.Signed), ' ') }), 2, true},
		"cut short":                             {k[0], with(func(set *KeySet) { set.Signed = set.Signed[:len(set.Signed)-1] }), 2, false},
		"cut short before it was signed":        {k[0], signed(text[:len(text)/2]), 2, false},
		"a key swapped under its name":          {k[0], again(b64(k[2]), b64(stranger)), 2, true},
		"a key swapped, with its name":          {k[0], signed(strings.NewReplacer(b64(k[2]), b64(stranger), k[2].KID, stranger.KID).Replace(text)), 2, true},
		"the name of a key that is not in it":   {k[0], signed(nameless), 2, true},
		"a key of 31 bytes":                     {k[0], again(b64(k[2]), b64(k[2])[:40]), 2, true},
		"a key before that is another":          {k[0], again(`"previous_kid":"`+k[1].KID, `"previous_kid":"`+stranger.KID), 2, false},
		"back to a key that was followed":       {k[0], append(s[:3:3], back(k[2], k[0])), 3, true},
		"a set that leads from a key to itself": {k[0], []KeySet{back(k[0], k[0])}, 1, true},
	} {
		got, err := Follow(c.pinned.Public, c.sets)
		if len(got) != c.found || (err != nil) != c.bad || err != nil && !errors.Is(err, errKeySet) {
			t.Errorf("%s: %d keys, want %d; %v", name, len(got), c.found, err)
		}
		if !got[0].Equal(c.pinned.Public) || slices.ContainsFunc(got[1:], func(p ed25519.PublicKey) bool { return p.Equal(stranger.Public) }) {
			t.Errorf("%s: leads to %x", name, got)
		}
	}
}

// back is a set of an older key that names a newer one as the key before it, signed by both.
func back(from, to SigningKey) KeySet {
	o := object{"version": 9, "kid": to.KID, "previous_kid": from.KID, "keys": []object{stated(to)}}
	set := KeySet{Signed: o.appendTo([]byte(keySetDomain))}
	set.Sig, set.PreviousSig = ed25519.Sign(to.private, set.Signed), ed25519.Sign(from.private, set.Signed)
	return set
}

// A bit changed anywhere in a set never leads past it.
func TestFollowNoChangedSet(t *testing.T) {
	k := madeKeys(t, 2)
	for at := range k[1].Set.Signed {
		set := k[1].Set
		set.Signed = bytes.Clone(set.Signed)
		set.Signed[at] ^= 1 << (at % 8)
		if got, _ := Follow(k[0].Public, []KeySet{set}); len(got) != 1 {
			t.Errorf("followed with byte %d changed: %s", at, set.Signed)
		}
	}
	for at := range ed25519.SignatureSize {
		set := k[1].Set
		set.Sig, set.PreviousSig = bytes.Clone(set.Sig), bytes.Clone(set.PreviousSig)
		[][]byte{set.Sig, set.PreviousSig}[at%2][at] ^= 1 << (at % 8)
		if got, err := Follow(k[0].Public, []KeySet{set}); len(got) != 1 || err == nil {
			t.Errorf("followed with byte %d of a signature changed", at)
		}
	}
}
