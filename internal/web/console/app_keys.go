package console

import (
	"airside/internal/platform/app"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// The keys of apps have the same pages as those of organizations.
func (v *visit) appKeyPage() error   { return v.keyDetail(scope.KindApp) }
func (v *visit) editAppKey() error   { return v.keyEdit(scope.KindApp) }
func (v *visit) rotateAppKey() error { return v.keyRotate(scope.KindApp) }
func (v *visit) revokeAppKey() error { return v.keyRevoke(scope.KindApp) }

// newAppKey mints a key of an app, with scopes that were approved for it.
func (v *visit) newAppKey() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	states, err := v.c.Apps.Scopes(v.ctx(), v.Who, a.ID)
	if err != nil {
		return err
	}
	var approved scope.Set
	for _, st := range states {
		if s, ok := scope.Parse(st.Scope); ok && st.Status == app.Approved {
			approved |= scope.Of(s)
		}
	}
	f := form{Title: v.T("apps.new_key_title", "name", a.Name), Intro: v.T("apps.new_key_intro"), Submit: v.T("keys.mint"), Cancel: v.appPath(string(a.ID)), Back: v.oneAppTrail(a),
		Fields: append([]field{
			{Name: "name", Label: v.T("keys.name"), Hint: v.T("keys.name_hint"), Required: true, Max: 100, Focus: true},
			{Name: "scopes", Label: v.T("keys.scopes"), Hint: v.T("apps.new_key_scopes"), Kind: "checks", Options: v.scopeOptions(approved)},
		}, v.limitFields()...)}
	return v.mint(f, key.NewKey{Kind: scope.KindApp, AppID: string(a.ID)})
}

// keyTrailOf leads from a key to where it belongs: its list, or its app.
func (v *visit) keyTrailOf(k key.Key) []link {
	if k.Kind != scope.KindApp {
		return v.keyTrail(k.Kind)
	}
	name := v.T("apps.the_app")
	if a, err := v.c.Apps.Get(v.ctx(), v.Who, app.ID(k.AppID)); err == nil {
		name = a.Name
	}
	return append(v.appTrail(), link{Label: name, Href: v.appPath(k.AppID)})
}

// keyHome is the page that lists a key.
func (v *visit) keyHome(k key.Key) string {
	if k.Kind == scope.KindApp {
		return v.appPath(k.AppID)
	}
	return v.keyPath(k.Kind)
}
