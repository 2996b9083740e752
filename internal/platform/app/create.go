package app

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// NewApp is what Create is told.
type NewApp struct {
	Name        string   `json:"name" minLength:"1" maxLength:"100" example:"Hangar board"`
	Description string   `json:"description,omitempty" maxLength:"2000"`
	Homepage    string   `json:"homepage,omitempty" maxLength:"2000" doc:"An https address" example:"https://hangar-board.example"`
	Support     string   `json:"support,omitempty" maxLength:"2000" doc:"An e-mail address or an https address" example:"help@hangar-board.example"`
	LogoURL     string   `json:"logo_url,omitempty" maxLength:"2000" doc:"An https address"`
	WebhookURL  string   `json:"webhook_url,omitempty" maxLength:"2000" doc:"Where its installations get their events; an https address" example:"https://hangar-board.example/hooks"`
	EventTypes  []string `json:"event_types,omitempty" maxItems:"50" doc:"What its installations get; none: nothing" example:"[\"flight.approved\"]"`
}

// Create begins an app, as a draft of the organization's.
func (s *Service) Create(ctx context.Context, who scope.Principal, n NewApp) (App, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return App{}, err
	}
	a := App{ID: ID(id.New()), BuilderID: who.Org, Name: n.Name, Description: n.Description, Homepage: n.Homepage, Support: n.Support,
		LogoURL: n.LogoURL, WebhookURL: n.WebhookURL, EventTypes: n.EventTypes, Status: Draft, CreatedBy: who.Label}
	a.tidy()
	var c fault.Check
	if s.check(&c, a); c.Err() != nil {
		return App{}, c.Err()
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		a.CreatedAt, a.UpdatedAt, a.ChangeNo = c.At, c.At, c.No
		if a.BuilderName, err = db.One(tx.Context(), tx, db.Scalar[string], selectName, who.Org); err != nil {
			return err
		}
		if _, err := tx.Exec(insertApp, a.ID, who.Org, a.Name, a.Description, a.Homepage, a.Support, a.LogoURL, a.WebhookURL,
			db.AsJSON(a.EventTypes), a.CreatedBy, c.At, c.No); err != nil {
			return err
		}
		tx.Created("apps", string(a.ID))
		return a.note(tx, who, "create")
	})
	if err != nil {
		return App{}, fault.Wrap(err, "create app")
	}
	return a, nil
}

// note leaves an audit entry with what the app says of itself.
func (a App) note(tx *db.Tx, who scope.Principal, verb string) error {
	return audit.Append(tx, who, "app."+verb, "app", string(a.ID), map[string]any{
		"name": a.Name, "description": a.Description, "homepage": a.Homepage, "support": a.Support, "logo_url": a.LogoURL,
		"webhook_url": a.WebhookURL, "event_types": a.EventTypes, "status": a.Status,
	})
}
