package market

import (
	"context"
	"fmt"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// Consent is what an organization agrees to. EventTypes nil means all that the published listing has. Read is when the version
// that it read was published, 0 for any.
type Consent struct {
	Scopes     []string
	EventTypes *[]string
	Read       clock.Time
}

// of refuses the consent to another version of a listing than the one that was read: its justifications are others, and so may
// be where it sends events.
func (agreed Consent) of(published clock.Time) error {
	if agreed.Read != 0 && agreed.Read != published {
		return fault.New(fault.Conflict, "listing_changed").With("published_at", published)
	}
	return nil
}

const (
	selectForInstall = `SELECT id, org_id, app_id, status, revision, '', draft, published, published_at, created_by, created_at, updated_at, change_no
	FROM addon_listings WHERE id = $1 AND published IS NOT NULL`

	selectLive = `SELECT status FROM app_installations WHERE app_id = $1 AND org_id = $2 AND status <> 'uninstalled'`

	insertInstall = `INSERT INTO app_installations (id, org_id, app_id, listing_id, builder_id, status, suspended_by_consumer, suspended_by_builder,
	event_types, endpoint_id, ended_reason, created_by, created_at, updated_at, change_no, builder_change_no)
	VALUES ($1, $2, $3, $4, $5, 'active', FALSE, FALSE, $6, NULL, '', $7, $8, $8, $9, $10)`

	setEndpoint = `UPDATE app_installations SET endpoint_id = $2 WHERE id = $1`

	// What is granted keeps when that was, and why; what had ended is granted anew.
	upsertScope = `INSERT INTO installation_scopes (installation_id, scope, justification, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (installation_id, scope) DO UPDATE SET justification = excluded.justification, granted_by = excluded.granted_by,
	granted_at = excluded.granted_at, removed_by = NULL, removed_at = NULL WHERE installation_scopes.removed_at IS NOT NULL`
)

// Install installs an app at who's organization, with what it consents to of what the published listing asks for: in one
// transaction with its endpoint, so that neither is there without the other.
func (s *Service) Install(ctx context.Context, who scope.Principal, listing ListingID, agreed Consent) (Evidence, error) {
	if err := who.Need(scope.InstallationsManage); err != nil {
		return Evidence{}, err
	}
	var e Evidence
	err := s.db.WriteAgain(ctx, func(tx *db.Tx, both *db.Reach) error {
		l, err := publishedOf(tx, listing)
		if err != nil {
			return err
		}
		builder := l.org
		if err := both.Begin(tx, string(who.Org), string(builder)); err != nil {
			return err
		}
		if l, err = publishedOf(tx, listing); err != nil || l.org != builder {
			return orElse(err, db.ErrAgain)
		}
		install := InstallID(id.New())
		tx.Created("installations", string(install))
		if err := s.install(tx, who, install, l, agreed); err != nil {
			return err
		}
		i, _, err := installOf(tx.Context(), tx, who, install)
		if err != nil {
			return err
		}
		if err := s.tell(tx, who, i, event.InstallationCreated, "", "install", map[string]any{
			"app_id": i.AppID, "listing_id": i.ListingID, "scopes": i.granted(), "event_types": i.EventTypes, "justifications": i.offer.whys(i.granted())}); err != nil {
			return err
		}
		e, err = s.evidence(tx.Context(), tx, i)
		return err
	})
	return e, err
}

// publishedOf reads a listing that was published once. One that was not is nobody's business.
func publishedOf(tx *db.Tx, listing ListingID) (Listing, error) {
	l, err := db.One(tx.Context(), tx, scanListing, selectForInstall, listing)
	if db.NoRows(err) {
		return l, fault.InvalidFields(fault.Field{Name: "listing_id", Where: "body", Code: "unknown", Args: []any{"noun", "listing"}})
	}
	return l, err
}

func (s *Service) install(tx *db.Tx, who scope.Principal, install InstallID, l Listing, agreed Consent) error {
	if l.Status != Published {
		return fault.New(fault.Conflict, "listing_not_published", "state", string(l.Status)).With("state", string(l.Status))
	}
	if err := agreed.of(l.PublishedAt); err != nil {
		return err
	}
	a, err := appOf(tx, l.AppID)
	if err != nil {
		return err
	}
	if a.status != "active" {
		return appNotActive(a.status)
	}
	if status, err := db.One(tx.Context(), tx, db.Scalar[string], selectLive, l.AppID, who.Org); err == nil {
		return fault.New(fault.Conflict, "already_installed", "state", status).With("state", status)
	} else if !db.NoRows(err) {
		return err
	}
	types, err := agreed.within(*l.Published, a)
	if err != nil {
		return err
	}
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	b, err := tx.Change(string(l.org))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(insertInstall, install, who.Org, l.AppID, l.ID, l.org, db.AsJSON(types), who.Label, c.At, c.No, b.No); err != nil {
		return err
	}
	if err := grantScopes(tx, who, c, install, *l.Published, agreed.Scopes); err != nil {
		return err
	}
	tx.ChangeAuthority()
	if len(types) == 0 {
		return nil
	}
	return s.provision(tx, who, install, *l.Published, types)
}

func grantScopes(tx *db.Tx, who scope.Principal, c *db.Change, install InstallID, o Offer, scopes []string) error {
	for _, name := range inOrder(scopes) {
		why, _ := o.why(name)
		if _, err := tx.Exec(upsertScope, install, name, why, who.Label, c.At); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) provision(tx *db.Tx, who scope.Principal, install InstallID, o Offer, types []string) error {
	endpoint, err := s.webhooks.Provision(tx, who, webhook.Provision{Installation: string(install), URL: o.WebhookURL, Description: o.Name, EventTypes: types})
	if err != nil {
		return err
	}
	_, err = tx.Exec(setEndpoint, install, endpoint)
	return err
}

// within names whatever was agreed to that the published listing does not ask for, or that the app may not use. It
// returns the event types that were agreed to.
func (agreed Consent) within(o Offer, a builtApp) ([]string, error) {
	var bad fault.Check
	for n, name := range agreed.Scopes {
		field := fmt.Sprintf("scopes[%d]", n)
		if _, asked := o.why(name); !asked {
			bad.Bad(field, "scope_not_asked", "scope", name)
		} else if !a.approved(name) {
			bad.Bad(field, "scope_not_approved")
		}
	}
	types := o.events()
	if agreed.EventTypes != nil {
		for n, t := range without(*agreed.EventTypes, types) {
			bad.Bad(fmt.Sprintf("event_types[%d]", n), "event_type_not_asked", "type", t)
		}
		types = both(tidy(*agreed.EventTypes), types)
	}
	return types, bad.Err()
}

// tell says what became of an installation: to the builder as an event, and to both sides in their audit logs.
func (s *Service) tell(tx *db.Tx, who scope.Principal, i Installation, t event.Type, reason, verb string, detail map[string]any) error {
	acts := i.Organization
	if who.Org != acts.ID {
		acts = i.Builder
	}
	for _, side := range []scope.OrgID{i.Organization.ID, i.Builder.ID} {
		if err := audit.Append(tx, who.At(side, acts.ID, acts.Name), "installation."+verb, "installation", string(i.ID), detail); err != nil {
			return err
		}
		if i.Organization.ID == i.Builder.ID {
			break
		}
	}
	if t == "" {
		return nil
	}
	_, err := s.events.Append(tx, i.Builder.ID, t, i.data(reason).Of(t))
	return err
}

func (i Installation) data(reason string) event.InstallationData {
	d := event.InstallationData{
		InstallationID: string(i.ID), AppID: i.AppID, ListingID: string(i.ListingID), Scopes: i.granted(), Status: string(i.Status),
		Organization: event.OrganizationRef{ID: string(i.Organization.ID), Slug: i.Organization.Slug, Name: i.Organization.Name},
	}
	if reason != "" {
		d.Reason = &reason
	}
	return d
}
