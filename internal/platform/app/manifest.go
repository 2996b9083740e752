package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Manifest returns what an app says of itself and asks for, as YAML that ImportManifest reads: of each scope the justification
// that was declared last, unless it was denied or withdrawn.
func (s *Service) Manifest(ctx context.Context, who scope.Principal, id ID) ([]byte, error) {
	a, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	states, err := States(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	return writeManifest(a, states), nil
}

func writeManifest(a App, states []ScopeState) []byte {
	var b []byte
	for _, line := range []struct{ key, value string }{
		{"name", a.Name}, {"description", a.Description}, {"homepage", a.Homepage}, {"support", a.Support}, {"webhook_url", a.WebhookURL},
	} {
		b = appendText(append(b, line.key+": "...), line.value)
	}
	if len(a.EventTypes) == 0 {
		b = append(b, "event_types: []\n"...)
	} else {
		b = append(b, "event_types:\n"...)
		for _, t := range a.EventTypes {
			b = append(b, "  - "+t+"\n"...)
		}
	}
	var scopes []byte
	for _, st := range states {
		if why, live := st.wanted(); live {
			scopes = appendText(append(scopes, "  - "+st.Scope+": "...), why)
		}
	}
	if scopes == nil {
		return append(b, "required_scopes: []\n"...)
	}
	return append(append(b, "required_scopes:\n"...), scopes...)
}

// wanted is the justification that was declared last, of a scope that is pending or approved.
func (st ScopeState) wanted() (why string, live bool) {
	if st.Proposed != nil {
		return st.Proposed.Justification, true
	}
	return st.Justification, st.Status == Pending || st.Status == Approved
}

// appendText writes a text in double quotes, and ends the line.
func appendText(b []byte, text string) []byte {
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < 0x10000 && r != ' ' && !unicode.IsPrint(r):
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"', '\n')
}

// Diff is what a manifest changes.
type Diff struct {
	Applied bool         `json:"applied" doc:"false: it was tried only"`
	Texts   []TextChange `json:"texts"`
	Events  EventsChange `json:"events"`
	Scopes  ScopesChange `json:"scopes"`
}

// TextChange is a text that a manifest changes.
type TextChange struct {
	Field  string `json:"field" example:"homepage"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// EventsChange are event types that a manifest adds and takes away.
type EventsChange struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// ScopesChange are scopes that a manifest declares, withdraws, and gives another justification.
type ScopesChange struct {
	Added   []ScopeText   `json:"added" doc:"They wait for review"`
	Removed []ScopeText   `json:"removed" doc:"They end at once, in every key and installation"`
	Changed []ScopeChange `json:"changed" doc:"They wait for review; what is approved holds until then"`
	Denied  []string      `json:"denied" doc:"Their justification was denied and is the same: nothing is declared"`
}

// ScopeText is a scope with its justification.
type ScopeText struct {
	Scope         string `json:"scope"`
	Justification string `json:"justification"`
}

// ScopeChange is a scope whose justification changes.
type ScopeChange struct {
	Scope  string `json:"scope"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// ImportManifest makes an app what a manifest says, and tells what that changed. What the manifest leaves out stays as it
// is; scopes that its list leaves out are withdrawn. With dryRun it only tells.
func (s *Service) ImportManifest(ctx context.Context, who scope.Principal, id ID, doc []byte, dryRun bool) (Diff, error) {
	a, err := s.Get(ctx, who, id)
	if err != nil {
		return Diff{}, err
	}
	if err := a.open(); err != nil {
		return Diff{}, err
	}
	m, err := readManifest(doc)
	if err != nil {
		return Diff{}, err
	}
	if dryRun {
		return s.plan(ctx, s.db, a, m)
	}
	ends := func(ctx context.Context, q db.Q, a App) (names []string, err error) {
		d, err := s.plan(ctx, q, a, m)
		for _, x := range d.Scopes.Removed {
			names = append(names, x.Scope)
		}
		return names, err
	}
	var d Diff
	_, err = s.changeGrants(ctx, who, id, ends, func(tx *db.Tx, c *db.Change, a *App) error {
		if err := a.open(); err != nil {
			return err
		}
		var err error
		if d, err = s.plan(tx.Context(), tx, *a, m); err != nil {
			return err
		}
		d.Applied = true
		if len(d.Texts)+len(d.Events.Added)+len(d.Events.Removed) > 0 {
			if err := s.apply(tx, who, c, a, m.patch); err != nil {
				return err
			}
		}
		return d.Scopes.enter(tx, who, c, a)
	})
	return d, err
}

func (sc ScopesChange) enter(tx *db.Tx, who scope.Principal, c *db.Change, a *App) error {
	for _, x := range sc.Removed {
		before, err := db.All(tx.Context(), tx, scanDeclaration, selectDeclarationsOf, a.ID, x.Scope)
		if err != nil {
			return err
		}
		if err := withdraw(tx, who, c, a, before, x.Scope); err != nil {
			return err
		}
	}
	declared := slices.Clone(sc.Added)
	for _, x := range sc.Changed {
		declared = append(declared, ScopeText{x.Scope, x.After})
	}
	for _, x := range declared {
		if err := declare(tx, who, c, a, x.Scope, x.Justification); err != nil {
			return err
		}
	}
	return nil
}

// plan checks a manifest against an app and tells what it changes.
func (s *Service) plan(ctx context.Context, q db.Q, a App, m manifest) (Diff, error) {
	after := a
	m.patch.into(&after)
	var bad fault.Check
	s.check(&bad, after)
	d := Diff{
		Texts:  []TextChange{},
		Events: EventsChange{Added: without(after.EventTypes, a.EventTypes), Removed: without(a.EventTypes, after.EventTypes)},
		Scopes: ScopesChange{Added: []ScopeText{}, Removed: []ScopeText{}, Changed: []ScopeChange{}, Denied: []string{}},
	}
	for _, t := range []TextChange{
		{"name", a.Name, after.Name}, {"description", a.Description, after.Description}, {"homepage", a.Homepage, after.Homepage},
		{"support", a.Support, after.Support}, {"webhook_url", a.WebhookURL, after.WebhookURL},
	} {
		if t.Before != t.After {
			d.Texts = append(d.Texts, t)
		}
	}
	if m.scopes != nil {
		all, err := db.All(ctx, q, scanDeclaration, selectDeclarations, a.ID)
		if err != nil {
			return d, fault.Wrap(err, "read the scopes of an app")
		}
		d.Scopes.plan(&bad, all, *m.scopes)
	}
	return d, withLines(bad.Err(), m.lines)
}

func (sc *ScopesChange) plan(bad *fault.Check, all []declaration, wanted []asked) {
	of := map[string]past{}
	for _, p := range all {
		of[p.scope] = append(of[p.scope], p)
	}
	listed := map[string]bool{}
	for i, w := range wanted {
		listed[w.scope] = true
		field := "required_scopes[" + strconv.Itoa(i) + "]"
		if !noteScope(bad, field, w.scope) {
			continue
		}
		before, live := "", false
		if p := of[w.scope]; len(p) > 0 {
			before, live = p.state().wanted()
		}
		switch {
		case live && before == w.why:
		case slices.ContainsFunc(of[w.scope], func(d declaration) bool { return d.status == Denied && sameReason(d.justification, w.why) }):
			if live {
				bad.Bad(field, "justification_denied")
			} else {
				sc.Denied = append(sc.Denied, w.scope)
			}
		case live:
			checkJustification(bad, field, w.why)
			sc.Changed = append(sc.Changed, ScopeChange{w.scope, before, w.why})
		default:
			checkJustification(bad, field, w.why)
			sc.Added = append(sc.Added, ScopeText{w.scope, w.why})
		}
	}
	for _, i := range scope.Catalogue() {
		if p := of[i.Name]; len(p) > 0 && !listed[i.Name] {
			if why, live := p.state().wanted(); live {
				sc.Removed = append(sc.Removed, ScopeText{i.Name, why})
			}
		}
	}
}

// noteScope notes a name that is none of a scope that apps can have, and tells whether it is one.
func noteScope(bad *fault.Check, field, name string) bool {
	err := declarable(name)
	var f *fault.Error
	if errors.As(err, &f) {
		bad.Bad(field, f.Fields[0].Code, f.Fields[0].Args...)
	}
	return err == nil
}

// without returns what is in a and not in b.
func without(a, b []string) []string {
	left := []string{}
	for _, x := range a {
		if !slices.Contains(b, x) {
			left = append(left, x)
		}
	}
	return left
}
