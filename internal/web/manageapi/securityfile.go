package manageapi

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/text"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
	"airside/internal/web/httpx"
)

// securityFile is the document that the organization's tenant keys are defined in. The keys themselves have an address of
// their own, /api/{tenantId}/admin/apiKeys.
func (s surface) securityFile(a *httpx.API) {
	o := answering(op("getSecurityFile", "GET security-file", "security_file", "Where security.yml is, how it came to be as it is, and what is wrong with it", scope.TenantKeysRead), 200, SecurityFile{})
	o.NoTag = true
	httpx.Handle(a, o, s.getSecurityFile)
}

// SecurityFile is the state of an organization's security.yml.
type SecurityFile struct {
	Store     string            `json:"store" enum:"files,database" doc:"Where the deployment keeps the documents"`
	Path      string            `json:"path,omitempty" doc:"In the data folder, where it is a file" example:"tenants/0195b4c0-0f3e-7a51-8c11-52d7f0a1b2c3/security.yml"`
	Keys      int               `json:"keys" doc:"How many are in the document in force"`
	Version   int64             `json:"version" doc:"Counts the changes"`
	Source    string            `json:"source,omitempty" enum:"api,outside,import" doc:"Where the last change came from; outside is by hand"`
	ChangedBy string            `json:"changed_by,omitempty"`
	ChangedAt clock.Time        `json:"changed_at"`
	InForce   bool              `json:"in_force" doc:"Whether what is written there is in force; otherwise the last good document is"`
	Mistakes  []SecurityMistake `json:"mistakes" doc:"Why it is not"`
	Diff      []SecurityLine    `json:"diff" doc:"What the last change changed or, where there are mistakes, what the file would"`
}

// SecurityMistake is a mistake in security.yml, and where it stands.
type SecurityMistake struct {
	Line   int    `json:"line" doc:"0: the file as a whole"`
	Column int    `json:"column"`
	Code   string `json:"code"`
	Detail string `json:"detail" doc:"In the language of Accept-Language"`
}

// SecurityLine is a line of a diff. Hashes are masked.
type SecurityLine struct {
	Op     string `json:"op" enum:"same,added,removed,gap" doc:"gap: lines are left out"`
	Before int    `json:"before,omitempty" doc:"Its number before the change"`
	After  int    `json:"after,omitempty" doc:"Its number after it"`
	Text   string `json:"text"`
}

// lineOps are the words for what becomes of a line.
var lineOps = map[tenantfile.DiffOp]string{tenantfile.Same: "same", tenantfile.Came: "added", tenantfile.Gone: "removed", tenantfile.Gap: "gap"}

func (s surface) getSecurityFile(ctx context.Context, who scope.Principal, _ *struct{}) (httpx.Answer, error) {
	st, err := s.Tenants.State(ctx, who)
	if err != nil {
		return httpx.Answer{}, err
	}
	f := SecurityFile{Store: st.Store, Path: st.Path, Keys: st.Keys, Version: st.Version, Source: string(st.Source), ChangedBy: st.ChangedBy,
		ChangedAt: st.ChangedAt, InForce: len(st.Mistakes) == 0, Mistakes: []SecurityMistake{}, Diff: []SecurityLine{}}
	l := text.Negotiate(httpx.Language(ctx))
	for _, m := range st.Mistakes {
		f.Mistakes = append(f.Mistakes, SecurityMistake{m.Line, m.Column, m.Code, m.Text(l)})
	}
	for _, d := range st.Diff {
		f.Diff = append(f.Diff, SecurityLine{lineOps[d.Op], d.Before, d.After, d.Text})
	}
	return httpx.One(f), nil
}
