package console

import (
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
)

// tenantRoutes are Settings → Security → API keys: those of the organization's security.yml.
func (c *Console) tenantRoutes() {
	c.in("GET /o/{org}/settings/security/api-keys", (*visit).tenantKeys)
	c.form("/o/{org}/settings/security/api-keys/new", (*visit).newTenantKey)
	c.in("GET /o/{org}/settings/security/api-keys/key/{name}", (*visit).tenantKey)
	c.form("/o/{org}/settings/security/api-keys/key/{name}/edit", (*visit).editTenantKey)
	c.form("/o/{org}/settings/security/api-keys/key/{name}/delete", (*visit).deleteTenantKey)
}

// tenantPath is the address of a page about those keys.
func (v *visit) tenantPath(parts ...string) string {
	return v.settings(append([]string{"security", "api-keys"}, parts...)...)
}

func (v *visit) tenantTrail() []link {
	return []link{{Label: v.T("tenantkeys.title"), Href: v.tenantPath()}}
}

// tenantKeys shows the keys, and the state of the file that they stand in.
func (v *visit) tenantKeys() error {
	st, err := v.c.Tenants.State(v.ctx(), v.Who)
	if err != nil {
		return err
	}
	keys, err := v.c.Tenants.List(v.ctx(), v.Who)
	if err != nil {
		return err
	}
	d := detail{Title: v.T("tenantkeys.title"), Intro: v.T("tenantkeys.intro"), Badges: []cell{badge(v.T("tenantkeys.in_force"), "good")},
		Actions: []action{{Label: v.T("keys.new"), Href: v.tenantPath("new"), Primary: true}}}
	if len(st.Mistakes) > 0 {
		d.Badges, d.Actions = []cell{badge(v.T("tenantkeys.mistake"), "bad")}, nil
		d.Notices = []notice{{"bad", v.T("tenantkeys.last_good")}}
		d.Sections = append(d.Sections, v.mistakes(st.Mistakes))
	}
	t := &table{Caption: v.T("tenantkeys.title"), Empty: v.T("tenantkeys.empty"), Columns: []column{{Label: v.T("keys.name")}, {Label: v.T("tenantkeys.permissions")},
		{Label: v.T("keys.state")}, {Label: v.T("keys.created")}, {Label: v.T("keys.last_used")}}}
	for _, k := range keys {
		t.Rows = append(t.Rows, row{Href: v.tenantPath("key", k.Name), Cells: []cell{mono(k.Name), txt(v.scopeNames(k.Permissions)), v.tenantKeyState(k),
			txt(v.tenantTime(k.CreatedAt)), txt(v.Ago(k.LastUsedAt))}})
	}
	d.Sections = append(d.Sections, section{Table: t, Wide: true}, v.fileSection(st))
	if len(st.Diff) > 0 {
		d.Sections = append(d.Sections, v.fileDiff(st))
	}
	return v.detail(d)
}

// mistakes says what is wrong with the file, and where.
func (v *visit) mistakes(all tenantfile.Problems) section {
	t := &table{Caption: v.T("tenantkeys.mistakes"), Columns: []column{{Label: v.T("tenantkeys.line"), Kind: "num"}, {Label: v.T("tenantkeys.column"), Kind: "num"}, {Label: v.T("tenantkeys.wrong")}}}
	for _, m := range all {
		line, col := strconv.Itoa(m.Line), strconv.Itoa(m.Column)
		if m.Line == 0 {
			line, col = "", ""
		}
		t.Rows = append(t.Rows, row{Cells: []cell{txt(line), txt(col), txt(m.Text(v.Lang))}})
	}
	return section{Title: v.T("tenantkeys.mistakes"), Table: t, Wide: true}
}

// fileSection says where the document is, and who changed it last.
func (v *visit) fileSection(st tenantfile.State) section {
	s := section{Title: v.T("tenantkeys.document"), Intro: v.T("tenantkeys.by_hand"), Wide: true}
	if st.Path == "" {
		s.Intro = v.T("tenantkeys.in_database")
	} else {
		s.Facts = append(s.Facts, isA(v.T("tenantkeys.path"), mono(st.Path)))
	}
	if st.Version > 0 {
		s.Facts = append(s.Facts, is(v.T("tenantkeys.changed"), v.Time(st.ChangedAt)), is(v.T("tenantkeys.source"), v.T("tenantkeys.source."+string(st.Source))))
		if st.Source != tenantfile.FromOutside {
			s.Facts = append(s.Facts, is(v.T("tenantkeys.changed_by"), st.ChangedBy))
		}
	}
	return s
}

// fileDiff shows what the last change changed, or what the file would that is not in force.
func (v *visit) fileDiff(st tenantfile.State) section {
	var b strings.Builder
	for _, l := range st.Diff {
		if l.Op == tenantfile.Gap {
			b.WriteString("…\n")
			continue
		}
		b.WriteString(string(rune(l.Op)) + " " + l.Text + "\n")
	}
	s := section{Title: v.T("tenantkeys.last_change"), Intro: v.T("tenantkeys.masked"), Pre: b.String(), Wide: true}
	if len(st.Mistakes) > 0 {
		s.Title = v.T("tenantkeys.would_change")
	}
	return s
}

func (v *visit) tenantKeyState(k tenantfile.Key) cell {
	if k.Enabled {
		return badge(v.T("keys.status.active"), "good")
	}
	return badge(v.T("keys.status.disabled"), "warn")
}

func (v *visit) tenantTime(t clock.Time) string {
	if t == 0 {
		return ""
	}
	return v.Time(t)
}

// tenantKey is the page of one key.
func (v *visit) tenantKey() error {
	k, err := v.c.Tenants.Get(v.ctx(), v.Who, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	used := v.T("ago.never")
	if k.LastUsedAt != 0 {
		used = v.Time(k.LastUsedAt)
	}
	may := section{Title: v.T("keys.may"), Facts: v.scopeFacts(k.Permissions)}
	if len(k.Permissions) == 0 {
		may.Intro = v.T("tenantkeys.nothing")
	}
	return v.detail(detail{Title: k.Name, Badges: []cell{v.tenantKeyState(k)}, Back: v.tenantTrail(), Sections: []section{
		{Title: v.T("keys.about"), Facts: []fact{is(v.T("keys.created"), orDash(v.tenantTime(k.CreatedAt))), is(v.T("keys.last_used"), used)}}, may,
	}, Actions: []action{{Label: v.T("form.edit"), Href: v.tenantPath("key", k.Name, "edit")},
		{Label: v.T("tenantkeys.delete"), Href: v.tenantPath("key", k.Name, "delete"), Danger: true}}})
}

// permissionField offers what a key of the file may carry.
func (v *visit) permissionField(has []string) field {
	f := field{Name: "permissions", Label: v.T("tenantkeys.permissions"), Hint: v.T("tenantkeys.permissions_hint"), Kind: "checks", Options: v.scopeOptions(scope.Tenant())}
	for i := range f.Options {
		for _, p := range has {
			f.Options[i].Chosen = f.Options[i].Chosen || f.Options[i].Value == p
		}
	}
	return f
}

// newTenantKey adds a key, and shows its token.
func (v *visit) newTenantKey() error {
	if err := v.Who.Need(scope.TenantKeysWrite); err != nil {
		return err
	}
	f := form{Title: v.T("keys.new"), Intro: v.T("tenantkeys.new_intro"), Submit: v.T("keys.mint"), Cancel: v.tenantPath(), Back: v.tenantTrail(), Fields: []field{
		{Name: "name", Label: v.T("keys.name"), Hint: v.T("tenantkeys.name_hint"), Required: true, Max: tenantfile.MaxName, Focus: true},
		v.permissionField(nil),
	}}
	if !v.posted() {
		return v.form(f)
	}
	k, token, err := v.c.Tenants.Create(v.once(), v.Who, tenantfile.NewKey{Name: v.value("name"), Enabled: true, Permissions: v.values("permissions")})
	if err != nil {
		return v.refuse(f, err)
	}
	curl := "curl -H 'X-API-KEY: " + token + "' '" + v.c.BaseURL() + "/api/v1/public/" + tryNoun(k.Permissions, map[string]string{"public.flights:read": "flights?limit=2",
		"public.pilots:read": "pilots?limit=2", "public.fleet:read": "fleet?limit=2", "public.events:read": "events?limit=2"}, "flights?limit=2") + "'"
	return v.detail(detail{Title: v.T("keys.minted", "name", k.Name), Back: v.tenantTrail(), Sections: []section{
		{Secret: &secret{Label: v.T("keys.the_token"), Value: token, Warning: v.T("secret.once")}, Wide: true},
		{Title: v.T("keys.try"), Intro: v.T("keys.try_intro"), Pre: curl, Wide: true},
		{Wide: true, Actions: []action{{Label: v.T("keys.to_key"), Href: v.tenantPath("key", k.Name)}, {Label: v.T("keys.to_list"), Href: v.tenantPath()}}},
	}})
}

// stateOf is a number for what the form of a key changes, in place of a change number: a key of the file has none.
func stateOf(k tenantfile.Key) int64 {
	h := fnv.New64a()
	io.WriteString(h, strconv.FormatBool(k.Enabled))
	for _, p := range slices.Sorted(slices.Values(k.Permissions)) {
		io.WriteString(h, "\x00"+p)
	}
	return int64(h.Sum64()>>16) + 1
}

// editTenantKey enables or disables a key, and gives it other permissions.
func (v *visit) editTenantKey() error {
	k, err := v.c.Tenants.Get(v.ctx(), v.Who, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	here := v.tenantPath("key", k.Name)
	f := form{Title: v.T("keys.edit", "name", k.Name), Submit: v.T("form.save"), Cancel: here, Back: append(v.tenantTrail(), link{Label: k.Name, Href: here}), Fields: []field{
		{Name: "enabled", Label: v.T("keys.enabled"), Hint: v.T("keys.enabled_hint"), Kind: "checkbox", Value: onOff(k.Enabled)}, v.permissionField(k.Permissions)}}
	shown := v.lock(&f, stateOf(k))
	if !v.posted() {
		return v.form(f)
	}
	if shown != 0 && shown != stateOf(k) {
		return v.refuse(f, fault.New(fault.Precondition, "precondition_failed"))
	}
	permissions := v.values("permissions")
	if _, err := v.c.Tenants.Update(v.once(), v.Who, k.Name, v.value("enabled") == "on", &permissions); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.saved")
}

// deleteTenantKey takes a key out, after saying what stops.
func (v *visit) deleteTenantKey() error {
	k, err := v.c.Tenants.Get(v.ctx(), v.Who, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	here := v.tenantPath("key", k.Name)
	used := v.T("keys.revoke_unused")
	if k.LastUsedAt != 0 {
		used = v.T("tenantkeys.used", "ago", v.Ago(k.LastUsedAt), "time", v.Time(k.LastUsedAt))
	}
	f := form{Title: v.T("tenantkeys.delete_title", "name", k.Name), Points: []string{v.T("tenantkeys.delete_stops"), used, v.T("keys.revoke_final")}, Danger: true,
		Submit: v.T("tenantkeys.delete"), Cancel: here, Back: append(v.tenantTrail(), link{Label: k.Name, Href: here})}
	if !v.posted() {
		return v.form(f)
	}
	if err := v.c.Tenants.Delete(v.once(), v.Who, k.Name); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.tenantPath(), "done.tenant_key_deleted")
}
