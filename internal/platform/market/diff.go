package market

// Diff is what an offer changes of the one that is published, as a machine sees it.
type Diff struct {
	First             bool       `json:"first" doc:"Nothing has been published before"`
	ScopesAdded       []string   `json:"scopes_added" nullable:"false" doc:"Installations are asked for these again"`
	ScopesRemoved     []string   `json:"scopes_removed" nullable:"false" doc:"Installations lose these when it is published"`
	EventTypesAdded   []string   `json:"event_types_added" nullable:"false"`
	EventTypesRemoved []string   `json:"event_types_removed" nullable:"false"`
	Changes           []Changing `json:"changes" nullable:"false" doc:"Texts and addresses that change"`
}

// Changing is a text or an address before and after.
type Changing struct {
	Field  string `json:"field" doc:"The member of the listing; scopes[public.flights:read].justification for a justification" example:"webhook_url"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// diff compares an offer with the published one, which is nil before the first.
func diff(old *Offer, o Offer) Diff {
	before := Offer{}
	if old != nil {
		before = *old
	}
	d := Diff{
		First:       old == nil,
		ScopesAdded: without(o.scopes(), before.scopes()), ScopesRemoved: without(before.scopes(), o.scopes()),
		EventTypesAdded: without(o.EventTypes, before.EventTypes), EventTypesRemoved: without(before.EventTypes, o.EventTypes),
		Changes: []Changing{},
	}
	changed := func(field, was, is string) {
		if was != is {
			d.Changes = append(d.Changes, Changing{field, was, is})
		}
	}
	changed("name", before.Name, o.Name)
	changed("summary", before.Summary, o.Summary)
	changed("description", before.Description, o.Description)
	changed("category", string(before.Category), string(o.Category))
	changed("support", before.Support, o.Support)
	changed("webhook_url", before.WebhookURL, o.WebhookURL)
	changed("homepage", before.Homepage, o.Homepage)
	changed("logo_url", before.LogoURL, o.LogoURL)
	for _, a := range o.Scopes {
		was, _ := before.why(a.Scope)
		changed("scopes["+a.Scope+"].justification", was, a.Justification)
	}
	return d
}
