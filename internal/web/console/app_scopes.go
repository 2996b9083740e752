package console

import (
	"airside/internal/base/fault"
	"airside/internal/platform/app"
	"airside/internal/platform/scope"
)

// appScopesSection is where each scope stands that an app has ever declared.
func (v *visit) appScopesSection(a app.App) (section, error) {
	states, err := v.c.Apps.Scopes(v.ctx(), v.Who, a.ID)
	s := section{Title: v.T("apps.scopes"), Intro: v.T("apps.scopes_intro"), Wide: true, Table: &table{Caption: v.T("apps.scopes"), Empty: v.T("apps.no_scopes"),
		Columns: []column{{Label: v.T("apps.scope")}, {Label: v.T("apps.state")}, {Label: v.T("apps.justification")}, {Label: v.T("apps.reason")}}}}
	for _, st := range states {
		s.Table.Rows = append(s.Table.Rows, row{Href: v.appPath(string(a.ID), "scopes", st.Scope),
			Cells: []cell{sub(st.Scope, v.T("scope."+st.Scope)), v.scopeState(st), v.justificationCell(st), txt(st.Reason)}})
	}
	if a.Status != app.Revoked {
		s.Actions = []action{{Label: v.T("apps.declare"), Href: v.appPath(string(a.ID), "scopes", "new")}}
	}
	return s, err
}

func (v *visit) justificationCell(st app.ScopeState) cell {
	c := txt(st.Justification)
	if st.Proposed != nil {
		c.Sub = v.T("apps.proposed", "text", st.Proposed.Justification)
	}
	return c
}

func (v *visit) scopeState(st app.ScopeState) cell {
	c := v.reviewState(st.Status)
	if st.Proposed != nil {
		c.Sub = v.T("apps.proposed_waits")
	}
	return c
}

func (v *visit) reviewState(s app.ReviewStatus) cell {
	tone := map[app.ReviewStatus]string{app.Pending: "info", app.Approved: "good", app.Denied: "bad"}[s]
	if tone == "" {
		tone = "quiet"
	}
	return badge(v.T("apps.review."+string(s)), tone)
}

// declareScope says that an app needs a scope, and why.
func (v *visit) declareScope() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	here := v.appPath(string(a.ID))
	chosen := field{Name: "scope", Label: v.T("apps.scope"), Kind: "select", Required: true, Value: v.query("scope")}
	for _, o := range v.scopeOptions(scope.AllPublic()) {
		chosen.Options = append(chosen.Options, option{Value: o.Value, Label: o.Value + " – " + o.Label})
	}
	f := form{Title: v.T("apps.declare_title", "name", a.Name), Intro: v.T("apps.declare_intro"), Submit: v.T("apps.declare"), Cancel: here, Back: v.oneAppTrail(a), Fields: []field{
		chosen,
		{Name: "justification", Label: v.T("apps.justification"), Hint: v.T("apps.justification_hint", "min", app.MinJustification), Kind: "textarea", Rows: 5, Required: true,
			Max: app.MaxJustification, Count: v.T("apps.justification_count", "min", app.MinJustification)},
	}}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	st, err := v.c.Apps.Declare(v.once(), v.Who, a.ID, v.value("scope"), v.value("justification"))
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.appPath(string(a.ID), "scopes", st.Scope), "done.scope_declared")
}

// getScope finds the app of the address, and where the scope of the address stands.
func (v *visit) getScope() (app.App, app.ScopeState, error) {
	a, err := v.getApp()
	if err != nil {
		return a, app.ScopeState{}, err
	}
	states, err := v.c.Apps.Scopes(v.ctx(), v.Who, a.ID)
	if err != nil {
		return a, app.ScopeState{}, err
	}
	for _, st := range states {
		if st.Scope == v.r.PathValue("scope") {
			return a, st, nil
		}
	}
	return a, app.ScopeState{}, fault.NotFoundFor("app_scope")
}

// appScope is the page of one scope of an app: where it stands, and every step that led there.
func (v *visit) appScope() error {
	a, st, err := v.getScope()
	if err != nil {
		return err
	}
	steps, err := v.c.Apps.History(v.ctx(), v.Who, a.ID, st.Scope)
	if err != nil {
		return err
	}
	state := v.scopeState(st)
	facts := []fact{isA(v.T("apps.state"), state), is(v.T("apps.lets"), v.T("scope."+st.Scope)), is(v.T("apps.justification"), st.Justification),
		is(v.T("apps.declared"), v.who(st.DeclaredBy, v.Time(st.DeclaredAt)))}
	if st.DecidedAt != 0 {
		facts = append(facts, is(v.T("apps.decided"), v.who(st.DecidedBy, v.Time(st.DecidedAt))))
	}
	if st.Reason != "" {
		facts = append(facts, is(v.T("apps.reason"), st.Reason))
	}
	if st.Proposed != nil {
		facts = append(facts, isA(v.T("apps.proposed_title"), sub(st.Proposed.Justification, v.who(st.Proposed.DeclaredBy, v.Time(st.Proposed.DeclaredAt)))))
	}
	d := detail{Title: st.Scope, Badges: []cell{badge(state.Text, state.Tone)}, Back: v.oneAppTrail(a), Actions: v.scopeActions(a, st), Sections: []section{
		{Title: v.T("apps.about"), Facts: facts, Wide: true}, v.historySection(steps)}}
	return v.detail(d)
}

// who says who did something, and when.
func (v *visit) who(by, at string) string { return v.T("apps.by", "who", by, "time", at) }

func (v *visit) scopeActions(a app.App, st app.ScopeState) []action {
	if a.Status == app.Revoked {
		return nil
	}
	again := action{Label: v.T("apps.declare_again"), Href: v.appPath(string(a.ID), "scopes", "new") + "?scope=" + st.Scope}
	if st.Status == app.Pending || st.Status == app.Approved {
		again.Label = v.T("apps.declare_other")
		return []action{again, {Label: v.T("apps.withdraw"), Href: v.appPath(string(a.ID), "scopes", st.Scope, "withdraw"), Danger: true}}
	}
	return []action{again}
}

func (v *visit) historySection(steps []app.Step) section {
	t := &table{Caption: v.T("apps.history"), Columns: []column{{Label: v.T("apps.at"), Kind: "tight"}, {Label: v.T("apps.what")}, {Label: v.T("apps.by_whom")}, {Label: v.T("apps.text")}}}
	for _, s := range steps {
		said := s.Justification
		if said == "" {
			said = s.Reason
		}
		t.Rows = append(t.Rows, row{Cells: []cell{txt(v.Time(s.At)), badge(v.T("apps.step."+s.What), ""), txt(s.By), txt(said)}})
	}
	return section{Title: v.T("apps.history"), Table: t, Wide: true}
}

// withdrawScope ends what an app has declared of a scope, after saying what stops.
func (v *visit) withdrawScope() error {
	a, st, err := v.getScope()
	if err != nil {
		return err
	}
	here := v.appPath(string(a.ID), "scopes", st.Scope)
	f := form{Title: v.T("apps.withdraw_title", "scope", st.Scope, "name", a.Name), Danger: true, Submit: v.T("apps.withdraw"), Cancel: here,
		Back:   append(v.oneAppTrail(a), link{Label: st.Scope, Href: here}),
		Points: []string{v.T("apps.withdraw_keys"), v.T("apps.withdraw_installs"), v.T("apps.withdraw_again")}}
	if st.Status == app.Pending {
		f.Points = []string{v.T("apps.withdraw_pending"), v.T("apps.withdraw_again")}
	}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Apps.Withdraw(v.once(), v.Who, a.ID, st.Scope); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.scope_withdrawn")
}
