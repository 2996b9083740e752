package console

import (
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// organization is Settings → General.
func (v *visit) organization() error {
	o, err := v.c.Orgs.Get(v.ctx(), v.Who)
	if err != nil {
		return err
	}
	if v.posted() {
		if err := v.Who.Need(scope.OrganizationWrite); err != nil {
			return err
		}
	}
	if !v.Can(scope.OrganizationWrite) {
		return v.detail(detail{Title: v.T("organization.title"), Sections: []section{{Facts: v.organizationFacts(o)}}})
	}
	f := form{Title: v.T("organization.title"), Intro: v.T("organization.intro"), Submit: v.T("form.save"), Fields: []field{
		{Name: "name", Label: v.T("organization.name"), Required: true, Max: 100, Value: o.Name},
		{Name: "authority", Label: v.T("organization.authority"), Kind: "select", Required: true, Half: true, Value: string(o.Authority),
			Options: []option{{Value: "EASA", Label: "EASA"}, {Value: "FAA", Label: "FAA"}}},
		{Name: "currency", Label: v.T("organization.currency"), Required: true, Max: 3, Half: true, Value: o.Currency},
		zoneField(v, o.TimeZone, true),
		{Name: "lock_date", Label: v.T("organization.lock_date"), Hint: v.T("organization.lock_date_hint"), Kind: "date", Value: o.LockDate},
		{Name: "allow_sole_pic", Label: v.T("organization.allow_sole_pic"), Kind: "checkbox", Value: onOff(o.AllowSolePIC)},
	}}
	f.choose()
	seen := v.lock(&f, o.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	name, authority, currency := v.value("name"), org.Authority(v.value("authority")), v.value("currency")
	zone, lock, sole := v.value("time_zone"), v.value("lock_date"), v.value("allow_sole_pic") == "on"
	_, err = v.c.Orgs.Update(v.once(), v.Who, org.Patch{Name: &name, Authority: &authority, Currency: &currency,
		TimeZone: &zone, LockDate: &lock, AllowSolePIC: &sole}, seen)
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.settings("organization"), "done.saved")
}

func (v *visit) organizationFacts(o org.Organization) []fact {
	return []fact{
		is(v.T("organization.name"), o.Name), is(v.T("organization.slug"), o.Slug),
		is(v.T("organization.authority"), string(o.Authority)), is(v.T("organization.currency"), o.Currency),
		is(v.T("organization.time_zone"), o.TimeZone), is(v.T("organization.lock_date"), v.Date(o.LockDate)),
	}
}

// onOff is a truth as a checkbox sends it.
func onOff(b bool) string {
	if b {
		return "on"
	}
	return ""
}
