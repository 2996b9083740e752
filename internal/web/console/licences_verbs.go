package console

import (
	"context"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/licence"
	"airside/internal/platform/scope"
)

// licenceVerb is a page that says what a verb does to a licence, and does it.
func (v *visit) licenceVerb(done string, show func(l licence.Licence) form, verb func(ctx context.Context, l licence.Licence) error) error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	l, err := v.getLicence()
	if err != nil {
		return err
	}
	f := show(l)
	f.Cancel, f.Back = v.onePath(l), v.oneLicenceTrail(l)
	if !v.posted() {
		return v.form(f)
	}
	if err := verb(v.once(), l); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.onePath(l), done)
}

// newLicence issues a licence, and shows its key.
func (v *visit) newLicence() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	all, err := v.allEditions("")
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return v.redirect(v.licencePath("products"), "done.product_first")
	}
	f := form{Title: v.T("licences.new"), Intro: v.T("licences.new_intro"), Submit: v.T("licences.issue"), Cancel: v.licencePath("issued"), Back: v.issuedTrail(), Fields: []field{
		{Name: "email", Label: v.T("signin.email"), Hint: v.T("licences.email_hint"), Kind: "email", Required: true, Max: 254, Focus: true},
		{Name: "edition_id", Label: v.T("licences.edition"), Kind: "select", Required: true, Value: v.query("edition"), Options: editionOptions(all)},
		{Name: "note", Label: v.T("licences.note"), Hint: v.T("licences.note_hint"), Max: 200},
		{Name: "max_activations", Label: v.T("licences.quota"), Hint: v.T("licences.as_edition"), Kind: "number", Half: true},
		{Name: "expires_on", Label: v.T("licences.last_day"), Hint: v.T("licences.as_edition"), Kind: "date", Half: true},
		{Name: "features", Label: v.T("licences.features"), Hint: v.T("licences.as_edition"), Kind: "textarea", Rows: 3},
	}}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	var c fault.Check
	n := licence.NewLicence{Email: v.value("email"), Note: v.value("note"), MaxActivations: v.wholeNumber(&c, "max_activations")}
	for _, e := range all {
		if string(e.ID) == v.value("edition_id") {
			n.Product, n.Edition = e.Product, e.Code
		}
	}
	c.Require(n.Product != "", "edition_id", "choose_one")
	if day := v.value("expires_on"); day != "" {
		n.ExpiresAt = endOfDay(&c, "expires_on", day)
	}
	if text := v.value("features"); text != "" {
		list := lines(text)
		n.Features = &list
	}
	if c.Err() != nil {
		return v.refuse(f, c.Err())
	}
	l, key, err := v.c.Licences.Create(v.once(), v.Who, n)
	if err != nil {
		return v.refuse(f, err, "expires_at", "expires_on", "product", "edition_id", "edition", "edition_id")
	}
	return v.showLicenceKey(l, key, v.T("licences.issued_to", "email", l.Email))
}

// editionOptions offers editions, by the codes that stand in tokens.
func editionOptions(all []licence.Edition) []option {
	var options []option
	for _, e := range all {
		options = append(options, option{Value: string(e.ID), Label: e.Product + " · " + e.Code})
	}
	return options
}

// showLicenceKey shows a key, this once.
func (v *visit) showLicenceKey(l licence.Licence, key, title string) error {
	return v.detail(detail{Title: title, Back: v.issuedTrail(), Sections: []section{
		{Secret: &secret{Label: v.T("licences.key"), Value: key, Warning: v.T("licences.key_once")}, Wide: true},
		{Facts: []fact{is(v.T("signin.email"), l.Email), isA(v.T("licences.product"), sub(l.Product, l.Edition)), is(v.T("licences.quota"), v.Number(int64(l.MaxActivations))),
			is(v.T("licences.ends"), v.ending(l))}, Wide: true, Actions: []action{{Label: v.T("bought.to_licence"), Href: v.onePath(l)}, {Label: v.T("licences.another"), Href: v.licencePath("issued", "new")}}}}})
}

// editLicence changes what one licence gives; its edition changes elsewhere, since all of that follows it.
func (v *visit) editLicence() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	l, err := v.getLicence()
	if err != nil {
		return err
	}
	last := ""
	if l.ExpiresAt != 0 {
		last = l.ExpiresAt.Date()
	}
	f := form{Title: v.T("licences.edit"), Submit: v.T("form.save"), Cancel: v.onePath(l), Back: v.oneLicenceTrail(l), Fields: []field{
		{Name: "email", Label: v.T("signin.email"), Hint: v.T("licences.email_change_hint"), Kind: "email", Required: true, Max: 254, Value: l.Email},
		{Name: "note", Label: v.T("licences.note"), Hint: v.T("licences.note_hint"), Max: 200, Value: l.Note},
		{Name: "max_activations", Label: v.T("licences.quota"), Hint: v.T("licences.quota_hint"), Kind: "number", Half: true, Required: true, Value: place(l.MaxActivations)},
		{Name: "expires_on", Label: v.T("licences.last_day"), Hint: v.T("licences.last_day_hint"), Kind: "date", Half: true, Value: last},
		{Name: "features", Label: v.T("licences.features"), Hint: v.T("licences.features_hint"), Kind: "textarea", Rows: 3, Value: strings.Join(l.Features, "\n")},
	}}
	seen := v.lock(&f, l.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	var c fault.Check
	email, note, features := v.value("email"), v.value("note"), lines(v.value("features"))
	p := licence.Patch{Email: &email, Note: &note, Features: &features, MaxActivations: v.wholeNumber(&c, "max_activations")}
	switch day := v.value("expires_on"); {
	case day == last: // to the second as it was
	case day == "":
		p.Never = true
	default:
		at := endOfDay(&c, "expires_on", day)
		p.ExpiresAt = &at
	}
	if c.Err() != nil {
		return v.refuse(f, c.Err())
	}
	if _, err := v.c.Licences.Update(v.once(), v.Who, l.ID, p, seen); err != nil {
		return v.refuse(f, err, "expires_at", "expires_on")
	}
	return v.redirect(v.onePath(l), "done.saved")
}

// changeEdition makes a licence one of another edition; its key stays.
func (v *visit) changeEdition() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	l, err := v.getLicence()
	if err != nil {
		return err
	}
	all, err := v.allEditions(l.ProductID)
	if err != nil {
		return err
	}
	edition := field{Name: "edition", Label: v.T("licences.edition"), Kind: "radio", Required: true, Value: l.Edition}
	for _, e := range all {
		edition.Options = append(edition.Options, option{Value: e.Code, Label: e.Code,
			Hint: v.T("licences.gives", "n", v.Number(int64(e.MaxActivations)), "features", orDash(strings.Join(e.Features, ", ")))})
	}
	f := form{Title: v.T("licences.change_edition"), Submit: v.T("licences.change_edition"), Fields: []field{edition}, Cancel: v.onePath(l), Back: v.oneLicenceTrail(l),
		Points: []string{v.T("licences.change_gets"), v.T("licences.change_keeps"), v.T("licences.change_when")}}
	f.choose()
	seen := v.lock(&f, l.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	code := v.value("edition")
	if _, err := v.c.Licences.Update(v.once(), v.Who, l.ID, licence.Patch{Edition: &code}, seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.onePath(l), "done.edition_changed")
}

func (v *visit) renewLicence() error {
	return v.licenceVerb("done.licence_renewed", func(l licence.Licence) form {
		from := v.T("licences.renew_from_end", "day", v.Day(l.ExpiresAt))
		switch now := clock.Of(v.c.Clock.Now()); {
		case l.TermDays > 0:
			from = v.T("licences.renew_later", "n", v.Number(int64(l.TermDays)))
		case l.ExpiresAt < now:
			from = v.T("licences.renew_from_now", "day", v.Day(l.ExpiresAt))
		}
		return form{Title: v.T("licences.renew_title", "email", l.Email), Submit: v.T("licences.renew"), Points: []string{v.T("licences.renew_term", "edition", l.Edition), from}}
	}, func(ctx context.Context, l licence.Licence) error {
		_, err := v.c.Licences.Renew(ctx, v.Who, l.ID)
		return err
	})
}

func (v *visit) disableLicence() error {
	return v.licenceVerb("done.licence_disabled", func(l licence.Licence) form {
		return form{Title: v.T("licences.disable_title", "email", l.Email), Danger: true, Submit: v.T("licences.disable"), Points: []string{
			v.T("licences.disable_stops", "n", v.Number(int64(l.ActiveDevices))), v.T("licences.disable_keeps"), v.T("licences.disable_again")}}
	}, func(ctx context.Context, l licence.Licence) error {
		_, _, err := v.c.Licences.Enable(ctx, v.Who, l.ID, false)
		return err
	})
}

func (v *visit) enableLicence() error {
	l, _, err := v.c.Licences.Enable(v.once(), v.Who, licence.ID(v.id()), true)
	if err != nil {
		return err
	}
	return v.redirect(v.onePath(l), "done.licence_enabled")
}

// replaceKey gives a licence another key, and shows it.
func (v *visit) replaceKey() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	l, err := v.getLicence()
	if err != nil {
		return err
	}
	f := form{Title: v.T("licences.replace_title", "email", l.Email), Points: []string{v.T("licences.replace_old", "ref", l.LicenseRef), v.T("licences.replace_devices")},
		Danger: true, Submit: v.T("bought.replace"), Cancel: v.onePath(l), Back: v.oneLicenceTrail(l)}
	if !v.posted() {
		return v.form(f)
	}
	l, key, err := v.c.Licences.ReplaceKey(v.once(), v.Who, l.ID)
	if err != nil {
		return v.refuse(f, err)
	}
	return v.showLicenceKey(l, key, v.T("licences.replaced"))
}

func (v *visit) renameDevice() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	l, err := v.getLicence()
	if err != nil {
		return err
	}
	return v.renameForm(l.Devices, v.onePath(l), v.oneLicenceTrail(l), func(device, name string) error {
		_, err := v.c.Licences.RenameDevice(v.once(), v.Who, l.ID, device, name)
		return err
	})
}

func (v *visit) releaseDevice() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	l, err := v.getLicence()
	if err != nil {
		return err
	}
	return v.releaseForm(l.Devices, v.onePath(l), v.oneLicenceTrail(l), "", func(device string) error {
		_, _, err := v.c.Licences.ReleaseDevice(v.once(), v.Who, l.ID, device)
		return err
	})
}
