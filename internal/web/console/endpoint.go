package console

import (
	"airside/internal/base/page"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// latestDeliveries is how many deliveries the page of an endpoint shows, and latestRecoveries how many recoveries.
const (
	latestDeliveries = 10
	latestRecoveries = 5
)

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
	may, err := v.c.Webhooks.Allowed(v.ctx(), e)
	if err != nil {
		return err
	}
	state := v.endpointState(e, h)
	d := detail{Title: e.URL, Badges: []cell{badge(state.Text, state.Tone)}, Intro: e.Description, Back: v.webhookTrail(), Actions: v.endpointActions(e, may),
		Notices: v.endpointNotices(e, h, may), Sections: []section{{Title: v.T("webhooks.about"), Facts: v.endpointFacts(e)}}}
	for _, part := range []func(webhook.Endpoint, webhook.Health) (section, error){v.standingSection, v.statisticsSection, v.latestSection, v.recoveriesSection} {
		s, err := part(e, h)
		if err != nil {
			return err
		}
		if s.Title != "" {
			d.Sections = append(d.Sections, s)
		}
	}
	keys := v.keySection(e)
	if may.Change {
		keys.Actions = []action{{Label: v.T("webhooks.rotate"), Href: v.webhookPath(string(e.ID), "rotate-secret")}}
	}
	d.Sections = append(d.Sections, keys, v.verifying(e))
	return v.detail(d)
}

func (v *visit) getEndpoint() (webhook.Endpoint, error) {
	return v.c.Webhooks.Get(v.ctx(), v.Who, webhook.EndpointID(v.id()))
}

func (v *visit) endpointActions(e webhook.Endpoint, may webhook.Allowed) (all []action) {
	path := func(verb string) string { return v.webhookPath(string(e.ID), verb) }
	if may.Change {
		all = append(all, action{Label: v.T("form.edit"), Href: path("edit")})
	}
	if e.Active {
		ping := press(v.T("webhooks.ping"), path("ping"))
		ping.Primary = true
		all = append(all, ping, action{Label: v.T("recoveries.recover"), Href: path("recover")}, action{Label: v.T("webhooks.disable"), Href: path("disable")})
	} else if may.Enable {
		all = append(all, action{Label: v.T("webhooks.enable"), Href: path("enable"), Primary: true})
	}
	if may.Remove {
		all = append(all, action{Label: v.T("form.delete"), Href: path("delete"), Danger: true})
	}
	return all
}

// endpointNotices say what somebody has to look after: that it is disabled, and why; that it only fails, and until when
// it may; that its order is held up.
func (v *visit) endpointNotices(e webhook.Endpoint, h webhook.Health, may webhook.Allowed) []notice {
	if !e.Active {
		n := notice{"warn", v.T("webhooks.disabled_since", "time", v.Time(e.DisabledAt))}
		if e.DisabledReason != nil {
			n.Text += " " + v.T("webhooks.reason."+*e.DisabledReason)
			if *e.DisabledReason != webhook.ReasonUser {
				n.Tone = "bad"
			}
		}
		if may.Enable {
			n.Text += " " + v.T("webhooks.enable_again")
		}
		return []notice{n}
	}
	var all []notice
	if h.FailingSince != 0 {
		all = append(all, notice{"bad", v.T("webhooks.failing_notice", "since", v.Time(h.FailingSince), "until", v.Time(webhook.DisabledFrom(h.FailingSince)))})
	}
	if h.BlockedSince != 0 {
		all = append(all, notice{"warn", v.T("webhooks.blocked_notice", "since", v.Time(h.BlockedSince))})
	}
	return all
}

func (v *visit) endpointFacts(e webhook.Endpoint) []fact {
	all := []fact{isA(v.T("webhooks.url"), mono(e.URL)), is(v.T("webhooks.description"), e.Description), is(v.T("webhooks.types"), v.typeNames(e.EventTypes))}
	if len(e.Filter) == 0 {
		all = append(all, is(v.T("webhooks.filter"), v.T("webhooks.filter_none")))
	} else {
		all = append(all, isA(v.T("webhooks.filter"), mono(v.conditions(e.Filter))))
	}
	order := v.T("webhooks.unordered")
	if e.Ordered {
		order = v.T("webhooks.in_order")
	}
	if e.InstallationID != nil {
		app := txt(v.T("installs.provisioned"))
		if v.Can(scope.InstallationsManage) {
			app = to(app.Text, v.installedPath(*e.InstallationID))
		}
		all = append(all, isA(v.T("market.app"), app))
	}
	return append(all, is(v.T("webhooks.order"), order),
		is(v.T("webhooks.rate_limit"), v.limit(e.RateLimit, "webhooks.per_second", "webhooks.no_limit")),
		is(v.T("webhooks.concurrency"), v.limit(e.Concurrency, "webhooks.at_once", "webhooks.deployment_limit")),
		is(v.T("webhooks.added"), v.Time(e.CreatedAt)), isA(v.T("webhooks.id"), mono(string(e.ID))))
}

func (v *visit) limit(n *int, some, none string) string {
	if n == nil {
		return v.T(none)
	}
	return v.T(some, "n", *n)
}

// standingSection is how an endpoint does right now.
func (v *visit) standingSection(e webhook.Endpoint, h webhook.Health) (section, error) {
	n, more, err := v.c.Webhooks.Waiting(v.ctx(), v.Who, e.ID)
	waiting := txt(v.Number(int64(n)))
	if more {
		waiting.Text = v.T("list.count_more", "n", waiting.Text)
	}
	if n > 0 {
		waiting = to(waiting.Text, v.deliveriesTo(e.ID))
	}
	s := section{Title: v.T("webhooks.standing"), Facts: []fact{isA(v.T("webhooks.state"), v.endpointState(e, h)), isA(v.T("webhooks.waiting"), waiting)}}
	last := txt(v.T("webhooks.nothing_sent"))
	if d := h.LastDelivery; d != nil {
		last = to(string(d.EventType), v.deliveryPath(string(d.ID)))
		last.Sub = v.T("deliveries.status."+string(d.Status)) + ", " + v.Ago(d.CreatedAt)
	}
	var succeeded, failed int64
	for _, d := range h.Days {
		succeeded, failed = succeeded+d.Succeeded, failed+d.Failed
	}
	s.Facts = append(s.Facts, isA(v.T("webhooks.last"), last),
		is(v.T("webhooks.days", "days", len(h.Days)), v.T("webhooks.days_sum", "succeeded", v.Number(succeeded), "failed", v.Number(failed))))
	return s, err
}

func (v *visit) deliveriesTo(id webhook.EndpointID) string {
	return v.deliveryPath() + "?endpoint=" + string(id)
}

func (v *visit) latestSection(e webhook.Endpoint, _ webhook.Health) (section, error) {
	latest, err := v.c.Webhooks.ListDeliveries(v.ctx(), v.Who, webhook.DeliveryFilter{EndpointID: e.ID}, page.Page{Limit: latestDeliveries})
	t := &table{Caption: v.T("webhooks.latest"), Columns: v.deliveryColumns(false), Empty: v.T("webhooks.nothing_yet"),
		More: action{Label: v.T("webhooks.all_deliveries"), Href: v.deliveriesTo(e.ID)}}
	for _, d := range latest.Rows {
		t.Rows = append(t.Rows, v.deliveryRow(d, nil))
	}
	return section{Title: v.T("webhooks.latest"), Table: t, Wide: true}, err
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
