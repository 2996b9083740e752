package console

import (
	"strconv"

	"airside/internal/platform/event"
	"airside/internal/platform/webhook"
)

func (v *visit) deliveryPath(parts ...string) string {
	return v.settings(append([]string{"integrations", "deliveries"}, parts...)...)
}

// deliveries lists what was sent, or is about to be, to all endpoints or one.
func (v *visit) deliveries() error {
	endpoints, names, err := v.endpointNames()
	if err != nil {
		return err
	}
	l := list{Title: v.T("deliveries.title"), Intro: v.T("deliveries.intro"), Name: "webhook-deliveries", Tabs: v.webhookTabs("deliveries"),
		Columns: v.deliveryColumns(true),
		Filters: append([]field{
			{Name: "endpoint", Label: v.T("deliveries.endpoint"), Kind: "select", Options: endpoints},
			{Name: "status", Label: v.T("deliveries.state"), Kind: "select", Options: v.deliveryStates()},
			{Name: "type", Label: v.T("events.type"), Kind: "select", Options: v.eventTypes(true)},
			{Name: "event", Label: v.T("events.id"), Kind: "search", Placeholder: "evt_…"},
		}, v.periodFilters()...),
		Empty: empty{Title: v.T("deliveries.empty"), Text: v.T("deliveries.empty_text"), Action: action{Label: v.T("webhooks.endpoints"), Href: v.webhookPath()}},
	}
	f := webhook.DeliveryFilter{EndpointID: webhook.EndpointID(v.query("endpoint")), Status: webhook.Status(v.query("status")), EventType: event.Type(v.query("type")), EventID: event.ID(v.query("event"))}
	if f.From, f.To, err = v.period(); err != nil {
		return err
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Webhooks.ListDeliveries(v.ctx(), v.Who, f, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, webhook.Delivery.Position, func(d webhook.Delivery) row { return v.deliveryRow(d, names) }), nil
	}
	return v.list(l)
}

func (v *visit) deliveryStates() []option {
	all := []option{{Label: v.T("list.any")}}
	for _, s := range []webhook.Status{webhook.Pending, webhook.Delivering, webhook.Succeeded, webhook.Failed, webhook.Cancelled, webhook.Filtered} {
		all = append(all, option{Value: string(s), Label: v.T("deliveries.status." + string(s))})
	}
	return all
}

func (v *visit) deliveryColumns(endpoint bool) []column {
	all := []column{{Label: v.T("deliveries.at"), Kind: "tight"}, {Label: v.T("events.type")}}
	if endpoint {
		all = append(all, column{Label: v.T("deliveries.endpoint")})
	}
	return append(all, column{Label: v.T("deliveries.state")}, column{Label: v.T("deliveries.origin")}, column{Label: v.T("deliveries.attempts"), Kind: "num"})
}

// deliveryRow is a row of deliveryColumns; names are those of endpoints, or nil where there is one only.
func (v *visit) deliveryRow(d webhook.Delivery, names map[webhook.EndpointID]string) row {
	cells := []cell{txt(v.Time(d.CreatedAt)), txt(string(d.EventType))}
	if names != nil {
		cells = append(cells, v.endpointCell(d.EndpointID, names))
	}
	state := v.deliveryState(d.Status)
	if d.Status == webhook.Delivering {
		state.Sub = v.T("deliveries.next", "time", v.Time(d.NextAttemptAt))
	}
	return row{Href: v.deliveryPath(string(d.ID)), Cells: append(cells, state, txt(v.T("deliveries.origin."+string(d.Origin))), txt(strconv.Itoa(d.AttemptCount)))}
}

func (v *visit) endpointCell(id webhook.EndpointID, names map[webhook.EndpointID]string) cell {
	if name, ok := names[id]; ok {
		return to(short(name, 60), v.webhookPath(string(id)))
	}
	return cell{Text: v.T("deliveries.endpoint_gone")}
}

func (v *visit) deliveryState(s webhook.Status) cell {
	tone := map[webhook.Status]string{webhook.Succeeded: "good", webhook.Failed: "bad", webhook.Delivering: "warn", webhook.Pending: "info"}[s]
	if tone == "" {
		tone = "quiet"
	}
	return badge(v.T("deliveries.status."+string(s)), tone)
}
