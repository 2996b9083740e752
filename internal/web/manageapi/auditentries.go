package manageapi

import (
	"context"

	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) auditEntries(a *httpx.API) {
	httpx.Handle(a, listing(op("listAuditEntries", "GET audit-entries", "", "The organization's hash chain", scope.AuditRead), audit.Entry{}), s.listAudit)
	httpx.Handle(a, answering(op("verifyAuditEntries", "POST audit-entries/verify", "", "Recompute the chain", scope.AuditRead), 200, audit.Result{}), s.verifyAudit)
}

type auditQuery struct {
	httpx.ListQuery
	SubjectID string        `query:"subject_id" maxLength:"100" doc:"About this record"`
	Verb      string        `query:"verb" maxLength:"100" doc:"Of this verb" example:"flight.approve"`
	From      httpx.Instant `query:"from" doc:"At or after this time"`
	Actor     string        `query:"actor" maxLength:"100" doc:"By who has this id, or whose name begins so"`
	To        httpx.Instant `query:"to" doc:"Before this time"`
	Order     string        `query:"order" enum:"asc,desc" default:"asc" doc:"asc: oldest first; desc: newest first"`
}

func (s surface) listAudit(ctx context.Context, who scope.Principal, in *auditQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Audit.List(ctx, who, audit.Filter{SubjectID: in.SubjectID, Verb: in.Verb, Actor: in.Actor, From: in.From.Time,
		To: in.To.Time, Newest: in.Order == "desc"}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	at := func(e audit.Entry) page.Position { return page.Position{ChangeNo: e.No} }
	return httpx.Rows(ctx, in.ListQuery, p, of, at, httpx.AsJSON)
}

type auditVerify struct{ Body *httpx.Empty }

func (s surface) verifyAudit(ctx context.Context, who scope.Principal, _ *auditVerify) (httpx.Answer, error) {
	r, err := s.Audit.Verify(ctx, who)
	return httpx.One(r), err
}
