package console

import (
	"cmp"
	"slices"

	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// reviews tells whether the organization reviews what builders make, and this member may.
func (v *visit) reviews() bool { return v.Org.Kind == org.Platform && v.Can(scope.ReviewsManage) }

// scopeReviews is what builders have declared, for the platform's reviewers: what waits, the most urgent first, or what
// was decided.
func (v *visit) scopeReviews() error {
	status := app.ReviewStatus(v.query("status"))
	l := list{Title: v.T("reviews.scopes"), Intro: v.T("reviews.scopes_intro"), Name: "scope-reviews",
		Filters: []field{{Name: "status", Label: v.T("apps.state"), Kind: "select", Options: v.reviewStates(app.Pending, app.Approved, app.Denied, app.Superseded, app.Withdrawn)}},
		Columns: []column{{Label: v.T("reviews.scope")}, {Label: v.T("reviews.priority")}, {Label: v.T("reviews.waits")}, {Label: v.T("reviews.app")}, {Label: v.T("apps.justification")}, {Label: v.T("apps.state")}},
		Empty:   empty{Title: v.T("reviews.empty"), Text: v.T("reviews.empty_text")}}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		if status == "" || status == app.Pending {
			rows, err := v.urgentReviews()
			if err != nil {
				return rowsPage{}, err
			}
			return sorted(rows, at, limit)
		}
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Apps.Reviews(v.ctx(), v.Who, app.ReviewFilter{Status: status}, p)
		return rowsOf(found, app.Review.Position, v.scopeReviewRow), err
	}
	return v.list(l)
}

// reviewStates offers the states that a list can be narrowed to; the first is what it shows otherwise.
func (v *visit) reviewStates(all ...app.ReviewStatus) []option {
	var options []option
	for i, s := range all {
		o := option{Value: string(s), Label: v.T("apps.review." + string(s))}
		if i == 0 {
			o.Value = ""
		}
		options = append(options, o)
	}
	return options
}

var urgency = map[app.Priority]int{app.High: 0, app.Normal: 1, app.Low: 2}

// urgentReviews are all that wait: by priority, then by age.
func (v *visit) urgentReviews() ([]row, error) {
	var all []app.Review
	p := page.Page{Limit: page.MaxLimit}
	for {
		found, err := v.c.Apps.Reviews(v.ctx(), v.Who, app.ReviewFilter{Status: app.Pending}, p)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Rows...)
		if !found.More {
			break
		}
		p.After = all[len(all)-1].Position()
	}
	slices.SortStableFunc(all, func(a, b app.Review) int { return cmp.Compare(urgency[a.Priority], urgency[b.Priority]) })
	rows := make([]row, len(all))
	for i, r := range all {
		rows[i] = v.scopeReviewRow(r)
	}
	return rows, nil
}

func (v *visit) scopeReviewRow(r app.Review) row {
	return row{Href: v.Path("scope-reviews", r.ID), Cells: []cell{txt(r.Scope), v.priority(r.Priority), txt(v.age(r.AgeHours)), sub(r.AppName, r.BuilderName),
		txt(short(r.Justification, 200)), v.reviewState(r.Status)}}
}

func (v *visit) priority(p app.Priority) cell {
	return badge(v.T("reviews.priority."+string(p)), map[app.Priority]string{app.High: "bad", app.Normal: "info", app.Low: "quiet"}[p])
}

// age says how long something has waited.
func (v *visit) age(hours int64) string {
	switch {
	case hours < 1:
		return v.T("reviews.under_an_hour")
	case hours < 48:
		return v.T("reviews.hours", "n", hours)
	}
	return v.T("reviews.days", "n", v.Number(hours/24))
}

func (v *visit) scopeReviewTrail() []link {
	return []link{{Label: v.T("reviews.scopes"), Href: v.Path("scope-reviews")}}
}

// scopeReview is the page of one declaration.
func (v *visit) scopeReview() error {
	r, err := v.c.Apps.Review(v.ctx(), v.Who, v.id())
	if err != nil {
		return err
	}
	state := v.reviewState(r.Status)
	d := detail{Title: v.T("reviews.scope_title", "scope", r.Scope, "app", r.AppName), Badges: []cell{state}, Back: v.scopeReviewTrail(),
		Sections: []section{{Title: v.T("apps.about"), Facts: v.scopeReviewFacts(r), Wide: true}}}
	path := func(verb string) string { return v.Path("scope-reviews", r.ID, verb) }
	if r.AppStatus != app.Revoked {
		switch r.Status {
		case app.Pending:
			d.Actions = []action{{Label: v.T("reviews.approve"), Href: path("approve"), Primary: true}, {Label: v.T("reviews.deny"), Href: path("deny"), Danger: true}}
		case app.Approved:
			d.Actions = []action{{Label: v.T("reviews.deny_after_all"), Href: path("deny"), Danger: true}}
		}
	}
	return v.detail(d)
}

func (v *visit) scopeReviewFacts(r app.Review) []fact {
	all := []fact{isA(v.T("reviews.scope"), sub(r.Scope, v.T("scope."+r.Scope))), is(v.T("apps.justification"), r.Justification)}
	if r.Approved != "" {
		all = append(all, is(v.T("reviews.approved_now"), r.Approved))
	}
	all = append(all, is(v.T("reviews.app"), r.AppName), is(v.T("apps.builder"), r.BuilderName))
	if r.FormerBuilderName != "" {
		all = append(all, is(v.T("reviews.former_builder"), r.FormerBuilderName))
	}
	all = append(all, isA(v.T("reviews.app_state"), v.appState(r.AppStatus)),
		is(v.T("reviews.installations"), v.Number(r.Installations)), isA(v.T("reviews.priority"), v.priority(r.Priority)), is(v.T("reviews.waits"), v.age(r.AgeHours)),
		is(v.T("apps.declared"), v.who(r.DeclaredBy, v.Time(r.DeclaredAt))))
	if r.DecidedAt != 0 {
		all = append(all, is(v.T("apps.decided"), v.who(r.DecidedBy, v.Time(r.DecidedAt))), is(v.T("apps.reason"), r.Reason))
	}
	if r.EndedAt != 0 {
		all = append(all, is(v.T("reviews.ended"), v.who(r.EndedBy, v.Time(r.EndedAt))), is(v.T("reviews.end_reason"), r.EndReason))
	}
	return all
}

func (v *visit) approveScope() error { return v.decideScope(app.Approved) }
func (v *visit) denyScope() error    { return v.decideScope(app.Denied) }

func (v *visit) decideScope(to app.ReviewStatus) error {
	r, err := v.c.Apps.Review(v.ctx(), v.Who, v.id())
	if err != nil {
		return err
	}
	f := v.decision(to == app.Denied)
	f.Cancel, f.Back = v.Path("scope-reviews", r.ID), append(v.scopeReviewTrail(), link{Label: r.Scope, Href: v.Path("scope-reviews", r.ID)})
	f.Shown = []section{{Facts: v.scopeReviewFacts(r), Wide: true}}
	f.Title = v.T("reviews.approve_scope", "scope", r.Scope, "app", r.AppName)
	if to == app.Denied {
		f.Title = v.T("reviews.deny_scope", "scope", r.Scope, "app", r.AppName)
		if r.Status == app.Approved {
			f.Points = []string{v.T("reviews.deny_ends")}
		}
	}
	if !v.posted() {
		return v.form(f)
	}
	verb, done := v.c.Apps.Approve, "done.review_approved"
	if to == app.Denied {
		verb, done = v.c.Apps.Deny, "done.review_denied"
	}
	if _, err := verb(v.once(), v.Who, r.ID, v.value("reason")); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.Path("scope-reviews", r.ID), done)
}

// decision asks for the reason of a reviewer's decision.
func (v *visit) decision(deny bool) form {
	reason := field{Name: "reason", Label: v.T("apps.reason"), Hint: v.T("reviews.reason_hint"), Kind: "textarea", Max: 1000, Required: deny}
	f := form{Submit: v.T("reviews.approve"), Fields: []field{reason}}
	if deny {
		f.Submit, f.Danger = v.T("reviews.deny"), true
	}
	return f
}
