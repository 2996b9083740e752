package console

import (
	"airside/internal/base/page"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
	"slices"
)

// webhooks is Settings → Integrations → Webhooks: the endpoints that are told what happens.
func (v *visit) webhooks() error {
	l := list{Title: v.T("webhooks.title"), Intro: v.T("webhooks.intro"), Name: "webhook-endpoints", Tabs: v.webhookTabs("endpoints"),
		Actions: []action{{Label: v.T("webhooks.new"), Href: v.webhookPath("new"), Primary: true}},
		Columns: []column{{Label: v.T("webhooks.url")}, {Label: v.T("webhooks.types")}, {Label: v.T("webhooks.state")}, {Label: v.T("webhooks.last")}},
	}
	l.Empty = empty{Title: v.T("webhooks.empty"), Text: v.T("webhooks.empty_text"), Action: l.Actions[0]}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Webhooks.List(v.ctx(), v.Who, webhook.Filter{Newest: true}, p)
		if err != nil {
			return rowsPage{}, err
		}
		standing := map[webhook.EndpointID]webhook.Health{}
		for _, e := range found.Rows {
			if standing[e.ID], err = v.c.Webhooks.Standing(v.ctx(), v.Who, e.ID); err != nil {
				return rowsPage{}, err
			}
		}
		return rowsOf(found, webhook.Endpoint.Position, func(e webhook.Endpoint) row { return v.endpointRow(e, standing[e.ID]) }), nil
	}
	return v.list(l)
}

func (v *visit) webhookPath(parts ...string) string {
	return v.settings(append([]string{"integrations", "webhooks"}, parts...)...)
}

// webhookTabs lead from the endpoints to all their deliveries and back.
func (v *visit) webhookTabs(current string) []link {
	return []link{{Label: v.T("webhooks.endpoints"), Href: v.webhookPath(), Current: current == "endpoints"},
		{Label: v.T("deliveries.title"), Href: v.deliveryPath(), Current: current == "deliveries"}}
}

func (v *visit) endpointRow(e webhook.Endpoint, h webhook.Health) row {
	last := txt(v.T("webhooks.nothing_sent"))
	if d := h.LastDelivery; d != nil {
		last = v.deliveryState(d.Status)
		last.Sub = v.Ago(d.CreatedAt)
	}
	return row{Href: v.webhookPath(string(e.ID)), Cells: []cell{sub(e.URL, e.Description), txt(v.typeNames(e.EventTypes)), v.endpointState(e, h), last}}
}

func (v *visit) typeNames(types []string) string {
	if len(types) == 0 {
		return v.T("webhooks.all_types")
	}
	s := types[0]
	for _, t := range types[1:] {
		s += ", " + t
	}
	return s
}

// endpointState says whether an endpoint receives, and since when or why not.
func (v *visit) endpointState(e webhook.Endpoint, h webhook.Health) cell {
	switch {
	case !e.Active && e.DisabledReason != nil && *e.DisabledReason != webhook.ReasonUser:
		c := badge(v.T("webhooks.state.disabled"), "bad")
		c.Sub = v.T("webhooks.reason." + *e.DisabledReason)
		return c
	case !e.Active:
		c := badge(v.T("webhooks.state.disabled"), "quiet")
		c.Sub = v.T("webhooks.reason.user")
		return c
	case h.FailingSince != 0:
		c := badge(v.T("webhooks.state.failing"), "warn")
		c.Sub = v.T("webhooks.since", "time", v.Time(h.FailingSince))
		return c
	}
	return badge(v.T("webhooks.state.active"), "good")
}

// endpointFields ask for what an endpoint is.
func (v *visit) endpointFields(e webhook.Endpoint) []field {
	types := field{Name: "event_types", Label: v.T("webhooks.types"), Hint: v.T("webhooks.types_hint"), Kind: "checks"}
	for _, r := range event.Catalogue() {
		types.Options = append(types.Options, option{Value: string(r.Type), Label: string(r.Type),
			Hint: v.T(string(r.Type)) + " " + v.T("webhooks.stability."+string(r.Stability)), Chosen: slices.Contains(e.EventTypes, string(r.Type))})
	}
	return []field{
		{Name: "url", Label: v.T("webhooks.url"), Hint: v.T("webhooks.url_hint"), Kind: "url", Required: true, Max: 2000, Value: e.URL, Placeholder: "https://", Focus: e.ID == ""},
		{Name: "description", Label: v.T("webhooks.description"), Hint: v.T("webhooks.description_hint"), Max: 500, Value: e.Description},
		types,
	}
}

// newWebhook adds an endpoint, and shows its secret.
func (v *visit) newWebhook() error {
	if err := v.Who.Need(scope.WebhooksManage); err != nil {
		return err
	}
	f := form{Title: v.T("webhooks.new"), Intro: v.T("webhooks.new_intro"), Submit: v.T("webhooks.create"), Cancel: v.webhookPath(), Back: v.webhookTrail(),
		Fields: v.endpointFields(webhook.Endpoint{})}
	if !v.posted() {
		return v.form(f)
	}
	e, err := v.c.Webhooks.Create(v.once(), v.Who, webhook.NewEndpoint{URL: v.value("url"), Description: v.value("description"), EventTypes: v.values("event_types")})
	if err != nil {
		return v.refuse(f, err)
	}
	return v.showSecret(e, v.T("webhooks.created"))
}

func (v *visit) webhookTrail() []link {
	return []link{{Label: v.T("webhooks.title"), Href: v.webhookPath()}}
}

// showSecret shows the secret of an endpoint, this once, and how receivers use it.
func (v *visit) showSecret(e webhook.Endpoint, title string) error {
	return v.detail(detail{Title: title, Back: v.webhookTrail(), Sections: []section{
		{Secret: &secret{Label: v.T("webhooks.the_secret"), Value: e.Secret, Warning: v.T("secret.once")}, Wide: true,
			Actions: []action{{Label: v.T("webhooks.to_endpoint"), Href: v.webhookPath(string(e.ID)), Primary: true}, press(v.T("webhooks.ping"), v.webhookPath(string(e.ID), "ping"))}},
		v.verifying(),
	}})
}

// verifying says how a receiver knows that a delivery is ours.
func (v *visit) verifying() section {
	return section{Title: v.T("webhooks.verify"), Intro: v.T("webhooks.verify_intro"), Wide: true, Facts: []fact{
		isA("X-GA-Webhook-Signature", cell{Text: "sha256=…", Mono: true, Sub: v.T("webhooks.verify_ga")}),
		isA("X-GA-Webhook-Signature-Secondary", cell{Text: "sha256=…", Mono: true, Sub: v.T("webhooks.verify_secondary")}),
		isA("X-GA-Webhook-Delivery", cell{Text: v.T("webhooks.verify_delivery")}),
		isA("webhook-id, webhook-timestamp, webhook-signature", cell{Text: "v1,…", Mono: true, Sub: v.T("webhooks.verify_standard")}),
		isA(v.T("webhooks.verify_more"), to(v.c.BaseURL()+"/api/v1/openapi.json", "/api/v1/openapi.json")),
	}}
}

// endpointNames are what endpoints are known by, for lists of deliveries: up to a page of them.
func (v *visit) endpointNames() ([]option, map[webhook.EndpointID]string, error) {
	found, err := v.c.Webhooks.List(v.ctx(), v.Who, webhook.Filter{Newest: true}, page.Page{Limit: page.MaxLimit})
	if err != nil {
		return nil, nil, err
	}
	names := map[webhook.EndpointID]string{}
	options := []option{{Label: v.T("list.any")}}
	for _, e := range found.Rows {
		names[e.ID] = e.URL
		label := e.URL
		if e.Description != "" {
			label = e.Description + " (" + e.URL + ")"
		}
		options = append(options, option{Value: string(e.ID), Label: short(label, 70)})
	}
	return options, names, nil
}

// short cuts a text for a place where there is little room.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
