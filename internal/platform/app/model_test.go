package app_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"airside/internal/base/fault"
	"airside/internal/platform/app"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// model is what an app should be: by scope, the text that is approved, the one that is pending, and those that were denied.
type model struct {
	status            app.Status
	approved, pending map[string]string
	denied            map[string]bool // scope and text
	declared          map[string]bool // scopes that were ever
	granted           map[string]bool // by the school; what ends a scope takes it away for good
}

// TestScopesFollowTheirModel takes random steps, each of which the model allows or not, and after each asks a key for
// every scope: it has what is approved and granted, and nothing else.
func TestScopesFollowTheirModel(t *testing.T) {
	names := []string{flights, pilots}
	texts := []string{why, other, third}
	each(t, func(h *house) {
		rapid.Check(t, func(r *rapid.T) {
			a := h.draft()
			m := model{app.Draft, map[string]string{}, map[string]string{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
			token := ""
			if rapid.Bool().Draw(r, "begun") { // as far as chance alone seldom comes
				for _, step := range [][2]string{{"declare", flights}, {"declare", pilots}, {"approve", flights}, {"approve", pilots}, {"activate", ""}, {"mint", ""}} {
					if err, _ := h.step(&a, &m, step[0], step[1], why, &token); err != nil {
						r.Fatal(step, err)
					}
				}
			}
			for i := range rapid.IntRange(1, 25).Draw(r, "steps") {
				name, text := rapid.SampledFrom(names).Draw(r, "scope"), rapid.SampledFrom(texts).Draw(r, "text")
				verb := rapid.SampledFrom([]string{"declare", "declare", "approve", "approve", "deny pending", "deny approved", "withdraw", "activate", "mint", "revoke"}).Draw(r, "verb")
				err, allowed := h.step(&a, &m, verb, name, text, &token)
				if allowed != (err == nil) || err != nil && fault.KindOf(err) == fault.Internal {
					r.Fatalf("step %d, %s %s: the model allows it: %v, but: %v", i, verb, name, allowed, err)
				}
				for _, n := range names {
					_, ok := m.approved[n]
					if token != "" && h.reads(token, n) != (ok && m.granted[n] && m.status == app.Active) {
						r.Fatalf("step %d, %s %s: the key reads %s: %v; approved %v, granted %v, %s", i, verb, name, n, h.reads(token, n), ok, m.granted[n], m.status)
					}
					if got, want := h.standing(a, n), m.standing(n); got != want {
						r.Fatalf("step %d, %s %s: %s stands %s, want %s", i, verb, name, n, got, want)
					}
				}
			}
		})
	})
}

// standing is what is live of a scope.
func (h *house) standing(a app.App, name string) string {
	all, err := h.apps.Scopes(h.ctx, h.boss, a.ID)
	h.must(err)
	approved, pending := "", ""
	for _, s := range all {
		switch {
		case s.Scope != name:
		case s.Status == app.Approved:
			approved = s.Justification
			if s.Proposed != nil {
				pending = s.Proposed.Justification
			}
		case s.Status == app.Pending:
			pending = s.Justification
		}
	}
	return fmt.Sprintf("approved %q, pending %q", approved, pending)
}

func (m model) standing(name string) string {
	return fmt.Sprintf("approved %q, pending %q", m.approved[name], m.pending[name])
}

// reviewOf finds the review of a scope in a status; an id that is nobody's if there is none.
func (h *house) reviewOf(a app.App, name string, status app.ReviewStatus) string {
	all, err := h.apps.Scopes(h.ctx, h.boss, a.ID)
	h.must(err)
	for _, s := range all {
		switch {
		case s.Scope != name:
		case s.Status == status:
			return s.ReviewID
		case s.Proposed != nil && status == app.Pending:
			return s.Proposed.ReviewID
		}
	}
	return string(a.ID)
}

// step does a verb on the app and on the model, and returns what the one says and whether the other allows it.
func (h *house) step(a *app.App, m *model, verb, name, text string, token *string) (err error, allowed bool) {
	open := m.status != app.Revoked
	_, approved := m.approved[name]
	_, pending := m.pending[name]
	switch verb {
	case "declare":
		_, err = h.apps.Declare(h.ctx, h.boss, a.ID, name, text)
		same := m.pending[name] == text || !pending && m.approved[name] == text
		if allowed = open && (same || !m.denied[name+text]); allowed && !same {
			if delete(m.pending, name); m.approved[name] != text {
				m.pending[name] = text
			}
		}
	case "approve":
		_, err = h.apps.Approve(h.ctx, h.reviewer, h.reviewOf(*a, name, app.Pending), "")
		if allowed = open && pending; allowed {
			m.approved[name] = m.pending[name]
			delete(m.pending, name)
		}
	case "deny pending":
		_, err = h.apps.Deny(h.ctx, h.reviewer, h.reviewOf(*a, name, app.Pending), "no")
		if allowed = open && pending; allowed {
			m.denied[name+m.pending[name]] = true
			delete(m.pending, name)
		}
	case "deny approved":
		_, err = h.apps.Deny(h.ctx, h.reviewer, h.reviewOf(*a, name, app.Approved), "no")
		if allowed = open && approved; allowed {
			m.denied[name+m.approved[name]] = true
			delete(m.approved, name)
			delete(m.granted, name)
		}
	case "withdraw":
		_, err = h.apps.Withdraw(h.ctx, h.boss, a.ID, name)
		if allowed = open && (approved || pending); allowed {
			delete(m.approved, name)
			delete(m.pending, name)
			delete(m.granted, name)
		}
	case "activate":
		_, err = h.apps.Activate(h.ctx, h.boss, a.ID)
		if allowed = m.status == app.Draft; allowed {
			m.status = app.Active
		}
	case "mint":
		var minted string
		_, minted, err = h.keys.Mint(h.ctx, h.boss, key.NewKey{Kind: scope.KindApp, AppID: string(a.ID), Name: "board", Scopes: []string{flights, pilots}})
		_, f := m.approved[flights]
		_, p := m.approved[pilots]
		if allowed = m.status == app.Active && f && p; allowed && *token == "" {
			*token = minted
			h.install(*a, flights, pilots)
			m.granted[flights], m.granted[pilots] = true, true
		}
	case "revoke":
		if allowed = m.status == app.Active; allowed {
			h.revoke(*a)
			m.status = app.Revoked
			m.pending = map[string]string{}
		} else {
			err = fault.New(fault.Conflict, "state_conflict")
		}
	}
	return err, allowed
}
