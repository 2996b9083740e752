package market

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Revocation is what the revocation of an app ended. The digests are of the ids in ascending order, one a line: what was
// ended can be proved from them, and the audit log holds them.
type Revocation struct {
	AppID         string `json:"app_id" format:"uuid"`
	Keys          Ended  `json:"keys"`
	Listings      Ended  `json:"listings"`
	Installations Ended  `json:"installations"`
	Endpoints     Ended  `json:"endpoints"`
	ChangeNo      int64  `json:"-"`
}

// Ended counts records.
type Ended struct {
	Count  int    `json:"count"`
	SHA256 string `json:"sha256" doc:"Of their ids in ascending order, each followed by a line feed"`
}

func ended(ids []string) Ended {
	h := sha256.New()
	h.Write([]byte(strings.Join(append(ids, ""), "\n")))
	return Ended{len(ids), hex.EncodeToString(h.Sum(nil))}
}

const (
	selectAppPlace = `SELECT org_id, status FROM apps WHERE id = $1`

	selectAppConsumers = `SELECT DISTINCT org_id FROM app_installations WHERE app_id = $1 AND status <> 'uninstalled' ORDER BY org_id`

	selectAppKeys      = `SELECT id FROM api_keys WHERE app_id = $1 AND status <> 'revoked' ORDER BY id`
	selectAppListings  = `SELECT id FROM addon_listings WHERE app_id = $1 AND status <> 'deprecated' ORDER BY id`
	selectAppEndpoints = `SELECT id FROM webhook_endpoints WHERE NOT deleted
	AND installation_id IN (SELECT id FROM app_installations WHERE app_id = $1 AND status <> 'uninstalled') ORDER BY id`

	selectAppInstalls = `SELECT i.id, i.listing_id, o.id, o.slug, o.name FROM app_installations i JOIN organizations o ON o.id = i.org_id
	WHERE i.app_id = $1 AND i.status <> 'uninstalled' ORDER BY i.id`

	selectAppGrants = `SELECT s.installation_id, s.scope FROM installation_scopes s JOIN app_installations i ON i.id = s.installation_id
	WHERE i.app_id = $1 AND i.status <> 'uninstalled' AND s.removed_at IS NULL ORDER BY s.installation_id, s.scope`

	deprecateAppListings = `UPDATE addon_listings SET status = 'deprecated', revision = '', updated_at = $2, change_no = $3
	WHERE app_id = $1 AND status <> 'deprecated'`

	endAppReviews = `UPDATE listing_reviews SET status = 'withdrawn', decided_by = $2, decided_at = $3, change_no = $4
	WHERE app_id = $1 AND status = 'pending'`

	uninstallApp = `UPDATE app_installations SET status = 'uninstalled', ended_reason = 'app_revoked', builder_change_no = $2,
	ended_at = c.changed_at, updated_at = c.changed_at, change_no = c.change_no
	FROM org_counters c WHERE c.org_id = app_installations.org_id AND app_id = $1 AND status <> 'uninstalled'`
)

// RevokeApp ends an app for good, with its keys, listings, installations and their endpoints, in one transaction: from its
// commit on no key of the app is accepted by any node, and nothing leaves to those endpoints.
func (s *Service) RevokeApp(ctx context.Context, who scope.Principal, app string) (Revocation, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return Revocation{}, err
	}
	var r Revocation
	err := s.db.WriteAgain(ctx, func(tx *db.Tx, concerned *db.Reach) error {
		if err := mayRevoke(tx, who, app); err != nil {
			return err
		}
		orgs, err := db.All(tx.Context(), tx, db.Scalar[string], selectAppConsumers, app)
		if err != nil {
			return err
		}
		if err := concerned.Begin(tx, append(orgs, string(who.Org))...); err != nil {
			return err
		}
		if err := mayRevoke(tx, who, app); err != nil { // whoever installs waits for us now
			return err
		}
		if orgs, err = db.All(tx.Context(), tx, db.Scalar[string], selectAppConsumers, app); err != nil {
			return err
		}
		if err := concerned.Follow(tx, orgs); err != nil {
			return err
		}
		r, err = s.revoke(tx, who, app)
		return err
	})
	return r, err
}

// Hanging counts what the revocation of an app would end.
type Hanging struct{ Keys, Listings, Installations, Endpoints int64 }

const countHanging = `SELECT (SELECT count(*) FROM api_keys WHERE app_id = a.id AND status <> 'revoked'),
	(SELECT count(*) FROM addon_listings WHERE app_id = a.id AND status <> 'deprecated'),
	(SELECT count(*) FROM app_installations WHERE app_id = a.id AND status <> 'uninstalled'),
	(SELECT count(*) FROM webhook_endpoints e JOIN app_installations i ON i.id = e.installation_id
	WHERE i.app_id = a.id AND i.status <> 'uninstalled' AND NOT e.deleted)
	FROM apps a WHERE a.id = $1 AND a.org_id = $2`

// HangsOn counts what the revocation of one of the organization's apps would end now.
func (s *Service) HangsOn(ctx context.Context, who scope.Principal, app string) (Hanging, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return Hanging{}, err
	}
	n, err := db.One(ctx, s.db, func(row db.Scanner) (n Hanging, err error) {
		err = row.Scan(&n.Keys, &n.Listings, &n.Installations, &n.Endpoints)
		return n, err
	}, countHanging, app, who.Org)
	if db.NoRows(err) {
		return Hanging{}, fault.NotFoundFor("app")
	}
	return n, err
}

func mayRevoke(tx *db.Tx, who scope.Principal, app string) error {
	var org scope.OrgID
	var status string
	err := tx.QueryRow(tx.Context(), selectAppPlace, app).Scan(&org, &status)
	switch {
	case db.NoRows(err) || err == nil && org != who.Org:
		return fault.NotFoundFor("app")
	case err != nil:
		return err
	case status != "active":
		return stateConflict(status)
	}
	return nil
}

func (s *Service) revoke(tx *db.Tx, who scope.Principal, id string) (Revocation, error) {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return Revocation{}, err
	}
	r := Revocation{AppID: id, ChangeNo: c.No}
	for _, count := range []struct {
		query string
		of    *Ended
	}{{selectAppKeys, &r.Keys}, {selectAppListings, &r.Listings}, {selectAppEndpoints, &r.Endpoints}} {
		ids, err := db.All(tx.Context(), tx, db.Scalar[string], count.query, id)
		if err != nil {
			return r, err
		}
		*count.of = ended(ids)
	}
	installs, err := s.ending(tx, id)
	if err != nil {
		return r, err
	}
	ids := make([]string, len(installs))
	for n, i := range installs {
		ids[n] = string(i.ID)
	}
	r.Installations = ended(ids)
	tx.ChangeAuthority()
	if _, err := s.webhooks.WithdrawApp(tx, id); err != nil { // while it can be told whose they are
		return r, err
	}
	if err := endApp(tx, who, id); err != nil {
		return r, err
	}
	for _, end := range []struct {
		query string
		args  []any
	}{
		{deprecateAppListings, []any{id, c.At, c.No}}, {endAppReviews, []any{id, who.Label, c.At, c.No}}, {uninstallApp, []any{id, c.No}},
	} {
		if _, err := tx.Exec(end.query, end.args...); err != nil {
			return r, err
		}
	}
	return r, s.tellRevoked(tx, who, r, installs)
}

// endApp ends the app itself, its keys, and what it still declares.
func endApp(tx *db.Tx, who scope.Principal, id string) error {
	a, err := app.Load(tx.Context(), tx, who.Org, app.ID(id))
	if err != nil {
		return err
	}
	_, err = app.MarkRevoked(tx, who, &a)
	return err
}

// ending are the live installations of an app.
func (s *Service) ending(tx *db.Tx, app string) ([]Installation, error) {
	at := map[InstallID]int{}
	var installs []Installation
	_, err := db.All(tx.Context(), tx, func(row db.Scanner) (bool, error) {
		i := Installation{AppID: app, Status: Uninstalled}
		err := row.Scan(&i.ID, &i.ListingID, &i.Organization.ID, &i.Organization.Slug, &i.Organization.Name)
		at[i.ID] = len(installs)
		installs = append(installs, i)
		return true, err
	}, selectAppInstalls, app)
	if err != nil {
		return nil, err
	}
	_, err = db.All(tx.Context(), tx, func(row db.Scanner) (bool, error) {
		var install InstallID
		var g Grant
		err := row.Scan(&install, &g.Scope)
		if n, ok := at[install]; ok {
			installs[n].Scopes = append(installs[n].Scopes, g)
		}
		return true, err
	}, selectAppGrants, app)
	return installs, err
}

// tellRevoked writes the proof into the builder's chain, an entry into each consumer's, and an event for each installation.
func (s *Service) tellRevoked(tx *db.Tx, who scope.Principal, r Revocation, installs []Installation) error {
	builder, err := partyOf(tx, who.Org)
	if err != nil {
		return err
	}
	notes := []audit.Note{{Who: who, Verb: "app.revoke", SubjectType: "app", SubjectID: r.AppID, Detail: r}}
	for _, i := range installs {
		notes = append(notes, audit.Note{Who: who.At(i.Organization.ID, builder.ID, builder.Name), Verb: "installation.uninstall",
			SubjectType: "installation", SubjectID: string(i.ID), Detail: map[string]any{"reason": "app_revoked", "app_id": r.AppID}})
		if _, err := s.events.Append(tx, who.Org, event.InstallationUninstalled, i.data("app_revoked").Of(event.InstallationUninstalled)); err != nil {
			return err
		}
	}
	return audit.AppendAll(tx, notes)
}
