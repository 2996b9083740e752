package licence

import (
	"context"
	"strings"
	"unicode/utf8"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// RenameDevice gives an active device of a licence another name, until its program sends one again; one that is not active is Conflict. It needs LicencesManage.
func (s *Service) RenameDevice(ctx context.Context, who scope.Principal, id ID, device, name string) (l Licence, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return l, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		l, err = s.renameIn(tx, who, id, device, name)
		return err
	})
	return l, err
}

// renameIn is RenameDevice in a transaction, for who has been let in.
func (s *Service) renameIn(tx *db.Tx, who scope.Principal, id ID, device, name string) (l Licence, err error) {
	folded, err := deviceOf(device)
	if err != nil {
		return l, err
	}
	name = strings.TrimSpace(storedName(name))
	var c fault.Check
	c.Require(name != "", "name", "required")
	c.Require(utf8.RuneCountInString(name) <= maxDeviceName, "name", "too_long", "max", maxDeviceName)
	c.Require(legible(name), "name", "not_legible")
	if c.Err() != nil {
		return l, c.Err()
	}
	change, err := tx.Change(string(who.Org))
	if err != nil {
		return l, err
	}
	if l, err = load(tx.Context(), tx, who.Org, id); err != nil {
		return l, err
	}
	d, err := db.One(tx.Context(), tx, scanDevice, selectDevice, id, folded)
	if db.NoRows(err) || err == nil && !d.Active() {
		return l, fault.New(fault.Conflict, "device_not_active")
	}
	if err != nil {
		return l, err
	}
	if _, err := tx.Exec(renameDevice, id, folded, d.DeviceHash, name); err != nil { // its records are held: it is active still
		return l, err
	}
	if _, err := tx.Exec(touchLicence, id, change.No); err != nil {
		return l, err
	}
	l.ActivityNo = change.No
	if err := audit.Append(tx, who, "licence.rename_device", "licence", string(id), map[string]any{"device_hash": d.DeviceHash, "device_name": name, "before": d.DeviceName}); err != nil {
		return l, err
	}
	l.Devices, err = db.All(tx.Context(), tx, scanDevice, selectDevices, id)
	return l, err
}
