package manageapi

import (
	"context"
	"io"

	"airside/internal/base/text"
	"airside/internal/ops/export"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) exports(a *httpx.API) {
	book := op("exportLogbook", "GET people/{id}/logbook", "person", "The logbook of a person, as a file", scope.FlightsRead, scope.FlightsReadOwn)
	book.Text = "The approved flights, oldest first. Who may read only their own flights gets their own logbook. " +
		"`foreflight-csv` can be imported again without loss, here or by anybody. Each export leaves an entry in the audit log."
	book.Files = []string{"application/pdf", "text/csv"}
	httpx.Handle(a, book, s.exportLogbook)

	all := op("exportOrganization", "GET organization/export", "", "All records of the organization, as a ZIP", scope.OrganizationExport)
	all.Text = "CSV for people and JSON, one object a line, for programs, of one moment; `manifest.json` has the SHA-256 of each file. " +
		"No secrets are in it, but everything personal that the organization keeps."
	all.Files = []string{"application/zip"}
	httpx.Handle(a, all, s.exportOrganization)
}

type logbookExport struct {
	ByID
	Format   string `query:"format" enum:"easa-pdf,easa-csv,foreflight-csv" default:"easa-pdf" doc:"EASA's layout (AMC1 FCL.050) as PDF or CSV, or ForeFlight's CSV"`
	Language string `query:"language" enum:"en,fr" doc:"Of the headings of a PDF; left out: what Accept-Language says"`
}

func (s surface) exportLogbook(ctx context.Context, who scope.Principal, in *logbookExport) (httpx.Answer, error) {
	lang := in.Language
	if lang == "" {
		lang = httpx.Language(ctx)
	}
	return httpx.File(func(w io.Writer) (string, string, error) {
		p, err := s.Exports.Logbook(ctx, who, in.ID, export.Format(in.Format), text.Negotiate(lang), w)
		return p.FileName, p.MediaType, err
	}), nil
}

func (s surface) exportOrganization(ctx context.Context, who scope.Principal, _ *struct{}) (httpx.Answer, error) {
	return httpx.File(func(w io.Writer) (string, string, error) {
		p, err := s.Exports.Organization(ctx, who, w)
		return p.FileName, p.MediaType, err
	}), nil
}
