package webhook

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Create adds an endpoint; only this answer and RotateSecret's carry its secret.
func (s *Service) Create(ctx context.Context, who scope.Principal, n NewEndpoint) (Endpoint, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Endpoint{}, err
	}
	if err := s.check(n.URL, n.Description, n.EventTypes); err != nil {
		return Endpoint{}, err
	}
	e := Endpoint{ID: EndpointID(id.New()), URL: n.URL, Description: n.Description, EventTypes: cleanTypes(n.EventTypes),
		Active: n.Active == nil || *n.Active, Secret: newSecret()}
	if !e.Active {
		e.DisabledReason = new(ReasonUser)
	}
	sealed := s.box.Seal([]byte(e.Secret), table, string(e.ID), "secret")
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		e.CreatedAt, e.UpdatedAt, e.ChangeNo = c.At, c.At, c.No
		tx.ChangeAuthority()
		tx.Created("webhook-endpoints", string(e.ID))
		tx.Notify(topicEndpoints, string(e.ID))
		if _, err := tx.Exec(insertEndpoint, e.ID, who.Org, e.URL, e.Description, db.AsJSON(e.EventTypes), e.Active, e.DisabledReason,
			sealed, c.At, false, who.Label, c.No); err != nil {
			return err
		}
		return auditEndpoint(tx, who, "create", e)
	})
	if err != nil {
		return Endpoint{}, fault.Wrap(err, "create webhook endpoint")
	}
	return e, nil
}

// table is where secrets are sealed for.
const table = "webhook_endpoints"

// auditEndpoint notes what was done to an endpoint; its secret is no part of that.
func auditEndpoint(tx *db.Tx, who scope.Principal, verb string, e Endpoint) error {
	e.Secret = ""
	return audit.Append(tx, who, "webhook_endpoint."+verb, "webhook_endpoint", string(e.ID), struct {
		URL            string   `json:"url"`
		EventTypes     []string `json:"event_types"`
		DisabledReason *string  `json:"disabled_reason"`
	}{e.URL, e.EventTypes, e.DisabledReason})
}
