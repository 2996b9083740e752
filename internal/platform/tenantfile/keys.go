package tenantfile

import (
	"context"
	"fmt"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// NewKey is what Create is told.
type NewKey struct {
	Name        string
	Enabled     bool
	Permissions []string
}

// List returns every key of the document in force, in its order.
func (s *Service) List(ctx context.Context, who scope.Principal) ([]Key, error) {
	if err := who.Need(scope.TenantKeysRead); err != nil {
		return nil, err
	}
	p, err := s.present(ctx, who)
	if err != nil {
		return nil, err
	}
	last, err := s.lastUses(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, 0, len(p.doc.Entries()))
	for _, e := range p.doc.Entries() {
		keys = append(keys, keyOf(e, last[e.Name]))
	}
	return keys, nil
}

// Get returns one key of the document in force.
func (s *Service) Get(ctx context.Context, who scope.Principal, name string) (Key, error) {
	keys, err := s.List(ctx, who)
	if err != nil {
		return Key{}, err
	}
	for _, k := range keys {
		if k.Name == name {
			return k, nil
		}
	}
	return Key{}, fault.NotFoundFor("api_key")
}

// Create adds a key, and returns it with its token, which nothing shows again. A name that is taken is a Conflict.
func (s *Service) Create(ctx context.Context, who scope.Principal, n NewKey) (Key, string, error) {
	if err := who.Need(scope.TenantKeysWrite); err != nil {
		return Key{}, "", err
	}
	var c fault.Check
	c.Require(CheckName(n.Name), "name", "security_name", "max", MaxName)
	rights := permissionFields(&c, n.Permissions)
	if err := c.Err(); err != nil {
		return Key{}, "", err
	}
	if err := mayGive(who, rights); err != nil {
		return Key{}, "", err
	}
	id, ok := parseUUID(who.Org)
	if !ok {
		return Key{}, "", fault.NotFoundFor("organization")
	}
	token := newToken(id)
	e := Entry{Name: n.Name, Hash: hashOf(token), Enabled: n.Enabled, Permissions: n.Permissions, Rights: rights}
	err := s.change(ctx, who, FromAPI, func(d *Document, _ int64, now clock.Time) (*Document, *note, error) {
		if _, taken := d.Find(n.Name); taken {
			return nil, nil, fault.New(fault.Conflict, "key_name_taken", "name", n.Name)
		}
		e.CreatedAt = clock.Of(now.Std().Truncate(time.Second))
		next, err := d.Add(e)
		return next, &note{verb: "tenant_key.create", name: n.Name, detail: map[string]any{"enabled": n.Enabled, "permissions": n.Permissions}}, err
	})
	if err != nil {
		return Key{}, "", err
	}
	return keyOf(e, 0), token, nil
}

// Update enables or disables a key and, where permissions is not nil, gives it others. From its return on no request is
// let in with what it could before.
func (s *Service) Update(ctx context.Context, who scope.Principal, name string, enabled bool, permissions *[]string) (Key, error) {
	if err := who.Need(scope.TenantKeysWrite); err != nil {
		return Key{}, err
	}
	var rights scope.Set
	if permissions != nil {
		var c fault.Check
		rights = permissionFields(&c, *permissions)
		if err := c.Err(); err != nil {
			return Key{}, err
		}
		if err := mayGive(who, rights); err != nil {
			return Key{}, err
		}
	}
	var e Entry
	err := s.change(ctx, who, FromAPI, func(d *Document, _ int64, _ clock.Time) (*Document, *note, error) {
		old, ok := d.Find(name)
		if !ok {
			return nil, nil, fault.NotFoundFor("api_key")
		}
		if permissions == nil && enabled && !old.Enabled { // it would be given back what it had
			if err := mayGive(who, old.Rights); err != nil {
				return nil, nil, err
			}
		}
		next, err := d.Change(name, enabled, permissions)
		if err != nil {
			return nil, nil, err
		}
		e, _ = next.Find(name)
		return next, &note{verb: "tenant_key.update", name: name, detail: map[string]any{"enabled": e.Enabled, "permissions": e.Permissions}}, nil
	})
	if err != nil {
		return Key{}, err
	}
	last, _ := s.lastUses(ctx, who.Org) // what was done is answered, whether or not its last use is known
	return keyOf(e, last[name]), nil
}

// Delete takes a key out. From its return on no request is let in with it.
func (s *Service) Delete(ctx context.Context, who scope.Principal, name string) error {
	if err := who.Need(scope.TenantKeysWrite); err != nil {
		return err
	}
	return s.change(ctx, who, FromAPI, func(d *Document, _ int64, _ clock.Time) (*Document, *note, error) {
		if _, ok := d.Find(name); !ok {
			return nil, nil, fault.NotFoundFor("api_key")
		}
		next, err := d.Remove(name)
		return next, &note{verb: "tenant_key.delete", name: name, detail: map[string]any{}}, err
	})
}

func keyOf(e Entry, used clock.Time) Key {
	permissions := e.Permissions
	if permissions == nil {
		permissions = []string{}
	}
	return Key{Name: e.Name, Enabled: e.Enabled, Permissions: permissions, CreatedAt: e.CreatedAt, LastUsedAt: used}
}

// permissionFields notes what is wrong with a list of permissions, and returns what it comes to.
func permissionFields(c *fault.Check, names []string) scope.Set {
	if bad, code, args := checkPermissions(names); bad >= 0 {
		c.Bad(fmt.Sprintf("permissions[%d]", bad), code, args...)
		return 0
	}
	return rightsOf(names)
}

// mayGive refuses to give a key what its giver does not hold.
func mayGive(who scope.Principal, rights scope.Set) error {
	if who.Can(scope.All) {
		return nil
	}
	for _, i := range scope.Catalogue() {
		if rights.Has(i.Scope) && (i.Scope == scope.All || !rights.Has(scope.All)) {
			if err := who.Need(i.Scope); err != nil {
				return err
			}
		}
	}
	return nil
}

// present is a tenant's document as it is now, for its administration.
func (s *Service) present(ctx context.Context, who scope.Principal) (present, error) {
	t, err := s.of(ctx, who)
	if err != nil {
		return present{}, err
	}
	if s.files == nil {
		p := present{}
		if p.known, err = s.known(ctx, s.db, t.org); err == nil {
			p.doc, p.fault = p.known.parsed()
		}
		return p, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.load(ctx, t, false)
}

// lastUses returns when the keys of a tenant were used last, by name.
func (s *Service) lastUses(ctx context.Context, org scope.OrgID) (map[string]clock.Time, error) {
	fresh := s.uses.of(org) // before the store is asked: what is written meanwhile is not missed
	stored, err := db.All(ctx, s.db, scanUse, selectUses, org)
	if err != nil {
		return nil, err
	}
	last := map[string]clock.Time{}
	for _, u := range stored {
		last[u.name] = u.at
	}
	for name, at := range fresh {
		last[name] = max(last[name], at)
	}
	return last, nil
}
