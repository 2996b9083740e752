package webhook

import (
	"context"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// maxOverlap bounds how long secrets before the last one may go on signing.
const maxOverlap = 7 * 24 * time.Hour

// RotateSecret gives an endpoint a new secret, which this answer shows, and a new key pair where it has one. For overlap
// longer, 72 hours if nil, deliveries are signed with those before as well; 0 ends them at once, for a secret that leaked.
func (s *Service) RotateSecret(ctx context.Context, who scope.Principal, id EndpointID, overlap *time.Duration) (Endpoint, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Endpoint{}, err
	}
	long, err := overlapOf(overlap)
	if err != nil {
		return Endpoint{}, err
	}
	var secret string
	e, err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, e *Endpoint) (err error) {
		if err := e.ofApp(); err != nil {
			return err
		}
		secret, err = s.rotate(tx, who, c, e, long)
		return err
	})
	if err != nil {
		return Endpoint{}, err
	}
	e.Secret = secret
	return e, nil
}

// overlapOf is how long the secrets before go on signing.
func overlapOf(overlap *time.Duration) (time.Duration, error) {
	if overlap == nil {
		return previousSecretFor, nil
	}
	if *overlap < 0 || *overlap > maxOverlap {
		return 0, fault.InvalidFields(fault.Field{Name: "overlap_hours", Where: "body", Code: "out_of_range",
			Args: []any{"min", 0, "max", int(maxOverlap / time.Hour)}})
	}
	return *overlap, nil
}

func (s *Service) rotate(tx *db.Tx, who scope.Principal, c *db.Change, e *Endpoint, overlap time.Duration) (secret string, err error) {
	if secret, err = s.rotateKeys(tx, e, c.At, overlap); err != nil {
		return "", err
	}
	if _, err = tx.Exec(touchEndpoint, e.ID, who.Org, c.At, c.No); err != nil {
		return "", err
	}
	return secret, auditEndpoint(tx, who, "rotate_secret", *e)
}
