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
	e := Endpoint{ID: EndpointID(id.New()), URL: n.URL, Description: n.Description, EventTypes: n.EventTypes, Filter: n.Filter,
		Ordered: n.Ordered, RateLimit: n.RateLimit, Concurrency: n.Concurrency, Ed25519: n.Ed25519, Active: n.Active == nil || *n.Active}
	if err := s.check(e); err != nil {
		return Endpoint{}, err
	}
	e.EventTypes = cleanTypes(e.EventTypes)
	if e.Filter == nil {
		e.Filter = Match{}
	}
	if !e.Active {
		e.DisabledReason = new(ReasonUser)
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		e.CreatedAt, e.UpdatedAt, e.ChangeNo = c.At, c.At, c.No
		if !e.Active {
			e.DisabledAt = c.At
		}
		tx.ChangeAuthority()
		tx.Created("webhook-endpoints", string(e.ID))
		tx.Notify(topicEndpoints, string(e.ID))
		if _, err := tx.Exec(insertEndpoint, e.ID, who.Org, e.URL, e.Description, db.AsJSON(e.EventTypes), e.filterText(), e.Ordered, e.Ed25519,
			e.RateLimit, e.Concurrency, e.Active, e.DisabledReason, e.DisabledAt, false, who.Label, c.At, c.No); err != nil {
			return err
		}
		if e.Secret, err = s.addKey(tx, e.ID, SchemeHMAC, c.At); err != nil {
			return err
		}
		if e.Ed25519 {
			if _, err := s.addKey(tx, e.ID, SchemeEd25519, c.At); err != nil {
				return err
			}
		}
		if err := s.showKeys(tx.Context(), tx, &e); err != nil {
			return err
		}
		return auditEndpoint(tx, who, "create", e)
	})
	if err != nil {
		return Endpoint{}, fault.Wrap(err, "create webhook endpoint")
	}
	return e, nil
}

// filterText is the filter as it is stored: NULL where there is none.
func (e Endpoint) filterText() any {
	if len(e.Filter) == 0 {
		return nil
	}
	return db.AsJSON(e.Filter)
}

// auditEndpoint notes what was done to an endpoint; its secret is no part of that.
func auditEndpoint(tx *db.Tx, who scope.Principal, verb string, e Endpoint) error {
	return audit.Append(tx, who, "webhook_endpoint."+verb, "webhook_endpoint", string(e.ID), struct {
		URL            string   `json:"url"`
		EventTypes     []string `json:"event_types"`
		Filter         Match    `json:"filter,omitempty"`
		Ordered        bool     `json:"ordered,omitempty"`
		RateLimit      *int     `json:"rate_limit,omitempty"`
		Concurrency    *int     `json:"concurrency,omitempty"`
		Ed25519        bool     `json:"ed25519,omitempty"`
		DisabledReason *string  `json:"disabled_reason"`
	}{e.URL, e.EventTypes, e.Filter, e.Ordered, e.RateLimit, e.Concurrency, e.Ed25519, e.DisabledReason})
}
