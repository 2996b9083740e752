package licence_test

import (
	"sync"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/licence"
	"airside/internal/platform/scope"
)

// eachNodes runs a test with a house, and on PostgreSQL with a second node of it, on the same clock.
func eachNodes(t *testing.T, test func(h *house, nodes []*licence.Service)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		h := newHouse(t, o, licence.Options{})
		nodes := []*licence.Service{h.Service}
		if o.Clock = h.clock; o.URL != "" {
			nodes = append(nodes, another(t, o))
		}
		test(h, nodes)
	})
}

// statuses are those of the keys, the newest first, as each node must tell them.
func (h *house) statuses(nodes []*licence.Service, want ...licence.KeyStatus) []licence.SigningKey {
	h.t.Helper()
	var keys []licence.SigningKey
	for n, node := range nodes {
		var err error
		if keys, err = node.SigningKeys(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
		if len(keys) != len(want) {
			h.t.Fatalf("node %d has %d keys, want %d", n, len(keys), len(want))
		}
		for i, k := range keys {
			if k.Status != want[i] || k.Version != len(want)-i {
				h.t.Errorf("node %d: key %d is %s, want %s", n, k.Version, k.Status, want[i])
			}
		}
	}
	return keys
}

// token is a fresh one for a device.
func (h *house) token(l sold) licence.Token {
	h.t.Helper()
	done, err := h.Activate(h.t.Context(), h.program, licence.Activation{Email: l.Email, LicenseKey: l.key, DeviceHash: "d", DeviceName: "PC"}, home)
	if err != nil {
		h.t.Fatal(err)
	}
	return done.Token
}

// signedBy wants a token to be of one key and of no other.
func signedBy(t testing.TB, token licence.Token, keys []licence.SigningKey, version int) {
	t.Helper()
	wire, err := token.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if licence.VerifyToken(wire, k.Public) != (k.Version == version) || (k.KID == token.KID) != (k.Version == version) {
			t.Errorf("it names key %s, and under key %d (%s) it verifies: %v", token.KID, k.Version, k.KID, licence.VerifyToken(wire, k.Public))
		}
	}
}

// A key is made once, whoever needs it first, on any node.
func TestFirstSigningKey(t *testing.T) {
	eachNodes(t, func(h *house, nodes []*licence.Service) {
		t := h.t
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if keys, err := nodes[i%len(nodes)].SigningKeys(t.Context()); err != nil || len(keys) != 1 {
					t.Errorf("%d keys: %v", len(keys), err)
				}
			}()
		}
		wg.Wait()
		h.statuses(nodes, licence.ActiveKey)
	})
}

// A key that waits signs from its time on, on every node, and only then another can be made. What was signed before verifies
// under its key, which leads to the new one.
func TestRotateKey(t *testing.T) {
	eachNodes(t, func(h *house, nodes []*licence.Service) {
		t, operator := h.t, scope.Operator("")
		l := h.sell("a@example.com", 1)
		first := h.token(l)
		keys := h.statuses(nodes, licence.ActiveKey)
		signedBy(t, first, keys, 1)

		for _, lead := range []time.Duration{-time.Second, licence.MaxLead + time.Second} {
			if _, err := h.RotateKey(t.Context(), operator, lead); codeOf(t, err) != "invalid_body" {
				t.Errorf("a lead of %v: %v", lead, err)
			}
		}
		member := scope.Principal{Kind: scope.KindManagement, Org: h.shop.Org, Label: "Nora", Role: scope.Owner, Rights: h.shop.Rights}
		if _, err := h.RotateKey(t.Context(), member, 0); codeOf(t, err) != "platform_only" {
			t.Error("a vendor makes a key for all:", err)
		}
		member.Rights = 0
		if _, err := h.RotateKey(t.Context(), member, 0); codeOf(t, err) != "insufficient_scope" {
			t.Error(err)
		}
		h.statuses(nodes, licence.ActiveKey)

		made, err := h.RotateKey(t.Context(), operator, 30*day)
		if err != nil || made.Status != licence.NextKey || made.Version != 2 {
			t.Fatal(made, err)
		}
		signedBy(t, h.token(l), h.statuses(nodes, licence.NextKey, licence.ActiveKey), 1)
		for _, node := range nodes {
			if _, err := node.RotateKey(t.Context(), operator, 0); codeOf(t, err) != "next_key_waits" {
				t.Error("another key while one waits:", err)
			}
		}
		h.clock.Advance(30*day - time.Microsecond)
		signedBy(t, h.token(l), h.statuses(nodes, licence.NextKey, licence.ActiveKey), 1)
		h.clock.Advance(time.Microsecond)
		signedBy(t, h.token(l), h.statuses(nodes, licence.ActiveKey, licence.RetiredKey), 2)

		// Without a lead it signs at once, on the other node too, which has the keys in memory.
		last := nodes[len(nodes)-1]
		if made, err = last.RotateKey(t.Context(), operator, 0); err != nil || made.Status != licence.ActiveKey {
			t.Fatal(made, err)
		}
		keys = h.statuses(nodes, licence.ActiveKey, licence.RetiredKey, licence.RetiredKey)
		signedBy(t, h.token(l), keys, 3)
		signedBy(t, first, keys, 1)

		sets := []licence.KeySet{keys[0].Set, keys[1].Set, keys[2].Set}
		trusted, err := licence.Follow(keys[2].Public, sets)
		if err != nil || len(trusted) != 3 || !trusted[2].Equal(keys[0].Public) {
			t.Errorf("%d keys: %v", len(trusted), err)
		}
	})
}

// Of several who rotate at once, one makes the next key.
func TestRotateAtOnce(t *testing.T) {
	eachNodes(t, func(h *house, nodes []*licence.Service) {
		t := h.t
		h.statuses(nodes, licence.ActiveKey)
		codes := make(chan string, 8)
		for i := range cap(codes) {
			go func() {
				_, err := nodes[i%len(nodes)].RotateKey(t.Context(), scope.Operator(""), time.Hour)
				if err == nil {
					codes <- ""
				} else {
					codes <- codeOf(t, err)
				}
			}()
		}
		made := 0
		for range cap(codes) {
			switch code := <-codes; code {
			case "":
				made++
			case "next_key_waits":
			default:
				t.Errorf("answered %q", code)
			}
		}
		if made != 1 {
			t.Errorf("%d made a key", made)
		}
		h.statuses(nodes, licence.NextKey, licence.ActiveKey)
	})
}

// A clock that stands before every key signs with the first, so that whoever trusts any key can follow to the present one.
func TestSigningWithAClockBehind(t *testing.T) {
	eachNodes(t, func(h *house, nodes []*licence.Service) {
		t := h.t
		l := h.sell("a@example.com", 1)
		h.clock.Advance(day)
		h.statuses(nodes, licence.ActiveKey)
		h.clock.Advance(day)
		if _, err := h.RotateKey(t.Context(), scope.Operator(""), 0); err != nil {
			t.Fatal(err)
		}
		signedBy(t, h.token(l), h.statuses(nodes, licence.ActiveKey, licence.RetiredKey), 2)
		h.clock.Advance(-day - time.Second) // between the two
		signedBy(t, h.token(l), h.statuses(nodes, licence.NextKey, licence.ActiveKey), 1)
		h.clock.Advance(-day) // before both
		signedBy(t, h.token(l), h.statuses(nodes, licence.NextKey, licence.ActiveKey), 1)
		if _, err := h.RotateKey(t.Context(), scope.Operator(""), 0); codeOf(t, err) != "next_key_waits" {
			t.Error(err)
		}
		h.clock.Advance(2*day + time.Hour)
		signedBy(t, h.token(l), h.statuses(nodes, licence.ActiveKey, licence.RetiredKey), 2)
	})
}

// What the store holds of a key is sealed, and one that was exchanged for another signs nothing.
func TestSigningKeyExchanged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		h := newHouse(t, o, licence.Options{})
		if _, err := h.RotateKey(t.Context(), scope.Operator(""), 0); err != nil {
			t.Fatal(err)
		}
		err := h.db.Write(t.Context(), func(tx *db.Tx) error {
			tx.ChangeAuthority()
			_, err := tx.Exec(`UPDATE licence_signing_keys SET sealed = (SELECT sealed FROM licence_signing_keys WHERE version = 1) WHERE version = 2`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := h.SigningKeys(t.Context()); err == nil {
			t.Errorf("a key is taken that was sealed for another: %+v", keys[0].KID)
		}
	})
}
