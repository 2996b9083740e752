package key

import (
	"context"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Leak is a key that was found where others can read it, and was revoked for that.
type Leak struct {
	Org    scope.OrgID
	Key    Key
	Source string // where it was found, as the finder says; may be empty
}

const (
	// MaxLeaked is how many tokens a report may name.
	MaxLeaked = 1000
	maxSource = 500
)

// ReportLeaked revokes the keys behind tokens that somebody found, and has their organizations told. Whoever holds a token may
// end it, so nobody is asked for leave; what is not one of ours is passed over, and nothing tells which was. Texts around
// a token, such as quotes, must be gone.
func (s *Service) ReportLeaked(ctx context.Context, tokens []string, source string) error {
	var c fault.Check
	c.Require(len(tokens) > 0, "tokens", "required")
	c.Require(len(tokens) <= MaxLeaked, "tokens", "too_many", "max", MaxLeaked)
	c.Require(len(source) <= maxSource, "source", "too_long", "max", maxSource)
	if err := c.Err(); err != nil {
		return err
	}
	var hashes [][]byte
	for _, token := range tokens {
		token = strings.TrimSpace(token)
		if prefix, ok := Check(token); ok && (prefix == PublicPrefix || prefix == ManagementPrefix) {
			h := hashOf(token)
			hashes = append(hashes, h[:])
		}
	}
	for _, h := range hashes {
		if err := s.endLeaked(ctx, h, source); err != nil {
			return err
		}
	}
	return nil
}

// endLeaked revokes the key with a hash. One that has gone to another organization meanwhile, with its app, is looked for again.
func (s *Service) endLeaked(ctx context.Context, h []byte, source string) error {
	for {
		k, err := db.One(ctx, s.db, scanOwned, selectByHash, h)
		if db.NoRows(err) {
			return nil
		}
		if err == nil {
			err = s.revokeLeaked(ctx, k.org, k.id, source)
		}
		if fault.KindOf(err) != fault.NotFound || err == nil {
			return err
		}
	}
}

const selectByHash = `SELECT org_id, id FROM api_keys WHERE hash = $1 AND status <> 'revoked'`

type ownedKey struct {
	org scope.OrgID
	id  ID
}

func scanOwned(s db.Scanner) (k ownedKey, err error) {
	err = s.Scan(&k.org, &k.id)
	return k, err
}

// revokeLeaked ends one key; one that was ended meanwhile is as it should be.
func (s *Service) revokeLeaked(ctx context.Context, org scope.OrgID, id ID, source string) error {
	who := scope.System(org)
	err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, k Key) error {
		if err := revoke(tx, who, c, &k); err != nil {
			return err
		}
		if err := audit.Append(tx, who, "api_key.leaked", "api_key", string(id), map[string]any{"name": k.Name, "source": source}); err != nil {
			return err
		}
		if s.leaks == nil {
			return nil
		}
		return s.leaks(tx, Leak{Org: org, Key: k, Source: source})
	})
	if fault.Is(err, "state_conflict") {
		return nil
	}
	return err
}
