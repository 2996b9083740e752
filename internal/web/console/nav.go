package console

import (
	"strings"

	"airside/internal/platform/scope"
)

// navGroup is links under a heading; Sub is a heading below the last Title.
type navGroup struct {
	Title, Sub string
	Links      []link
}

// nav is the navigation of an organization, with what this member may use.
func (v *visit) nav() []navGroup {
	if v.Org.Slug == "" {
		return nil
	}
	groups := []navGroup{
		{Title: v.T("nav.operations"), Links: v.links(
			v.entry("nav.day", true, v.Path()),
			v.entry("nav.flights", v.Can(scope.FlightsRead) || v.Can(scope.FlightsReadOwn), v.Path("flights")),
			v.entry("nav.people", v.Can(scope.PeopleRead), v.Path("people")),
			v.entry("nav.fleet", v.Can(scope.FleetRead), v.Path("fleet")),
			v.entry("nav.imports", v.Can(scope.ImportsManage), v.Path("imports")),
			v.entry("nav.exports", true, v.Path("exports")),
		)},
		{Title: v.T("nav.reviews"), Links: v.links(
			v.entry("nav.scope_reviews", v.reviews(), v.Path("scope-reviews")),
			v.entry("nav.listing_reviews", v.reviews(), v.Path("listing-reviews")),
		)},
		{Title: v.T("nav.settings"), Links: v.links(
			v.entry("nav.organization", v.Can(scope.OrganizationRead), v.settings("organization")),
			v.entry("nav.members", v.Can(scope.MembersRead), v.settings("members")),
			v.entry("nav.licences", v.Can(scope.LicencesRead), v.licencePath()),
		)},
		{Sub: v.T("nav.integrations"), Links: v.links(
			v.entry("nav.keys", v.Can(scope.KeysManage), v.settings("integrations", "api-keys")),
			v.entry("nav.webhooks", v.Can(scope.WebhooksManage), v.webhookPath(), v.deliveryPath(), v.recoveryPath()),
			v.entry("nav.installed", v.Can(scope.InstallationsManage), v.installedPath()),
			v.entry("nav.marketplace", v.Can(scope.OrganizationRead), v.Path("marketplace")),
			v.entry("nav.events", v.Can(scope.EventsRead), v.settings("integrations", "events")),
		)},
		{Sub: v.T("nav.developers"), Links: v.links(
			v.entry("nav.apps", v.Can(scope.AppsManage), v.appPath(), v.keyPath(scope.KindApp), v.listingPath(), v.buildPath()),
			v.entry("nav.tokens", true, v.settings("developers", "tokens")),
		)},
		{Sub: v.T("nav.security"), Links: v.links(
			v.entry("nav.tenant_keys", v.Can(scope.TenantKeysRead), v.settings("security", "api-keys")),
			v.entry("nav.clients", v.Can(scope.KeysManage), v.clientPath()),
			v.entry("nav.audit", v.Can(scope.AuditRead), v.settings("security", "audit")),
		)},
	}
	var shown []navGroup
	for _, g := range groups {
		if len(g.Links) > 0 {
			shown = append(shown, g)
		}
	}
	return shown
}

func (v *visit) links(all ...link) []link {
	var shown []link
	for _, l := range all {
		if l.Href != "" {
			shown = append(shown, l)
		}
	}
	return shown
}

// entry is a link of the navigation, or nothing for who may not use it. also are other addresses that it stands for.
func (v *visit) entry(key string, allowed bool, href string, also ...string) link {
	if !allowed {
		return link{}
	}
	here := v.r.URL.Path
	current := here == href || href != v.Path() && strings.HasPrefix(here, href+"/")
	for _, a := range also {
		current = current || strings.HasPrefix(here+"/", a+"/")
	}
	return link{Label: v.T(key), Href: href, Current: current}
}
