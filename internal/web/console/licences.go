package console

import (
	"io"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// licencePath is the address of a page about what a vendor sells.
func (v *visit) licencePath(parts ...string) string {
	return v.settings(append([]string{"licences"}, parts...)...)
}

// licenceTabs are the lists beside each other.
func (v *visit) licenceTabs(current string) []link {
	tab := func(label string, parts ...string) link {
		return link{Label: label, Href: v.licencePath(parts...), Current: len(parts) == 0 && current == "" || len(parts) > 0 && parts[0] == current}
	}
	return []link{tab(v.T("licences.overview")), tab(v.T("licences.issued"), "issued"), tab(v.T("products.title"), "products"), tab(v.T("batches.title"), "batches"),
		tab(v.T("vendortokens.title"), "vendor-tokens"), tab(v.T("signingkeys.title"), "signing-keys")}
}

func (v *visit) licencesTrail(more ...link) []link {
	return append([]link{{Label: v.T("licences.title"), Href: v.licencePath()}}, more...)
}

// licences is Settings → Licences: how many there are, and what happened of late.
func (v *visit) licences() error {
	all, err := v.allProducts()
	if err != nil {
		return err
	}
	chosen := licence.ProductID(v.query("product"))
	st, err := v.c.Licences.Statistics(v.ctx(), v.Who, licence.StatisticsFilter{ProductID: chosen})
	if err != nil {
		return err
	}
	numbers := section{Tabs: v.licenceTabs(""), Wide: true, Figures: []fact{is(v.T("licences.issued"), v.Number(st.Licences)), is(v.T("licences.are_enabled"), v.Number(st.Enabled)),
		is(v.T("licences.active_devices"), v.Number(st.ActiveDevices)), is(v.T("licences.expiring_soon"), v.Number(st.ExpiringSoon))}}
	days := section{Title: v.T("licences.activations"), Wide: true, Charts: []*chart{v.activationChart(st.Days)}}
	if len(all) > 1 {
		product := field{Name: "product", Label: v.T("licences.product"), Kind: "select", Unmarked: true, Half: true, Value: string(chosen), Options: []option{{Label: v.T("licences.all_products")}}}
		for _, p := range all {
			product.Options = append(product.Options, option{Value: string(p.ID), Label: p.Name})
		}
		days.Form = &form{Get: true, Submit: v.T("licences.show"), Fields: []field{product}}
		days.Form.choose()
	}
	d := detail{Title: v.T("licences.title"), Intro: v.T("licences.intro"), Sections: []section{numbers, days,
		{Title: v.T("licences.customers"), Intro: v.T("licences.customers_intro", "url", v.c.BaseURL()+"/licences")}}}
	if !v.c.Licences.SendsLinks() {
		d.Sections[2].Intro += " " + v.T("licences.customers_no_mail")
	}
	if v.Can(scope.LicencesManage) {
		d.Actions = []action{{Label: v.T("licences.new"), Href: v.licencePath("issued", "new"), Primary: true}}
		d.Sections = append(d.Sections, section{Title: v.T("bought.offline"), Intro: v.T("licences.offline_intro"), Actions: []action{{Label: v.T("bought.offline_go"), Href: v.licencePath("offline")}}})
	}
	return v.detail(d)
}

// activationChart draws what became of devices by day, those that found no place on top.
func (v *visit) activationChart(days []licence.Day) *chart {
	c := &chart{Title: v.T("licences.activations_title", "n", len(days)), Unit: v.T("licences.were_activated"), Second: v.T("licences.were_refused"), Over: v.T("period.day"),
		Extra: []string{v.T("licences.were_ended")}, Caption: true}
	var top int64
	for _, d := range days {
		top = max(top, d.Activated+d.Refused)
		c.Bars = append(c.Bars, bar{Label: v.shortDay(d.Day), Value: float64(d.Activated), Text: v.Number(d.Activated), More: float64(d.Refused), MoreText: v.Number(d.Refused),
			Extra: []string{v.Number(d.Ended)}})
	}
	if top > 0 {
		c.Top = v.Number(top)
	}
	return c
}

// everyPage reads every page of a list of what a vendor has few of.
func everyPage[T any](read func(page.Page) (page.Of[T], error), at func(T) page.Position) ([]T, error) {
	var all []T
	p := page.Page{Limit: page.MaxLimit}
	for {
		of, err := read(p)
		if err != nil {
			return nil, err
		}
		all = append(all, of.Rows...)
		if !of.More || len(of.Rows) == 0 || len(all) >= 2000 {
			return all, nil
		}
		p.After = at(all[len(all)-1])
	}
}

func (v *visit) allProducts() ([]licence.Product, error) {
	return everyPage(func(p page.Page) (page.Of[licence.Product], error) {
		return v.c.Licences.ListProducts(v.ctx(), v.Who, p)
	}, licence.Product.Position)
}

// allEditions are those of a product, or of all.
func (v *visit) allEditions(id licence.ProductID) ([]licence.Edition, error) {
	return everyPage(func(p page.Page) (page.Of[licence.Edition], error) {
		return v.c.Licences.ListEditions(v.ctx(), v.Who, licence.EditionFilter{ProductID: id}, p)
	}, licence.Edition.Position)
}

// licenceFilter is what the address of the list asks for.
func (v *visit) licenceFilter() (licence.Filter, error) {
	f := licence.Filter{Email: v.query("email"), Product: v.query("product"), Edition: v.query("edition"), LicenseRef: v.query("ref"), BatchID: licence.BatchID(v.query("batch"))}
	if s := v.query("state"); s != "" {
		enabled := s == "enabled"
		f.Enabled = &enabled
	}
	if day := v.query("ends_before"); day != "" {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return f, fault.New(fault.BadRequest, "period_unreadable")
		}
		f.ExpiresBefore = clock.Of(at)
	}
	return f, nil
}

// issued lists the vendor's licences, those last changed first.
func (v *visit) issued() error {
	all, err := v.allProducts()
	if err != nil {
		return err
	}
	products := []option{{Label: v.T("list.any")}}
	for _, p := range all {
		products = append(products, option{Value: p.Code, Label: p.Code})
	}
	l := list{Title: v.T("licences.issued"), Intro: v.T("licences.issued_intro"), Name: "licences", Tabs: v.licenceTabs("issued"),
		Filters: []field{{Name: "email", Label: v.T("signin.email"), Kind: "search"}, {Name: "ref", Label: v.T("licences.ref"), Kind: "search"},
			{Name: "product", Label: v.T("licences.product"), Kind: "select", Options: products}, {Name: "edition", Label: v.T("licences.edition"), Kind: "search"},
			{Name: "state", Label: v.T("licences.state"), Kind: "select", Options: []option{{Label: v.T("list.any")}, {Value: "enabled", Label: v.T("licences.only_enabled")},
				{Value: "disabled", Label: v.T("licences.is_disabled")}}}, {Name: "ends_before", Label: v.T("licences.ends_before"), Kind: "date"}},
		Columns: []column{{Label: v.T("signin.email")}, {Label: v.T("licences.product")}, {Label: v.T("licences.ref")}, {Label: v.T("licences.state")}, {Label: v.T("licences.devices")},
			{Label: v.T("licences.ends")}, {Label: v.T("licences.created"), Kind: "tight"}},
		Empty: empty{Title: v.T("licences.empty"), Text: v.T("licences.empty_text")}}
	if batch := v.query("batch"); batch != "" {
		b, err := v.c.Licences.GetBatch(v.ctx(), v.Who, licence.BatchID(batch))
		if err != nil {
			return err
		}
		l.Filters = append(l.Filters, field{Name: "batch", Label: v.T("batches.one"), Kind: "select", Options: []option{{Label: v.T("list.any")}, {Value: batch, Label: b.Name}}})
	}
	if v.Can(scope.LicencesManage) {
		l.Actions = []action{{Label: v.T("licences.new"), Href: v.licencePath("issued", "new"), Primary: true}}
		l.Empty.Action = l.Actions[0]
	}
	q := v.r.URL.Query()
	q.Del("at")
	q.Del("done")
	l.CSV = v.licencePath("export")
	if len(q) > 0 {
		l.CSV += "?" + q.Encode()
	}
	f, err := v.licenceFilter()
	if err != nil {
		return err
	}
	f.Newest = true
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Licences.List(v.ctx(), v.Who, f, p, false)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, licence.Licence.Position, func(l licence.Licence) row {
			return row{Href: v.licencePath("issued", string(l.ID)), Cells: []cell{sub(l.Email, l.Note), sub(l.Product, l.Edition), mono(l.LicenseRef), v.licenceState(l), txt(v.places(l)),
				txt(v.ending(l)), txt(v.Day(l.CreatedAt))}}
		}), nil
	}
	return v.list(l)
}

// exportLicences sends the licences that the filters leave, with everything, as they are at one moment.
func (v *visit) exportLicences() error {
	if err := v.asked(); err != nil {
		return err
	}
	f, err := v.licenceFilter()
	if err != nil {
		return err
	}
	return httpx.SendFile(v.w, func(w io.Writer) (string, string, error) {
		err := v.c.Licences.Export(v.ctx(), v.Who, f, w)
		return v.Org.Slug + "-licences-" + v.c.Clock.Now().UTC().Format(time.DateOnly) + ".csv", "text/csv", err
	})
}

// offline answers a request file of a device without network.
func (v *visit) offline() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	f := v.offlineForm()
	f.Cancel, f.Back = v.licencePath(), v.licencesTrail()
	if !v.posted() {
		return v.form(f)
	}
	request, err := v.sentRequest()
	if err != nil {
		return v.refuse(f, err)
	}
	file, err := v.c.Licences.ActivateFile(v.ctx(), v.Who, request, httpx.Address(v.ctx()))
	if fault.Is(err, "license_not_found") {
		err = fault.InvalidFields(fault.Field{Name: "file", Where: "body", Code: "request_unknown_key"})
	}
	if err != nil {
		return v.refuse(f, err, "request", "file")
	}
	return v.sendLicenceFile(file)
}

// endOfDay is the last second of a day that was typed, in UTC.
func endOfDay(c *fault.Check, name, typed string) clock.Time {
	at, err := time.Parse(time.DateOnly, typed)
	c.Require(err == nil, name, "period_unreadable")
	return clock.Of(at.Add(24*time.Hour - time.Second))
}

// wholeNumber reads a field for a number; nil where it was left empty.
func (v *visit) wholeNumber(c *fault.Check, name string) *int {
	n, there, err := number(v.value(name))
	switch {
	case err != nil:
		c.Bad(name, "not_an_integer")
		return nil
	case !there:
		return nil
	}
	whole := int(n)
	return &whole
}
