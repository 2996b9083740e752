package oauth

import (
	"context"
	"strings"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Patch changes a client; nil leaves a field as it is. Kind and client id never change.
type Patch struct {
	Name         *string      `json:"name,omitempty"`
	RedirectURIs *[]string    `json:"redirect_uris,omitempty"`
	GrantTypes   *[]GrantType `json:"grant_types,omitempty"`
	Scopes       *[]string    `json:"scopes,omitempty"`
}

// Update changes an active client. What it may do less, its tokens may do less on the next request. It needs KeysManage, and
// every scope that the client has, before and afterwards: who changes where answers go could have them, and who takes scopes
// from a client could take over what is left of it. ifMatch is the change number that the caller saw, or 0.
func (s *Service) Update(ctx context.Context, who scope.Principal, id ID, p Patch, ifMatch int64) (Client, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, change *db.Change, c *Client) error {
		if ifMatch != 0 && ifMatch != c.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		if err := c.mustBeActive(); err != nil {
			return err
		}
		if err := mustLast(tx, who); err != nil {
			return err
		}
		if err := mayGive(who, c.Scopes); err != nil {
			return err
		}
		p.apply(c)
		var check fault.Check
		if c.check(&check); check.Err() != nil {
			return check.Err()
		}
		if err := mayGive(who, c.Scopes); err != nil {
			return err
		}
		c.UpdatedAt, c.ChangeNo = change.At, change.No
		if _, err := tx.Exec(updateClient, who.Org, c.ID, c.Name, db.AsJSON(c.RedirectURIs), db.AsJSON(c.GrantTypes), db.AsJSON(c.Scopes),
			c.UpdatedAt, c.ChangeNo); err != nil {
			return err
		}
		return audit.Append(tx, who, "oauth_client.update", "oauth_client", string(c.ID), p)
	})
}

func (p Patch) apply(c *Client) {
	if p.Name != nil {
		c.Name = strings.TrimSpace(*p.Name)
	}
	if p.RedirectURIs != nil {
		c.RedirectURIs = orNone(*p.RedirectURIs)
	}
	if p.GrantTypes != nil {
		c.GrantTypes = *p.GrantTypes
	}
	if p.Scopes != nil {
		c.Scopes = *p.Scopes
	}
}

// MaxOverlap is how long the secret before may count beside a new one.
const MaxOverlap = 30 * 24 * time.Hour

// RotateSecret gives a confidential client a new secret, which only its answer has. The one before counts for the overlap
// longer, or not at all if that is 0. It needs KeysManage, every scope of the client, and a credential
// without an end.
func (s *Service) RotateSecret(ctx context.Context, who scope.Principal, id ID, overlap time.Duration) (Client, string, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return Client{}, "", fault.InvalidFields(fault.Field{Name: "overlap", Where: "body", Code: "overlap_out_of_range"})
	}
	text := ""
	c, err := s.change(ctx, who, id, func(tx *db.Tx, change *db.Change, c *Client) error {
		if err := c.mustBeActive(); err != nil {
			return err
		}
		if c.Kind != Confidential {
			return fault.New(fault.Conflict, "client_has_no_secret")
		}
		if err := mustLast(tx, who); err != nil {
			return err
		}
		if err := mayGive(who, c.Scopes); err != nil {
			return err
		}
		c.previous, c.PreviousSecretUntil = nil, 0
		if overlap > 0 && c.secret != nil { // which it has no more where it had leaked
			c.previous, c.PreviousSecretUntil = c.secret, tx.Now().Add(overlap)
		}
		text = c.renewSecret()
		c.UpdatedAt, c.ChangeNo = change.At, change.No
		if _, err := tx.Exec(updateSecret, who.Org, c.ID, c.secret, c.SecretLastFour, c.previous, c.PreviousSecretUntil, c.UpdatedAt, c.ChangeNo); err != nil {
			return err
		}
		return audit.Append(tx, who, "oauth_client.rotate_secret", "oauth_client", string(c.ID), map[string]any{"overlap_s": int64(overlap.Seconds())})
	})
	if err != nil {
		return Client{}, "", err
	}
	return c, text, nil
}

// Revoke ends a client for good, with every grant and token that it has. It needs KeysManage.
func (s *Service) Revoke(ctx context.Context, who scope.Principal, id ID) (Client, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, change *db.Change, c *Client) error {
		if err := c.mustBeActive(); err != nil {
			return err
		}
		c.Status, c.UpdatedAt, c.ChangeNo = Revoked, change.At, change.No
		if _, err := tx.Exec(revokeClient, who.Org, c.ID, c.UpdatedAt, c.ChangeNo); err != nil {
			return err
		}
		if _, err := tx.Exec(revokeGrantsOfClient, c.ID, tx.Now()); err != nil {
			return err
		}
		return audit.Append(tx, who, "oauth_client.revoke", "oauth_client", string(c.ID), map[string]any{"name": c.Name})
	})
}

// change reads a client to be changed and calls fn with it.
func (s *Service) change(ctx context.Context, who scope.Principal, id ID, fn func(*db.Tx, *db.Change, *Client) error) (c Client, err error) {
	if err := who.Need(scope.KeysManage); err != nil {
		return Client{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if c, err = load(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		tx.ChangeAuthority()
		return fn(tx, change, &c)
	})
	if err != nil {
		return Client{}, err
	}
	return c, nil
}

func (c Client) mustBeActive() error {
	if c.Status == Active {
		return nil
	}
	return fault.New(fault.Conflict, "state_conflict", "state", c.Status).With("state", c.Status)
}
