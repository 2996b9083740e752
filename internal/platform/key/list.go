package key

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list of keys.
type Filter struct {
	Kind     scope.Kind
	Status   Status
	MemberID string
}

// List returns the organization's keys and tokens in the order of their last change.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Key], error) {
	if err := who.Need(scope.KeysManage); err != nil {
		return page.Of[Key]{}, err
	}
	now := clock.Of(s.clock.Now())
	w := f.where(who.Org, now)
	w.And("(k.change_no, k.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	query := selectKeys + w.SQL() + " ORDER BY k.change_no, k.id LIMIT " + w.Next()
	rows, err := db.All(ctx, s.db, scanKey, query, w.Args(p.Limit+1)...)
	for i := range rows {
		s.finish(&rows[i], now)
	}
	return page.Cut(rows, p.Limit), err
}

func (f Filter) where(org scope.OrgID, now clock.Time) *db.Where {
	var w db.Where
	w.And("k.org_id = ?", org)
	if f.Kind != "" {
		w.And("k.kind = ?", f.Kind)
	}
	if f.MemberID != "" {
		w.And("k.member_id = ?", f.MemberID)
	}
	const live = "k.status = 'active' AND (m.status IS NULL OR m.status = 'active')"
	switch f.Status {
	case "":
	case Active:
		w.And(live+" AND (k.expires_at IS NULL OR k.expires_at > ?)", now)
	case Expired:
		w.And(live+" AND k.expires_at <= ?", now)
	case Revoked:
		w.And("(k.status = 'revoked' OR m.status = 'removed')")
	default:
		w.And("k.status = ? AND (m.status IS NULL OR m.status = 'active')", f.Status)
	}
	return &w
}

// Get returns one key.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (Key, error) {
	if err := who.Need(scope.KeysManage); err != nil {
		return Key{}, err
	}
	now := clock.Of(s.clock.Now())
	k, err := loadKey(ctx, s.db, who.Org, id, now)
	s.finish(&k, now)
	return k, err
}

// finish adds to a key as it is stored what depends on the present.
func (s *Service) finish(k *Key, now clock.Time) {
	k.Status = k.status(now)
	if at := s.uses.last(k.ID); at > k.LastUsedAt {
		k.LastUsedAt = at
	}
}
