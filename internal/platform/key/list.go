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
	AppID    string // of an app's keys; they are its builder's
	Newest   bool   // what was changed last comes first
}

// List returns the organization's keys and tokens in the order of their last change. A list of management tokens is
// anybody's: without KeysManage it has only the member's own.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Key], error) {
	if f.Kind == scope.KindApp {
		if err := who.Need(scope.AppsManage); err != nil {
			return page.Of[Key]{}, err
		}
	} else if !who.Can(scope.KeysManage) {
		if f.Kind != scope.KindManagement || self(who) == "" || f.MemberID != "" && f.MemberID != self(who) {
			return page.Of[Key]{}, who.Need(scope.KeysManage)
		}
		f.MemberID = self(who)
	}
	now := clock.Of(s.clock.Now())
	w := f.where(who.Org, now)
	order := oldestFirst
	switch {
	case !f.Newest:
		w.And("(k.change_no, k.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	case !p.After.Zero():
		w.And("(k.change_no, k.id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	if f.Newest {
		order = newestFirst
	}
	query := selectKeys + w.SQL() + order + w.Next()
	rows, err := db.All(ctx, s.db, scanKey, query, w.Args(p.Limit+1)...)
	if err != nil {
		return page.Of[Key]{}, err
	}
	shown := make([]*Key, len(rows))
	for i := range rows {
		s.finish(&rows[i], now)
		shown[i] = &rows[i]
	}
	err = setApart(ctx, s.db, shown...)
	return page.Cut(rows, p.Limit), err
}

func (f Filter) where(org scope.OrgID, now clock.Time) *db.Where {
	var w db.Where
	w.And("k.org_id = ?", org)
	if f.Kind != "" {
		w.And("k.kind = ?", f.Kind)
	}
	if f.AppID != "" {
		w.And("k.app_id = ?", f.AppID)
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

// Get returns one key. Without KeysManage a member finds no other than the tokens of their own.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (Key, error) {
	if err := mayManage(who); err != nil {
		return Key{}, err
	}
	now := clock.Of(s.clock.Now())
	k, err := loadKey(ctx, s.db, who.Org, id, now)
	if err := mayFind(who, k, err); err != nil {
		return Key{}, err
	}
	s.finish(&k, now)
	return k, nil
}

// finish adds to a key as it is stored what depends on the present.
func (s *Service) finish(k *Key, now clock.Time) {
	k.Status = k.status(now)
	if at, addr := s.uses.last(k.ID); at > k.LastUsedAt {
		k.LastUsedAt, k.LastAddress = at, addressText(addr)
	}
}
