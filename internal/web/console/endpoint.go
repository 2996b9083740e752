package console

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/webhook"
)

// latestDeliveries is how many deliveries the page of an endpoint shows.
const latestDeliveries = 10

// webhook is the page of one endpoint.
func (v *visit) webhook() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	h, err := v.c.Webhooks.Health(v.ctx(), v.Who, e.ID)
	if err != nil {
		return err
	}
	latest, err := v.c.Webhooks.ListDeliveries(v.ctx(), v.Who, webhook.DeliveryFilter{EndpointID: e.ID}, page.Page{Limit: latestDeliveries})
	if err != nil {
		return err
	}
	t := &table{Caption: v.T("webhooks.latest"), Columns: v.deliveryColumns(false), Empty: v.T("webhooks.nothing_yet"),
		More: action{Label: v.T("webhooks.all_deliveries"), Href: v.deliveryPath() + "?endpoint=" + string(e.ID)}}
	for _, d := range latest.Rows {
		t.Rows = append(t.Rows, v.deliveryRow(d, nil))
	}
	state := v.endpointState(e, h)
	d := detail{Title: e.URL, Badges: []cell{badge(state.Text, state.Tone)}, Intro: e.Description, Back: v.webhookTrail(), Actions: v.endpointActions(e), Sections: []section{
		{Title: v.T("webhooks.about"), Facts: v.endpointFacts(e, state)},
		{Title: v.T("webhooks.secret"), Facts: v.secretFacts(e, h), Actions: []action{{Label: v.T("webhooks.rotate"), Href: v.webhookPath(string(e.ID), "rotate-secret")}}},
		v.daySection(h.Days),
		{Title: v.T("webhooks.latest"), Table: t, Wide: true},
		v.verifying(),
	}}
	if !e.Active && e.DisabledReason != nil && *e.DisabledReason != webhook.ReasonUser {
		d.Notices = []notice{{"bad", v.T("webhooks.reason."+*e.DisabledReason) + " " + v.T("webhooks.enable_again")}}
	}
	return v.detail(d)
}

func (v *visit) getEndpoint() (webhook.Endpoint, error) {
	return v.c.Webhooks.Get(v.ctx(), v.Who, webhook.EndpointID(v.id()))
}

func (v *visit) endpointActions(e webhook.Endpoint) []action {
	path := func(verb string) string { return v.webhookPath(string(e.ID), verb) }
	all := []action{{Label: v.T("form.edit"), Href: path("edit")}}
	if e.Active {
		all = append(all, press(v.T("webhooks.ping"), path("ping")), action{Label: v.T("webhooks.resend_failed"), Href: path("resend-failed")},
			action{Label: v.T("webhooks.disable"), Href: path("disable")})
		all[1].Primary = true
	} else {
		enable := press(v.T("webhooks.enable"), path("enable"))
		enable.Primary = true
		all = append(all, enable)
	}
	return append(all, action{Label: v.T("form.delete"), Href: path("delete"), Danger: true})
}

func (v *visit) endpointFacts(e webhook.Endpoint, state cell) []fact {
	return []fact{isA(v.T("webhooks.url"), mono(e.URL)), is(v.T("webhooks.description"), e.Description), isA(v.T("webhooks.state"), state),
		is(v.T("webhooks.types"), v.typeNames(e.EventTypes)), is(v.T("webhooks.added"), v.Time(e.CreatedAt)), isA(v.T("webhooks.id"), mono(string(e.ID)))}
}

func (v *visit) secretFacts(e webhook.Endpoint, h webhook.Health) []fact {
	all := []fact{is(v.T("webhooks.secret_since"), v.Time(h.SecretSetAt)+" ("+v.Ago(h.SecretSetAt)+")")}
	if e.PreviousSecretUntil != 0 {
		return append(all, is(v.T("webhooks.secret_old"), v.T("webhooks.secret_until", "time", v.Time(e.PreviousSecretUntil))))
	}
	return append(all, is(v.T("webhooks.secret_old"), v.T("webhooks.secret_none")))
}

// daySection sums up what ended lately, and draws it where there is anything.
func (v *visit) daySection(days []webhook.Day) section {
	var succeeded, failed int64
	for _, d := range days {
		succeeded, failed = succeeded+d.Succeeded, failed+d.Failed
	}
	s := section{Title: v.T("webhooks.days"), Intro: v.T("webhooks.days_sum", "days", len(days), "succeeded", v.Number(succeeded), "failed", v.Number(failed)), Wide: true}
	if succeeded+failed > 0 {
		s.Charts = []*chart{v.dayChart(days)}
	}
	return s
}

func (v *visit) dayChart(days []webhook.Day) *chart {
	c := &chart{Title: v.T("webhooks.days_title", "n", len(days)), Unit: v.T("webhooks.succeeded"), Second: v.T("webhooks.failed"), Over: v.T("period.day")}
	for _, d := range days {
		c.Bars = append(c.Bars, bar{Label: v.shortDay(d.Day), Value: float64(d.Succeeded), Text: v.Number(d.Succeeded),
			More: float64(d.Failed), MoreText: v.Number(d.Failed)})
	}
	return c
}

func (v *visit) editWebhook() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	f := form{Title: v.T("webhooks.edit"), Submit: v.T("form.save"), Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e), Fields: v.endpointFields(e)}
	seen := v.lock(&f, e.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	url, description, types := v.value("url"), v.value("description"), v.values("event_types")
	if _, err := v.c.Webhooks.Update(v.once(), v.Who, e.ID, webhook.Patch{URL: &url, Description: &description, EventTypes: &types}, seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.webhookPath(string(e.ID)), "done.saved")
}

func (v *visit) endpointTrail(e webhook.Endpoint) []link {
	return append(v.webhookTrail(), link{Label: short(e.URL, 60), Href: v.webhookPath(string(e.ID))})
}

// pingWebhook sends a test event, and leads to its delivery.
func (v *visit) pingWebhook() error {
	d, err := v.c.Webhooks.Ping(v.once(), v.Who, webhook.EndpointID(v.id()))
	if err != nil {
		return err
	}
	return v.redirect(v.deliveryPath(string(d.ID)), "")
}

func (v *visit) enableWebhook() error {
	if _, err := v.c.Webhooks.Enable(v.once(), v.Who, webhook.EndpointID(v.id())); err != nil {
		return err
	}
	return v.redirect(v.webhookPath(v.id()), "done.webhook_enabled")
}

func (v *visit) disableWebhook() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	f := form{Title: v.T("webhooks.disable_title"), Points: []string{v.T("webhooks.disable_stops", "url", e.URL), v.T("webhooks.disable_cancels"), v.T("webhooks.disable_missed")},
		Danger: true, Submit: v.T("webhooks.disable"), Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e)}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Webhooks.Disable(v.once(), v.Who, e.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.webhookPath(string(e.ID)), "done.webhook_disabled")
}

func (v *visit) deleteWebhook() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	f := form{Title: v.T("webhooks.delete_title"), Points: []string{v.T("webhooks.disable_stops", "url", e.URL), v.T("webhooks.disable_cancels"), v.T("webhooks.delete_log")},
		Danger: true, Submit: v.T("form.delete"), Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e)}
	if !v.posted() {
		return v.form(f)
	}
	if err := v.c.Webhooks.Delete(v.once(), v.Who, e.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.webhookPath(), "done.deleted")
}

// rotateSecret gives an endpoint a new secret, and shows it.
func (v *visit) rotateSecret() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	f := form{Title: v.T("webhooks.rotate_title"), Points: []string{v.T("webhooks.rotate_new"), v.T("webhooks.rotate_both"), v.T("webhooks.rotate_again")},
		Submit: v.T("webhooks.rotate"), Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e)}
	if !v.posted() {
		return v.form(f)
	}
	if e, err = v.c.Webhooks.RotateSecret(v.once(), v.Who, e.ID, nil); err != nil {
		return v.refuse(f, err)
	}
	return v.showSecret(e, v.T("webhooks.rotated", "time", v.Time(e.PreviousSecretUntil)))
}

// resendFailed sends again what failed since a time. It first says how much that is.
func (v *visit) resendFailed() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	f := form{Title: v.T("webhooks.resend_title"), Intro: v.T("webhooks.resend_intro"), Submit: v.T("webhooks.resend_count"), Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e),
		Fields: []field{{Name: "since", Label: v.T("webhooks.resend_since"), Kind: "datetime-local", Required: true, Value: v.local(clock.Of(v.c.Clock.Now().Add(-24 * time.Hour)))}}}
	if !v.posted() {
		return v.form(f)
	}
	since, ok := v.readLocal(v.value("since"))
	if !ok {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "since", Where: "body", Code: "period_unreadable"}))
	}
	if v.value("counted") == v.value("since") {
		r, err := v.c.Webhooks.Recover(v.once(), v.Who, e.ID, webhook.RecoverFailed, since)
		if err != nil {
			return v.refuse(f, err)
		}
		return v.detail(detail{Title: v.T("webhooks.resent", "n", v.Number(r.Deliveries)), Back: v.endpointTrail(e), Sections: []section{
			{Intro: v.T("webhooks.resent_text"), Wide: true, Actions: []action{{Label: v.T("webhooks.all_deliveries"), Href: v.deliveryPath() + "?endpoint=" + string(e.ID), Primary: true}}}}})
	}
	n, more, err := v.c.Webhooks.CountFailed(v.ctx(), v.Who, e.ID, since)
	if err != nil {
		return v.refuse(f, err)
	}
	f.Points = []string{v.T("webhooks.resend_point", "n", v.Number(int64(n)), "time", v.Time(since)), v.T("webhooks.resend_new")}
	if more {
		f.Points[0] = v.T("webhooks.resend_more", "n", v.Number(int64(n)), "time", v.Time(since))
	}
	if n > 0 {
		f.Submit = v.T("webhooks.resend_now", "n", v.Number(int64(n)))
		f.Hidden = []hidden{{"counted", v.value("since")}}
	}
	return v.form(f)
}
