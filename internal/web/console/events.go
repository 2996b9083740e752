package console

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/event"
)

// events is Settings → Integrations → Events: what happened, newest first.
func (v *visit) events() error {
	l := list{Title: v.T("events.title"), Intro: v.T("events.intro"), Name: "events",
		Columns: []column{{Label: v.T("events.type")}, {Label: v.T("events.at")}, {Label: v.T("events.about")}, {Label: v.T("events.id")}},
		Filters: []field{{Name: "type", Label: v.T("events.type"), Kind: "select", Options: v.eventTypes(true)}},
		Empty:   empty{Title: v.T("events.empty"), Text: v.T("events.empty_text")},
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		f := event.Filter{Newest: true}
		if t := v.query("type"); t != "" {
			f.Types = []string{t}
		}
		p := page.Page{Limit: limit}
		if at != "" {
			no, ordinal, _ := strings.Cut(at, "-")
			n, err := strconv.ParseInt(no, 10, 64)
			if err != nil {
				return rowsPage{}, fault.New(fault.BadRequest, "invalid_cursor")
			}
			p.After = page.Position{ChangeNo: n, ID: ordinal}
		}
		found, err := v.c.Events.List(v.ctx(), v.Who, f, p)
		if err != nil {
			return rowsPage{}, err
		}
		var out rowsPage
		for _, e := range found.Rows {
			out.Rows = append(out.Rows, row{Href: v.settings("integrations", "events", string(e.ID)), Cells: []cell{
				txt(string(e.Type)), txt(v.Time(e.At)), txt(aboutEvent(e)), mono(string(e.ID))}})
			if found.More {
				out.Next = strconv.FormatInt(e.Position().ChangeNo, 10) + "-" + e.Position().ID
			}
		}
		return out, nil
	}
	return v.list(l)
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

// event is one event with its body, as receivers get it.
func (v *visit) event() error {
	e, err := v.c.Events.Get(v.ctx(), v.Who, event.ID(v.id()))
	if err != nil {
		return err
	}
	var body bytes.Buffer
	json.Indent(&body, []byte(e.Body), "", "  ")
	return v.detail(detail{Title: string(e.Type), Back: []link{{Label: v.T("events.title"), Href: v.settings("integrations", "events")}},
		Sections: []section{
			{Facts: []fact{isA(v.T("events.id"), mono(string(e.ID))), is(v.T("events.at"), v.Time(e.At)), is(v.T("events.about"), aboutEvent(e))}, Wide: true},
			{Title: v.T("events.body"), Intro: v.T("events.body_intro"), Pre: body.String(), Wide: true},
		}})
}
