package console

import (
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// tokens is Settings → Developers → Management tokens: the member's own, or everybody's for who manages keys.
func (v *visit) tokens() error {
	var names map[string]string
	if v.Can(scope.KeysManage) {
		var err error
		if names, err = v.memberNames(); err != nil {
			return err
		}
	}
	l := v.keyList(scope.KindManagement, names)
	l.Title, l.Intro, l.Name = v.T("tokens.title"), v.T("tokens.intro"), "management-tokens"
	l.Actions = []action{{Label: v.T("tokens.new"), Href: v.keyPath(scope.KindManagement, "new"), Primary: true}}
	l.Empty = empty{Title: v.T("tokens.empty"), Text: v.T("tokens.empty_text"), Action: l.Actions[0]}
	if names != nil {
		l.Intro += " " + v.T("tokens.intro_all")
	}
	return v.list(l)
}

// memberNames are the names of present and former members, by id.
func (v *visit) memberNames() (map[string]string, error) {
	names := map[string]string{}
	for _, status := range []org.Status{org.Active, org.Removed} {
		all, err := v.allMembers(org.MemberFilter{Status: status})
		if err != nil {
			return nil, err
		}
		for _, m := range all {
			names[string(m.ID)] = m.DisplayName
		}
	}
	return names, nil
}

// newToken mints a management token for the member, with rights among their own.
func (v *visit) newToken() error {
	f := form{Title: v.T("tokens.new"), Intro: v.T("tokens.new_intro"), Submit: v.T("tokens.mint"), Cancel: v.keyPath(scope.KindManagement), Back: v.keyTrail(scope.KindManagement),
		Fields: append([]field{
			{Name: "name", Label: v.T("keys.name"), Hint: v.T("tokens.name_hint"), Required: true, Max: 100, Focus: true},
			{Name: "scopes", Label: v.T("tokens.rights"), Hint: v.T("tokens.rights_hint"), Kind: "checks", Options: v.scopeOptions(v.Who.Rights &^ scope.AllPublic())},
		}, v.limitFields()...)}
	return v.mint(f, key.NewKey{Kind: scope.KindManagement})
}
