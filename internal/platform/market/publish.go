package market

import (
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

const (
	publishListing = `UPDATE addon_listings SET status = 'published', revision = '', published = $2, category = $3, search = $4, published_at = $5,
	updated_at = $5, change_no = $6 WHERE id = $1`

	selectPublished = `SELECT published FROM addon_listings WHERE id = $1 AND published IS NOT NULL`

	selectConsumers = `SELECT DISTINCT org_id FROM app_installations WHERE listing_id = $1 AND status <> 'uninstalled' ORDER BY org_id`

	endScopeOfListing = `UPDATE installation_scopes SET removed_at = $3, removed_by = $4 WHERE scope = $2 AND removed_at IS NULL
	AND installation_id IN (SELECT id FROM app_installations WHERE listing_id = $1 AND status <> 'uninstalled')`

	selectSubscriptions = `SELECT DISTINCT event_types FROM app_installations WHERE listing_id = $1 AND status <> 'uninstalled'`

	changeSubscriptions = `UPDATE app_installations SET event_types = $3 WHERE listing_id = $1 AND event_types = $2 AND status <> 'uninstalled'`

	touchInstalls = `UPDATE app_installations SET updated_at = c.changed_at, change_no = c.change_no, builder_change_no = $2
	FROM org_counters c WHERE c.org_id = app_installations.org_id AND listing_id = $1 AND status <> 'uninstalled'`

	selectNarrowed = `SELECT id, org_id FROM app_installations WHERE listing_id = $1 AND status <> 'uninstalled' ORDER BY org_id`
)

// concerned are the organizations whose installations a decision changes at once: none unless it takes something away or
// moves their endpoints.
func (s *Service) concerned(tx *db.Tx, r Review, to ReviewStatus) ([]string, error) {
	if to != Approved {
		return nil, nil
	}
	old, err := db.One(tx.Context(), tx, db.Scalar[string], selectPublished, r.ListingID)
	if db.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var published db.JSON[Offer]
	if err := published.Scan(old); err != nil {
		return nil, err
	}
	if d := diff(&published.V, r.Offer); len(d.ScopesRemoved)+len(d.EventTypesRemoved) == 0 && published.V.WebhookURL == r.Offer.WebhookURL {
		return nil, nil
	}
	return db.All(tx.Context(), tx, db.Scalar[string], selectConsumers, r.ListingID)
}

// publish makes an offer what everybody sees.
func (s *Service) publish(tx *db.Tx, who scope.Principal, c *db.Change, l *Listing, r *Review, orgs []string) error {
	a, err := appOf(tx, l.AppID)
	if err != nil {
		return err
	}
	if a.status != "active" {
		return appNotActive(a.status)
	}
	for _, name := range r.Offer.scopes() {
		if !a.approved(name) {
			return fault.New(fault.Conflict, "scope_not_approved").With("scope", name)
		}
	}
	if _, err := tx.Exec(publishListing, l.ID, db.AsJSON(r.Offer), r.Offer.Category, searchText(r.Offer), c.At, c.No); err != nil {
		return err
	}
	if len(orgs) == 0 {
		return nil
	}
	d := diff(l.Published, r.Offer)
	tx.ChangeAuthority()
	for _, name := range d.ScopesRemoved {
		if _, err := tx.Exec(endScopeOfListing, l.ID, name, c.At, a.name); err != nil {
			return err
		}
	}
	subscriptions, err := db.All(tx.Context(), tx, db.Scalar[string], selectSubscriptions, l.ID)
	if err != nil {
		return err
	}
	for _, old := range subscriptions {
		var types db.JSON[[]string]
		if err := types.Scan(old); err != nil {
			return err
		}
		if left := db.AsJSON(both(types.V, r.Offer.events())); left != old {
			if _, err := tx.Exec(changeSubscriptions, l.ID, old, left); err != nil {
				return err
			}
		}
	}
	if _, err := tx.Exec(touchInstalls, l.ID, c.No); err != nil {
		return err
	}
	if err := s.webhooks.Narrow(tx, string(l.ID), r.Offer.WebhookURL); err != nil {
		return err
	}
	return auditNarrowed(tx, who, l, r.Builder, d)
}

// auditNarrowed tells each organization what its installation lost, and where its events go now.
func auditNarrowed(tx *db.Tx, who scope.Principal, l *Listing, builder Party, d Diff) error {
	detail := map[string]any{"scopes_removed": d.ScopesRemoved, "event_types_removed": d.EventTypesRemoved}
	for _, c := range d.Changes {
		if c.Field == "webhook_url" {
			detail["webhook_url_before"], detail["webhook_url"] = c.Before, c.After
		}
	}
	var notes []audit.Note
	_, err := db.All(tx.Context(), tx, func(row db.Scanner) (string, error) {
		var install string
		var org scope.OrgID
		err := row.Scan(&install, &org)
		notes = append(notes, audit.Note{Who: who.At(org, builder.ID, builder.Name), Verb: "installation.narrow", SubjectType: "installation", SubjectID: install,
			Detail: detail})
		return install, err
	}, selectNarrowed, l.ID)
	if err != nil {
		return err
	}
	return audit.AppendAll(tx, notes)
}

func searchText(o Offer) string {
	return strings.ToLower(o.Name + "\n" + o.Summary + "\n" + o.Description)
}

// checkTarget refuses an address that nothing may be sent to.
func (s *Service) checkTarget(o Offer) error {
	var c fault.Check
	s.webhooks.CheckTarget(&c, o.WebhookURL, nil)
	return c.Err()
}

func appNotActive(state string) error {
	return fault.New(fault.Conflict, "app_not_active", "state", state).With("state", state)
}
