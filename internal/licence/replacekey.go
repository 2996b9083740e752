package licence

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// ReplaceKey gives a licence a new key, which is shown once; the old one is worth nothing from then on. Its devices stay, and
// need the new key for their next token. It needs LicencesManage.
func (s *Service) ReplaceKey(ctx context.Context, who scope.Principal, id ID) (l Licence, key string, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return l, "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		l, key, err = s.replaceIn(tx, who, id)
		return err
	})
	return l, key, err
}

// replaceIn is ReplaceKey in a transaction, for who has been let in.
func (s *Service) replaceIn(tx *db.Tx, who scope.Principal, id ID) (l Licence, key string, err error) {
	change, err := tx.Change(string(who.Org))
	if err != nil {
		return l, "", err
	}
	if l, err = load(tx.Context(), tx, who.Org, id); err != nil {
		return l, "", err
	}
	before := l.LicenseRef
	key = newKey()
	l.LicenseKeyHash, l.LicenseRef = s.handleOf(hashOf(key)), refOf(key)
	l.UpdatedAt, l.ChangeNo, l.ActivityNo = change.At, change.No, change.No
	if _, err := tx.Exec(replaceHandle, who.Org, id, l.LicenseKeyHash, l.LicenseRef, l.UpdatedAt, l.ChangeNo); err != nil {
		return l, "", err
	}
	if _, err := tx.Exec(dropHandles, id); err != nil {
		return l, "", err
	}
	var handles [][]any
	for _, handle := range s.otherHandles(key) {
		handles = append(handles, []any{handle, id})
	}
	if err := db.Bulk(tx, insertHandles, "", handles); err != nil {
		return l, "", err
	}
	return l, key, audit.Append(tx, who, "licence.replace_key", "licence", string(id), map[string]any{"before": before, "license_ref": l.LicenseRef})
}
