package console

import (
	"slices"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/account"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// members is Settings → Members.
func (v *visit) members() error {
	l := list{Title: v.T("members.title"), Intro: v.T("members.intro"), Name: "members",
		Columns: []column{{Label: v.T("members.name")}, {Label: v.T("signin.email")}, {Label: v.T("members.role")}, {Label: v.T("members.state")}, {Label: v.T("members.since")}},
		Filters: []field{
			{Name: "role", Label: v.T("members.role"), Kind: "select", Options: append([]option{{Label: v.T("list.any")}}, v.memberRoles()...)},
			{Name: "status", Label: v.T("members.state"), Kind: "select", Options: []option{{Label: v.T("members.active")}, {Value: "removed", Label: v.T("members.removed")}}},
		},
		Empty: empty{Title: v.T("members.empty"), Text: v.T("members.empty_text")},
	}
	if v.Can(scope.MembersWrite) {
		l.Actions = []action{{Label: v.T("members.invite"), Href: v.settings("members", "invite"), Primary: true}}
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		all, err := v.allMembers(org.MemberFilter{Role: scope.Role(v.query("role")), Status: org.Status(v.query("status"))})
		if err != nil {
			return rowsPage{}, err
		}
		invited, err := v.c.Accounts.Invited(v.ctx(), v.Who)
		if err != nil {
			return rowsPage{}, err
		}
		rows := make([]row, len(all))
		for i, m := range all {
			rows[i] = row{Href: v.settings("members", string(m.ID)), Cells: []cell{txt(m.DisplayName), txt(m.Email),
				txt(v.T("role." + string(m.Role))), v.memberState(m, invited[m.ID]), txt(v.Time(m.CreatedAt))}}
		}
		return sorted(rows, at, limit)
	}
	return v.list(l)
}

// allMembers reads every page of the members, and puts them in the order of their names.
func (v *visit) allMembers(f org.MemberFilter) ([]org.Member, error) {
	var all []org.Member
	p := page.Page{Limit: page.MaxLimit}
	for {
		got, err := v.c.Orgs.ListMembers(v.ctx(), v.Who, f, p)
		if err != nil {
			return nil, err
		}
		all = append(all, got.Rows...)
		if !got.More {
			break
		}
		last := all[len(all)-1]
		p.After = page.Position{ChangeNo: last.ChangeNo, ID: string(last.ID)}
	}
	slices.SortFunc(all, func(a, b org.Member) int {
		return strings.Compare(strings.ToLower(a.DisplayName), strings.ToLower(b.DisplayName))
	})
	return all, nil
}

func (v *visit) memberState(m org.Member, invited bool) cell {
	switch {
	case m.Status == org.Removed:
		return badge(v.T("members.removed"), "quiet")
	case invited:
		return badge(v.T("members.invited"), "warn")
	}
	return badge(v.T("members.active"), "good")
}

// memberRoles are what a member may be made, by who may make one.
func (v *visit) memberRoles() []option {
	var all []option
	for _, r := range scope.Roles {
		if r == scope.Owner && v.Who.Role != scope.Owner {
			continue
		}
		all = append(all, option{Value: string(r), Label: v.T("role." + string(r)), Hint: v.T("role_hint." + string(r))})
	}
	return all
}

func (v *visit) membersTrail() []link {
	return []link{{Label: v.T("members.title"), Href: v.settings("members")}}
}

// invite adds a member and sends them a link.
func (v *visit) invite() error {
	if err := v.Who.Need(scope.MembersWrite); err != nil {
		return err
	}
	people, person, err := v.personField("")
	if err != nil {
		return err
	}
	f := form{Title: v.T("members.invite"), Intro: v.T("members.invite_intro"), Submit: v.T("members.invite_submit"), Cancel: v.settings("members"), Back: v.membersTrail(),
		Fields: []field{
			{Name: "display_name", Label: v.T("members.name"), Required: true, Max: 100},
			{Name: "email", Label: v.T("signin.email"), Kind: "email", Required: true, Max: 254},
			{Name: "role", Label: v.T("members.role"), Kind: "radio", Value: string(scope.Member), Options: v.memberRoles()},
			person,
		}}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	linked, err := v.chosenPerson(people)
	if err != nil {
		return v.refuse(f, err)
	}
	m, l, err := v.c.Accounts.Invite(v.once(), v.Who, org.NewMember{Email: v.value("email"), DisplayName: v.value("display_name"),
		Role: scope.Role(v.value("role")), PersonID: linked})
	if err != nil {
		return v.refuse(f, err)
	}
	return v.invited(m, l)
}

// invited says what became of an invitation, and shows the link where no mail can be sent.
func (v *visit) invited(m org.Member, l account.Link) error {
	here := v.settings("members", string(m.ID))
	switch {
	case l.Mailed:
		return v.redirect(here, "done.invited")
	case l.TooMany:
		return v.redirect(here, "done.no_invitation")
	case l.URL == "":
		return v.redirect(here, "done.member_added")
	}
	return v.detail(detail{Title: v.T("members.hand_over"), Back: v.membersTrail(), Sections: []section{
		{Intro: v.T("members.no_mail", "name", m.DisplayName), Wide: true,
			Secret:  &secret{Label: v.T("members.link"), Value: l.URL, Warning: v.T("members.link_once")},
			Actions: []action{{Label: m.DisplayName, Href: here, Primary: true}}},
	}})
}

func (v *visit) inviteAgain() error {
	m, err := v.c.Orgs.GetMember(v.ctx(), v.Who, org.MemberID(v.id()))
	if err != nil {
		return err
	}
	l, err := v.c.Accounts.InviteAgain(v.ctx(), v.Who, m.ID)
	if err != nil {
		return err
	}
	return v.invited(m, l)
}

func (v *visit) member() error {
	m, err := v.c.Orgs.GetMember(v.ctx(), v.Who, org.MemberID(v.id()))
	if err != nil {
		return err
	}
	invited, err := v.c.Accounts.Invited(v.ctx(), v.Who)
	if err != nil {
		return err
	}
	d := detail{Title: m.DisplayName, Back: v.membersTrail(), Badges: []cell{v.memberState(m, invited[m.ID])}}
	if m.Status == org.Active && v.Can(scope.MembersWrite) {
		d.Actions = append(d.Actions, action{Label: v.T("form.edit"), Href: v.settings("members", v.id(), "edit")})
		if invited[m.ID] {
			d.Actions = append(d.Actions, action{Label: v.T("members.invite_again"), Href: v.settings("members", v.id(), "invite"), Post: true})
		}
		d.Actions = append(d.Actions, action{Label: v.T("members.remove"), Href: v.settings("members", v.id(), "remove"), Danger: true})
	}
	person := txt("")
	if m.PersonID != "" {
		person = to(v.T("members.person_open"), v.Path("people", m.PersonID))
	}
	d.Sections = []section{{Facts: []fact{
		is(v.T("signin.email"), m.Email), isA(v.T("members.role"), sub(v.T("role."+string(m.Role)), v.T("role_hint."+string(m.Role)))),
		isA(v.T("members.person"), person), is(v.T("members.since"), v.Time(m.CreatedAt)),
	}}}
	return v.detail(d)
}

func (v *visit) editMember() error {
	if err := v.Who.Need(scope.MembersWrite); err != nil {
		return err
	}
	m, err := v.c.Orgs.GetMember(v.ctx(), v.Who, org.MemberID(v.id()))
	if err != nil {
		return err
	}
	people, person, err := v.personField(m.PersonID)
	if err != nil {
		return err
	}
	here := v.settings("members", v.id())
	f := form{Title: v.T("members.edit", "name", m.DisplayName), Intro: v.T("members.edit_intro"), Submit: v.T("form.save"), Cancel: here, Back: v.membersTrail(),
		Fields: []field{
			{Name: "role", Label: v.T("members.role"), Kind: "radio", Value: string(m.Role), Options: v.memberRoles()},
			person,
		}}
	f.choose()
	seen := v.lock(&f, m.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	role := scope.Role(v.value("role"))
	linked, err := v.chosenPerson(people)
	if err != nil {
		return v.refuse(f, err)
	}
	patch := org.MemberPatch{Role: &role}
	if linked != m.PersonID {
		patch.PersonID = &linked
	}
	if _, err := v.c.Orgs.ChangeRole(v.once(), v.Who, m.ID, patch, seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.saved")
}

// removeMember ends a membership: it says first what ends with it.
func (v *visit) removeMember() error {
	if err := v.Who.Need(scope.MembersWrite); err != nil {
		return err
	}
	m, err := v.c.Orgs.GetMember(v.ctx(), v.Who, org.MemberID(v.id()))
	if err != nil {
		return err
	}
	tokens, err := v.c.Keys.List(v.ctx(), v.Who, key.Filter{Kind: scope.KindManagement, Status: key.Active, MemberID: string(m.ID)}, page.Page{Limit: page.MaxLimit})
	if err != nil {
		return err
	}
	f := form{Title: v.T("members.remove_title", "name", m.DisplayName), Danger: true, Submit: v.T("members.remove"), Cancel: v.settings("members", v.id()), Back: v.membersTrail(),
		Points: []string{v.T("members.remove_access"), v.T("members.remove_tokens", "n", len(tokens.Rows)), v.T("members.remove_records")}}
	seen := v.lock(&f, m.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	if err := v.c.Orgs.RemoveMember(v.ctx(), v.Who, m.ID, seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.settings("members"), "done.member_removed")
}

// personField chooses a member's own record among the people.
func (v *visit) personField(id string) (picker, field, error) {
	people, err := v.peoplePicker()
	if err != nil {
		return people, field{}, err
	}
	f, err := people.field(field{Name: "person_id", Label: v.T("members.person"), Hint: v.T("members.person_hint")}, id)
	return people, f, err
}

func (v *visit) chosenPerson(people picker) (string, error) {
	var c fault.Check
	id, err := people.read(&c, "person_id", v.value("person_id"))
	if err == nil {
		err = c.Err()
	}
	return id, err
}
