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
	org           scope.OrgID
	active        bool
	url           *url.URL
	secrets       []string // the primary one first
	previousUntil clock.Time
}

// signing returns the secrets to sign with at a time.
func (t *target) signing(at clock.Time) []string {
	if len(t.secrets) > 1 && t.previousUntil <= at {
		return t.secrets[:1]
	}
	return t.secrets
}

func (s *Service) loadTarget(ctx context.Context, id EndpointID) (*target, error) {
	t := &target{}
	var raw string
	var sealed, previous []byte
	err := s.db.QueryRow(ctx, selectTarget, id).Scan(&t.org, &raw, &t.active, &sealed, &previous, &t.previousUntil)
	if db.NoRows(err) {
		return t, nil // as good as disabled
	}
	if err != nil {
		return nil, fault.Wrap(err, "read webhook endpoint")
	}
	if t.url, err = url.Parse(raw); err != nil {
		return nil, err
	}
	secret, err := s.box.Open(sealed, table, string(id), "secret")
	if err != nil {
		return nil, err
	}
	t.secrets = []string{string(secret)}
	if previous != nil {
		if secret, err = s.box.Open(previous, table, string(id), "previous_secret"); err != nil {
			return nil, err
		}
		t.secrets = append(t.secrets, string(secret))
	}
	return t, nil
}
