package app

import (
	"context"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// ReviewStatus is where the declaration of a scope stands. Pending and approved are live; the others are history.
type ReviewStatus string

const (
	Pending    ReviewStatus = "pending"
	Approved   ReviewStatus = "approved"
	Denied     ReviewStatus = "denied"
	Superseded ReviewStatus = "superseded" // another declaration of the scope took its place
	Withdrawn  ReviewStatus = "withdrawn"  // by the builder
)

// declaration is one declaration of a scope, as it is stored.
type declaration struct {
	id            string
	scope         string
	justification string
	status        ReviewStatus
	reason        string
	declaredBy    string
	declaredAt    clock.Time
	decidedBy     string
	decidedAt     clock.Time
	endedBy       string
	endedAt       clock.Time
	endReason     string
	changeNo      int64
}

// past is what an app has declared of one scope, oldest first.
type past []declaration

func (p past) live(status ReviewStatus) *declaration {
	for i := range p {
		if p[i].status == status {
			return &p[i]
		}
	}
	return nil
}

// Declare says that an app needs a scope, and why. It is pending until a reviewer decides; beside an approved one, that
// holds until then. The same text again changes nothing, and a text that was denied is refused.
func (s *Service) Declare(ctx context.Context, who scope.Principal, id ID, name, justification string) (ScopeState, error) {
	var state ScopeState
	_, err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, a *App) error {
		if err := a.open(); err != nil {
			return err
		}
		if err := declarable(name); err != nil {
			return err
		}
		var bad fault.Check
		if checkJustification(&bad, "justification", justification); bad.Err() != nil {
			return bad.Err()
		}
		if err := declare(tx, who, c, a, name, justification); err != nil {
			return err
		}
		var err error
		state, err = stateOf(tx.Context(), tx, id, name)
		return err
	})
	return state, err
}

// declarable refuses names of scopes that an app cannot have.
func declarable(name string) error {
	bad := fault.Field{Name: "scope", Where: "path"}
	sc, ok := scope.Parse(name)
	switch {
	case !ok:
		bad.Code, bad.Args = "unknown", []any{"noun", "scope"}
	case !sc.Public():
		bad.Code = "scope_not_for_apps"
	default:
		return nil
	}
	return fault.InvalidFields(bad)
}

func declare(tx *db.Tx, who scope.Principal, c *db.Change, a *App, name, justification string) error {
	justification = strings.TrimSpace(justification)
	before, err := db.All(tx.Context(), tx, scanDeclaration, selectDeclarationsOf, a.ID, name)
	if err != nil {
		return err
	}
	pending, approved := past(before).live(Pending), past(before).live(Approved)
	again := approved != nil && approved.justification == justification // the approved one is wanted as it is
	if pending != nil && pending.justification == justification || pending == nil && again {
		return nil
	}
	for _, d := range before {
		if d.status == Denied && sameReason(d.justification, justification) {
			return fault.InvalidFields(fault.Field{Name: "justification", Where: "body", Code: "justification_denied"})
		}
	}
	if !again {
		if err := past(before).room(c.At); err != nil {
			return err
		}
	}
	if pending != nil {
		if _, err := tx.ExecOne(endDeclaration, pending.id, Pending, Superseded, who.Label, c.At, nil, c.No); err != nil {
			return err
		}
	}
	if !again {
		if _, err := tx.Exec(insertDeclaration, id.New(), a.ID, a.BuilderID, name, justification, who.Label, c.At, c.No); err != nil {
			return err
		}
	}
	return audit.Append(tx, who, "app.declare_scope", "app", string(a.ID), map[string]any{"scope": name, "justification": justification})
}

// maxDeclarations is how often an app may declare a scope anew within a day. Every step is kept for good: somebody who withdraws
// and declares in a loop would fill the history that reviewers, and everybody who looks at the app, read as a whole.
const (
	maxDeclarations = 100
	declaringDay    = 24 * time.Hour
)

// room refuses one declaration more while there were too many within a day, and says when there is room again.
func (p past) room(now clock.Time) error {
	var recent []clock.Time // the oldest first, as p is
	for _, d := range p {
		if now.Sub(d.declaredAt) < declaringDay {
			recent = append(recent, d.declaredAt)
		}
	}
	if len(recent) < maxDeclarations {
		return nil
	}
	wait := declaringDay - now.Sub(recent[len(recent)-maxDeclarations])
	f := fault.New(fault.Limited, "too_many_declarations", "max", maxDeclarations, "minutes", int64((wait+time.Minute-1)/time.Minute))
	f.RetryAfter = wait
	return f
}

// Withdraw ends what an app has declared of a scope, approved or not. No key of the app has the scope from then on, and no
// installation grants it any more.
func (s *Service) Withdraw(ctx context.Context, who scope.Principal, id ID, name string) (ScopeState, error) {
	var state ScopeState
	ends := func(context.Context, db.Q, App) ([]string, error) { return []string{name}, nil }
	_, err := s.changeGrants(ctx, who, id, ends, func(tx *db.Tx, c *db.Change, a *App) error {
		if err := a.open(); err != nil {
			return err
		}
		before, err := db.All(tx.Context(), tx, scanDeclaration, selectDeclarationsOf, a.ID, name)
		if err != nil {
			return err
		}
		if len(before) == 0 {
			return fault.NotFoundFor("app_scope")
		}
		if past(before).live(Pending) == nil && past(before).live(Approved) == nil {
			return stateConflict(before[len(before)-1].status)
		}
		if err := withdraw(tx, who, c, a, before, name); err != nil {
			return err
		}
		state, err = stateOf(tx.Context(), tx, id, name)
		return err
	})
	return state, err
}

func withdraw(tx *db.Tx, who scope.Principal, c *db.Change, a *App, before past, name string) error {
	for _, status := range []ReviewStatus{Pending, Approved} {
		if d := before.live(status); d != nil {
			if _, err := tx.ExecOne(endDeclaration, d.id, status, Withdrawn, who.Label, c.At, nil, c.No); err != nil {
				return err
			}
		}
	}
	if err := endGrants(tx, who, c, a.ID, name); err != nil {
		return err
	}
	return audit.Append(tx, who, "app.withdraw_scope", "app", string(a.ID), map[string]any{"scope": name})
}
