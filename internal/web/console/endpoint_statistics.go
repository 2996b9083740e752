package console

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/platform/webhook"
)

// stretch is a time over which statistics are shown.
type stretch struct {
	key    string // in the address; the first stretch has none
	by     webhook.By
	length time.Duration // from the beginning of the first period to that of the present one
}

var stretches = []stretch{{"", webhook.ByHour, 23 * time.Hour}, {"days", webhook.ByDay, 29 * 24 * time.Hour}}

// statisticsSection is how attempts went, in figures and by hour or day.
func (v *visit) statisticsSection(e webhook.Endpoint, _ webhook.Health) (section, error) {
	chosen := stretches[0]
	s := section{Title: v.T("webhooks.statistics"), Wide: true}
	for _, one := range stretches {
		if v.query("over") == one.key {
			chosen = one
		}
	}
	for _, one := range stretches {
		href := v.webhookPath(string(e.ID))
		if one.key != "" {
			href += "?over=" + one.key
		}
		s.Tabs = append(s.Tabs, link{Label: v.T("webhooks.over." + string(one.by)), Href: href, Current: one == chosen})
	}
	now := clock.Of(v.c.Clock.Now())
	of, err := v.c.Webhooks.Statistics(v.ctx(), v.Who, e.ID, now.Add(-chosen.length), now, chosen.by)
	if err != nil {
		return s, err
	}
	if of.Attempts == 0 {
		s.Intro = v.T("webhooks.no_attempts")
		return s, nil
	}
	s.Figures = []fact{is(v.T("webhooks.success_rate"), v.percent(of.SuccessRate)), is(v.T("webhooks.attempts"), v.Number(of.Attempts)),
		is(v.T("webhooks.p50"), v.duration(of.P50)), is("p95", v.duration(of.P95)), is("p99", v.duration(of.P99))}
	s.Charts = []*chart{v.attemptChart(of, chosen.by), v.durationChart(of, chosen.by)}
	return s, nil
}

func (v *visit) attemptChart(of webhook.Statistics, by webhook.By) *chart {
	c := &chart{Title: v.T("webhooks.attempts"), Unit: v.T("webhooks.succeeded"), Second: v.T("webhooks.failed"), Over: v.T("webhooks.period." + string(by)), Caption: true,
		Extra: []string{v.T("webhooks.success_rate")}}
	var top int64
	for _, p := range of.Periods {
		failed := p.Attempts - p.Succeeded
		top = max(top, p.Attempts)
		b := v.periodBar(p, by)
		b.Value, b.Text, b.More, b.MoreText, b.Extra = float64(p.Succeeded), v.Number(p.Succeeded), float64(failed), v.Number(failed), []string{v.percent(p.SuccessRate)}
		c.Bars = append(c.Bars, b)
	}
	c.Top = v.Number(top)
	return c
}

func (v *visit) durationChart(of webhook.Statistics, by webhook.By) *chart {
	c := &chart{Title: v.T("webhooks.durations"), Unit: "p95", Over: v.T("webhooks.period." + string(by)), Caption: true, Low: true, Extra: []string{"p50", "p99"}}
	top := 0.0
	for _, p := range of.Periods {
		b := v.periodBar(p, by)
		b.Text, b.Extra = v.duration(p.P95), []string{v.duration(p.P50), v.duration(p.P99)}
		if p.P95 != nil {
			b.Value = *p.P95
			top = max(top, *p.P95)
		}
		c.Bars = append(c.Bars, b)
	}
	c.Top = v.milliseconds(top)
	return c
}

// periodBar is a bar without a value yet: of an hour on the visitor's clock, or of a day in UTC.
func (v *visit) periodBar(p webhook.Period, by webhook.By) bar {
	if by == webhook.ByDay {
		at := p.Start.Std()
		return bar{Label: v.shortDay(at.Format(time.DateOnly)), Long: v.day(at)}
	}
	return bar{Label: p.Start.Std().In(v.zone).Format("15:04"), Long: v.Time(p.Start)}
}

func (v *visit) duration(ms *float64) string {
	if ms == nil {
		return "–"
	}
	return v.milliseconds(*ms)
}
