package console

import (
	"io"

	"airside/internal/base/fault"
	"airside/internal/ops/export"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// exports is where records leave: somebody's logbook, and everything.
func (v *visit) exports() error {
	f, err := v.exportForm(v.query("person"))
	if err != nil {
		return err
	}
	d := detail{Title: v.T("exports.title"), Intro: v.T("exports.intro")}
	if f == nil {
		d.Sections = append(d.Sections, section{Title: v.T("exports.logbook"), Intro: v.T("exports.no_person"), Wide: true})
	} else {
		d.Sections = append(d.Sections, section{Title: v.T("exports.logbook"), Form: f, Wide: true})
	}
	if v.Can(scope.OrganizationExport) {
		d.Sections = append(d.Sections, section{Title: v.T("exports.organization"), Intro: v.T("exports.organization_intro"), Wide: true,
			Actions: []action{{Label: v.T("exports.organization_get"), Href: v.Path("exports", "organization")}}})
	}
	return v.detail(d)
}

// exportForm asks whose logbook, and as what; nil where there is none that the visitor may have.
func (v *visit) exportForm(person string) (*form, error) {
	f := &form{Get: true, Action: v.Path("exports", "logbook"), Submit: v.T("exports.logbook_get")}
	if v.Can(scope.FlightsRead) {
		if person == "" {
			person = v.Who.PersonID
		}
		people, err := v.peoplePicker()
		if err != nil {
			return nil, err
		}
		whose, err := people.field(field{Name: "person", Label: v.T("exports.person"), Required: true}, person)
		if err != nil {
			return nil, err
		}
		f.Fields = append(f.Fields, whose)
	} else if v.Who.PersonID == "" {
		return nil, nil
	}
	f.Fields = append(f.Fields, field{Name: "format", Label: v.T("exports.format"), Kind: "radio", Options: []option{
		{Value: string(export.EASAPDF), Label: v.T("exports.easa_pdf"), Hint: v.T("exports.easa_pdf_hint"), Chosen: true},
		{Value: string(export.EASACSV), Label: v.T("exports.easa_csv"), Hint: v.T("exports.easa_csv_hint")},
		{Value: string(export.ForeFlightCSV), Label: v.T("exports.foreflight"), Hint: v.T("exports.foreflight_hint")},
	}})
	return f, nil
}

// asked refuses what another site asks for by a link: an export is work, and leaves an entry in the audit log. Browsers
// that do not say who asks are let through.
func (v *visit) asked() error {
	switch v.r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return nil
	}
	return fault.New(fault.Forbidden, "cross_origin_download")
}

// exportLogbook sends a logbook as a file.
func (v *visit) exportLogbook() error {
	if err := v.asked(); err != nil {
		return err
	}
	person := v.Who.PersonID
	if v.Can(scope.FlightsRead) {
		people, err := v.peoplePicker()
		if err != nil {
			return err
		}
		var c fault.Check
		if person, err = people.read(&c, "person", v.query("person")); err == nil {
			err = c.Err()
		}
		if err != nil {
			return err
		}
	}
	if person == "" {
		return v.redirect(v.Path("exports"), "")
	}
	return httpx.SendFile(v.w, func(w io.Writer) (string, string, error) {
		p, err := v.c.Exports.Logbook(v.ctx(), v.Who, person, export.Format(v.query("format")), v.Lang, w)
		return p.FileName, p.MediaType, err
	})
}

// exportOrganization sends everything as a ZIP.
func (v *visit) exportOrganization() error {
	if err := v.asked(); err != nil {
		return err
	}
	return httpx.SendFile(v.w, func(w io.Writer) (string, string, error) {
		p, err := v.c.Exports.Organization(v.ctx(), v.Who, w)
		return p.FileName, p.MediaType, err
	})
}
