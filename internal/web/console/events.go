package console

import (
	"bytes"
	"encoding/json"
	"strings"

	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// events is Settings → Integrations → Events: what happened, newest first.
func (v *visit) events() error {
	l := list{Title: v.T("events.title"), Intro: v.T("events.intro"), Name: "events",
		Columns: []column{{Label: v.T("events.type")}, {Label: v.T("events.at")}, {Label: v.T("events.about")}, {Label: v.T("events.id")}},
		Filters: append([]field{{Name: "type", Label: v.T("events.type"), Kind: "select", Options: v.eventTypes(true)}}, v.periodFilters()...),
		Empty:   empty{Title: v.T("events.empty"), Text: v.T("events.empty_text")},
	}
	f := event.Filter{Newest: true}
	if t := v.query("type"); t != "" {
		f.Types = []string{t}
	}
	var err error
	if f.From, f.To, err = v.period(); err != nil {
		return err
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Events.List(v.ctx(), v.Who, f, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, event.Event.Position, func(e event.Event) row {
			return row{Href: v.eventPath(e.ID), Cells: []cell{sub(string(e.Type), v.T(string(e.Type))), txt(v.Time(e.At)), txt(aboutEvent(e)), mono(string(e.ID))}}
		}), nil
	}
	return v.list(l)
}

func (v *visit) eventPath(id event.ID, parts ...string) string {
	return v.settings(append([]string{"integrations", "events", string(id)}, parts...)...)
}

func (v *visit) eventTypes(any bool) []option {
	var all []option
	if any {
		all = append(all, option{Value: "", Label: v.T("list.any")})
	}
	for _, t := range event.Types() {
		all = append(all, option{Value: t, Label: t})
	}
	return all
}

// aboutEvent is what an event is about, in the words of its own payload.
func aboutEvent(e event.Event) string {
	var body struct {
		Data struct {
			Number   string
			Aircraft struct{ Registration string }
			Message  string
		}
	}
	json.Unmarshal([]byte(e.Body), &body)
	return strings.TrimSpace(body.Data.Number + " " + body.Data.Aircraft.Registration + body.Data.Message)
}

// indented writes JSON with line breaks; what is none stays as it is.
func indented(s string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(s), "", "  ") != nil {
		return s
	}
	return b.String()
}

// event is one event with its body, as receivers get it, and who got it.
func (v *visit) event() error {
	e, err := v.c.Events.Get(v.ctx(), v.Who, event.ID(v.id()))
	if err != nil {
		return err
	}
	d := detail{Title: string(e.Type), Intro: v.T(string(e.Type)), Back: v.eventTrail(), Sections: []section{
		{Facts: []fact{isA(v.T("events.id"), mono(string(e.ID))), is(v.T("events.at"), v.Time(e.At)), is(v.T("events.about"), aboutEvent(e))}, Wide: true}}}
	if v.Can(scope.WebhooksManage) {
		sent, err := v.sentSection(e.ID)
		if err != nil {
			return err
		}
		d.Sections = append(d.Sections, sent)
		d.Actions = []action{{Label: v.T("events.replay"), Href: v.eventPath(e.ID, "replay")}}
	}
	d.Sections = append(d.Sections, section{Title: v.T("events.body"), Intro: v.T("events.body_intro"), Pre: indented(e.Body), Wide: true})
	return v.detail(d)
}

func (v *visit) eventTrail() []link {
	return []link{{Label: v.T("events.title"), Href: v.settings("integrations", "events")}}
}

// sentSection lists where an event was sent.
func (v *visit) sentSection(id event.ID) (section, error) {
	sent, err := v.c.Webhooks.DeliveriesOf(v.ctx(), v.Who, id)
	if err != nil {
		return section{}, err
	}
	_, names, err := v.endpointNames()
	t := &table{Caption: v.T("events.sent"), Columns: v.deliveryColumns(true), Empty: v.T("events.sent_none")}
	if len(sent) > 0 {
		t.More = action{Label: v.T("events.sent_list"), Href: v.deliveryPath() + "?event=" + string(id)}
	}
	for _, d := range sent {
		t.Rows = append(t.Rows, v.deliveryRow(d, names))
	}
	return section{Title: v.T("events.sent"), Table: t, Wide: true}, err
}

// replayEvent sends an event again to every endpoint that wants it, after saying to how many.
func (v *visit) replayEvent() error {
	e, err := v.c.Events.Get(v.ctx(), v.Who, event.ID(v.id()))
	if err != nil {
		return err
	}
	if err := v.Who.Need(scope.WebhooksManage); err != nil {
		return err
	}
	to, err := v.c.Webhooks.ReplayTo(v.ctx(), v.Who, e.ID)
	if err != nil {
		return err
	}
	_, names, err := v.endpointNames()
	if err != nil {
		return err
	}
	f := form{Title: v.T("events.replay_title", "type", string(e.Type)), Points: []string{v.replayPoint(to, names), v.T("events.replay_filters"), v.T("events.replay_same")}, Submit: v.T("events.replay"),
		Cancel: v.eventPath(e.ID), Back: append(v.eventTrail(), link{Label: string(e.Type), Href: v.eventPath(e.ID)})}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Webhooks.Replay(v.once(), v.Who, e.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.eventPath(e.ID), "done.replayed")
}

// replayPoint says to how many endpoints an event will go, and to which.
func (v *visit) replayPoint(to []webhook.EndpointID, names map[webhook.EndpointID]string) string {
	var urls []string
	for _, id := range to[:min(5, len(to))] {
		urls = append(urls, names[id])
	}
	switch {
	case len(to) == 0:
		return v.T("events.replay_none")
	case len(to) == 1:
		return v.T("events.replay_one", "url", urls[0])
	}
	return v.T("events.replay_many", "n", len(to), "urls", strings.Join(urls, ", "))
}
