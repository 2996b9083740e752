package console

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/platform/app"
)

// manifest shows what an app is as YAML.
func (v *visit) manifest() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	doc, err := v.c.Apps.Manifest(v.ctx(), v.Who, a.ID)
	if err != nil {
		return err
	}
	d := detail{Title: v.T("apps.manifest_title", "name", a.Name), Intro: v.T("apps.manifest_intro"), Back: v.oneAppTrail(a),
		Sections: []section{{Pre: string(doc), Wide: true}}}
	if a.Status != app.Revoked {
		d.Actions = []action{{Label: v.T("apps.import"), Href: v.appPath(string(a.ID), "manifest", "import")}}
	}
	return v.detail(d)
}

// importManifest makes an app what a manifest says: first it shows what that changes, then does it.
func (v *visit) importManifest() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	here := v.appPath(string(a.ID), "manifest", "import")
	f := form{Title: v.T("apps.import_title", "name", a.Name), Intro: v.T("apps.import_intro"), Submit: v.T("apps.import_look"), Cancel: v.appPath(string(a.ID), "manifest"), Back: v.oneAppTrail(a),
		Fields: []field{{Name: "manifest", Label: v.T("apps.manifest"), Hint: v.T("apps.import_hint"), Kind: "textarea", Rows: 20, Required: true}}}
	if !v.posted() {
		return v.form(f)
	}
	doc := v.value("manifest")
	d, err := v.c.Apps.ImportManifest(v.ctx(), v.Who, a.ID, []byte(doc), true)
	if err != nil {
		return v.refuse(f, ofManifest(err))
	}
	if v.value("again") != "" {
		return v.form(f)
	}
	if seen := v.value("seen"); seen != "" && seen == fingerprint(d) {
		if _, err := v.c.Apps.ImportManifest(v.once(), v.Who, a.ID, []byte(doc), false); err != nil {
			return v.refuse(f, ofManifest(err))
		}
		return v.redirect(v.appPath(string(a.ID)), "done.manifest_imported")
	} else if seen != "" {
		return v.form(v.previewManifest(a, doc, d, here, v.T("apps.import_changed")))
	}
	return v.form(v.previewManifest(a, doc, d, here))
}

// previewManifest asks whether a manifest is to be applied that changes so much.
func (v *visit) previewManifest(a app.App, doc string, d app.Diff, here string, problems ...string) form {
	return form{Title: v.T("apps.import_preview", "name", a.Name), Action: here, Back: append(v.oneAppTrail(a), link{Label: v.T("apps.import"), Href: here}), Problems: problems,
		Shown: v.manifestDiff(d), Submit: v.T("apps.import_apply"), Cancel: v.appPath(string(a.ID), "manifest"),
		Buttons: []button{{Name: "again", Value: "on", Label: v.T("apps.import_again")}},
		Hidden:  []hidden{{"manifest", doc}, {"seen", fingerprint(d)}}}
}

// fingerprint is what a diff is known by again.
func fingerprint(d app.Diff) string {
	b, err := json.Marshal(d)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// ofManifest puts what is wrong with the text itself beside its field; what is wrong with a value in it keeps its name.
func ofManifest(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	other := *e
	other.Fields = append([]fault.Field(nil), e.Fields...)
	for i := range other.Fields {
		if other.Fields[i].Name == "" {
			other.Fields[i].Name = "manifest"
		}
	}
	return &other
}

// manifestDiff says what a manifest changes.
func (v *visit) manifestDiff(d app.Diff) []section {
	rows := []row{}
	add := func(what, before, after string, tone, kind string) {
		rows = append(rows, row{Cells: []cell{badge(v.T("apps.diff."+kind), tone), txt(what), txt(before), txt(after)}})
	}
	for _, t := range d.Texts {
		add(v.appField(t.Field), t.Before, t.After, "info", "changed")
	}
	for _, e := range d.Events.Added {
		add(v.T("apps.events"), "", e, "good", "added")
	}
	for _, e := range d.Events.Removed {
		add(v.T("apps.events"), e, "", "bad", "removed")
	}
	for _, s := range d.Scopes.Added {
		add(s.Scope, "", s.Justification, "good", "declared")
	}
	for _, s := range d.Scopes.Changed {
		add(s.Scope, s.Before, s.After, "info", "declared")
	}
	for _, s := range d.Scopes.Removed {
		add(s.Scope, s.Justification, "", "bad", "withdrawn")
	}
	s := section{Wide: true, Table: &table{Caption: v.T("apps.import_changes"), Empty: v.T("apps.import_nothing"), Rows: rows,
		Columns: []column{{Label: v.T("apps.diff_what")}, {Label: v.T("apps.diff_where")}, {Label: v.T("apps.diff_before")}, {Label: v.T("apps.diff_after")}}}}
	if len(d.Scopes.Denied) > 0 {
		s.Intro = v.T("apps.import_denied", "scopes", strings.Join(d.Scopes.Denied, ", "))
	}
	return []section{s}
}

// appField is the label of a text that an app has.
func (v *visit) appField(name string) string {
	switch name {
	case "webhook_url":
		return v.T("apps.webhook")
	case "logo_url":
		return v.T("apps.logo")
	case "name", "description", "homepage", "support":
		return v.T("apps." + name)
	}
	return name
}
