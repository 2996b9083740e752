package app

import (
	"context"
	"slices"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// ScopeState is where one scope of an app stands.
type ScopeState struct {
	Scope         string       `json:"scope" example:"public.flights:read"`
	Status        ReviewStatus `json:"status" enum:"pending,approved,denied,withdrawn" doc:"approved: it holds, also while another justification is pending"`
	Justification string       `json:"justification"`
	Reason        string       `json:"reason" doc:"The reviewer's"`
	ReviewID      string       `json:"review_id" format:"uuid"`
	DeclaredBy    string       `json:"declared_by"`
	DeclaredAt    clock.Time   `json:"declared_at"`
	DecidedBy     string       `json:"decided_by" doc:"Who decided, or withdrew it"`
	DecidedAt     clock.Time   `json:"decided_at"`
	Proposed      *Proposed    `json:"proposed,omitempty" doc:"The justification that waits to take the place of the approved one"`
}

// Proposed is a pending justification beside an approved one.
type Proposed struct {
	Justification string     `json:"justification"`
	ReviewID      string     `json:"review_id" format:"uuid"`
	DeclaredBy    string     `json:"declared_by"`
	DeclaredAt    clock.Time `json:"declared_at"`
}

// Scopes returns where each scope that the app has ever declared stands, in the order of the catalogue.
func (s *Service) Scopes(ctx context.Context, who scope.Principal, id ID) ([]ScopeState, error) {
	if _, err := s.Get(ctx, who, id); err != nil {
		return nil, err
	}
	return States(ctx, s.db, id)
}

// States is Scopes for the inside, which has checked who asks.
func States(ctx context.Context, q db.Q, id ID) ([]ScopeState, error) {
	all, err := db.All(ctx, q, scanDeclaration, selectDeclarations, id)
	if err != nil {
		return nil, fault.Wrap(err, "read the scopes of an app")
	}
	states := []ScopeState{}
	for _, i := range scope.Catalogue() {
		var p past
		for _, d := range all {
			if d.scope == i.Name {
				p = append(p, d)
			}
		}
		if len(p) > 0 {
			states = append(states, p.state())
		}
	}
	return states, nil
}

func stateOf(ctx context.Context, q db.Q, id ID, name string) (ScopeState, error) {
	all, err := db.All(ctx, q, scanDeclaration, selectDeclarationsOf, id, name)
	if err != nil || len(all) == 0 {
		return ScopeState{}, err
	}
	return past(all).state(), nil
}

// state is where a scope stands: approved if it is, otherwise what was last said of it.
func (p past) state() ScopeState {
	d := p.live(Approved)
	pending := p.live(Pending)
	if d == nil {
		d = pending
	}
	if d == nil {
		d = p.last()
	}
	state := ScopeState{
		Scope: d.scope, Status: d.status, Justification: d.justification, Reason: d.reason, ReviewID: d.id,
		DeclaredBy: d.declaredBy, DeclaredAt: d.declaredAt, DecidedBy: d.decidedBy, DecidedAt: d.decidedAt,
	}
	if d.endedAt != 0 {
		state.Reason, state.DecidedBy, state.DecidedAt = d.endReason, d.endedBy, d.endedAt
	}
	if pending != nil && d != pending {
		state.Proposed = &Proposed{Justification: pending.justification, ReviewID: pending.id, DeclaredBy: pending.declaredBy, DeclaredAt: pending.declaredAt}
	}
	return state
}

// last is, of declarations none of which is live, the one that something was said of last; one that was only superseded
// says nothing.
func (p past) last() *declaration {
	best := &p[0]
	for i := range p {
		if p[i].status != Superseded && (best.status == Superseded || max(p[i].decidedAt, p[i].endedAt) >= max(best.decidedAt, best.endedAt)) {
			best = &p[i]
		}
	}
	return best
}

// Step is one thing that happened to a scope of an app.
type Step struct {
	At            clock.Time `json:"at"`
	What          string     `json:"what" enum:"declared,approved,denied,superseded,withdrawn"`
	By            string     `json:"by"`
	ReviewID      string     `json:"review_id" format:"uuid" doc:"Of the declaration that it happened to"`
	Justification string     `json:"justification,omitempty" doc:"With declared"`
	Reason        string     `json:"reason,omitempty" doc:"With approved and denied: the reviewer's"`
}

// History returns every step of a scope of an app, oldest first.
func (s *Service) History(ctx context.Context, who scope.Principal, id ID, name string) ([]Step, error) {
	if _, err := s.Get(ctx, who, id); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, s.db, scanDeclaration, selectDeclarationsOf, id, name)
	if err != nil {
		return nil, fault.Wrap(err, "read the history of a scope")
	}
	if len(all) == 0 {
		return nil, fault.NotFoundFor("app_scope")
	}
	steps := []Step{}
	for _, d := range all {
		steps = append(steps, d.steps()...)
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return int(min(1, max(-1, a.At-b.At))) })
	return steps, nil
}

func (d declaration) steps() []Step {
	steps := []Step{{At: d.declaredAt, What: "declared", By: d.declaredBy, ReviewID: d.id, Justification: d.justification}}
	if d.decidedAt != 0 {
		decision := Step{At: d.decidedAt, What: string(d.status), By: d.decidedBy, ReviewID: d.id, Reason: d.reason}
		if d.endedAt != 0 {
			decision.What = string(Approved) // only what was approved ends after its decision
		}
		steps = append(steps, decision)
	}
	if d.endedAt != 0 {
		steps = append(steps, Step{At: d.endedAt, What: string(d.status), By: d.endedBy, ReviewID: d.id, Reason: d.endReason})
	}
	return steps
}
