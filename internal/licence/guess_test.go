package licence_test

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/licence"
)

const (
	limited  = "rate_limited"
	unknown  = "license_not_found"
	notTheir = "license_not_linked_to_email"
	wrongKey = "ABCD-EFGH-JKLM"
)

func address(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

// wrongUntil429 guesses until it is limited, and tells how often it was answered before.
func (h *house) wrongUntil429(key func(i int) string, email func(i int) string, from func(i int) netip.Addr) int {
	h.t.Helper()
	for i := range 10_000 {
		switch got := h.try(key(i), email(i), "new", from(i)); got {
		case limited:
			return i
		case unknown, notTheir:
		default:
			h.t.Fatalf("guess %d answers %q", i, got)
		}
	}
	h.t.Fatal("10,000 guesses were answered")
	return 0
}

func same[T any](v T) func(int) T { return func(int) T { return v } }

func email(i int) string { return fmt.Sprintf("p%d@example.com", i) }

// Wrong keys are limited by address, by client token and e-mail, and by client token; whoever has the right key and the
// right e-mail is let in at every moment, from wherever.
func TestGuessesAreLimitedAndCustomersAreNot(t *testing.T) {
	for _, c := range []struct {
		name  string
		email func(int) string
		from  func(int) netip.Addr
		most  int
	}{
		{"an address", email, same(home), 60},
		{"an e-mail", same("victim@example.com"), address, 20},
		{"a client token", email, address, 3000},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, dbtest.SQLite(t), licence.Options{})
			victim := h.sell("victim@example.com", 100)
			if n := h.wrongUntil429(same(wrongKey), c.email, c.from); n != c.most {
				t.Errorf("%d wrong keys were answered, want %d", n, c.most)
			}
			// A key that is somebody else's is answered like one that nobody has.
			if got := h.try(victim.key, c.email(0), "new", c.from(0)); got != limited && c.email(0) != victim.Email {
				t.Errorf("the key of another e-mail answers %q", got)
			}
			h.want("", victim, "first")
			h.want("", victim, "first")
			h.want("", victim, "second")
			if got := h.try(victim.key, victim.Email, "third", netip.MustParseAddr("203.0.113.9")); got != "" {
				t.Errorf("from another address the right key answers %q", got)
			}
			// As time goes by, guesses are answered again.
			h.clock.Advance(time.Minute)
			if got := h.try(wrongKey, c.email(0), "new", c.from(0)); got != unknown {
				t.Errorf("a minute later a wrong key answers %q", got)
			}
		})
	}
}

// How long to wait is said, and is right.
func TestGuessesAreToldWhenToComeBack(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), licence.Options{FailuresPerAddress: 6})
	h.wrongUntil429(same(wrongKey), email, same(home))
	_, err := h.Activate(t.Context(), h.program, licence.Activation{Email: "p@example.com", LicenseKey: wrongKey, DeviceHash: "d", DeviceName: "n"}, home)
	var f *fault.Error
	if !errors.As(err, &f) || f.RetryAfter != 10*time.Second {
		t.Fatalf("%v, and to wait %v", err, f.RetryAfter)
	}
	h.clock.Advance(f.RetryAfter - time.Millisecond)
	if got := h.try(wrongKey, "p@example.com", "d", home); got != limited {
		t.Errorf("too early: %q", got)
	}
	h.clock.Advance(time.Millisecond)
	if got := h.try(wrongKey, "p@example.com", "d", home); got != unknown {
		t.Errorf("in time: %q", got)
	}
}

// Only 404 and 400 count: a disabled licence and a full one are no guesses.
func TestRefusalsOfRightKeysDoNotCount(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), licence.Options{FailuresPerAddress: 5, FailuresPerEmail: 5, FailuresPerToken: 5})
	full, off := h.sell("full@example.com", 1), h.sell("off@example.com", 1)
	h.want("", full, "a")
	if _, _, err := h.Enable(t.Context(), h.shop, off.ID, false); err != nil {
		t.Fatal(err)
	}
	for range 700 {
		h.want("activation_limit_reached", full, "b")
		h.want("license_disabled", off, "b")
	}
	for i := range 5 {
		if got := h.try(wrongKey, full.Email, "b", home); got != unknown {
			t.Fatalf("wrong key %d answers %q", i, got)
		}
	}
	if got := h.try(wrongKey, full.Email, "b", home); got != limited {
		t.Errorf("the sixth wrong key answers %q", got)
	}
}

// An office makes at least 600 calls a minute from one address.
func TestAnHonestAddressIsNotLimited(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), licence.Options{})
	l := h.sell("office@example.com", 2000)
	for i := range 1200 {
		h.want("", l, fmt.Sprint("pc", i))
	}
	for range 1200 {
		h.want("", l, "pc1")
	}
}

// Of IPv6, what a customer gets is one address: 2^64 of them are no 2^64 attempts.
func TestIPv6CountsByNetwork(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), licence.Options{})
	within := func(i int) netip.Addr {
		return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 15: byte(i), 14: byte(i >> 8)})
	}
	if n := h.wrongUntil429(same(wrongKey), email, within); n != 60 {
		t.Errorf("%d guesses from one network, want 60", n)
	}
	if got := h.try(wrongKey, "p@example.com", "d", netip.MustParseAddr("2001:db8:0:2::1")); got != unknown {
		t.Errorf("the network beside it answers %q", got)
	}
	if got := h.try(wrongKey, "p@example.com", "d", netip.MustParseAddr("::ffff:10.0.0.1")); got != unknown {
		t.Errorf("IPv4 in IPv6 answers %q", got)
	}
}

// An address that is flooded with guesses: customers behind it, and the customer whose e-mail it is about, wherever they
// are, are let in at once. At that very address, the customer's known devices are too, and a new one waits its turn.
func TestAFloodDelaysNobodyElse(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), licence.Options{})
	victim, neighbour := h.sell("victim@example.com", 100), h.sell("neighbour@example.com", 100)
	h.want("", victim, "old")
	for range 1000 { // all the pace has, and then nobody waits: nothing moves the clock
		done := make(chan string, 1)
		go func() { done <- h.try(wrongKey, victim.Email, "x", home) }()
		if !h.answers(done) {
			break
		}
	}
	h.want("", victim, "old")
	h.want("", neighbour, "new")
	if got := h.try(victim.key, victim.Email, "elsewhere", netip.MustParseAddr("203.0.113.9")); got != "" {
		t.Errorf("the customer from elsewhere: %q", got)
	}
	right := make(chan string, 1)
	go func() { right <- h.try(victim.key, victim.Email, "new", home) }()
	if h.answers(right) {
		t.Error("a new device did not wait its turn")
	}
	h.clock.Advance(time.Second)
	if got := <-right; got != "" {
		t.Errorf("a new device in its turn: %q", got)
	}
}

// answers tells whether an answer comes, or its call waits on the clock.
func (h *house) answers(done chan string) bool {
	for {
		select {
		case got := <-done:
			done <- got
			return true
		default:
			if _, waits := h.clock.Next(); waits {
				return false
			}
			runtime.Gosched()
		}
	}
}

// However many connections an attacker opens, one address tries no more than 600 keys a minute for one e-mail, and beyond
// that a right guess is answered like a wrong one.
func TestAnAttackerIsHeldToAPace(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), licence.Options{})
	victim := h.sell("victim@example.com", 100)
	var all sync.WaitGroup
	var mu sync.Mutex
	looked, refused := 0, 0
	began := h.clock.Now()
	for range 64 {
		all.Go(func() {
			for range 50 {
				_, err := h.Activate(t.Context(), h.program, licence.Activation{Email: victim.Email, LicenseKey: wrongKey, DeviceHash: "guess", DeviceName: "n"}, home)
				var f *fault.Error
				mu.Lock()
				if errors.As(err, &f); f.Code == limited && f.RetryAfter > 5*time.Second {
					refused++ // its turn would have come later than anybody is made to wait
				} else {
					looked++
				}
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	h.settle(t.Context(), done)
	took := h.clock.Now().Sub(began)
	if most := 600 + 1 + int(took/(100*time.Millisecond)); looked > most {
		t.Errorf("%d keys were looked at in %v, want %d at most", looked, took, most)
	}
	t.Logf("%d keys were looked at in %v, and %d refused", looked, took, refused)
}

// Deactivate tells nobody which keys there are faster than that either; devices that there are do not wait.
func TestDeactivateIsHeldToAPace(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), licence.Options{})
	l := h.sell("victim@example.com", 3)
	h.want("", l, "there")
	deactivate := func(hash, device string) string {
		_, _, err := h.Deactivate(t.Context(), h.program, hash, device, home)
		return codeOf(t, err)
	}
	none := fmt.Sprintf("%064x", 1)
	for range 1000 {
		done := make(chan string, 1)
		go func() { done <- deactivate(none, "x") }()
		if !h.answers(done) {
			break
		}
	}
	probe := make(chan string, 1)
	go func() { probe <- deactivate(l.LicenseKeyHash, "x") }()
	if h.answers(probe) {
		t.Error("whether there is such a licence was told at once")
	}
	for range 2 {
		if got := deactivate(l.LicenseKeyHash, "there"); got != "" {
			t.Errorf("a device that there is: %q", got)
		}
	}
	h.clock.Advance(time.Second)
	if got := <-probe; got != "" {
		t.Error(got)
	}
}

// What is kept about callers is bounded, whatever they send.
func TestGuessesTakeLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	h := newHouse(t, dbtest.SQLite(t), licence.Options{FailuresPerToken: 1 << 30})
	grow := func(n int) uint64 {
		for i := range n {
			h.try("no key at all", fmt.Sprintf("%060d@example.com", i), "d", address(i))
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(h)
		return m.HeapAlloc >> 20
	}
	first := grow(1000)
	if after := grow(400_000); after > first+100 {
		t.Errorf("%d MB after 400,000 callers, %d MB before", after, first)
	} else {
		t.Logf("%d MB, then %d MB", first, after)
	}
}
