package market

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// InstallStatus is where an installation stands.
type InstallStatus string

const (
	Active      InstallStatus = "active"
	Suspended   InstallStatus = "suspended"
	Uninstalled InstallStatus = "uninstalled" // for good
)

// Installation is an app at an organization, with what that organization consented to.
type Installation struct {
	ID                InstallID     `json:"id" format:"uuid"`
	AppID             string        `json:"app_id" format:"uuid"`
	AppName           string        `json:"app_name"`
	ListingID         ListingID     `json:"listing_id" format:"uuid"`
	Organization      Party         `json:"organization" doc:"Where it is installed"`
	Builder           Party         `json:"builder" doc:"Who builds the app"`
	Status            InstallStatus `json:"status" enum:"active,suspended,uninstalled"`
	SuspendedBy       []string      `json:"suspended_by" nullable:"false" enum:"consumer,builder" doc:"Who holds it suspended; each side lifts only its own"`
	Scopes            []Grant       `json:"scopes" nullable:"false" doc:"What was granted"`
	PendingScopes     []Asked       `json:"pending_scopes" nullable:"false" doc:"What the listing asks for beyond that, until it is consented to"`
	EventTypes        []string      `json:"event_types" nullable:"false" doc:"Event types that its endpoint gets"`
	PendingEventTypes []string      `json:"pending_event_types" nullable:"false" doc:"Event types that the listing has beyond those, until they are consented to"`
	ListingAt         clock.Time    `json:"listing_published_at" doc:"When the version of the listing was published that asks for what is pending; see published_at of consent"`
	EndpointID        *string       `json:"endpoint_id" format:"uuid" doc:"The webhook endpoint that it provisioned at the organization, or null"`
	SecretRevealedAt  clock.Time    `json:"secret_revealed_at" doc:"When the builder read the endpoint's secret, or null"`
	EndedReason       string        `json:"ended_reason,omitempty" enum:"consumer,builder,app_revoked" doc:"Who uninstalled it, or that the app was revoked"`
	CreatedAt         clock.Time    `json:"created_at"`
	CreatedBy         string        `json:"created_by,omitempty" doc:"Who consented; the organization's own matter"`
	UpdatedAt         clock.Time    `json:"updated_at"`
	EndedAt           clock.Time    `json:"ended_at"`
	ChangeNo          int64         `json:"-"` // of the side that looks

	byConsumer, byBuilder bool
	abroad                bool // a builder looks
	consumerNo, builderNo int64
	listing               ListingStatus
	offer                 Offer
}

// Grant is a scope that an installation granted, with the justification that was read then, and its use since.
type Grant struct {
	Scope         string     `json:"scope" example:"public.flights:read"`
	Justification string     `json:"justification"`
	GrantedAt     clock.Time `json:"granted_at"`
	GrantedBy     string     `json:"granted_by,omitempty"`
	FirstUseAt    clock.Time `json:"first_use_at" doc:"When it was first used, or null"`
	LastUseAt     clock.Time `json:"last_use_at" doc:"When it was last used, or null"`
	Calls         int64      `json:"calls" doc:"Requests that used it"`
	Records       int64      `json:"records" doc:"Records that were read with it"`
}

// Address is where an installation was used from.
type Address struct {
	Address    string     `json:"address" example:"192.0.2.7"`
	Calls      int64      `json:"calls"`
	FirstUseAt clock.Time `json:"first_use_at"`
	LastUseAt  clock.Time `json:"last_use_at"`
}

// EndedGrant is a scope that an installation granted and that was taken out of it since.
type EndedGrant struct {
	Grant
	RemovedAt clock.Time `json:"removed_at"`
	RemovedBy string     `json:"removed_by,omitempty" doc:"Who took it out: a member, the organization that withdrew or denied it, or the app whose listing asks for it no more"`
}

// Evidence is an installation with what else it may have read, and where it was used from.
type Evidence struct {
	Installation
	EndedScopes []EndedGrant `json:"ended_scopes" nullable:"false" doc:"What was granted and is no more, with its use until then; one that was granted again is among scopes"`
	Addresses   []Address    `json:"addresses" nullable:"false" doc:"Where requests came from, the latest first, at most 50"`
}

// Position is the installation's place in a list.
func (i Installation) Position() page.Position {
	return page.Position{ChangeNo: i.ChangeNo, ID: string(i.ID)}
}

// granted are the names of what was granted.
func (i Installation) granted() []string {
	names := make([]string, len(i.Scopes))
	for n, g := range i.Scopes {
		names[n] = g.Scope
	}
	return names
}

// events are the event types that installations of an offer get: none if there is nowhere to send them.
func (o Offer) events() []string {
	if o.WebhookURL == "" {
		return []string{}
	}
	return o.EventTypes
}

const selectInstalls = `SELECT i.id, i.app_id, a.name, i.listing_id, o.id, o.slug, o.name, b.id, b.slug, b.name, i.status, i.suspended_by_consumer,
	i.suspended_by_builder, i.event_types, i.endpoint_id, i.secret_revealed_at, i.ended_reason, i.created_at, i.created_by, i.updated_at, i.ended_at,
	i.change_no, i.builder_change_no, l.status, l.published, l.published_at
	FROM app_installations i JOIN apps a ON a.id = i.app_id JOIN addon_listings l ON l.id = i.listing_id
	JOIN organizations o ON o.id = i.org_id JOIN organizations b ON b.id = i.builder_id`

const selectInstall = selectInstalls + ` WHERE i.id = $1`

const selectGrants = `SELECT installation_id, scope, justification, granted_at, granted_by FROM installation_scopes`

const selectEndedGrants = `SELECT scope, justification, granted_at, granted_by, removed_at, removed_by FROM installation_scopes
	WHERE installation_id = $1 AND removed_at IS NOT NULL`

const selectUses = `SELECT scope, CAST(SUM(calls) AS BIGINT), CAST(SUM(records) AS BIGINT), MIN(first_at), MAX(last_at) FROM installation_uses
	WHERE installation_id = $1 GROUP BY scope`

const selectAddresses = `SELECT address, calls, first_at, last_at FROM installation_addresses WHERE installation_id = $1
	ORDER BY last_at DESC, address LIMIT 50`

func scanInstall(row db.Scanner) (i Installation, err error) {
	var types db.JSON[[]string]
	var published sql.NullString
	err = row.Scan(&i.ID, &i.AppID, &i.AppName, &i.ListingID, &i.Organization.ID, &i.Organization.Slug, &i.Organization.Name,
		&i.Builder.ID, &i.Builder.Slug, &i.Builder.Name, &i.Status, &i.byConsumer, &i.byBuilder, &types, &i.EndpointID, &i.SecretRevealedAt,
		&i.EndedReason, &i.CreatedAt, &i.CreatedBy, &i.UpdatedAt, &i.EndedAt, &i.consumerNo, &i.builderNo, &i.listing, &published, &i.ListingAt)
	i.EventTypes = types.V
	if err == nil && published.Valid {
		var offer db.JSON[Offer]
		err = offer.Scan(published.String)
		i.offer = offer.V
	}
	return i, err
}

// finish fills in what follows from other rows, as who may see it.
func finish(ctx context.Context, q db.Q, who scope.Principal, rows ...*Installation) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]InstallID, len(rows))
	byID := map[InstallID]*Installation{}
	for n, i := range rows {
		ids[n], byID[i.ID] = i.ID, i
		i.Scopes, i.PendingScopes, i.PendingEventTypes, i.SuspendedBy = []Grant{}, []Asked{}, []string{}, []string{}
	}
	var w db.Where
	db.In(&w, "installation_id", ids)
	w.And("removed_at IS NULL")
	_, err := db.All(ctx, q, func(row db.Scanner) (g Grant, err error) {
		var install InstallID
		err = row.Scan(&install, &g.Scope, &g.Justification, &g.GrantedAt, &g.GrantedBy)
		byID[install].Scopes = append(byID[install].Scopes, g)
		return g, err
	}, selectGrants+w.SQL()+" ORDER BY scope", w.Args()...)
	if err != nil {
		return err
	}
	for _, i := range rows {
		i.show(who)
	}
	return nil
}

func (i *Installation) show(who scope.Principal) {
	i.ChangeNo = i.consumerNo
	if who.Org != i.Organization.ID { // a builder's; who consented is nothing to it
		i.ChangeNo, i.CreatedBy, i.abroad = i.builderNo, "", true
		for n := range i.Scopes {
			i.Scopes[n].GrantedBy = ""
		}
	}
	if i.byConsumer {
		i.SuspendedBy = append(i.SuspendedBy, string(Consumer))
	}
	if i.byBuilder {
		i.SuspendedBy = append(i.SuspendedBy, string(Builder))
	}
	order := inOrder(i.granted())
	slices.SortFunc(i.Scopes, func(a, b Grant) int {
		return cmp.Compare(slices.Index(order, a.Scope), slices.Index(order, b.Scope))
	})
	if i.Status == Uninstalled || i.listing != Published {
		return
	}
	for _, name := range without(i.offer.scopes(), i.granted()) {
		why, _ := i.offer.why(name)
		i.PendingScopes = append(i.PendingScopes, Asked{name, why})
	}
	i.PendingEventTypes = without(i.offer.events(), i.EventTypes)
}

// Side is one of the two organizations that an installation is between.
type Side string

const (
	Consumer Side = "consumer"
	Builder  Side = "builder"
)

// mayLook lets in whoever may see installations of either side.
func mayLook(who scope.Principal) error {
	return who.NeedAny(scope.InstallationsManage, scope.AppsManage)
}

// sideOf tells which side of an installation who is on; to others it does not exist.
func (i Installation) sideOf(who scope.Principal) (Side, error) {
	consumer, builder := who.Org == i.Organization.ID, who.Org == i.Builder.ID
	switch {
	case consumer && who.Can(scope.InstallationsManage):
		return Consumer, nil
	case builder && who.Can(scope.AppsManage):
		return Builder, nil
	case consumer:
		return "", who.Need(scope.InstallationsManage)
	case builder:
		return "", who.Need(scope.AppsManage)
	}
	return "", fault.NotFoundFor("installation")
}

// installOf reads an installation that who's organization is a side of.
func installOf(ctx context.Context, q db.Q, who scope.Principal, install InstallID) (Installation, Side, error) {
	i, err := db.One(ctx, q, scanInstall, selectInstall, install)
	if db.NoRows(err) {
		return Installation{}, "", fault.NotFoundFor("installation")
	}
	if err != nil {
		return Installation{}, "", err
	}
	side, err := i.sideOf(who)
	if err != nil {
		return Installation{}, "", err
	}
	return i, side, finish(ctx, q, who, &i)
}

// GetInstallation returns an installation with the evidence of its use, to either side.
func (s *Service) GetInstallation(ctx context.Context, who scope.Principal, install InstallID) (Evidence, error) {
	if err := mayLook(who); err != nil {
		return Evidence{}, err
	}
	i, _, err := installOf(ctx, s.db, who, install)
	if err != nil {
		return Evidence{}, err
	}
	return s.evidence(ctx, s.db, i)
}

func (s *Service) evidence(ctx context.Context, q db.Q, i Installation) (e Evidence, err error) {
	e.Installation = i
	if e.EndedScopes, err = endedGrants(ctx, q, i); err != nil {
		return e, err
	}
	of := map[string]*Grant{}
	for n := range e.Scopes {
		of[e.Scopes[n].Scope] = &e.Scopes[n]
	}
	for n := range e.EndedScopes {
		of[e.EndedScopes[n].Scope] = &e.EndedScopes[n].Grant
	}
	_, err = db.All(ctx, q, func(row db.Scanner) (name string, err error) {
		var g Grant
		err = row.Scan(&name, &g.Calls, &g.Records, &g.FirstUseAt, &g.LastUseAt)
		if at := of[name]; at != nil {
			at.Calls, at.Records, at.FirstUseAt, at.LastUseAt = g.Calls, g.Records, g.FirstUseAt, g.LastUseAt
		}
		return name, err
	}, selectUses, i.ID)
	if err != nil {
		return e, err
	}
	e.Addresses, err = db.All(ctx, q, func(row db.Scanner) (a Address, err error) {
		err = row.Scan(&a.Address, &a.Calls, &a.FirstUseAt, &a.LastUseAt)
		return a, err
	}, selectAddresses, i.ID)
	if e.Addresses == nil {
		e.Addresses = []Address{}
	}
	return e, err
}

// endedGrants are what was taken out of an installation, in the order of the catalogue.
func endedGrants(ctx context.Context, q db.Q, i Installation) ([]EndedGrant, error) {
	ended, err := db.All(ctx, q, func(row db.Scanner) (g EndedGrant, err error) {
		var by sql.NullString
		err = row.Scan(&g.Scope, &g.Justification, &g.GrantedAt, &g.GrantedBy, &g.RemovedAt, &by)
		if g.RemovedBy = by.String; i.abroad { // as with who consented
			g.GrantedBy, g.RemovedBy = "", ""
		}
		return g, err
	}, selectEndedGrants, i.ID)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(ended))
	for n, g := range ended {
		names[n] = g.Scope
	}
	order := inOrder(names)
	slices.SortFunc(ended, func(a, b EndedGrant) int {
		return cmp.Compare(slices.Index(order, a.Scope), slices.Index(order, b.Scope))
	})
	return append([]EndedGrant{}, ended...), nil
}

// InstallFilter narrows a list of installations.
type InstallFilter struct {
	Side   Side // empty: both
	AppID  string
	Status InstallStatus
	Newest bool
}

// ListInstallations returns what is installed at the organization, and what others have installed of its apps, in the order
// of the last change.
func (s *Service) ListInstallations(ctx context.Context, who scope.Principal, f InstallFilter, p page.Page) (page.Of[Installation], error) {
	if err := mayLook(who); err != nil {
		return page.Of[Installation]{}, err
	}
	var all []Installation
	for _, side := range []Side{Consumer, Builder} {
		right := scope.InstallationsManage
		if side == Builder {
			right = scope.AppsManage
		}
		if f.Side != "" && f.Side != side {
			continue
		}
		if !who.Can(right) {
			if f.Side == "" {
				continue
			}
			return page.Of[Installation]{}, who.Need(right)
		}
		rows, err := s.installsOf(ctx, who.Org, side, f, p)
		if err != nil {
			return page.Of[Installation]{}, err
		}
		all = append(all, rows...)
	}
	shown := make([]*Installation, len(all))
	for n := range all {
		shown[n] = &all[n]
	}
	if err := finish(ctx, s.db, who, shown...); err != nil {
		return page.Of[Installation]{}, err
	}
	slices.SortFunc(all, func(a, b Installation) int {
		order := cmp.Or(cmp.Compare(a.ChangeNo, b.ChangeNo), cmp.Compare(a.ID, b.ID))
		if f.Newest {
			return -order
		}
		return order
	})
	return page.Cut(all, p.Limit), nil
}

func (s *Service) installsOf(ctx context.Context, org scope.OrgID, side Side, f InstallFilter, p page.Page) ([]Installation, error) {
	var w db.Where
	at, order := "(i.change_no, i.id)", " ORDER BY i.change_no, i.id LIMIT "
	newest := " ORDER BY i.change_no DESC, i.id DESC LIMIT "
	if side == Consumer {
		w.And("i.org_id = ?", org)
	} else { // what an organization installed of its own app is among the others already
		at, order = "(i.builder_change_no, i.id)", " ORDER BY i.builder_change_no, i.id LIMIT "
		newest = " ORDER BY i.builder_change_no DESC, i.id DESC LIMIT "
		w.And("i.builder_id = ?", org)
		w.And("i.org_id <> ?", org)
	}
	if f.AppID != "" {
		w.And("i.app_id = ?", f.AppID)
	}
	if f.Status != "" {
		w.And("i.status = ?", f.Status)
	}
	switch {
	case !f.Newest:
		w.And(at+" > (?, ?)", p.After.ChangeNo, p.After.ID)
	case !p.After.Zero():
		w.And(at+" < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	if f.Newest {
		order = newest
	}
	return db.All(ctx, s.db, scanInstall, selectInstalls+w.SQL()+order+w.Next(), w.Args(p.Limit+1)...)
}

// endpoint is the endpoint that the installation provisioned.
func (i Installation) endpoint() webhook.EndpointID {
	if i.EndpointID == nil {
		return ""
	}
	return webhook.EndpointID(*i.EndpointID)
}
