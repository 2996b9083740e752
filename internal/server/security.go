package server

import (
	"context"
	"net/netip"
	"path/filepath"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
)

// tenantFolder is where the tenants' documents are, or empty where the database has them.
func (s *Server) tenantFolder() string {
	files := s.cfg.SecurityStore == "files" || s.cfg.SecurityStore != "database" && s.DB.Engine() == db.SQLite
	if !files {
		return ""
	}
	return filepath.Join(s.cfg.Data, "tenants")
}

// tenantOf finds an organization by its id or slug: empty where there is none.
func (s *Server) tenantOf(ctx context.Context, named string) (scope.OrgID, error) {
	o, err := s.Orgs.BySlug(ctx, named)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return o.ID, err
}

// tenantKey finds who a tenant's key stands for. Where the key does not say itself whose it is, the request does.
func (s *Server) tenantKey(ctx context.Context, token string, from netip.Addr, named string) (scope.Principal, error) {
	var org scope.OrgID
	if named != "" && !tenantfile.NamesTenant(token) {
		var err error
		if org, err = s.tenantOf(ctx, named); err != nil {
			return scope.Principal{}, err
		}
	}
	return s.Tenants.Verify(ctx, token, from, org)
}

// used notes that a credential was used, of whatever kind.
func (s *Server) used(who scope.Principal, from netip.Addr) {
	s.Keys.Used(who, from)
	s.Tenants.Used(who, from)
}

// leaked ends whatever keys are behind tokens that were found where others can read them.
func (s *Server) leaked(ctx context.Context, tokens []string, source string) error {
	if err := s.Keys.ReportLeaked(ctx, tokens, source); err != nil {
		return err
	}
	for _, token := range tokens {
		if err := s.OAuth.ReportLeaked(ctx, strings.TrimSpace(token), source); err != nil {
			return err
		}
		if err := s.Licences.ReportLeaked(ctx, strings.TrimSpace(token), source); err != nil {
			return err
		}
	}
	return s.Tenants.ReportLeaked(ctx, tokens, source)
}

// SecurityText is a security.yml to bring in, or to compare with.
type SecurityText struct {
	Organization string
	Text         []byte
	Version      int64 // that it was exported at; -1: whatever it is now
}

// SecurityExport is a tenant's document in force.
type SecurityExport struct {
	Text    string `json:"text"`
	Version int64  `json:"version"`
}

// ExportSecurity writes out a tenant's security.yml, hashes included.
var ExportSecurity = command("security.export", func(ctx context.Context, s *Server, o OfOrganization) (SecurityExport, error) {
	who, err := s.operatorOf(ctx, o.Organization)
	if err != nil {
		return SecurityExport{}, err
	}
	text, version, err := s.Tenants.Export(ctx, who)
	return SecurityExport{string(text), version}, err
})

// SecurityChange is what a text changes in a tenant's document.
type SecurityChange struct {
	Version int64                 `json:"version"`
	Diff    []tenantfile.DiffLine `json:"diff"`
}

// DiffSecurity compares a text with a tenant's security.yml in force.
var DiffSecurity = command("security.diff", func(ctx context.Context, s *Server, t SecurityText) (SecurityChange, error) {
	who, err := s.operatorOf(ctx, t.Organization)
	if err != nil {
		return SecurityChange{}, err
	}
	if _, err := tenantfile.Parse(t.Text); err != nil {
		return SecurityChange{}, err
	}
	text, version, err := s.Tenants.Export(ctx, who)
	return SecurityChange{version, tenantfile.Diff(text, t.Text)}, err
})

// ImportSecurity replaces a tenant's security.yml.
var ImportSecurity = command("security.import", func(ctx context.Context, s *Server, t SecurityText) (SecurityChange, error) {
	who, err := s.operatorOf(ctx, t.Organization)
	if err != nil {
		return SecurityChange{}, err
	}
	before, _, err := s.Tenants.Export(ctx, who)
	if err != nil {
		return SecurityChange{}, err
	}
	st, err := s.Tenants.Import(ctx, who, t.Text, t.Version)
	return SecurityChange{st.Version, tenantfile.Diff(before, t.Text)}, err
})

// NewTenantKey is a key to put into a tenant's security.yml.
type NewTenantKey struct {
	Organization, Name string
	Permissions        []string
}

// MintedTenantKey is such a key and its text, which nothing shows again.
type MintedTenantKey struct {
	tenantfile.Key
	Token string `json:"token"`
}

// MintTenantKey puts a key into a tenant's security.yml.
var MintTenantKey = command("security.mint", func(ctx context.Context, s *Server, n NewTenantKey) (MintedTenantKey, error) {
	who, err := s.operatorOf(ctx, n.Organization)
	if err != nil {
		return MintedTenantKey{}, err
	}
	k, token, err := s.Tenants.Create(ctx, who, tenantfile.NewKey{Name: n.Name, Enabled: true, Permissions: n.Permissions})
	return MintedTenantKey{k, token}, err
})

// accessToken finds who an access token of the authorization server stands for: the only bearer tokens that the
// administration of tenants' keys takes.
func (s *Server) accessToken(ctx context.Context, token, _ string, _ netip.Addr, _ string) (scope.Principal, error) {
	return s.OAuth.Verify(ctx, token)
}
