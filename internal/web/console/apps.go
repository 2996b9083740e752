package console

import (
	"airside/internal/platform/app"
)

// apps is Settings → Developers → Apps: what the organization builds, and what it is asked to take over.
func (v *visit) apps() error {
	offered := v.query("view") == "offered"
	l := list{Title: v.T("apps.title"), Intro: v.T("apps.intro"), Name: "apps",
		Tabs: []link{{Label: v.T("apps.own"), Href: v.appPath(), Current: !offered},
			{Label: v.T("apps.offered"), Href: v.appPath() + "?view=offered", Current: offered}},
		Actions: []action{{Label: v.T("apps.new"), Href: v.appPath("new"), Primary: true}},
		Columns: []column{{Label: v.T("apps.name")}, {Label: v.T("apps.state")}, {Label: v.T("apps.builder")}, {Label: v.T("apps.changed")}},
		Empty:   empty{Title: v.T("apps.empty"), Text: v.T("apps.empty_text")},
	}
	l.Empty.Action = l.Actions[0]
	if offered {
		l.Empty = empty{Title: v.T("apps.none_offered"), Text: v.T("apps.none_offered_text")}
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Apps.List(v.ctx(), v.Who, app.Filter{Offered: offered, Newest: true}, p)
		return rowsOf(found, app.App.Position, func(a app.App) row {
			r := row{Href: v.appPath(string(a.ID)), Cells: []cell{sub(a.Name, short(a.Description, 120)), v.appState(a.Status), txt(a.BuilderName), txt(v.Ago(a.UpdatedAt))}}
			if offered {
				r.Href = v.appPath(string(a.ID), "accept")
			}
			return r
		}), err
	}
	return v.list(l)
}

// appPath is the address of a page about apps.
func (v *visit) appPath(parts ...string) string {
	return v.settings(append([]string{"developers", "apps"}, parts...)...)
}

func (v *visit) appTrail() []link {
	return []link{{Label: v.T("apps.title"), Href: v.appPath()}}
}

func (v *visit) oneAppTrail(a app.App) []link {
	return append(v.appTrail(), link{Label: a.Name, Href: v.appPath(string(a.ID))})
}

func (v *visit) appState(s app.Status) cell {
	tone := map[app.Status]string{app.Draft: "info", app.Active: "good"}[s]
	if tone == "" {
		tone = "quiet"
	}
	return badge(v.T("apps.status."+string(s)), tone)
}

func (v *visit) getApp() (app.App, error) {
	return v.c.Apps.Get(v.ctx(), v.Who, app.ID(v.id()))
}
