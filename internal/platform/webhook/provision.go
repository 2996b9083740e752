package webhook

import (
	"context"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// An installation of an app provisions an endpoint at the organization that consented: it is the organization's, which sees
// it and may disable it, but where it points to, what it gets and its secret are the app's.

// Provision is the endpoint that an installation asks for.
type Provision struct {
	Installation string
	URL          string
	Description  string
	EventTypes   []string // at least one: none would mean all
}

// CheckTarget names what is wrong with an address and the event types that are to be sent there.
func (s *Service) CheckTarget(c *fault.Check, url string, types []string) {
	s.checkURL(c, url)
	for _, t := range types {
		_, known := event.Find(event.Type(t))
		c.Require(known, "event_types", "unknown_event_type", "type", t)
	}
}

// Provision adds an installation's endpoint to who's organization, in the transaction of the installation.
func (s *Service) Provision(tx *db.Tx, who scope.Principal, p Provision) (EndpointID, error) {
	e := Endpoint{ID: EndpointID(id.New()), URL: p.URL, Description: p.Description, EventTypes: cleanTypes(p.EventTypes), Filter: Match{},
		Active: true, InstallationID: &p.Installation}
	if err := s.check(e); err != nil {
		return "", err
	}
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec(insertEndpoint, e.ID, who.Org, e.URL, e.Description, db.AsJSON(e.EventTypes), nil, false, false,
		nil, nil, true, nil, clock.Time(0), false, who.Label, c.At, c.No); err != nil {
		return "", err
	}
	if _, err := tx.Exec(setInstallation, e.ID, p.Installation); err != nil {
		return "", err
	}
	if _, err := s.addKey(tx, e.ID, SchemeHMAC, c.At); err != nil {
		return "", err
	}
	tx.ChangeAuthority()
	tx.Notify(topicEndpoints, string(e.ID))
	return e.ID, auditEndpoint(tx, who, "create", e)
}

// Allow brings the endpoint of an installation in who's organization to what the installation now is: with these event
// types, none of which means that it gets nothing, and receiving only if may. Who disabled it themselves finds it so again.
func (s *Service) Allow(tx *db.Tx, who scope.Principal, endpoint EndpointID, types []string, may bool) error {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	e, err := endpointOf(tx.Context(), tx, who.Org, endpoint)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil // removed
	}
	if err != nil {
		return err
	}
	tx.ChangeAuthority()
	tx.Notify(topicEndpoints, string(endpoint))
	if len(types) > 0 {
		e.EventTypes = cleanTypes(types)
		if _, err := tx.Exec(setTypes, endpoint, db.AsJSON(e.EventTypes), c.At, c.No); err != nil {
			return err
		}
	}
	switch may = may && len(types) > 0; {
	case may && !e.Active && *e.DisabledReason == ReasonInstall:
		return s.enable(tx, who, c, &e) // which cancels all that is due
	case !may && e.Active:
		return s.withdraw(tx, who, c, &e)
	}
	return s.dropDue(tx, takeDroppedOfOne, isLeftOfOne, string(endpoint))
}

// Withdraw ends the endpoint of an installation that is over. Deliveries still due are cancelled by CancelDue, or by the
// engine when it comes to them.
func (s *Service) Withdraw(tx *db.Tx, who scope.Principal, endpoint EndpointID) error {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	e, err := endpointOf(tx.Context(), tx, who.Org, endpoint)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	tx.ChangeAuthority()
	tx.Notify(topicEndpoints, string(endpoint))
	return s.withdraw(tx, who, c, &e)
}

func (s *Service) withdraw(tx *db.Tx, who scope.Principal, c *db.Change, e *Endpoint) error {
	if _, err := tx.Exec(withdrawEndpoint, e.ID, c.At, c.No); err != nil {
		return err
	}
	e.Active, e.DisabledReason, e.DisabledAt = false, new(ReasonInstall), c.At
	if err := s.endRecoveries(tx, e.ID, c); err != nil {
		return err
	}
	return auditEndpoint(tx, who, "disable", *e)
}

// WithdrawApp ends the endpoints of all live installations of an app. The changes of their organizations have begun.
func (s *Service) WithdrawApp(tx *db.Tx, app string) (int64, error) {
	tx.ChangeAuthority()
	tx.Notify(topicEndpoints, "")
	if _, err := tx.Exec(cancelAppRecoveries, app); err != nil {
		return 0, err
	}
	res, err := tx.Exec(withdrawApp, app)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Narrow gives the endpoints of all live installations of a listing the event types that their installations have now, and
// an address, unless it is empty. The changes of their organizations have begun.
func (s *Service) Narrow(tx *db.Tx, listing, url string) error {
	tx.ChangeAuthority()
	tx.Notify(topicEndpoints, "")
	if _, err := tx.Exec(narrowEndpoints, listing, url); err != nil {
		return err
	}
	if _, err := tx.Exec(cancelEmptyRecoveries, listing); err != nil {
		return err
	}
	if _, err := tx.Exec(withdrawEmpty, listing); err != nil {
		return err
	}
	return s.dropDue(tx, takeDroppedOfListing, isLeftOfListing, listing)
}

// CancelDue moves what is due to an endpoint that is not active to the log, as disabling does.
func (s *Service) CancelDue(ctx context.Context, endpoint EndpointID) {
	if err := s.cancelDue(context.WithoutCancel(ctx), endpoint); err != nil {
		s.log.Warn("cancel what is due to a disabled endpoint", "endpoint", endpoint, "error", err)
	}
}

// InstallationSecret is the secret that deliveries to the endpoint of an installation are signed with.
func (s *Service) InstallationSecret(tx *db.Tx, endpoint EndpointID) (string, error) {
	keys, err := db.All(tx.Context(), tx, scanKey, selectKeys, endpoint)
	if err != nil {
		return "", err
	}
	for _, k := range keys {
		if k.scheme == SchemeHMAC {
			return k.open(s)
		}
	}
	return "", fault.NotFoundFor("webhook_endpoint")
}

// RotateInstallation is RotateSecret for the endpoint of an installation in who's organization: the secret is the app's, and
// whoever builds it asks for another. It returns for how much longer those before sign as well.
func (s *Service) RotateInstallation(tx *db.Tx, who scope.Principal, endpoint EndpointID, overlap *time.Duration) (secret string, long time.Duration, err error) {
	if long, err = overlapOf(overlap); err != nil {
		return "", 0, err
	}
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return "", 0, err
	}
	e, err := endpointOf(tx.Context(), tx, who.Org, endpoint)
	if err != nil {
		return "", 0, err
	}
	tx.ChangeAuthority()
	tx.Notify(topicEndpoints, string(endpoint))
	secret, err = s.rotate(tx, who, c, &e, long)
	return secret, long, err
}

// ofApp refuses to change what is an app's in an endpoint.
func (e Endpoint) ofApp() error {
	if e.InstallationID == nil {
		return nil
	}
	return fault.New(fault.Conflict, "provisioned").With("state", e.state())
}

// mayReceive refuses to enable the endpoint of an installation that is suspended or over, or that gets nothing.
func (e Endpoint) mayReceive(tx *db.Tx) error {
	if e.InstallationID == nil {
		return nil
	}
	status, err := db.One(tx.Context(), tx, db.Scalar[string], selectInstallation, *e.InstallationID)
	if err != nil {
		return err
	}
	if status != "active" {
		return e.ofApp()
	}
	return nil
}

// mayGo refuses to remove the endpoint of an installation that is not over.
func (e Endpoint) mayGo(tx *db.Tx) error {
	if e.InstallationID == nil {
		return nil
	}
	status, err := db.One(tx.Context(), tx, db.Scalar[string], selectInstallation, *e.InstallationID)
	if err == nil && status != "uninstalled" {
		err = e.ofApp()
	}
	return err
}

// Allowed says which verbs on an endpoint its organization has now. One's own has all.
type Allowed struct {
	Change bool // its address, event types, limits and secret
	Enable bool
	Remove bool
}

// Allowed tells what may be done with an endpoint that the caller has read: one that an installation provisioned is the app's
// in part, for as long as it is installed.
func (s *Service) Allowed(ctx context.Context, e Endpoint) (Allowed, error) {
	if e.InstallationID == nil {
		return Allowed{true, true, true}, nil
	}
	status, err := db.One(ctx, s.db, db.Scalar[string], selectInstallation, *e.InstallationID)
	return Allowed{Enable: status == "active", Remove: status == "uninstalled"}, err
}

const (
	selectInstallation = `SELECT CASE WHEN status = 'active' AND event_types = '[]' THEN 'silent' ELSE status END FROM app_installations WHERE id = $1`

	setInstallation = `UPDATE webhook_endpoints SET installation_id = $2 WHERE id = $1`

	setTypes = `UPDATE webhook_endpoints SET event_types = $2, updated_at = $3, change_no = $4 WHERE id = $1`

	withdrawEndpoint = `UPDATE webhook_endpoints SET active = FALSE, disabled_reason = 'install_revoked', disabled_at = $2, blocked_since = NULL,
	updated_at = $2, change_no = $3 WHERE id = $1 AND NOT deleted`
)

// What is done to many endpoints at once takes number and time of each one's organization from its counter.
const (
	numbered = `updated_at = c.changed_at, change_no = c.change_no FROM org_counters c WHERE c.org_id = webhook_endpoints.org_id AND NOT deleted`

	withdrawn = `active = FALSE, disabled_reason = 'install_revoked', blocked_since = NULL, disabled_at = c.changed_at, ` + numbered

	ofApp     = `installation_id IN (SELECT id FROM app_installations WHERE app_id = $1 AND status <> 'uninstalled')`
	ofListing = `installation_id IN (SELECT id FROM app_installations WHERE listing_id = $1 AND status <> 'uninstalled')`

	withdrawApp = `UPDATE webhook_endpoints SET ` + withdrawn + ` AND ` + ofApp

	withdrawEmpty = `UPDATE webhook_endpoints SET ` + withdrawn + ` AND active AND event_types = '[]' AND ` + ofListing

	narrowEndpoints = `UPDATE webhook_endpoints SET url = CASE WHEN $2 = '' THEN url ELSE $2 END, event_types = (SELECT i.event_types
	FROM app_installations i WHERE i.id = webhook_endpoints.installation_id), ` + numbered + ` AND ` + ofListing

	cancelHead = `UPDATE webhook_recoveries SET status = 'cancelled', updated_at = c.changed_at, change_no = c.change_no
	FROM org_counters c WHERE c.org_id = webhook_recoveries.org_id AND status = 'running' AND endpoint_id IN (SELECT id FROM webhook_endpoints WHERE `

	cancelAppRecoveries   = cancelHead + ofApp + `)`
	cancelEmptyRecoveries = cancelHead + `event_types = '[]' AND ` + ofListing + `)`
)
