package webhook

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// refusals tell the operator what was refused, and which option would allow it. The owner of an endpoint learns only
// that the address is not public, because where names point inside is nobody else's business.
type refusals struct {
	log *slog.Logger

	mu   sync.Mutex
	told map[netip.Addr]time.Time
}

// The log names an address once in this time, and no more addresses than this: who makes endpoints cannot fill it.
const (
	tellEvery = 10 * time.Minute
	tellMost  = 100
)

func (r *refusals) tell(a netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.log == nil || !a.IsValid() {
		return
	}
	now := time.Now()
	for known, at := range r.told {
		if now.Sub(at) > tellEvery {
			delete(r.told, known)
		}
	}
	if _, ok := r.told[a]; ok || len(r.told) >= tellMost {
		return
	}
	if r.told == nil {
		r.told = map[netip.Addr]time.Time{}
	}
	r.told[a] = now
	r.log.Warn("webhook target refused: not a public address", "address", a.String(), "option", "--webhook-allow "+netip.PrefixFrom(a, a.BitLen()).String())
}
