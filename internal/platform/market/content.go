package market

import (
	"fmt"
	"slices"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/app"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Category is a shelf of the marketplace.
type Category string

// Categories are all shelves.
var Categories = []Category{"operations", "scheduling", "training", "maintenance", "safety", "compliance", "billing", "reporting", "other"}

// Content is what a builder writes into a listing.
type Content struct {
	Name        string   `json:"name"`
	Summary     string   `json:"summary"`
	Description string   `json:"description"`
	Category    Category `json:"category" enum:"operations,scheduling,training,maintenance,safety,compliance,billing,reporting,other"`
	Support     string   `json:"support" doc:"Where users of the app get help"`
	Scopes      []string `json:"scopes" nullable:"false" doc:"Scopes that an installation is asked for; of those that the app declares"`
	EventTypes  []string `json:"event_types" nullable:"false" doc:"Event types that an installation sends to the app's webhook address"`
}

// Asked is a scope that is asked for, and why.
type Asked struct {
	Scope         string `json:"scope" example:"public.flights:read"`
	Justification string `json:"justification"`
}

// Offer is a listing as it is reviewed and published: its content, with what it was made of at that time.
type Offer struct {
	Name        string   `json:"name"`
	Summary     string   `json:"summary"`
	Description string   `json:"description"`
	Category    Category `json:"category" enum:"operations,scheduling,training,maintenance,safety,compliance,billing,reporting,other"`
	Support     string   `json:"support"`
	Scopes      []Asked  `json:"scopes" nullable:"false"`
	EventTypes  []string `json:"event_types" nullable:"false"`
	WebhookURL  string   `json:"webhook_url" doc:"Where events of installations are sent, on the marketplace scheme and host only; empty: nowhere"`
	Homepage    string   `json:"homepage"`
	LogoURL     string   `json:"logo_url"`
}

func (o Offer) scopes() []string {
	names := make([]string, len(o.Scopes))
	for i, a := range o.Scopes {
		names[i] = a.Scope
	}
	return names
}

// why is the justification of a scope.
func (o Offer) why(name string) (string, bool) {
	for _, a := range o.Scopes {
		if a.Scope == name {
			return a.Justification, true
		}
	}
	return "", false
}

// whys are the justifications of scopes, by name.
func (o Offer) whys(names []string) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		all[name], _ = o.why(name)
	}
	return all
}

const (
	maxName        = 100
	maxSummary     = 160
	maxDescription = 10_000
	maxSupport     = 500
)

// NewListing is what Create is given; nil members are taken from the app.
type NewListing struct {
	AppID       string    `json:"app_id" format:"uuid"`
	Name        *string   `json:"name,omitempty" maxLength:"100" doc:"The app's if left out"`
	Summary     *string   `json:"summary,omitempty" maxLength:"160" doc:"One sentence; the beginning of the description if left out"`
	Description *string   `json:"description,omitempty" maxLength:"10000" doc:"The app's if left out"`
	Category    *Category `json:"category,omitempty" enum:"operations,scheduling,training,maintenance,safety,compliance,billing,reporting,other" doc:"other if left out"`
	Support     *string   `json:"support,omitempty" maxLength:"500" doc:"The app's if left out"`
	Scopes      *[]string `json:"scopes,omitempty" doc:"All that the app declares if left out"`
	EventTypes  *[]string `json:"event_types,omitempty" doc:"The app's if left out"`
}

// ContentPatch changes a listing's draft; nil members stay.
type ContentPatch struct {
	Name        *string   `json:"name,omitempty" maxLength:"100"`
	Summary     *string   `json:"summary,omitempty" maxLength:"160"`
	Description *string   `json:"description,omitempty" maxLength:"10000"`
	Category    *Category `json:"category,omitempty" enum:"operations,scheduling,training,maintenance,safety,compliance,billing,reporting,other"`
	Support     *string   `json:"support,omitempty" maxLength:"500"`
	Scopes      *[]string `json:"scopes,omitempty"`
	EventTypes  *[]string `json:"event_types,omitempty"`
}

func (c *Content) change(p ContentPatch) {
	setText := func(field *string, value *string) {
		if value != nil {
			*field = strings.TrimSpace(*value)
		}
	}
	setText(&c.Name, p.Name)
	setText(&c.Summary, p.Summary)
	setText(&c.Description, p.Description)
	setText(&c.Support, p.Support)
	if p.Category != nil {
		c.Category = *p.Category
	}
	if p.Scopes != nil {
		c.Scopes = inOrder(*p.Scopes)
	}
	if p.EventTypes != nil {
		c.EventTypes = tidy(*p.EventTypes)
	}
}

// tidy sorts names and takes repeated ones out.
func tidy(names []string) []string {
	names = append([]string{}, names...)
	slices.Sort(names)
	return slices.Compact(names)
}

// inOrder is scopes in the order of the catalogue, without repetitions. Unknown ones come last.
func inOrder(names []string) []string {
	place := func(name string) int {
		if sc, ok := scope.Parse(name); ok {
			return int(sc)
		}
		return len(scope.Catalogue())
	}
	names = tidy(names)
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	return names
}

// without are the names that are in a and not in b.
func without(a, b []string) []string {
	rest := []string{}
	for _, name := range a {
		if !slices.Contains(b, name) {
			rest = append(rest, name)
		}
	}
	return rest
}

// both are the names that are in a and in b.
func both(a, b []string) []string { return without(a, without(a, b)) }

// builtApp is what a listing needs of an app.
type builtApp struct {
	id                                                             string
	org                                                            scope.OrgID
	name, description, homepage, support, logo, webhookURL, status string
	eventTypes                                                     []string
	declared                                                       map[string]declaration // by scope
}

type declaration struct {
	status, justification string
}

const selectApp = `SELECT id, org_id, name, description, homepage, support, logo_url, webhook_url, event_types, status FROM apps WHERE id = $1`

// Of a scope that was declared several times the last one that is not over counts: approved before pending.
const selectDeclared = `SELECT scope, status, justification FROM scope_reviews WHERE app_id = $1 AND status IN ('pending', 'approved')
	ORDER BY CASE status WHEN 'pending' THEN 0 ELSE 1 END, declared_at, id`

// appOf reads an app with what it declares.
func appOf(tx db.View, app string) (a builtApp, err error) {
	var types db.JSON[[]string]
	err = tx.QueryRow(tx.Context(), selectApp, app).Scan(&a.id, &a.org, &a.name, &a.description, &a.homepage, &a.support, &a.logo,
		&a.webhookURL, &types, &a.status)
	if db.NoRows(err) {
		return a, fault.NotFoundFor("app")
	}
	if err != nil {
		return a, err
	}
	a.eventTypes, a.declared = tidy(types.V), map[string]declaration{}
	_, err = db.All(tx.Context(), tx, func(row db.Scanner) (string, error) {
		var name string
		var d declaration
		err := row.Scan(&name, &d.status, &d.justification)
		a.declared[name] = d
		return name, err
	}, selectDeclared, app)
	return a, err
}

func (a builtApp) approved(name string) bool { return a.declared[name].status == "approved" }

// check names every field of a draft that does not fit.
func (c Content) check(a builtApp) error {
	var bad fault.Check
	bad.Require(c.Name != "", "name", "required")
	app.CheckText(&bad, "name", c.Name, maxName)
	app.CheckText(&bad, "summary", c.Summary, maxSummary)
	app.CheckText(&bad, "description", c.Description, maxDescription)
	app.CheckText(&bad, "support", c.Support, maxSupport)
	bad.Require(slices.Contains(Categories, c.Category), "category", "one_of", "values", joined(Categories))
	for i, name := range c.Scopes {
		_, declared := a.declared[name]
		bad.Require(declared, fmt.Sprintf("scopes[%d]", i), "scope_not_declared", "scope", name)
	}
	for i, t := range c.EventTypes {
		field := fmt.Sprintf("event_types[%d]", i)
		_, known := event.Find(event.Type(t))
		bad.Require(known, field, "unknown_event_type", "type", t)
		bad.Require(!event.Type(t).ForBuilders(), field, "not_allowed") // it happens at the builder, and comes to the builder's own endpoints
	}
	return bad.Err()
}

func joined[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}

// offer is what would be published of a draft now. Scopes that are not approved are named.
func (c Content) offer(a builtApp) (Offer, error) {
	o := Offer{Name: c.Name, Summary: c.Summary, Description: c.Description, Category: c.Category, Support: c.Support,
		Scopes: []Asked{}, EventTypes: c.EventTypes, WebhookURL: a.webhookURL, Homepage: a.homepage, LogoURL: a.logo}
	var bad fault.Check
	for i, name := range c.Scopes {
		bad.Require(a.approved(name), fmt.Sprintf("scopes[%d]", i), "scope_not_approved")
		o.Scopes = append(o.Scopes, Asked{name, a.declared[name].justification})
	}
	return o, bad.Err()
}

// beginning is a text's first sentence or so.
func beginning(text string, max int) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	r := []rune(text)
	if len(r) <= max {
		return text
	}
	return strings.TrimSpace(string(r[:max-1])) + "…"
}
