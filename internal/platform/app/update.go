package app

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Patch changes what an app says of itself; nil leaves a field as it is.
type Patch struct {
	Name        *string
	Description *string
	Homepage    *string
	Support     *string
	LogoURL     *string
	WebhookURL  *string
	EventTypes  *[]string
}

// Update changes an app that is not revoked. ifMatch is the change number that the caller saw, or 0.
func (s *Service) Update(ctx context.Context, who scope.Principal, id ID, p Patch, ifMatch int64) (App, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, a *App) error {
		if ifMatch != 0 && ifMatch != a.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		return s.apply(tx, who, c, a, p)
	})
}

func (s *Service) apply(tx *db.Tx, who scope.Principal, c *db.Change, a *App, p Patch) error {
	if err := a.open(); err != nil {
		return err
	}
	p.into(a)
	var bad fault.Check
	if s.check(&bad, *a); bad.Err() != nil {
		return bad.Err()
	}
	a.UpdatedAt, a.ChangeNo = c.At, c.No
	if _, err := tx.Exec(updateApp, who.Org, a.ID, a.Name, a.Description, a.Homepage, a.Support, a.LogoURL, a.WebhookURL,
		db.AsJSON(a.EventTypes), c.At, c.No); err != nil {
		return err
	}
	return a.note(tx, who, "update")
}

func (p Patch) into(a *App) {
	set(&a.Name, p.Name)
	set(&a.Description, p.Description)
	set(&a.Homepage, p.Homepage)
	set(&a.Support, p.Support)
	set(&a.LogoURL, p.LogoURL)
	set(&a.WebhookURL, p.WebhookURL)
	set(&a.EventTypes, p.EventTypes)
	a.tidy()
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
