package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/platform/webhook"
)

// delivery is one delivery with every attempt. It asks again until it has ended.
func (v *visit) delivery() error {
	d, err := v.c.Webhooks.GetDelivery(v.ctx(), v.Who, webhook.DeliveryID(v.id()))
	if err != nil {
		return err
	}
	endpoint, e, err := v.receiver(d.EndpointID)
	if err != nil {
		return err
	}
	page := detail{Title: v.T("deliveries.one", "type", string(d.EventType)), Back: append(v.webhookTrail(), link{Label: v.T("deliveries.title"), Href: v.deliveryPath()}),
		Sections: []section{{Title: v.T("deliveries.about"), Facts: v.deliveryFacts(d.Delivery, endpoint), Wide: true}}}
	if e.Active && d.RequestBody != nil {
		page.Actions = []action{press(v.T("deliveries.resend"), v.deliveryPath(string(d.ID), "resend"))}
	}
	switch {
	case d.Status == webhook.Filtered:
		s, err := v.filteredSection(d, e)
		if err != nil {
			return err
		}
		page.Sections = append(page.Sections, s)
	case d.FinishedAt == 0:
		page.Poll = v.deliveryPath(string(d.ID))
		page.Sections[0].Intro = v.T("deliveries.waiting")
	}
	for _, a := range slices.Backward(d.Attempts) {
		page.Sections = append(page.Sections, v.attemptSection(a))
	}
	page.Sections = append(page.Sections, v.bodySection(d))
	return v.detail(page)
}

// bodySection shows what was sent, as long as its event is kept.
func (v *visit) bodySection(d webhook.DeliveryDetail) section {
	s := section{Title: v.T("deliveries.body"), Intro: v.T("events.body_intro"), Wide: true}
	if d.Status == webhook.Filtered {
		s.Title = v.T("deliveries.body_unsent")
	}
	if d.RequestBody == nil {
		s.Intro = v.T("deliveries.body_gone")
	} else {
		s.Pre = indented(*d.RequestBody)
	}
	return s
}

// receiver is the endpoint of a delivery, as a link to it unless it was deleted.
func (v *visit) receiver(id webhook.EndpointID) (cell, webhook.Endpoint, error) {
	e, err := v.c.Webhooks.Get(v.ctx(), v.Who, id)
	if fault.KindOf(err) == fault.NotFound {
		return cell{Text: v.T("deliveries.endpoint_gone")}, e, nil
	}
	return to(e.URL, v.webhookPath(string(e.ID))), e, err
}

// filteredSection says which conditions of the endpoint's filter an event does not meet. Filters change; what is said is
// of the present one.
func (v *visit) filteredSection(d webhook.DeliveryDetail, e webhook.Endpoint) (section, error) {
	s := section{Title: v.T("deliveries.held_back"), Wide: true}
	if e.ID == "" {
		s.Intro = v.T("deliveries.held_back_gone")
		return s, nil
	}
	if d.RequestBody == nil {
		s.Intro = v.T("deliveries.body_gone")
		return s, nil
	}
	misses, err := e.Filter.Misses(*d.RequestBody)
	if len(misses) == 0 {
		s.Intro = v.T("deliveries.held_back_changed")
		return s, err
	}
	s.Intro = v.T("deliveries.held_back_intro")
	s.Table = &table{Caption: s.Title, Columns: []column{{Label: v.T("deliveries.condition")}, {Label: v.T("deliveries.wanted")}, {Label: v.T("deliveries.had")}}}
	for _, m := range misses {
		s.Table.Rows = append(s.Table.Rows, row{Cells: []cell{mono(m.Path), mono(v.oneOf(m.Want)), v.haveCell(m)}})
	}
	s.Actions = []action{{Label: v.T("webhooks.edit_filter"), Href: v.webhookPath(string(e.ID), "edit")}}
	return s, err
}

func (v *visit) haveCell(m webhook.Miss) cell {
	if m.Have == nil {
		return txt(v.T("webhooks.nothing"))
	}
	return mono(v.haveText(m.Have))
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
		is(v.T("deliveries.at"), v.precise(a.At)), v.tookFact(a)}}
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
		s.Facts = append(s.Facts, isA(v.T("deliveries.problem"), c), is(v.T("deliveries.advice"), v.T("deliveries.advice."+adviceOn(a))))
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

// tookFact says how long an attempt took and, where that is known, where the time went.
func (v *visit) tookFact(a webhook.Attempt) fact {
	took := txt(v.milliseconds(a.DurationMS))
	if t := a.Timing; t != nil {
		var parts []string
		for _, part := range []struct {
			key string
			ms  float64
		}{{"dns", t.DNS}, {"connect", t.Connect}, {"tls", t.TLS}, {"wait", t.Wait}} {
			if part.ms > 0 {
				parts = append(parts, v.T("deliveries.timing."+part.key, "time", v.milliseconds(part.ms)))
			}
		}
		took.Sub = strings.Join(parts, " · ")
	}
	return isA(v.T("deliveries.took"), took)
}

// adviceOn names what to do about a failed attempt: by the status that was answered where there is one, by what went
// wrong on the way otherwise.
func adviceOn(a webhook.Attempt) string {
	if *a.ErrorCode != "http_status" || a.Response == nil {
		return *a.ErrorCode
	}
	switch n := a.Response.Status; {
	case n == http.StatusUnauthorized || n == http.StatusForbidden:
		return "refused"
	case n == http.StatusNotFound || n == http.StatusMethodNotAllowed:
		return "not_there"
	case n == http.StatusGone:
		return "gone"
	case n == http.StatusTooManyRequests:
		return "too_many"
	case n >= 500:
		return "broken"
	}
	return "http_status"
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

// resendDelivery sends the event of a delivery again, and leads to the new one.
func (v *visit) resendDelivery() error {
	d, err := v.c.Webhooks.Resend(v.once(), v.Who, webhook.DeliveryID(v.id()))
	if err != nil {
		return err
	}
	return v.redirect(v.deliveryPath(string(d.ID)), "done.resent")
}
