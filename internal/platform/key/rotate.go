package key

import (
	"context"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// MaxOverlap is how long the old key may stay valid beside its successor.
const MaxOverlap = 30 * 24 * time.Hour

// Rotate mints the successor of an active key, with the same name, scopes, addresses, expiry and member, and keeps the
// old one valid for the overlap, or not at all if it is 0. Of an app's key the successor has the scopes that are approved
// still. A key is rotated once; then its successor is. Only the
// member themself and the operator rotate a management token.
func (s *Service) Rotate(ctx context.Context, who scope.Principal, old ID, overlap time.Duration) (Key, string, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return Key{}, "", fault.InvalidFields(fault.Field{Name: "overlap", Where: "body", Code: "overlap_out_of_range"})
	}
	var next Key
	var token string
	newID := ID(id.New())
	err := s.change(ctx, who, old, func(tx *db.Tx, c *db.Change, k Key) error {
		err := mayRotate(tx, who, k)
		if err != nil {
			return err
		}
		next = k
		next.EndedScopes = nil
		if next.ExpiresAt, err = capExpiry(tx, who, k); err != nil {
			return err
		}
		next.ID, next.RotatedFrom, next.CreatedBy, next.LastUsedAt = newID, string(old), who.Label, 0
		token = NewToken(k.Prefix)
		next.LastFour = token[len(token)-4:]
		if err := retire(tx, who, c, k, overlap); err != nil {
			return err
		}
		if err := audit.Append(tx, who, "api_key.rotate", "api_key", string(old),
			map[string]any{"successor": newID, "overlap_s": int64(overlap.Seconds())}); err != nil {
			return err
		}
		return enter(tx, who, &next, hashOf(token), "api_key.mint")
	})
	if err != nil {
		return Key{}, "", err
	}
	return next, token, nil
}

func mayRotate(tx *db.Tx, who scope.Principal, k Key) error {
	if k.Kind == scope.KindManagement && string(k.ID) != who.ID {
		set, _ := scope.ParseSet(k.Scopes)
		if err := mayHold(who, k.MemberID, set); err != nil {
			return err
		}
	}
	if k.Status != Active {
		return stateConflict(k.Status)
	}
	if k.Kind == scope.KindApp && len(k.Scopes) == 0 {
		return fault.New(fault.Conflict, "no_scopes_left")
	}
	_, err := db.One(tx.Context(), tx, db.Scalar[string], selectSuccessor, who.Org, k.ID)
	if db.NoRows(err) {
		return nil
	}
	if err == nil {
		return stateConflict("rotated")
	}
	return err
}

// retire ends the old key when the overlap is over, unless it ends before.
func retire(tx *db.Tx, who scope.Principal, c *db.Change, k Key, overlap time.Duration) error {
	if overlap == 0 {
		return revoke(tx, who, c, &k)
	}
	end := tx.Now().Add(overlap)
	if k.ExpiresAt != 0 && k.ExpiresAt < end {
		end = k.ExpiresAt
	}
	ok, err := tx.ExecOne(expireKey, who.Org, k.ID, end, c.At, c.No)
	if err == nil && !ok {
		return stateConflict(k.Status)
	}
	return err
}
