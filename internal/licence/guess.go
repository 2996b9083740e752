package licence

import (
	"cmp"
	"context"
	"crypto/sha256"
	"net/netip"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/limit"
)

// Who tries keys that they have not got is slowed down, and an honest customer never pays for it. Three limits count wrong
// answers to Activate, 404 and 400, a minute each: by the caller's address, by client token in sum, and by client token
// and e-mail. A call with the right key and the right e-mail is not held against any of them: the client token is in every
// copy of the program, the address may be an office's, and the e-mail is known to others. While a limit is used up, a wrong
// key and a key of another e-mail are both answered 429, which tells a guesser nothing.
//
// That alone would let one address try as fast as it can send, for among the refusals a right guess would still stand out.
// So there is a pace as well: beyond it, the calls that come from one address for one e-mail wait their turn, right and wrong
// ones alike, and are refused alike when the wait would be longer than patience. Three things keep that from honest
// customers. Only wrong calls use the pace up. It is of an address and an e-mail together, so that what is tried for other
// people from the same office, or for the same customer from anywhere else, delays nobody. And a device that the licence
// knows is let through at once, unless wrong calls that named the same device used its own pace up: e-mail, license_ref and
// device hash stand together in every token. What is left is a device that is new, of a
// customer at whose own address somebody tries keys for that same customer faster than pace. It waits, for up to patience.
//
// With the default, an address tries 600 keys a minute for an e-mail: of a key whose license_ref is known, it finds the other
// 40 bits in 3,486 years. Who spreads the guesses over the e-mails of many customers is held by that for each of them.
//
// Deactivate has no e-mail, and would tell a guesser whether a key exists. Its calls that name no device of a licence are
// held to the same pace, by address. It has no other limit.
const (
	failuresPerAddress = 60
	failuresPerToken   = 3000
	failuresPerEmail   = 20

	pace     = 600 // wrong ones a minute, from one address for one e-mail
	patience = 5 * time.Second
)

type guesses struct {
	clock                       clock.Clock
	address, token, email, slow *limit.Limiter
	links                       *limit.Limiter // that are mailed to customers
}

func newGuesses(o Options, c clock.Clock) guesses {
	return guesses{
		clock:   c,
		address: limit.New(cmp.Or(o.FailuresPerAddress, failuresPerAddress), time.Minute, c),
		token:   limit.New(cmp.Or(o.FailuresPerToken, failuresPerToken), time.Minute, c),
		email:   limit.New(cmp.Or(o.FailuresPerEmail, failuresPerEmail), time.Minute, c),
		slow:    limit.New(pace, time.Minute, c),
		links:   limit.New(linksPerNetwork, time.Hour, c),
	}
}

// guess is a call that may be one: from where, with which client token, for which e-mail.
type guess struct {
	from         netip.Addr
	token, email string
	device       string
}

// network is what counts as one address: of IPv6 the 64 bits that a customer gets.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// named is a short name for two texts together, since who calls chooses how long an e-mail is.
func named(a, b string) string {
	sum := sha256.Sum256([]byte(a + "\x00" + b))
	return string(sum[:16])
}

// admit decides about a call, of which found tells what came of looking its licence up. It returns what to answer, or nil for
// a call that may go on, and whether that had to wait: what was found is old then.
func (g *guesses) admit(ctx context.Context, c guess, knownDevice bool, found error) (waited bool, err error) {
	wrong := isWrong(found)
	switch {
	case found != nil && !wrong:
		return false, found
	case knownDevice:
		return g.turn(ctx, c.from, withDevice(c.email, c.device), false)
	}
	if wrong {
		g.naming(c.from, c.email, c.device)
	}
	waited, err = g.turn(ctx, c.from, c.email, wrong)
	if err != nil || !wrong {
		return waited, err
	}
	refused, later := found, time.Duration(0)
	count := func(r limit.Result) bool {
		if !r.OK && r.RetryAfter > later {
			refused, later = r.Err(), r.RetryAfter
		}
		return r.OK
	}
	if count(g.address.Take(network(c.from), 0)) { // who is refused for its address uses up nothing of others
		count(g.token.Take(c.token, 0))
		count(g.email.Take(named(c.token, c.email), 0))
	}
	return waited, refused
}

// naming counts a wrong call that named a device: guesses with it are held to a pace of their own, which a right call that
// names it waits for as well.
func (g *guesses) naming(from netip.Addr, kind, device string) {
	g.slow.Reserve(named(network(from), withDevice(kind, device)), patience)
}

func withDevice(kind, device string) string { return kind + "\x00" + device }

// isWrong tells the faults that a guess is answered with.
func isWrong(err error) bool {
	return fault.Is(err, "license_not_found") || fault.Is(err, "license_not_linked_to_email")
}

// turn lets a call go on, at once or, where there were too many wrong ones of its kind, in its turn.
func (g *guesses) turn(ctx context.Context, from netip.Addr, kind string, wrong bool) (waited bool, err error) {
	name := named(network(from), kind)
	wait, r := g.slow.Reserve(name, patience)
	if !r.OK {
		return false, r.Err()
	}
	if !wrong {
		defer g.slow.Return(name)
	}
	if wait <= 0 {
		return false, nil
	}
	ready, stop := g.clock.After(wait)
	select {
	case <-ready:
		return true, nil
	case <-ctx.Done():
		stop()
		return true, ctx.Err()
	}
}
