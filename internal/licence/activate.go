package licence

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Activation is what a program asks for on a device.
type Activation struct {
	Email      string
	LicenseKey string // as it was typed
	DeviceHash string
	DeviceName string
	Modes      bool // the answer may say trial and grace
	File       bool // a licence file is wanted, for when the server cannot be reached

	carried bool // by hand: a licence file is all that the device gets
}

// Activated is the answer: the token of the device, and how the licence runs.
type Activated struct {
	Token Token
	Mode  string
	File  []byte // see File; nil unless it was asked for
}

// Activate gives a device a token. A device that is active already gets a fresh one at any time, also when the quota is full
// or was lowered; a new one takes a place. who is a client token's vendor, and from the caller's address, which wrong keys
// are counted by; see guess.go. The faults come in the contract's order: Invalid, Limited, NotFound, BadRequest for a key of
// another e-mail, Forbidden for a licence that is disabled or over, Conflict when there is no place.
func (s *Service) Activate(ctx context.Context, who scope.Principal, a Activation, from netip.Addr) (Activated, error) {
	email, device, err := a.check()
	if err != nil {
		return Activated{}, err
	}
	h, err := s.holds(ctx, who, a.LicenseKey, email, device)
	waited, err := s.guesses.admit(ctx, guess{from, who.ID, email, device}, err == nil && h.known, err)
	if err == nil && waited {
		h, err = s.holds(ctx, who, a.LicenseKey, email, device) // as it is now
	}
	if err != nil {
		return Activated{}, err
	}
	return s.activate(ctx, who, a, h, device)
}

// check reads what was sent.
func (a Activation) check() (email, device string, err error) {
	var c fault.Check
	email, ok := readEmail(a.Email)
	c.Require(ok, "email", "not_an_email")
	device, ok = readDevice(a.DeviceHash)
	c.Require(ok, "device_hash", "not_a_device_hash")
	c.Require(strings.TrimSpace(a.LicenseKey) != "", "license_key", "required")
	c.Require(utf8.RuneCountInString(a.DeviceName) <= maxDeviceName, "device_name", "too_long", "max", maxDeviceName)
	return email, device, c.Err()
}

// holds finds the licence of a key and an e-mail, with the device.
func (s *Service) holds(ctx context.Context, who scope.Principal, typed, email, device string) (held, error) {
	key, ok := readKey(typed)
	if !ok {
		return held{}, notFound()
	}
	h, err := s.hold(ctx, who.Org, s.handleOf(hashOf(key)), device)
	if err == nil && h.Email != email {
		return h, notLinked()
	}
	return h, err
}

// hold finds the licence of a handle, with the device.
func (s *Service) hold(ctx context.Context, org scope.OrgID, handle, device string) (held, error) {
	h, err := db.One(ctx, s.db, scanHeld, selectForDevice, org, handle, device)
	if db.NoRows(err) {
		return h, notFound()
	}
	h.Org, h.LicenseKeyHash, h.device.licence, h.device.folded = org, handle, h.ID, device
	return h, err
}

// errRaced says that the state has changed since it was read.
var errRaced = errors.New("licence: the licence changed meanwhile")

// activate is the second half of Activate, once the caller has shown key and e-mail.
func (s *Service) activate(ctx context.Context, who scope.Principal, a Activation, h held, device string) (Activated, error) {
	name := storedName(a.DeviceName)
	for range 5 {
		now := s.now()
		if !h.Enabled {
			return Activated{}, isDisabled()
		}
		if end := h.graceEnds(); end != 0 && end <= now {
			return Activated{}, hasExpired(h.Licence)
		}
		var err error
		switch {
		case h.known && h.device.Active() && h.device.DeviceName == name:
			s.seen.note(h.ID, device, now)
		case h.known && h.device.Active():
			err = s.rename(ctx, who, &h, a.DeviceHash, name)
			s.seen.note(h.ID, device, now)
		case h.ActiveDevices >= h.MaxActivations:
			return Activated{}, s.refuseFull(ctx, who, h.Licence)
		default:
			err = s.begin(ctx, who, &h, a.DeviceHash, name)
		}
		if err == nil {
			return s.answer(ctx, a, h)
		}
		if !errors.Is(err, errRaced) {
			return Activated{}, err
		}
		email := h.Email
		if h, err = s.hold(ctx, who.Org, h.LicenseKeyHash, device); err != nil {
			return Activated{}, err // its key was replaced, say
		}
		if h.Email != email {
			return Activated{}, notLinked()
		}
	}
	f := fault.New(fault.Unavailable, "storage_unavailable")
	f.RetryAfter = time.Second
	return Activated{}, f
}

// storedName is a name as it is kept: the byte that PostgreSQL's text cannot hold is told apart from none.
func storedName(name string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "\uFFFD")
}

// begin makes a device active, if there is a place.
func (s *Service) begin(ctx context.Context, who scope.Principal, h *held, hash, name string) error {
	l, d := h.Licence, h.device
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		l, d = h.Licence, h.device
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		begun, err := tx.ExecOne(beginDevice, l.ID, d.folded, who.Org, hash, name, change.At)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, takePlace, l.ID, change.No, change.At, h.LicenseKeyHash, h.Email).Scan(&l.ActiveDevices, &l.ExpiresAt)
		if !begun || db.NoRows(err) {
			return errRaced
		}
		if err != nil {
			return err
		}
		d.DeviceHash, d.DeviceName, d.ActivatedAt, d.EndedAt, d.EndedBy, d.LastSeenAt = hash, name, change.At, never, "", change.At
		l.ActivityNo = change.No
		if _, err := tx.Exec(countDay, who.Org, l.ProductID, change.At.Date(), 1, 0, 0); err != nil {
			return err
		}
		if err := audit.Append(tx, who, "licence.activate", "licence", string(l.ID), map[string]any{"device_hash": d.DeviceHash, "device_name": d.DeviceName}); err != nil {
			return err
		}
		_, err = s.events.Append(tx, who.Org, event.LicenseActivated, event.LicenseActivatedData{LicenseData: l.data(), Device: d.data()})
		return err
	})
	if err == nil {
		h.Licence, h.device, h.known = l, d, true
	}
	return err
}

// rename gives an active device the name and the spelling of its hash that were sent now.
func (s *Service) rename(ctx context.Context, who scope.Principal, h *held, hash, name string) error {
	before := h.device.DeviceName
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if there, err := tx.ExecOne(renameDevice, h.ID, h.device.folded, hash, name); err != nil || !there {
			return cmp.Or(err, errRaced)
		}
		if _, err := tx.Exec(touchLicence, h.ID, change.No); err != nil {
			return err
		}
		return audit.Append(tx, who, "licence.rename_device", "licence", string(h.ID), map[string]any{"device_hash": hash, "device_name": name, "before": before})
	})
	if err == nil {
		h.device.DeviceHash, h.device.DeviceName = hash, name
	}
	return err
}

// quotaQuiet is for how long a licence that is full does not say so again.
const quotaQuiet = 24 * time.Hour

// refuseFull answers that there is no place, and says so to the vendor: once a day, whatever a program does that asks again
// and again.
func (s *Service) refuseFull(ctx context.Context, who scope.Principal, l Licence) error {
	s.seen.refuse(who.Org, l.ProductID, s.now().Date())
	if l.quotaTold != 0 && l.quotaTold > s.now().Add(-quotaQuiet) {
		return isFull(l)
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		told, err := tx.ExecOne(tellQuota, l.ID, change.At, change.At.Add(-quotaQuiet))
		if err != nil || !told {
			return err
		}
		_, err = s.events.Append(tx, who.Org, event.LicenseQuotaReached, event.LicenseQuotaReachedData{LicenseData: l.data()})
		return err
	})
	if err != nil {
		return err
	}
	return isFull(l)
}

// answer signs the token of a device.
func (s *Service) answer(ctx context.Context, a Activation, h held) (Activated, error) {
	now := s.now()
	h.device.DeviceHash = a.DeviceHash
	token, err := s.sign(ctx, tokenFor(h.Licence, h.device, now))
	if err != nil {
		return Activated{}, err
	}
	answer := Activated{Token: token, Mode: "full"}
	if a.Modes {
		answer.Mode = h.Mode(now)
	}
	switch {
	case a.carried:
		answer.File, err = s.file(ctx, h.Licence, h.device, now.Add(days(h.fileDays)))
	case a.File:
		answer.File, err = s.file(ctx, h.Licence, h.device, now.Add(days(max(h.GraceDays, 1))))
	}
	return answer, err
}
