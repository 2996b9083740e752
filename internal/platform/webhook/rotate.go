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
	long := previousSecretFor
	if overlap != nil {
		long = *overlap
	}
	if long < 0 || long > maxOverlap {
		return Endpoint{}, fault.InvalidFields(fault.Field{Name: "overlap_hours", Where: "body", Code: "out_of_range",
			Args: []any{"min", 0, "max", int(maxOverlap / time.Hour)}})
	}
	var secret string
	e, err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, e *Endpoint) (err error) {
		if err := e.ofApp(); err != nil {
			return err
		}
		if secret, err = s.rotateKeys(tx, e, c.At, long); err != nil {
			return err
		}
		if _, err = tx.Exec(touchEndpoint, id, who.Org, c.At, c.No); err != nil {
			return err
		}
		return auditEndpoint(tx, who, "rotate_secret", *e)
	})
	if err != nil {
		return Endpoint{}, err
	}
	e.Secret = secret
	return e, nil
}
