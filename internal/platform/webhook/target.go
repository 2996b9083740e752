package webhook

import (
	"context"
	"net/url"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// target is what sending to an endpoint takes, read under one epoch of authority.
type target struct {
	org         scope.OrgID
	active      bool
	url         *url.URL
	keys        []signingKey // the newest first
	concurrency int          // requests at once
	rateLimit   int          // deliveries a second; 0: as many as it takes
	changeNo    int64        // of the endpoint's last change
}

// signing returns what to sign with at a time.
func (t *target) signing(at clock.Time) []signer {
	live := make([]signer, 0, len(t.keys))
	for _, k := range t.keys {
		if k.expiresAt == 0 || k.expiresAt > at {
			live = append(live, k.signer)
		}
	}
	return live
}

func (s *Service) loadTarget(ctx context.Context, id EndpointID) (*target, error) {
	t := &target{concurrency: s.policy.Concurrency}
	var raw string
	var concurrency, rate *int
	err := s.db.QueryRow(ctx, selectTarget, id).Scan(&t.org, &raw, &t.active, &concurrency, &rate, &t.changeNo)
	if db.NoRows(err) {
		return t, nil // as good as disabled
	}
	if err != nil {
		return nil, fault.Wrap(err, "read webhook endpoint")
	}
	if concurrency != nil {
		t.concurrency = *concurrency
	}
	if rate != nil {
		t.rateLimit = *rate
	}
	if t.url, err = url.Parse(raw); err != nil {
		return nil, err
	}
	t.keys, err = s.signingKeys(ctx, s.db, id)
	return t, fault.Wrap(err, "read signing keys")
}
