package account

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
)

// allowance is how many attempts of a kind are let through in a time that begins with the first of them.
type allowance struct {
	kind  string
	limit int64
	in    time.Duration
}

var (
	perAccount = allowance{"account", 10, 15 * time.Minute} // wrong passwords
	perAddress = allowance{"address", 60, 15 * time.Minute}
	perCode    = allowance{"code", 10, time.Hour}    // wrong second factors of a user whose password is known
	perReset   = allowance{"reset", 3, time.Hour}    // mails to somebody
	perInvite  = allowance{"invite", 3, time.Hour}   // mails of one organization to somebody
	perInvited = allowance{"invited", 10, time.Hour} // and of all together
	perAsker   = allowance{"asker", 30, time.Hour}   // mails that somebody asks for
)

// A subject is what attempts are counted by. The text in the store tells nobody's address.
type subject struct {
	allowance
	key string
}

func (a allowance) of(key string) subject {
	h := sha256.Sum256([]byte(key))
	return subject{a, a.kind + "/" + hex.EncodeToString(h[:])}
}

// network is an address, or for IPv6 the /64 that one customer has.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// count lets an attempt through and counts it, in the one statement that also says how many there were: so parallel
// ones cannot slip by. An attempt that is not let through is a fault with the seconds to wait, and is not counted. What
// turns out not to have been a failure is forgiven afterwards.
func count(tx *db.Tx, subjects ...subject) error {
	for _, s := range subjects {
		t, err := db.One(tx.Context(), tx, scanThrottle, countAttempt, s.key, tx.Now(), tx.Now().Add(-s.in))
		if err != nil {
			return err
		}
		if t.failures > s.limit {
			return throttled(t.since.Add(s.in).Sub(tx.Now()))
		}
	}
	return nil
}

func throttled(wait time.Duration) error {
	wait = max(wait, time.Second)
	f := fault.New(fault.Limited, "throttled", "seconds", int64((wait+time.Second-1)/time.Second))
	f.RetryAfter = wait
	return f
}

// forgive takes one counted attempt back.
func forgive(tx *db.Tx, subjects ...subject) error {
	for _, s := range subjects {
		if _, err := tx.Exec(forgiveAttempt, s.key); err != nil {
			return err
		}
	}
	return nil
}

// forget drops all of somebody's attempts.
func forget(tx *db.Tx, s subject) error {
	_, err := tx.Exec(clearAttempts, s.key)
	return err
}
