package licence

import (
	"context"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// The faults of the wire; their codes and French sentences are the contract's.
func notFound() *fault.Error   { return fault.New(fault.NotFound, "license_not_found") }
func notLinked() *fault.Error  { return fault.New(fault.BadRequest, "license_not_linked_to_email") }
func isDisabled() *fault.Error { return fault.New(fault.Forbidden, "license_disabled") }
func badKeyHash() *fault.Error { return fault.New(fault.Invalid, "invalid_license_key_hash") }
func hasExpired(l Licence) *fault.Error {
	return fault.New(fault.Forbidden, "license_expired", "at", l.ExpiresAt.Date()).With("expired_at", l.ExpiresAt)
}

func isFull(l Licence) *fault.Error {
	return fault.New(fault.Conflict, "activation_limit_reached", "max", l.MaxActivations).
		With("max_activations", l.MaxActivations).With("active_devices_count", l.ActiveDevices).With("activations_count", l.ActiveDevices)
}

// byKey finds a licence of a vendor by its key as somebody typed it.
func (s *Service) byKey(ctx context.Context, q db.Q, org scope.OrgID, typed string) (Licence, error) {
	key, ok := readKey(typed)
	if !ok {
		return Licence{}, notFound()
	}
	l, err := db.One(ctx, q, scanLicence, selectByHandle, org, s.handleOf(hashOf(key)))
	if db.NoRows(err) {
		return l, notFound()
	}
	return l, err
}

// byHash finds a licence of a vendor by the hash of its key that a client computed, whichever way it wrote the key, or by
// the handle that lists show.
func (s *Service) byHash(ctx context.Context, q db.Q, org scope.OrgID, hash string) (Licence, error) {
	hash = strings.ToLower(hash)
	if !isHash(hash) {
		return Licence{}, badKeyHash()
	}
	handle := s.handleOf(hash)
	for _, find := range []struct{ query, handle string }{{selectByHandle, handle}, {selectByHandle, hash}, {selectByOther, otherHandle(handle)}} {
		l, err := db.One(ctx, q, scanLicence, find.query, org, find.handle)
		if !db.NoRows(err) {
			return l, err
		}
	}
	return Licence{}, notFound()
}

func load(ctx context.Context, q db.Q, org scope.OrgID, id ID) (Licence, error) {
	l, err := db.One(ctx, q, scanLicence, selectLicence, org, id)
	if db.NoRows(err) {
		return l, fault.NotFoundFor("licence")
	}
	return l, err
}
