package market

import (
	"context"
	"time"

	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

const revealSecret = `UPDATE app_installations SET secret_revealed_at = $2 WHERE id = $1`

// RevealSecret shows the builder the secret of an installation's endpoint, once.
func (s *Service) RevealSecret(ctx context.Context, who scope.Principal, install InstallID) (Evidence, string, error) {
	return s.secret(ctx, who, install, "reveal_secret", func(a *action) (string, map[string]any, error) {
		if a.i.SecretRevealedAt != 0 {
			return "", nil, fault.New(fault.Conflict, "already_revealed")
		}
		secret, err := s.webhooks.InstallationSecret(a.tx, a.i.endpoint())
		return secret, nil, err
	})
}

// RotateSecret gives an installation's endpoint another secret, which this answer shows the builder. For overlap longer, 72
// hours if nil, deliveries are signed with those before as well; 0 ends them at once, for one that leaked or that a builder
// before knows.
func (s *Service) RotateSecret(ctx context.Context, who scope.Principal, install InstallID, overlap *time.Duration) (Evidence, string, error) {
	return s.secret(ctx, who, install, "rotate_secret", func(a *action) (string, map[string]any, error) {
		secret, long, err := s.webhooks.RotateInstallation(a.tx, a.consumers(), a.i.endpoint(), overlap)
		return secret, map[string]any{"overlap_s": int64(long.Seconds())}, err
	})
}

// secret runs a verb that shows the builder the secret of an installation's endpoint.
func (s *Service) secret(ctx context.Context, who scope.Principal, install InstallID, verb string, show func(*action) (string, map[string]any, error)) (Evidence, string, error) {
	var secret string
	e, err := s.act(ctx, who, install, func(a *action) (_ told, err error) {
		if a.who.Org == a.i.Builder.ID && a.who.Can(scope.AppsManage) {
			a.side = Builder // also of an app that its builder installed at home
		}
		if err := a.only(Builder); err != nil {
			return told{}, err
		}
		if a.i.EndpointID == nil {
			return told{}, fault.New(fault.Conflict, "no_endpoint")
		}
		say := told{verb: verb}
		if secret, say.detail, err = show(a); err != nil {
			return told{}, err
		}
		_, err = a.tx.Exec(revealSecret, a.i.ID, a.b.At)
		return say, err
	})
	return e, secret, err
}
