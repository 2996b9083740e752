package console

import (
	"airside/internal/base/clock"
	"airside/internal/base/page"
	"airside/internal/platform/webhook"
)

// enableWebhook lets an endpoint receive again, after saying what it has missed; unless one takes the check away, that
// is sent too.
func (v *visit) enableWebhook() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	if e.Active {
		if v.posted() {
			_, err = v.c.Webhooks.Enable(v.once(), v.Who, e.ID) // says what speaks against it
		}
		if err != nil {
			return err
		}
		return v.redirect(v.webhookPath(string(e.ID)), "")
	}
	f := form{Title: v.T("webhooks.enable_title"), Points: []string{v.T("webhooks.enable_from", "url", e.URL)}, Submit: v.T("webhooks.enable"),
		Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e)}
	since, err := v.missingSince(e)
	if err != nil {
		return err
	}
	if err := v.askForMissed(&f, e, since); err != nil {
		return err
	}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Webhooks.Enable(v.once(), v.Who, e.ID); err != nil {
		return v.refuse(f, err)
	}
	if v.value("missed") != "on" {
		return v.redirect(v.webhookPath(string(e.ID)), "done.webhook_enabled")
	}
	r, err := v.c.Webhooks.Recover(v.ctx(), v.Who, e.ID, webhook.RecoverMissed, since)
	if err != nil {
		return err
	}
	return v.redirect(v.recoveryPath(string(r.ID)), "done.webhook_enabled")
}

// askForMissed says how much an endpoint has missed, and offers to send it.
func (v *visit) askForMissed(f *form, e webhook.Endpoint, since clock.Time) error {
	n, more, err := v.c.Webhooks.Missed(v.ctx(), v.Who, e.ID, since)
	if err != nil {
		return err
	}
	if n == 0 && !more {
		f.Points = append(f.Points, v.T("webhooks.missed_none", "time", v.Time(since)))
		return nil
	}
	f.Points = append(f.Points, v.T("webhooks.missed", "n", v.atLeast(n, more), "time", v.Time(since)))
	f.Fields = []field{{Name: "missed", Kind: "checkbox", Value: "on", Label: v.T("webhooks.missed_send"), Hint: v.T("webhooks.missed_hint")}}
	return nil
}

// missingSince is since when a disabled endpoint lacks what it wants: since it was disabled, or only failed, or since
// the first of what was cancelled then.
func (v *visit) missingSince(e webhook.Endpoint) (clock.Time, error) {
	h, err := v.c.Webhooks.Standing(v.ctx(), v.Who, e.ID)
	if err != nil {
		return 0, err
	}
	since := e.DisabledAt
	if h.FailingSince != 0 {
		since = min(since, h.FailingSince)
	}
	first, err := v.firstCancelled(e)
	return min(since, first), err
}

// mostCancelled is how many cancelled deliveries are looked at for the first of them.
const mostCancelled = 50 * page.MaxLimit

// firstCancelled is when the first delivery was made that was cancelled when an endpoint was disabled. Where there are too many
// to find it, it is the time from which on there may be any.
func (v *visit) firstCancelled(e webhook.Endpoint) (clock.Time, error) {
	first := e.DisabledAt
	p := page.Page{Limit: page.MaxLimit}
	for range mostCancelled / page.MaxLimit {
		cancelled, err := v.c.Webhooks.ListDeliveries(v.ctx(), v.Who, webhook.DeliveryFilter{EndpointID: e.ID, Status: webhook.Cancelled}, p)
		if err != nil {
			return 0, err
		}
		for _, d := range cancelled.Rows {
			if d.FinishedAt < e.DisabledAt { // so are all before it: they were cancelled when it was disabled earlier
				return first, nil
			}
			first, p.After = min(first, d.CreatedAt), d.Position()
		}
		if !cancelled.More {
			return first, nil
		}
	}
	return e.CreatedAt, nil
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
