package licence

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// EnableByKey enables or disables a licence for the vendor, by its key and e-mail: another e-mail is BadRequest. changed is
// false where it was so already. It needs LicencesManage.
func (s *Service) EnableByKey(ctx context.Context, who scope.Principal, typed, email string, enabled bool) (l Licence, changed bool, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return l, false, err
	}
	if l, err = s.byKeyOf(ctx, who, typed, email); err != nil {
		return l, false, err
	}
	return s.Enable(ctx, who, l.ID, enabled)
}

// Enable enables or disables a licence. A disabled one gives out no more tokens, and keeps its devices. It needs
// LicencesManage.
func (s *Service) Enable(ctx context.Context, who scope.Principal, id ID, enabled bool) (l Licence, changed bool, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return l, false, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if l, err = load(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		if changed = l.Enabled != enabled; !changed {
			return nil
		}
		l.Enabled, l.UpdatedAt, l.ChangeNo, l.ActivityNo = enabled, change.At, change.No, change.No
		if _, err := tx.Exec(enableLicence, who.Org, id, enabled, l.UpdatedAt, l.ChangeNo); err != nil {
			return err
		}
		verb := "licence.enable"
		if !enabled {
			verb = "licence.disable"
			if _, err := s.events.Append(tx, who.Org, event.LicenseDisabled, event.LicenseDisabledData{LicenseData: l.data()}); err != nil {
				return err
			}
		}
		return audit.Append(tx, who, verb, "licence", string(id), map[string]any{"license_ref": l.LicenseRef})
	})
	return l, changed, err
}
