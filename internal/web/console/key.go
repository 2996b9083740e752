package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// keyPage and tokenPage are the pages of one key of an organization and of one token of a member.
func (v *visit) keyPage() error   { return v.keyDetail(scope.KindOrganization) }
func (v *visit) tokenPage() error { return v.keyDetail(scope.KindManagement) }

// getKey finds the key of the address; one of the other kind is not here.
func (v *visit) getKey(kind scope.Kind) (key.Key, error) {
	k, err := v.c.Keys.Get(v.ctx(), v.Who, key.ID(v.id()))
	if err == nil && k.Kind != kind {
		err = fault.NotFoundFor("api_key")
	}
	return k, err
}

func (v *visit) keyDetail(kind scope.Kind) error {
	k, err := v.getKey(kind)
	if err != nil {
		return err
	}
	days, err := v.c.Keys.Usage(v.ctx(), v.Who, k.ID, usageDays)
	if err != nil {
		return err
	}
	d := detail{Title: k.Name, Badges: []cell{v.keyState(k)}, Back: v.keyTrailOf(k), Actions: v.keyActions(k), Sections: []section{
		{Title: v.T("keys.about"), Facts: append(v.keyFacts(k), v.keyHistory(k)...)},
		{Title: v.T("keys.may"), Facts: v.scopeFacts(k.Scopes)},
	}}
	if len(k.EndedScopes) > 0 {
		d.Sections = append(d.Sections, section{Title: v.T("keys.ended"), Intro: v.T("keys.ended_intro"), Facts: v.scopeFacts(k.EndedScopes)})
	}
	d.Sections = append(d.Sections, v.usageSection(days))
	return v.detail(d)
}

func (v *visit) keyActions(k key.Key) []action {
	mine := k.Kind != scope.KindManagement || k.MemberID == v.Who.MemberID
	path := func(verb string) string { return v.keyPath(k.Kind, string(k.ID), verb) }
	var all []action
	if k.Status == key.Active || k.Status == key.Disabled {
		all = append(all, action{Label: v.T("form.edit"), Href: path("edit")})
	}
	if k.Status == key.Active && mine {
		all = append(all, action{Label: v.T("keys.rotate"), Href: path("rotate")})
	}
	if k.Status != key.Revoked {
		all = append(all, action{Label: v.T("keys.revoke"), Href: path("revoke"), Danger: true})
	}
	return all
}

func (v *visit) keyFacts(k key.Key) []fact {
	return []fact{isA(v.T("keys.token"), mono(shownToken(k))), isA(v.T("keys.state"), v.keyState(k)), is(v.T("keys.expires"), v.expiry(k)),
		is(v.T("keys.addresses"), v.addresses(k))}
}

func (v *visit) addresses(k key.Key) string {
	if len(k.AllowedIPs) == 0 {
		return v.T("keys.anywhere")
	}
	return strings.Join(k.AllowedIPs, "\n")
}

// keyHistory is what has happened to a key.
func (v *visit) keyHistory(k key.Key) []fact {
	used := v.T("ago.never")
	if k.LastUsedAt != 0 {
		used = v.Time(k.LastUsedAt)
	}
	all := []fact{is(v.T("keys.last_used"), used)}
	if k.LastAddress != "" {
		all = append(all, isA(v.T("keys.last_address"), mono(k.LastAddress)))
	}
	all = append(all, is(v.T("keys.created"), v.Time(k.CreatedAt)), is(v.T("keys.created_by"), k.CreatedBy))
	if k.RotatedFrom != "" {
		all = append(all, isA(v.T("keys.follows"), to(v.T("keys.earlier"), v.keyPath(k.Kind, k.RotatedFrom))))
	}
	return all
}

// scopeFacts says in sentences what a key may do.
func (v *visit) scopeFacts(names []string) []fact {
	var all []fact
	for _, n := range names {
		all = append(all, is(n, v.T("scope."+n)))
	}
	return all
}

// usageSection sums the use of a key up, and draws it where there is any.
func (v *visit) usageSection(days []key.DayUse) section {
	var sum int64
	for _, d := range days {
		sum += d.Calls
	}
	s := section{Title: v.T("keys.usage"), Intro: v.T("keys.usage_sum", "n", v.Number(sum), "days", len(days)), Wide: true}
	if sum > 0 {
		s.Charts = []*chart{v.usageChart(days)}
	}
	return s
}

func (v *visit) usageChart(days []key.DayUse) *chart {
	c := &chart{Title: v.T("keys.usage_title", "n", len(days)), Unit: v.T("keys.calls_unit"), Over: v.T("period.day")}
	for _, d := range days {
		c.Bars = append(c.Bars, bar{Label: v.shortDay(d.Day), Value: float64(d.Calls), Text: v.Number(d.Calls)})
	}
	return c
}

// shortDay writes a day without its year: 22 Nov.
func (v *visit) shortDay(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return strconv.Itoa(at.Day()) + " " + monthNames[v.Lang][at.Month()-1]
}

func (v *visit) editKey() error   { return v.keyEdit(scope.KindOrganization) }
func (v *visit) editToken() error { return v.keyEdit(scope.KindManagement) }

func (v *visit) keyEdit(kind scope.Kind) error {
	k, err := v.getKey(kind)
	if err != nil {
		return err
	}
	f := form{Title: v.T("keys.edit", "name", k.Name), Submit: v.T("form.save"), Cancel: v.keyPath(kind, string(k.ID)), Back: v.oneKeyTrail(k), Fields: []field{
		{Name: "name", Label: v.T("keys.name"), Required: true, Max: 100, Value: k.Name},
		{Name: "allowed_ips", Label: v.T("keys.addresses"), Hint: v.T("keys.addresses_hint"), Kind: "textarea", Rows: 3, Value: strings.Join(k.AllowedIPs, "\n"), Placeholder: "192.0.2.0/24"},
		{Name: "enabled", Label: v.T("keys.enabled"), Hint: v.T("keys.enabled_hint"), Kind: "checkbox", Value: onOff(k.Status != key.Disabled)},
	}}
	seen := v.lock(&f, k.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Keys.Update(v.once(), v.Who, k.ID, v.keyPatch(k), seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.keyPath(kind, string(k.ID)), "done.saved")
}

// keyPatch is what the form changes about a key.
func (v *visit) keyPatch(k key.Key) key.Patch {
	var p key.Patch
	if name := v.value("name"); name != k.Name {
		p.Name = &name
	}
	if allowed := lines(v.value("allowed_ips")); !slices.Equal(allowed, k.AllowedIPs) {
		p.AllowedIPs = &allowed
	}
	if enabled := v.value("enabled") == "on"; enabled != (k.Status != key.Disabled) {
		p.Enabled = &enabled
	}
	return p
}

func (v *visit) oneKeyTrail(k key.Key) []link {
	return append(v.keyTrailOf(k), link{Label: k.Name, Href: v.keyPath(k.Kind, string(k.ID))})
}

func (v *visit) rotateKey() error   { return v.keyRotate(scope.KindOrganization) }
func (v *visit) rotateToken() error { return v.keyRotate(scope.KindManagement) }

// keyRotate mints the successor of a key.
func (v *visit) keyRotate(kind scope.Kind) error {
	k, err := v.getKey(kind)
	if err != nil {
		return err
	}
	f := form{Title: v.T("keys.rotate_title", "name", k.Name), Points: []string{v.T("keys.rotate_new"), v.T("keys.rotate_same"), v.T("keys.rotate_old")},
		Submit: v.T("keys.rotate"), Cancel: v.keyPath(kind, string(k.ID)), Back: v.oneKeyTrail(k), Fields: []field{
			{Name: "overlap", Label: v.T("keys.overlap"), Kind: "radio", Required: true, Value: "24", Options: []option{
				{Value: "0", Label: v.T("keys.overlap_none"), Hint: v.T("keys.overlap_none_hint")}, v.overlapOption(k, 24), v.overlapOption(k, 7*24), v.overlapOption(k, 30*24)}},
		}}
	if len(k.EndedScopes) > 0 {
		f.Points = append(f.Points, v.T("keys.rotate_ended", "scopes", v.scopeNames(k.EndedScopes)))
	}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	hours, err := strconv.Atoi(v.value("overlap"))
	if err != nil {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "overlap", Where: "body", Code: "required"}))
	}
	next, token, err := v.c.Keys.Rotate(v.once(), v.Who, k.ID, time.Duration(hours)*time.Hour)
	if err != nil {
		return v.refuse(f, err)
	}
	said := v.T("keys.old_ended")
	if hours > 0 {
		said = v.T("keys.old_until", "time", v.Time(v.overlapEnd(k, hours)))
	}
	return v.showToken(next, token, v.T("keys.rotated", "name", k.Name), said)
}

// overlapEnd is until when the old key works.
func (v *visit) overlapEnd(k key.Key, hours int) clock.Time {
	end := clock.Of(v.c.Clock.Now()).Add(time.Duration(hours) * time.Hour)
	if k.ExpiresAt != 0 && k.ExpiresAt < end {
		return k.ExpiresAt
	}
	return end
}

func (v *visit) overlapOption(k key.Key, hours int) option {
	label := v.T("keys.overlap_day")
	if hours > 24 {
		label = v.T("keys.overlap_days", "n", hours/24)
	}
	return option{Value: strconv.Itoa(hours), Label: label, Hint: v.T("keys.overlap_until", "time", v.Time(v.overlapEnd(k, hours)))}
}

func (v *visit) revokeKey() error   { return v.keyRevoke(scope.KindOrganization) }
func (v *visit) revokeToken() error { return v.keyRevoke(scope.KindManagement) }

// keyRevoke ends a key for good, after saying what stops.
func (v *visit) keyRevoke(kind scope.Kind) error {
	k, err := v.getKey(kind)
	if err != nil {
		return err
	}
	calls, err := v.c.Keys.Calls(v.ctx(), v.Who, []key.ID{k.ID}, usageDays)
	if err != nil {
		return err
	}
	used := v.T("keys.revoke_unused")
	if k.LastUsedAt != 0 {
		used = v.T("keys.revoke_used", "ago", v.Ago(k.LastUsedAt), "time", v.Time(k.LastUsedAt), "n", v.Number(calls[k.ID]))
	}
	f := form{Title: v.T("keys.revoke_title", "name", k.Name), Points: []string{v.T("keys.revoke_stops", "token", shownToken(k)), used, v.T("keys.revoke_final")},
		Danger: true, Submit: v.T("keys.revoke"), Cancel: v.keyPath(kind, string(k.ID)), Back: v.oneKeyTrail(k)}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Keys.Revoke(v.once(), v.Who, k.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.keyPath(kind, string(k.ID)), "done.key_revoked")
}
