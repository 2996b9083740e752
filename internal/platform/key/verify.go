package key

import (
	"context"
	"net/netip"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// grant is what a good token stands for, as it was in one epoch of authority.
type grant struct {
	epoch   uint64
	who     scope.Principal
	app     string     // whose key it is, of an app's
	expires clock.Time // 0: never
	allowed []netip.Prefix
}

// Verify returns who a token stands for. The token must have the prefix, exist, be active, neither expired nor
// revoked, and its member, if it is one's, must be one still: otherwise it is Unauthenticated, and nothing tells
// why. addr, where the request came from, must be on its list: otherwise Forbidden ip_not_allowed, with who asked. An error
// of kind Unavailable says that it could not be found out.
//
// An app's key reads the organization that the request names, if the app is installed there, with the scopes that the
// installation granted: otherwise Forbidden org_not_accessible. Without an organization it stands for nobody yet.
func (s *Service) Verify(ctx context.Context, token, prefix string, addr netip.Addr, org string) (scope.Principal, error) {
	if token == "" {
		return scope.Principal{}, fault.New(fault.Unauthenticated, "credential_required")
	}
	if p, ok := Check(token); !ok || p != prefix {
		return scope.Principal{}, invalid()
	}
	epoch, steady, err := s.db.Epoch(ctx)
	if err != nil {
		return scope.Principal{}, err
	}
	h := hashOf(token)
	g, found := s.cached(h, epoch, steady)
	if !found {
		if g, err = s.load(ctx, h, epoch, steady); err != nil {
			return scope.Principal{}, err
		}
	}
	if g == nil || g.expires != 0 && g.expires <= clock.Of(s.clock.Now()) {
		return scope.Principal{}, invalid()
	}
	if !allows(g.allowed, addr) {
		return g.who, fault.New(fault.Forbidden, "ip_not_allowed")
	}
	if g.app != "" {
		return s.visit(ctx, g, org, epoch, steady)
	}
	return g.who, nil
}

func invalid() error { return fault.New(fault.Unauthenticated, "invalid_token") }

// cached returns what is kept of a token in this epoch: found with no grant is a token known to be wrong.
func (s *Service) cached(h hash, epoch uint64, steady bool) (g *grant, found bool) {
	if !steady {
		return nil, false
	}
	if g, ok := s.known.GetIfPresent(h); ok && g.epoch == epoch {
		return g, true
	}
	if e, ok := s.wrong.GetIfPresent(h); ok && e == epoch {
		return nil, true
	}
	return nil, false
}

// load asks the database, and keeps the answer if no change of authority came between.
func (s *Service) load(ctx context.Context, h hash, epoch uint64, steady bool) (*grant, error) {
	g, err := db.One(ctx, s.db, scanGrant, selectGrant, h[:])
	if err != nil && !db.NoRows(err) {
		return nil, err
	}
	if err == nil && g != nil && g.app != "" {
		if err := s.onlyApproved(ctx, g); err != nil {
			return nil, err
		}
	}
	keep := steady && s.db.SameEpoch(epoch)
	if db.NoRows(err) || g == nil {
		if keep {
			s.known.Invalidate(h)
			s.wrong.Set(h, epoch)
		}
		return nil, nil
	}
	if keep {
		g.epoch = epoch
		s.known.Set(h, g)
	}
	return g, nil
}
