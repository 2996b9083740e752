package console

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/webhook"
)

var recoveryKinds = []webhook.RecoveryKind{webhook.RecoverMissed, webhook.RecoverFailed}

// recoverWebhook sends again what an endpoint has not got since a time. It first says how much that is.
func (v *visit) recoverWebhook() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	if !e.Active && !v.posted() {
		return v.redirect(v.webhookPath(string(e.ID), "enable"), "")
	}
	what := field{Name: "kind", Label: v.T("recoveries.kind"), Kind: "radio", Value: string(webhook.RecoverMissed)}
	for _, k := range recoveryKinds {
		what.Options = append(what.Options, option{Value: string(k), Label: v.T("recoveries.kind." + string(k)), Hint: v.T("recoveries.kind_hint." + string(k))})
	}
	f := form{Title: v.T("recoveries.recover_title"), Intro: v.T("recoveries.recover_intro"), Submit: v.T("recoveries.count"), Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e),
		Fields: []field{what, v.sinceField(24 * time.Hour)}}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	kind, since, err := v.readRecovery()
	if err != nil {
		return v.refuse(f, err)
	}
	asked := string(kind) + " " + v.value("since")
	if v.value("counted") == asked {
		r, err := v.c.Webhooks.Recover(v.once(), v.Who, e.ID, kind, since)
		if err != nil {
			return v.refuse(f, err)
		}
		return v.redirect(v.recoveryPath(string(r.ID)), "done.recovery_started")
	}
	n, more, err := v.countRecovery(e.ID, kind, since)
	if err != nil {
		return v.refuse(f, err)
	}
	f.Points = []string{v.T("recoveries.point."+string(kind), "n", v.atLeast(n, more), "time", v.Time(since))}
	if n > 0 || more {
		f.Points = append(f.Points, v.T("recoveries.point_slowly"), v.T("recoveries.point_new"))
		f.Submit = v.T("recoveries.send", "n", v.atLeast(n, more))
		f.Hidden = []hidden{{"counted", asked}}
	}
	return v.form(f)
}

// sinceField asks for the beginning of the time to look at; it offers that of so long ago.
func (v *visit) sinceField(ago time.Duration) field {
	f := field{Name: "since", Label: v.T("recoveries.since"), Kind: "datetime-local", Required: true, Half: true}
	if ago > 0 {
		f.Value = v.local(clock.Of(v.c.Clock.Now().Add(-ago)))
	}
	return f
}

func (v *visit) readRecovery() (kind webhook.RecoveryKind, since clock.Time, err error) {
	var c fault.Check
	for _, k := range recoveryKinds {
		if v.value("kind") == string(k) {
			kind = k
		}
	}
	c.Require(kind != "", "kind", "choose_one")
	since, ok := v.readLocal(v.value("since"))
	c.Require(ok, "since", "period_unreadable")
	return kind, since, c.Err()
}

func (v *visit) countRecovery(id webhook.EndpointID, kind webhook.RecoveryKind, since clock.Time) (n int, more bool, err error) {
	if kind == webhook.RecoverFailed {
		return v.c.Webhooks.CountFailed(v.ctx(), v.Who, id, since)
	}
	return v.c.Webhooks.Missed(v.ctx(), v.Who, id, since)
}

// atLeast is a count, of which there may be more.
func (v *visit) atLeast(n int, more bool) string {
	if more {
		return v.T("list.count_more", "n", v.Number(int64(n)))
	}
	return v.Number(int64(n))
}
