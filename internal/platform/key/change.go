package key

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// mayManage lets in who may change the organization's keys, or at least the tokens of their own.
func mayManage(who scope.Principal) error {
	if self(who) != "" || who.Can(scope.AppsManage) {
		return nil // change looks whose it is
	}
	return who.Need(scope.KeysManage)
}

// self is the member whose own tokens are a principal's business without any scope. To a program that a member let in for
// some scopes, they are none: it could make itself a token that outlasts its own.
func self(who scope.Principal) string {
	if who.Kind == scope.KindOAuth {
		return ""
	}
	return who.MemberID
}

// change reads a key to be changed and calls fn with it and the change, if who may find it.
func (s *Service) change(ctx context.Context, who scope.Principal, id ID, fn func(*db.Tx, *db.Change, Key) error) error {
	if err := mayManage(who); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		k, err := loadKey(tx.Context(), tx, who.Org, id, tx.Now())
		if err := mayFind(who, k, err); err != nil {
			return err
		}
		tx.ChangeAuthority()
		return fn(tx, c, k)
	})
}

// mayFind says what who is told of a key that was looked up with err. To whom no key but their own is any business, keys of
// others and keys that there are not are alike; and so are to whom apps are none, the keys of apps and those that there are not.
func mayFind(who scope.Principal, k Key, err error) error {
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	right := scope.KeysManage
	if err == nil && k.Kind == scope.KindApp {
		right = scope.AppsManage
	}
	switch {
	case who.Can(right), err == nil && self(who) != "" && k.MemberID == self(who):
		return err
	case who.Can(scope.KeysManage):
		return fault.NotFoundFor("api_key")
	}
	return who.Need(scope.KeysManage)
}

// stateConflict answers a verb that the key's state does not allow.
func stateConflict(state Status) error {
	return fault.New(fault.Conflict, "state_conflict", "state", state).With("state", state)
}
