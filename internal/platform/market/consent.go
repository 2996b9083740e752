package market

import (
	"context"
	"slices"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

const (
	setSubscriptions = `UPDATE app_installations SET event_types = $2 WHERE id = $1`

	endScope = `UPDATE installation_scopes SET removed_at = $3, removed_by = $4 WHERE installation_id = $1 AND scope = $2 AND removed_at IS NULL`

	selectUsed = `SELECT DISTINCT scope FROM installation_uses WHERE installation_id = $1`
)

// Consent grants what the published listing asks for beyond what was granted, or a part of that: the scopes and event types that
// are named, and nothing that is not. The old grant holds until then, and stays.
func (s *Service) Consent(ctx context.Context, who scope.Principal, install InstallID, agreed Consent) (Evidence, error) {
	return s.act(ctx, who, install, func(a *action) (told, error) {
		if err := a.only(Consumer); err != nil {
			return told{}, err
		}
		if a.i.listing != Published {
			return told{}, fault.New(fault.Conflict, "listing_not_published", "state", string(a.i.listing)).With("state", string(a.i.listing))
		}
		if err := agreed.of(a.i.ListingAt); err != nil {
			return told{}, err
		}
		built, err := appOf(a.tx, a.i.AppID)
		if err != nil {
			return told{}, err
		}
		if agreed.EventTypes == nil { // what was declined once is not agreed to by saying nothing
			agreed.EventTypes = &[]string{}
		}
		had := a.i.granted()
		asked := agreed
		asked.Scopes = without(agreed.Scopes, had) // what is granted already needs no asking
		types, err := asked.within(a.i.offer, built)
		if err != nil {
			return told{}, err
		}
		types = without(types, a.i.EventTypes)
		if len(asked.Scopes)+len(types) == 0 {
			return told{}, fault.New(fault.Conflict, "nothing_to_consent")
		}
		a.tx.ChangeAuthority()
		if err := grantScopes(a.tx, a.who, a.c, a.i.ID, a.i.offer, asked.Scopes); err != nil {
			return told{}, err
		}
		say := told{"consent", event.InstallationConsented, "", map[string]any{"scopes": asked.Scopes, "event_types": types, "justifications": a.i.offer.whys(asked.Scopes)}}
		if len(types) == 0 {
			return say, nil
		}
		a.i.EventTypes = tidy(append(types, a.i.EventTypes...))
		if _, err := a.tx.Exec(setSubscriptions, a.i.ID, db.AsJSON(a.i.EventTypes)); err != nil {
			return told{}, err
		}
		if a.i.EndpointID != nil {
			return say, s.allow(a)
		}
		if err := s.provision(a.tx, a.who, a.i.ID, a.i.offer, a.i.EventTypes); err != nil || a.i.Status == Active {
			return say, err
		}
		fresh, _, err := installOf(a.tx.Context(), a.tx, a.who, a.i.ID)
		if err != nil {
			return told{}, err
		}
		a.i = &fresh
		return say, s.allow(a)
	})
}

// RemoveScope takes a scope out of what an installation granted, at once. One that is not granted is not found.
func (s *Service) RemoveScope(ctx context.Context, who scope.Principal, install InstallID, name string) (Evidence, error) {
	return s.act(ctx, who, install, func(a *action) (told, error) {
		if err := a.only(Consumer); err != nil {
			return told{}, err
		}
		if !slices.Contains(a.i.granted(), name) {
			return told{}, fault.NotFoundFor("grant")
		}
		return a.remove("remove_scope", []string{name})
	})
}

// DropUnused takes out all scopes that were never used. What another node noted within the last half minute is not known yet.
func (s *Service) DropUnused(ctx context.Context, who scope.Principal, install InstallID) (Evidence, error) {
	if s.flush != nil {
		if err := s.flush(ctx); err != nil {
			return Evidence{}, err
		}
	}
	return s.act(ctx, who, install, func(a *action) (told, error) {
		if err := a.only(Consumer); err != nil {
			return told{}, err
		}
		used, err := db.All(a.tx.Context(), a.tx, db.Scalar[string], selectUsed, a.i.ID)
		if err != nil {
			return told{}, err
		}
		unused := without(a.i.granted(), used)
		if len(unused) == 0 {
			return told{verb: "drop_unused", detail: map[string]any{"scopes": unused}}, nil
		}
		return a.remove("drop_unused", unused)
	})
}

func (a *action) remove(verb string, names []string) (told, error) {
	a.tx.ChangeAuthority()
	for _, name := range names {
		if _, err := a.tx.Exec(endScope, a.i.ID, name, a.c.At, a.who.Label); err != nil {
			return told{}, err
		}
	}
	return told{verb: verb, detail: map[string]any{"scopes": names}}, nil
}
