package console

import (
	"airside/internal/base/page"
	"airside/internal/platform/webhook"
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

// webhookTabs lead from the endpoints to all their deliveries, to what was sent again, and back.
func (v *visit) webhookTabs(current string) []link {
	return []link{{Label: v.T("webhooks.endpoints"), Href: v.webhookPath(), Current: current == "endpoints"},
		{Label: v.T("deliveries.title"), Href: v.deliveryPath(), Current: current == "deliveries"},
		{Label: v.T("recoveries.title"), Href: v.recoveryPath(), Current: current == "recoveries"}}
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
	case h.BlockedSince != 0:
		c := badge(v.T("webhooks.state.blocked"), "warn")
		c.Sub = v.T("webhooks.since", "time", v.Time(h.BlockedSince))
		return c
	}
	return badge(v.T("webhooks.state.active"), "good")
}

func (v *visit) webhookTrail() []link {
	return []link{{Label: v.T("webhooks.title"), Href: v.webhookPath()}}
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
