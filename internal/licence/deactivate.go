package licence

import (
	"context"
	"net/netip"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Outcome is what became of a device that was to be deactivated.
type Outcome string

const (
	Deactivated Outcome = "device deactivated"
	NotActive   Outcome = "device not active"
	IsDisabled  Outcome = "license disabled" // nothing was changed
)

// Deactivate frees the place of a device, for a program that knows its licence by the hash of the key, however it wrote the
// key, or by the handle that lists show. It can be repeated. A hash that is none is Invalid, one of no licence of the
// vendor NotFound; who sends many of those from an address is Limited, see guess.go.
func (s *Service) Deactivate(ctx context.Context, who scope.Principal, keyHash, device string, from netip.Addr) (Licence, Outcome, error) {
	folded, err := deviceOf(device)
	if err == nil && !isHash(keyHash) {
		err = badKeyHash()
	}
	if err != nil {
		return Licence{}, "", err
	}
	l, d, err := s.byHashWith(ctx, who.Org, keyHash, folded)
	if err != nil && !isWrong(err) {
		return Licence{}, "", err
	}
	kind := "deactivate"
	if d != nil {
		kind = withDevice(kind, folded)
	} else if err != nil {
		s.guesses.naming(from, kind, folded)
	}
	if _, slow := s.guesses.turn(ctx, from, kind, err != nil); slow != nil {
		return Licence{}, "", slow
	}
	switch {
	case err != nil:
		return Licence{}, "", err
	case !l.Enabled:
		return l, IsDisabled, nil
	case d == nil || !d.Active():
		return l, NotActive, nil // so that who repeats it changes nothing
	}
	return s.end(ctx, who, l.ID, folded, ByClient)
}

// byHashWith finds a licence by a hash, and what it knows of a device: nil for nothing.
func (s *Service) byHashWith(ctx context.Context, org scope.OrgID, keyHash, device string) (Licence, *Device, error) {
	l, err := s.byHash(ctx, s.db, org, keyHash)
	if err != nil {
		return l, nil, err
	}
	d, err := db.One(ctx, s.db, scanDevice, selectDevice, l.ID, device)
	if db.NoRows(err) {
		return l, nil, nil
	}
	return l, &d, err
}

// DeactivateDevice does it for the vendor, by the key and its e-mail, or BadRequest. It needs LicencesManage.
func (s *Service) DeactivateDevice(ctx context.Context, who scope.Principal, typed, email, device string) (Licence, Outcome, error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return Licence{}, "", err
	}
	folded, err := deviceOf(device)
	if err != nil {
		return Licence{}, "", err
	}
	l, err := s.byKeyOf(ctx, who, typed, email)
	if err != nil {
		return Licence{}, "", err
	}
	return s.end(ctx, who, l.ID, folded, ByVendor)
}

// ReleaseDevice does it for the vendor, by the licence's id. It needs LicencesManage.
func (s *Service) ReleaseDevice(ctx context.Context, who scope.Principal, id ID, device string) (Licence, Outcome, error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return Licence{}, "", err
	}
	folded, err := deviceOf(device)
	if err != nil {
		return Licence{}, "", err
	}
	return s.end(ctx, who, id, folded, ByVendor)
}

func deviceOf(hash string) (string, error) {
	folded, ok := readDevice(hash)
	if !ok {
		return "", fault.InvalidFields(fault.Field{Name: "device_hash", Where: "body", Code: "not_a_device_hash"})
	}
	return folded, nil
}

// byKeyOf finds a licence of the vendor by a typed key, whose e-mail must be the one that was sent.
func (s *Service) byKeyOf(ctx context.Context, who scope.Principal, typed, email string) (Licence, error) {
	email, ok := readEmail(email)
	if !ok {
		return Licence{}, fault.InvalidFields(fault.Field{Name: "email", Where: "body", Code: "not_an_email"})
	}
	l, err := s.byKey(ctx, s.db, who.Org, typed)
	if err == nil && l.Email != email {
		return l, notLinked()
	}
	return l, err
}

// end ends an activation, and frees its place.
func (s *Service) end(ctx context.Context, who scope.Principal, id ID, device, by string) (l Licence, done Outcome, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if l, done, err = s.endIn(tx, who, id, device, by); err != nil {
			return err
		}
		l.Devices, err = db.All(tx.Context(), tx, scanDevice, selectDevices, id)
		return err
	})
	return l, done, err
}

// endIn is end in a transaction.
func (s *Service) endIn(tx *db.Tx, who scope.Principal, id ID, device, by string) (l Licence, done Outcome, err error) {
	change, err := tx.Change(string(who.Org))
	if err != nil {
		return l, "", err
	}
	if l, err = load(tx.Context(), tx, who.Org, id); err != nil {
		return l, "", err
	}
	d, err := db.One(tx.Context(), tx, scanDevice, selectDevice, id, device)
	if db.NoRows(err) {
		return l, NotActive, nil
	}
	if err != nil {
		return l, "", err
	}
	if ended, err := tx.ExecOne(endDevice, id, device, change.At, by); err != nil || !ended {
		return l, NotActive, err
	}
	if _, err := tx.Exec(dropEnded, id); err != nil {
		return l, "", err
	}
	if err := tx.QueryRow(tx.Context(), freePlace, id, change.No).Scan(&l.ActiveDevices); err != nil {
		return l, "", err
	}
	l.ActivityNo, l.quotaTold = change.No, never
	if _, err := tx.Exec(countDay, who.Org, l.ProductID, change.At.Date(), 0, 1, 0); err != nil {
		return l, "", err
	}
	if err := audit.Append(tx, who, "licence.deactivate", "licence", string(id), map[string]any{"device_hash": d.DeviceHash, "device_name": d.DeviceName, "by": by}); err != nil {
		return l, "", err
	}
	_, err = s.events.Append(tx, who.Org, event.LicenseDeactivated, event.LicenseDeactivatedData{LicenseData: l.data(), Device: d.data(), By: by})
	return l, Deactivated, err
}
