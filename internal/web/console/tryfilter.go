package console

import (
	"airside/internal/platform/webhook"
)

// tryFilter shows below the form which of the latest events an endpoint would get, and why not the others. Nothing is
// saved.
func (v *visit) tryFilter(f form, n webhook.NewEndpoint) error {
	trial, err := v.c.Webhooks.TryFilter(v.ctx(), v.Who, n.EventTypes, n.Filter)
	if err != nil {
		return v.refuse(f, v.inRows(err))
	}
	s := section{Title: v.T("webhooks.trial"), Wide: true, Intro: v.T("webhooks.trial_sum", "n", trial.Matched, "of", len(trial.Events)),
		Table: &table{Caption: v.T("webhooks.trial"), Empty: v.T("webhooks.trial_none"),
			Columns: []column{{Label: v.T("webhooks.trial_result")}, {Label: v.T("events.type")}, {Label: v.T("events.about")}, {Label: v.T("events.at"), Kind: "tight"}}}}
	if len(trial.Events) == 0 {
		s.Intro = ""
	}
	for _, e := range trial.Events {
		result, err := v.triedCell(e, n.Filter)
		if err != nil {
			return err
		}
		s.Table.Rows = append(s.Table.Rows, row{Cells: []cell{result, txt(string(e.Type)), txt(aboutEvent(e.Event)), txt(v.Time(e.At))}})
	}
	f.Below = []section{s}
	return v.form(f)
}

// triedCell says whether an event would be sent, and what holds it back.
func (v *visit) triedCell(e webhook.TriedEvent, m webhook.Match) (cell, error) {
	if e.Matches {
		return badge(v.T("webhooks.trial_sent"), "good"), nil
	}
	held := badge(v.T("webhooks.trial_held"), "quiet")
	misses, err := m.Misses(e.Event.Body)
	if len(misses) == 0 {
		held.Sub = v.T("webhooks.trial_type")
		return held, err
	}
	held.Sub = v.missText(misses[0])
	return held, nil
}

// missText says what an event has where a filter wants something else.
func (v *visit) missText(m webhook.Miss) string {
	return v.T("webhooks.miss", "path", m.Path, "have", v.haveText(m.Have), "want", v.oneOf(m.Want))
}

// haveText is what stands at a path: nothing, a value, or a list of them.
func (v *visit) haveText(have any) string {
	switch have := have.(type) {
	case nil:
		return v.T("webhooks.nothing")
	case []any:
		if len(have) == 0 {
			return v.T("webhooks.nothing")
		}
		return short(writeValues(have), 100)
	}
	return short(writeValue(have), 100)
}
