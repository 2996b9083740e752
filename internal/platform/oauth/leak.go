package oauth

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/audit"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// Leak is a client whose secret was found where others can read it, and was taken from it for that.
type Leak struct {
	Client Client
	Shown  string // of the secret
	Source string // where it was found, as the finder says; may be empty
}

// ReportLeaked ends a secret that somebody found: that of a client, with the tokens that the client has for itself, or a
// refresh token, with what its person allowed. Whoever holds one may end it, so nobody is asked for leave; what is not ours is
// passed over.
func (s *Service) ReportLeaked(ctx context.Context, secret, source string) error {
	h := hashOf(secret)
	switch prefix, _ := key.Check(secret); prefix {
	case key.RefreshTokenPrefix:
		r, err := db.One(ctx, s.db, scanRefresh, selectRefresh, h[:])
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.End(ctx, r.grant, ForLeak)
	case key.ClientSecretPrefix:
		c, err := db.One(ctx, s.db, scanClient, selectBySecret, h[:])
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.takeSecret(ctx, c, h, secret, source)
	}
	return nil
}

// takeSecret leaves the client without the secret. One that it has no more is as it should be.
func (s *Service) takeSecret(ctx context.Context, c Client, h hash, secret, source string) error {
	who := scope.System(c.Org)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(c.Org))
		if err != nil {
			return err
		}
		took, err := tx.ExecOne(dropSecret, c.ID, h[:], change.At, change.No)
		if err != nil {
			return err
		}
		tookPrevious, err := tx.ExecOne(dropPrevious, c.ID, h[:], change.At, change.No)
		if err != nil || !took && !tookPrevious {
			return err
		}
		if _, err := tx.Exec(revokeOwnGrants, c.ID, tx.Now()); err != nil {
			return err
		}
		tx.ChangeAuthority()
		if err := audit.Append(tx, who, "oauth_client.leaked", "oauth_client", string(c.ID), map[string]any{"name": c.Name, "source": source}); err != nil {
			return err
		}
		if s.leaks == nil {
			return nil
		}
		return s.leaks(tx, Leak{Client: c, Shown: key.ClientSecretPrefix + "…" + secret[len(secret)-4:], Source: source})
	})
}
