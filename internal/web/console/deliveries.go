package console

import (
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/clock"
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
		}, v.periodFilters()...),
		Empty: empty{Title: v.T("deliveries.empty"), Text: v.T("deliveries.empty_text"), Action: action{Label: v.T("webhooks.endpoints"), Href: v.webhookPath()}},
	}
	f := webhook.DeliveryFilter{EndpointID: webhook.EndpointID(v.query("endpoint")), Status: webhook.Status(v.query("status")), EventType: event.Type(v.query("type"))}
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
	for _, s := range []webhook.Status{webhook.Pending, webhook.Delivering, webhook.Succeeded, webhook.Failed, webhook.Cancelled} {
		all = append(all, option{Value: string(s), Label: v.T("deliveries.status." + string(s))})
	}
	return all
}

func (v *visit) deliveryColumns(endpoint bool) []column {
	all := []column{{Label: v.T("deliveries.at")}, {Label: v.T("events.type")}}
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

// delivery is one delivery with every attempt. It asks again until it has ended.
func (v *visit) delivery() error {
	d, err := v.c.Webhooks.GetDelivery(v.ctx(), v.Who, webhook.DeliveryID(v.id()))
	if err != nil {
		return err
	}
	endpoint := cell{Text: v.T("deliveries.endpoint_gone")}
	active := false
	if e, err := v.c.Webhooks.Get(v.ctx(), v.Who, d.EndpointID); err == nil {
		endpoint, active = to(e.URL, v.webhookPath(string(e.ID))), e.Active
	}
	page := detail{Title: v.T("deliveries.one", "type", string(d.EventType)), Back: append(v.webhookTrail(), link{Label: v.T("deliveries.title"), Href: v.deliveryPath()}),
		Sections: []section{{Title: v.T("deliveries.about"), Facts: v.deliveryFacts(d.Delivery, endpoint), Wide: true}}}
	if active && d.RequestBody != nil {
		page.Actions = []action{press(v.T("deliveries.resend"), v.deliveryPath(string(d.ID), "resend"))}
	}
	if ended := d.FinishedAt != 0; !ended {
		page.Poll = v.deliveryPath(string(d.ID))
		page.Sections[0].Intro = v.T("deliveries.waiting")
	}
	for _, a := range slices.Backward(d.Attempts) {
		page.Sections = append(page.Sections, v.attemptSection(a))
	}
	page.Sections = append(page.Sections, v.sentBody(d))
	return v.detail(page)
}

// sentBody shows what was sent, as long as it is kept.
func (v *visit) sentBody(d webhook.DeliveryDetail) section {
	if d.RequestBody == nil {
		return section{Title: v.T("deliveries.body"), Intro: v.T("deliveries.body_gone"), Wide: true}
	}
	return section{Title: v.T("deliveries.body"), Intro: v.T("events.body_intro"), Pre: indented(*d.RequestBody), Wide: true}
}

func (v *visit) deliveryFacts(d webhook.Delivery, endpoint cell) []fact {
	all := []fact{isA(v.T("deliveries.state"), v.deliveryState(d.Status)), isA(v.T("deliveries.endpoint"), endpoint),
		isA(v.T("deliveries.event"), cell{Text: string(d.EventID), Mono: true, Href: v.settings("integrations", "events", string(d.EventID))}),
		is(v.T("deliveries.origin"), v.T("deliveries.origin."+string(d.Origin))), isA(v.T("deliveries.id"), mono(string(d.ID))),
		is(v.T("deliveries.at"), v.Time(d.CreatedAt))}
	if d.FinishedAt != 0 {
		return append(all, is(v.T("deliveries.ended"), v.Time(d.FinishedAt)))
	}
	return append(all, is(v.T("deliveries.due"), v.Time(d.NextAttemptAt)))
}

// attemptSection shows one request and what came of it, all of it as text.
func (v *visit) attemptSection(a webhook.Attempt) section {
	s := section{Title: v.T("deliveries.attempt", "n", a.N), Wide: true, Facts: []fact{
		is(v.T("deliveries.at"), v.precise(a.At)), is(v.T("deliveries.took"), v.milliseconds(a.DurationMS))}}
	if a.Response != nil {
		tone := "good"
		if a.ErrorCode != nil {
			tone = "bad"
		}
		s.Facts = append(s.Facts, isA(v.T("deliveries.answer"), badge(strconv.Itoa(a.Response.Status), tone)))
	}
	if a.ErrorCode != nil {
		c := txt(v.T("deliveries.error." + *a.ErrorCode))
		if a.ErrorDetail != nil {
			c.Sub = *a.ErrorDetail
		}
		s.Facts = append(s.Facts, isA(v.T("deliveries.problem"), c))
	}
	s.Blocks = []block{{Title: v.T("deliveries.request_headers"), Text: headerLines(a.Request.Headers)}}
	if r := a.Response; r != nil {
		s.Blocks = append(s.Blocks, block{Title: v.T("deliveries.response_headers"), Text: headerLines(r.Headers)})
		title := v.T("deliveries.response_body")
		if r.BodyEncoding == "base64" {
			title = v.T("deliveries.response_base64")
		}
		if r.Body != "" {
			s.Blocks = append(s.Blocks, block{Title: title, Text: r.Body, Open: true})
		}
	}
	return s
}

// headerLines writes headers as they go over the wire, in the order of their names.
func headerLines(headers map[string]string) string {
	var all []string
	for name, value := range headers {
		all = append(all, name+": "+value)
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return strings.Join(all, "\n")
}

// precise is an instant with its seconds.
func (v *visit) precise(t clock.Time) string {
	return v.day(t.Std().In(v.zone)) + t.Std().In(v.zone).Format(", 15:04:05")
}

func (v *visit) milliseconds(ms float64) string {
	if ms < 10 {
		s := strconv.FormatFloat(ms, 'f', 1, 64)
		if v.Lang.String() == "fr" {
			s = strings.Replace(s, ".", ",", 1)
		}
		return s + "\u00a0ms"
	}
	return v.Number(int64(ms)) + "\u00a0ms"
}

// resendDelivery sends the event of a delivery again, and leads to the new one.
func (v *visit) resendDelivery() error {
	d, err := v.c.Webhooks.Resend(v.once(), v.Who, webhook.DeliveryID(v.id()))
	if err != nil {
		return err
	}
	return v.redirect(v.deliveryPath(string(d.ID)), "done.resent")
}
