package licence

import (
	"cmp"
	"context"
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
// That alone would let one address try as fast as it can send. So beyond the last limit, pace, every call from an address
// that is wrong too often waits its turn, the right ones too, at the same pace: up to patience, and only then it is
// refused. With the default, an address tries 600 keys a minute: of a key whose license_ref is known, it finds the
// other 40 bits in 3,486 years.
const (
	failuresPerAddress = 60
	failuresPerToken   = 3000
	failuresPerEmail   = 20

	pace     = 600 // wrong ones a minute of one address
	patience = 5 * time.Second
)

type guesses struct {
	clock                       clock.Clock
	address, token, email, slow *limit.Limiter
}

func newGuesses(o Options, c clock.Clock) guesses {
	return guesses{
		clock:   c,
		address: limit.New(cmp.Or(o.FailuresPerAddress, failuresPerAddress), time.Minute, c),
		token:   limit.New(cmp.Or(o.FailuresPerToken, failuresPerToken), time.Minute, c),
		email:   limit.New(cmp.Or(o.FailuresPerEmail, failuresPerEmail), time.Minute, c),
		slow:    limit.New(pace, time.Minute, c),
	}
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

// enter lets a caller in, at once or, where its address was wrong too often, in its turn. done tells afterwards whether the
// call was a wrong one.
func (g *guesses) enter(ctx context.Context, from netip.Addr) (done func(wrong bool), err error) {
	address := network(from)
	wait, r := g.slow.Reserve(address, patience)
	if !r.OK {
		return nil, r.Err()
	}
	if wait > 0 {
		ready, stop := g.clock.After(wait)
		select {
		case <-ready:
		case <-ctx.Done():
			stop()
			return nil, ctx.Err()
		}
	}
	return func(wrong bool) {
		if !wrong {
			g.slow.Return(address)
		}
	}, nil
}

// wrong counts a failure, and returns what to answer: why, or that there were too many.
func (g *guesses) wrong(from netip.Addr, token, email string, why *fault.Error) error {
	var refused error
	later := time.Duration(0)
	for _, r := range []limit.Result{
		g.address.Take(network(from), 0), g.token.Take(token, 0), g.email.Take(token+" "+email, 0),
	} {
		if !r.OK && r.RetryAfter > later {
			refused, later = r.Err(), r.RetryAfter
		}
	}
	if refused != nil {
		return refused
	}
	return why
}
