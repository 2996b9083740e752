package webhook

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// RotateSecret gives an endpoint a new secret, which this answer shows. For 72 hours deliveries are signed with the
// one before as well.
func (s *Service) RotateSecret(ctx context.Context, who scope.Principal, id EndpointID) (Endpoint, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Endpoint{}, err
	}
	secret := newSecret()
	e, err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, e *Endpoint) error {
		sealed, err := db.One(tx.Context(), tx, db.Scalar[[]byte], selectSecrets, id, who.Org)
		if err != nil {
			return err
		}
		old, err := s.box.Open(sealed, table, string(id), "secret")
		if err != nil {
			return err
		}
		e.PreviousSecretUntil = c.At.Add(previousSecretFor)
		_, err = tx.Exec(rotateSecret, id, who.Org, s.box.Seal([]byte(secret), table, string(id), "secret"), c.At,
			s.box.Seal(old, table, string(id), "previous_secret"), e.PreviousSecretUntil, c.No)
		if err != nil {
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
