package console

import (
	"net/url"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/licence"
	"airside/internal/platform/scope"
)

func (v *visit) productPath(id licence.ProductID, parts ...string) string {
	return v.licencePath(append([]string{"products", string(id)}, parts...)...)
}

func (v *visit) productsTrail(more ...link) []link {
	return v.licencesTrail(append([]link{{Label: v.T("products.title"), Href: v.licencePath("products")}}, more...)...)
}

// products lists what the vendor sells.
func (v *visit) products() error {
	l := list{Title: v.T("products.title"), Intro: v.T("products.intro"), Name: "licence-products", Tabs: v.licenceTabs("products"),
		Columns: []column{{Label: v.T("products.code")}, {Label: v.T("products.name")}, {Label: v.T("licences.created")}, {Label: v.T("licences.created_by")}},
		Empty:   empty{Title: v.T("products.empty"), Text: v.T("products.empty_text")}}
	if v.Can(scope.LicencesManage) {
		l.Actions = []action{{Label: v.T("products.new"), Href: v.licencePath("products", "new"), Primary: true}}
		l.Empty.Action = l.Actions[0]
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Licences.ListProducts(v.ctx(), v.Who, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, licence.Product.Position, func(p licence.Product) row {
			return row{Href: v.productPath(p.ID), Cells: []cell{mono(p.Code), txt(p.Name), txt(v.Day(p.CreatedAt)), txt(p.CreatedBy)}}
		}), nil
	}
	return v.list(l)
}

func (v *visit) newProduct() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	f := form{Title: v.T("products.new"), Intro: v.T("products.new_intro"), Submit: v.T("products.claim"), Cancel: v.licencePath("products"), Back: v.productsTrail(), Fields: []field{
		{Name: "code", Label: v.T("products.code"), Hint: v.T("products.code_hint"), Required: true, Max: 64, Placeholder: "XP-FlightDeck", Focus: true},
		{Name: "name", Label: v.T("products.name"), Hint: v.T("products.name_hint"), Max: 100}}}
	if !v.posted() {
		return v.form(f)
	}
	p, err := v.c.Licences.CreateProduct(v.once(), v.Who, licence.NewProduct{Code: v.value("code"), Name: v.value("name")})
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.productPath(p.ID), "done.product_claimed")
}

// product is the page of one product with its editions.
func (v *visit) product() error {
	p, err := v.c.Licences.GetProduct(v.ctx(), v.Who, licence.ProductID(v.id()))
	if err != nil {
		return err
	}
	all, err := v.allEditions(p.ID)
	if err != nil {
		return err
	}
	editions := section{Title: v.T("products.editions"), Intro: v.T("products.editions_intro"), Wide: true, Table: &table{Caption: v.T("products.editions"), Empty: v.T("products.no_editions"),
		Columns: []column{{Label: v.T("products.code")}, {Label: v.T("products.name")}, {Label: v.T("licences.quota"), Kind: "num"}, {Label: v.T("products.term")}, {Label: v.T("licences.features")}}}}
	for _, e := range all {
		name := txt(e.Name)
		if e.Trial {
			name.Sub = v.T("licences.is_trial")
		}
		editions.Table.Rows = append(editions.Table.Rows, row{Href: v.licencePath("editions", string(e.ID)), Cells: []cell{mono(e.Code), name, txt(v.Number(int64(e.MaxActivations))), txt(v.term(e)),
			txt(strings.Join(e.Features, ", "))}})
	}
	d := detail{Title: p.Name, Back: v.productsTrail(), Sections: []section{editions, {Title: v.T("keys.about"), Facts: []fact{isA(v.T("products.code"), mono(p.Code)),
		is(v.T("licences.created"), v.Time(p.CreatedAt)), is(v.T("licences.created_by"), p.CreatedBy), isA(v.T("licences.issued"), to(v.T("products.its_licences"), v.licencePath("issued")+"?product="+url.QueryEscape(p.Code)))}}}}
	if v.Can(scope.LicencesManage) {
		d.Actions = []action{{Label: v.T("products.new_edition"), Href: v.productPath(p.ID, "editions", "new"), Primary: true}, {Label: v.T("form.edit"), Href: v.productPath(p.ID, "edit")}}
	}
	return v.detail(d)
}

// editProduct renames a product.
func (v *visit) editProduct() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	p, err := v.c.Licences.GetProduct(v.ctx(), v.Who, licence.ProductID(v.id()))
	if err != nil {
		return err
	}
	f := form{Title: v.T("keys.edit", "name", p.Name), Submit: v.T("form.save"), Cancel: v.productPath(p.ID), Back: v.productsTrail(link{Label: p.Name, Href: v.productPath(p.ID)}),
		Fields: []field{{Name: "name", Label: v.T("products.name"), Hint: v.T("products.name_shown"), Required: true, Max: 100, Value: p.Name}}}
	seen := v.lock(&f, p.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	name := v.value("name")
	if _, err := v.c.Licences.UpdateProduct(v.once(), v.Who, p.ID, licence.ProductPatch{Name: &name}, seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.productPath(p.ID), "done.saved")
}

// term says how long a licence of an edition lasts.
func (v *visit) term(e licence.Edition) string {
	switch {
	case e.TermDays == 0:
		return v.T("products.for_ever")
	case e.TermFrom == licence.FromActivation:
		return v.T("licences.ends_later", "n", v.Number(int64(e.TermDays)))
	}
	return v.T("products.term_days", "n", v.Number(int64(e.TermDays)))
}

func (v *visit) editionTrail(p licence.Product, more ...link) []link {
	return v.productsTrail(append([]link{{Label: p.Name, Href: v.productPath(p.ID)}}, more...)...)
}

// getEdition finds an edition and its product.
func (v *visit) getEdition() (e licence.Edition, p licence.Product, err error) {
	if e, err = v.c.Licences.GetEdition(v.ctx(), v.Who, licence.EditionID(v.id())); err == nil {
		p, err = v.c.Licences.GetProduct(v.ctx(), v.Who, e.ProductID)
	}
	return e, p, err
}

// edition is the page of one edition.
func (v *visit) edition() error {
	e, p, err := v.getEdition()
	if err != nil {
		return err
	}
	count, err := v.c.Licences.List(v.ctx(), v.Who, licence.Filter{Product: e.Product, Edition: e.Code}, page.Page{Limit: 1}, false)
	if err != nil {
		return err
	}
	issued := txt(v.T("products.none_issued"))
	if len(count.Rows) > 0 {
		issued = to(v.T("products.its_licences"), v.licencePath("issued")+"?product="+url.QueryEscape(e.Product)+"&edition="+url.QueryEscape(e.Code))
	}
	d := detail{Title: e.Name, Back: v.editionTrail(p), Sections: []section{
		{Title: v.T("products.new_licences"), Facts: []fact{is(v.T("licences.quota"), v.Number(int64(e.MaxActivations))), isA(v.T("licences.features"), mono(strings.Join(e.Features, "\n"))),
			is(v.T("licences.is_a_trial"), v.Yes(e.Trial)), is(v.T("products.term"), v.term(e))}},
		{Title: v.T("products.all_licences"), Facts: []fact{is(v.T("licences.grace_days"), v.Number(int64(e.GraceDays))), is(v.T("products.file_days"), v.Number(int64(e.FileDays))),
			is(v.T("products.releases"), v.Number(int64(e.ReleasesAYear)))}},
		{Title: v.T("keys.about"), Facts: []fact{isA(v.T("licences.product"), to(p.Name, v.productPath(p.ID))), isA(v.T("products.code"), mono(e.Code)), isA(v.T("licences.issued"), issued),
			is(v.T("licences.created"), v.Time(e.CreatedAt)), is(v.T("licences.created_by"), e.CreatedBy)}}}}
	if v.Can(scope.LicencesManage) {
		d.Actions = []action{{Label: v.T("licences.new"), Href: v.licencePath("issued", "new") + "?edition=" + string(e.ID), Primary: true},
			{Label: v.T("form.edit"), Href: v.licencePath("editions", string(e.ID), "edit")}}
	}
	return v.detail(d)
}

// editionFields ask for what an edition gives; its code only of a new one.
func (v *visit) editionFields(e licence.Edition) []field {
	days := func(name, label, hint string, n int) field {
		return field{Name: name, Label: label, Hint: hint, Kind: "number", Half: true, Required: true, Value: place(n)}
	}
	term := days("term_days", v.T("products.term"), v.T("products.term_hint"), e.TermDays)
	from := field{Name: "term_from", Label: v.T("products.term_from"), Kind: "select", Half: true, Required: true, Value: e.TermFrom,
		Options: []option{{Value: licence.FromCreation, Label: v.T("products.from_creation")}, {Value: licence.FromActivation, Label: v.T("products.from_activation")}}}
	return []field{
		{Name: "name", Label: v.T("products.name"), Hint: v.T("products.name_hint"), Max: 100, Value: e.Name},
		{Name: "features", Label: v.T("licences.features"), Hint: v.T("licences.features_hint"), Kind: "textarea", Rows: 3, Value: strings.Join(e.Features, "\n"), Group: v.T("products.new_licences")},
		days("max_activations", v.T("licences.quota"), v.T("products.quota_hint"), e.MaxActivations),
		{Name: "trial", Label: v.T("products.trial"), Hint: v.T("products.trial_hint"), Kind: "checkbox", Value: onOff(e.Trial)}, term, from,
		func() field {
			f := days("grace_days", v.T("licences.grace_days"), v.T("products.grace_hint"), e.GraceDays)
			f.Group = v.T("products.all_licences")
			return f
		}(),
		days("file_days", v.T("products.file_days"), v.T("products.file_hint"), e.FileDays),
		days("releases_a_year", v.T("products.releases"), v.T("products.releases_hint"), e.ReleasesAYear),
	}
}

// readEdition reads them.
func (v *visit) readEdition() (p licence.EditionPatch, err error) {
	var c fault.Check
	name, features, trial, from := v.value("name"), lines(v.value("features")), v.value("trial") == "on", v.value("term_from")
	p = licence.EditionPatch{Name: &name, Features: &features, Trial: &trial, TermFrom: &from}
	for field, to := range map[string]**int{"max_activations": &p.MaxActivations, "term_days": &p.TermDays, "grace_days": &p.GraceDays, "file_days": &p.FileDays, "releases_a_year": &p.ReleasesAYear} {
		if *to = v.wholeNumber(&c, field); v.value(field) == "" {
			c.Bad(field, "required")
		}
	}
	return p, c.Err()
}

func (v *visit) newEdition() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	p, err := v.c.Licences.GetProduct(v.ctx(), v.Who, licence.ProductID(v.id()))
	if err != nil {
		return err
	}
	f := form{Title: v.T("products.new_edition"), Intro: v.T("products.new_edition_intro", "name", p.Name), Submit: v.T("products.add_edition"), Cancel: v.productPath(p.ID), Back: v.editionTrail(p),
		Fields: append([]field{{Name: "code", Label: v.T("products.code"), Hint: v.T("products.edition_code_hint"), Required: true, Max: 64, Placeholder: "Pro", Focus: true}},
			v.editionFields(licence.UsualEdition())...)}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	e, err := v.readEdition()
	if err != nil {
		return v.refuse(f, err)
	}
	made, err := v.c.Licences.CreateEdition(v.once(), v.Who, licence.NewEdition{ProductID: p.ID, Code: v.value("code"), Name: *e.Name, Features: *e.Features, MaxActivations: e.MaxActivations,
		Trial: *e.Trial, TermDays: *e.TermDays, TermFrom: *e.TermFrom, GraceDays: e.GraceDays, FileDays: e.FileDays, ReleasesAYear: e.ReleasesAYear})
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.licencePath("editions", string(made.ID)), "done.edition_added")
}

func (v *visit) editEdition() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	e, p, err := v.getEdition()
	if err != nil {
		return err
	}
	here := v.licencePath("editions", string(e.ID))
	f := form{Title: v.T("keys.edit", "name", e.Name), Intro: v.T("products.edit_intro"), Submit: v.T("form.save"), Cancel: here, Back: v.editionTrail(p, link{Label: e.Name, Href: here}),
		Fields: v.editionFields(e)}
	f.Fields[0].Required, f.Fields[0].Hint = true, v.T("products.name_shown")
	f.choose()
	seen := v.lock(&f, e.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	patch, err := v.readEdition()
	if err == nil {
		_, err = v.c.Licences.UpdateEdition(v.once(), v.Who, e.ID, patch, seen)
	}
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.saved")
}
