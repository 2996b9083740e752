// Package scope says who asks and what they may do. The table of scopes and the table of roles below are the only
// places where a right is named; every key, token or session is a subset of them.
package scope

import (
	"encoding/json"
	"slices"

	"airside/internal/base/fault"
)

// Scope is one right, by its place in the catalogue.
type Scope uint8

// Public scopes are what keys of the public API carry; the others are rights in the management API.
const (
	PublicPilots Scope = iota
	PublicFlights
	PublicFleet
	PublicEvents

	OrganizationRead
	OrganizationWrite
	OrganizationExport
	MembersRead
	MembersWrite
	AuditRead
	KeysManage
	WebhooksManage
	EventsRead
	PeopleRead
	PeopleWrite
	FleetRead
	FleetWrite
	FlightsRead
	FlightsReadOwn
	FlightsWrite
	FlightsWriteOwn
	FlightsApprove
	FlightsReverse
	ImportsManage
	AppsManage
	InstallationsManage
	ReviewsManage
	LicencesRead
	LicencesManage

	TenantKeysRead
	TenantKeysWrite
	All

	count
)

// Info describes a scope in documents and consent pages.
type Info struct {
	Scope  Scope
	Name   string
	Public bool   // may be carried by keys of the public API
	Text   string // what it lets its holder do; French under the same name in package text
}

var catalogue = [count]Info{
	{PublicPilots, "public.pilots:read", true, "Read the pilot directory"},
	{PublicFlights, "public.flights:read", true, "Read flight records"},
	{PublicFleet, "public.fleet:read", true, "Read the fleet list"},
	{PublicEvents, "public.events:read", true, "Read the event log and replay events to own endpoints"},

	{OrganizationRead, "organization:read", false, "Read the organization's settings"},
	{OrganizationWrite, "organization:write", false, "Change the organization's settings"},
	{OrganizationExport, "organization:export", false, "Take all records of the organization away as a ZIP"},
	{MembersRead, "members:read", false, "List members and their roles"},
	{MembersWrite, "members:write", false, "Add members, change roles, remove members"},
	{AuditRead, "audit:read", false, "Read and verify the audit log"},
	{KeysManage, "keys:manage", false, "Mint, rotate and revoke API keys"},
	{WebhooksManage, "webhooks:manage", false, "Manage webhook endpoints and deliveries"},
	{EventsRead, "events:read", false, "Read the event log"},
	{PeopleRead, "people:read", false, "Read people"},
	{PeopleWrite, "people:write", false, "Add and change people"},
	{FleetRead, "fleet:read", false, "Read aircraft"},
	{FleetWrite, "fleet:write", false, "Add and change aircraft"},
	{FlightsRead, "flights:read", false, "Read all flights"},
	{FlightsReadOwn, "flights:read-own", false, "Read the flights one was on the crew of"},
	{FlightsWrite, "flights:write", false, "Enter, submit and withdraw any flight"},
	{FlightsWriteOwn, "flights:write-own", false, "Enter, submit and withdraw one's own flights"},
	{FlightsApprove, "flights:approve", false, "Approve and reject submitted flights"},
	{FlightsReverse, "flights:reverse", false, "Reverse approved flights"},
	{ImportsManage, "imports:manage", false, "Import logbooks and undo imports"},
	{AppsManage, "apps:manage", false, "Build apps: scopes, keys and listings"},
	{InstallationsManage, "installations:manage", false, "Install apps, suspend and uninstall them"},
	{ReviewsManage, "reviews:manage", false, "Decide about scopes and listings, in the platform's own organization"},

	{LicencesRead, "licences:read", false, "Read products, licences and their devices"},
	{LicencesManage, "licences:manage", false, "Issue and change licences, their products, devices and tokens"},

	{TenantKeysRead, "tenant.apiKey:read", false, "List the API keys of security.yml"},
	{TenantKeysWrite, "tenant.apiKey:write", false, "Create, change and delete the API keys of security.yml"},
	{All, "*", false, "Everything that its holder may carry, also what is added later"},
}

// Catalogue lists every scope in its fixed order.
func Catalogue() []Info { return catalogue[:] }

// String is the scope's name on the wire.
func (s Scope) String() string { return catalogue[s].Name }

// Public tells whether keys of the public API may carry the scope.
func (s Scope) Public() bool { return catalogue[s].Public }

// Parse finds a scope by its name.
func Parse(name string) (Scope, bool) {
	for _, i := range catalogue {
		if i.Name == name {
			return i.Scope, true
		}
	}
	return 0, false
}

// Set is a set of scopes.
type Set uint64

// Of makes a set.
func Of(scopes ...Scope) Set {
	var s Set
	for _, x := range scopes {
		s |= 1 << x
	}
	return s
}

// Has tells whether the set holds s.
func (set Set) Has(s Scope) bool { return set&(1<<s) != 0 }

// Names lists the set in the catalogue's order.
func (set Set) Names() []string {
	names := []string{}
	for _, i := range catalogue {
		if set.Has(i.Scope) {
			names = append(names, i.Name)
		}
	}
	return names
}

// MarshalJSON writes the names.
func (set Set) MarshalJSON() ([]byte, error) { return json.Marshal(set.Names()) }

// AllPublic is every public scope.
func AllPublic() Set {
	var s Set
	for _, i := range catalogue {
		if i.Public {
			s |= 1 << i.Scope
		}
	}
	return s
}

// Tenant is every scope that a key of security.yml may carry: the public ones, those of its own administration, and all
// of them.
func Tenant() Set { return AllPublic() | Of(TenantKeysRead, TenantKeysWrite, All) }

// ParseSet reads names, of which * stands for every scope: what may not be carried is taken away by who asks. bad is the index of the first unknown one, or -1.
func ParseSet(names []string) (set Set, bad int) {
	for i, n := range names {
		s, ok := Parse(n)
		if !ok {
			return 0, i
		}
		if s == All {
			set |= everything()
		}
		set |= 1 << s
	}
	return set, -1
}

// Role is what a member is in an organization.
type Role string

const (
	Owner      Role = "owner"
	Admin      Role = "admin"
	Instructor Role = "instructor"
	Mechanic   Role = "mechanic"
	Accountant Role = "accountant"
	Member     Role = "member"
)

// Roles lists the roles from the most to the least powerful.
var Roles = []Role{Owner, Admin, Instructor, Mechanic, Accountant, Member}

// Valid tells whether r is a role.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// rights is the one role × right table; docs/rights.md is printed from it. ReviewsManage is everybody's, but opens something
// to members of the platform's own organization only.
var rights = map[Role]Set{
	Owner: everything(),
	Admin: everything(),
	Instructor: Of(OrganizationRead, MembersRead, EventsRead, PeopleRead, FleetRead, FlightsRead, FlightsReadOwn,
		FlightsWrite, FlightsWriteOwn, FlightsApprove, ReviewsManage),
	Mechanic: Of(OrganizationRead, MembersRead, EventsRead, PeopleRead, FleetRead, FleetWrite, FlightsRead, FlightsReadOwn, FlightsWriteOwn,
		ReviewsManage),
	Accountant: Of(OrganizationRead, MembersRead, EventsRead, PeopleRead, FleetRead, FlightsRead, FlightsReadOwn, FlightsWriteOwn,
		ReviewsManage),
	Member: Of(OrganizationRead, PeopleRead, FleetRead, FlightsReadOwn, FlightsWriteOwn, ReviewsManage),
}

func everything() Set {
	var s Set
	for _, i := range catalogue {
		s |= 1 << i.Scope
	}
	return s
}

// Rights returns what a role may do.
func Rights(r Role) Set { return rights[r] }

// OrgID is an organization's id. It stands here, at the bottom of the platform, because every verb takes it.
type OrgID string

// Kind says what sort of credential a principal came with.
type Kind string

const (
	KindOrganization Kind = "organization" // an organization's own API key
	KindManagement   Kind = "management"   // a member's management token
	KindApp          Kind = "app"          // an app's key, at an organization where the app is installed
	KindTenant       Kind = "tenant"       // a key of the organization's security.yml
	KindOAuth        Kind = "oauth"        // an access token of the platform's authorization server
	KindSession      Kind = "session"      // a member signed in to the console
	KindOperator     Kind = "operator"     // the operator at the command line
	KindSystem       Kind = "system"       // the program itself: nightly work
	KindVendor       Kind = "vendor"       // an admin token of the licence server, of the organization that is the vendor
	KindAddon        Kind = "addon"        // a client token of the licence server: some program of a vendor, on somebody's device
	KindCustomer     Kind = "customer"     // who holds a licence, on their own page
)

// Principal is who asks: the one way to say it, from the edge down to the store.
type Principal struct {
	Kind     Kind
	Org      OrgID
	ID       string // of the key, token or session; empty for operator and system
	Install  string // the installation by which an app's key reads the organization
	Label    string // for the audit log: a name, never an e-mail address
	MemberID string // of the member behind a management token or session
	PersonID string // the member's own person record, if linked
	Role     Role   // of the member
	Rights   Set
	Limit    int // requests a minute; 0 means the deployment's default
}

// At is the principal in the records of another organization: there its members are nobody's business, and an organization,
// by its id and name, is what acts. At its own it is itself.
func (p Principal) At(org, acts OrgID, name string) Principal {
	if p.Org == org {
		return p
	}
	return Principal{Kind: p.Kind, Org: org, ID: string(acts), Label: name, Rights: p.Rights}
}

// Can tells whether the principal holds the right.
func (p Principal) Can(s Scope) bool { return p.Rights.Has(s) }

// Need refuses with the name of the scope that was needed.
func (p Principal) Need(s Scope) error {
	if p.Rights.Has(s) {
		return nil
	}
	return fault.New(fault.Forbidden, "insufficient_scope", "scope", s.String()).With("scope", s.String())
}

// NeedAny is Need for a verb that either of two scopes opens; it names the first.
func (p Principal) NeedAny(s, or Scope) error {
	if p.Rights.Has(or) {
		return nil
	}
	return p.Need(s)
}

// Operator is the person at the command line of the machine, who may do everything in one organization.
func Operator(org OrgID) Principal {
	return Principal{Kind: KindOperator, Org: org, Label: "operator", Role: Owner, Rights: everything()}
}

// System is the program itself at work in one organization.
func System(org OrgID) Principal {
	return Principal{Kind: KindSystem, Org: org, Label: "airside", Role: Owner, Rights: everything()}
}
