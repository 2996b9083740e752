package console

import (
	"net/url"
	"strconv"

	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

func (v *visit) auditPath(parts ...string) string {
	return v.settings(append([]string{"security", "audit"}, parts...)...)
}

// auditLog is Settings → Security → Audit log: who did what, newest first.
func (v *visit) auditLog() error {
	l := list{Title: v.T("audit.title"), Intro: v.T("audit.intro"), Name: "audit-log",
		Actions: []action{{Label: v.T("audit.check"), Href: v.auditPath("check"), Post: true}},
		Columns: []column{{Label: v.T("audit.no")}, {Label: v.T("audit.at")}, {Label: v.T("audit.verb")}, {Label: v.T("audit.actor")},
			{Label: v.T("audit.subject")}, {Label: v.T("audit.detail")}},
		Filters: append([]field{
			{Name: "verb", Label: v.T("audit.verb"), Kind: "search", Placeholder: "flight.approve"},
			{Name: "subject", Label: v.T("audit.subject_id"), Kind: "search"},
			{Name: "actor", Label: v.T("audit.actor"), Kind: "search", Placeholder: v.T("audit.actor_hint")},
		}, v.periodFilters()...),
		Empty: empty{Title: v.T("audit.empty"), Text: v.T("audit.empty_text")},
	}
	f := audit.Filter{Newest: true, Verb: v.query("verb"), SubjectID: v.query("subject"), Actor: v.query("actor")}
	var err error
	if f.From, f.To, err = v.period(); err != nil {
		return err
	}
	room := 60
	if v.query("format") == "csv" {
		room = 1 << 20
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Audit.List(v.ctx(), v.Who, f, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, placeOfEntry, func(e audit.Entry) row {
			return row{Href: v.auditPath(strconv.FormatInt(e.No, 10)), Cells: []cell{txt(strconv.FormatInt(e.No, 10)), txt(v.precise(e.At)), txt(e.Verb),
				sub(v.actorName(e.Actor), v.T("audit.kind."+string(e.Actor.Kind))), {Text: e.Subject.Type, Sub: e.Subject.ID}, mono(shownDetail(e, room))}}
		}), nil
	}
	return v.list(l)
}

// shownDetail is the beginning of an entry's detail, for a list.
func shownDetail(e audit.Entry, room int) string {
	if string(e.Detail) == "null" {
		return ""
	}
	return short(string(e.Detail), room)
}

func placeOfEntry(e audit.Entry) page.Position { return page.Position{ChangeNo: e.No} }

// actorName is who did something, as far as that was not erased.
func (v *visit) actorName(a audit.Actor) string {
	switch {
	case a.Label != "":
		return a.Label
	case a.Kind == scope.KindOperator, a.Kind == scope.KindSystem:
		return v.T("audit.kind." + string(a.Kind))
	}
	return v.T("audit.erased")
}

// auditEntry is one entry with its detail and its place in the chain.
func (v *visit) auditEntry() error {
	no, err := strconv.ParseInt(v.r.PathValue("no"), 10, 64)
	if err != nil {
		return notHere
	}
	e, err := v.c.Audit.Get(v.ctx(), v.Who, no)
	if err != nil {
		return err
	}
	what := v.T("audit.erased")
	if string(e.Detail) == "null" {
		what = v.T("audit.no_detail")
	} else if e.Detail != nil {
		what = indented(string(e.Detail))
	}
	facts := []fact{is(v.T("audit.at"), v.precise(e.At)), isA(v.T("audit.verb"), mono(e.Verb)), is(v.T("audit.actor"), v.actorName(e.Actor)),
		is(v.T("audit.through"), v.T("audit.kind."+string(e.Actor.Kind)))}
	if e.Actor.ID != "" {
		facts = append(facts, isA(v.T("audit.actor_id"), mono(e.Actor.ID)))
	}
	facts = append(facts, is(v.T("audit.subject"), e.Subject.Type),
		isA(v.T("audit.subject_id"), cell{Text: orDash(e.Subject.ID), Mono: true, Href: v.auditPath() + "?subject=" + url.QueryEscape(e.Subject.ID)}),
		is(v.T("audit.change"), v.Number(e.ChangeNo)), isA(v.T("audit.hash"), mono(e.Hash.String())))
	return v.detail(detail{Title: v.T("audit.entry", "no", e.No), Back: v.auditTrail(), Sections: []section{
		{Title: v.T("audit.about"), Facts: facts, Wide: true}, {Title: v.T("audit.detail"), Pre: what, Wide: true}}})
}

func (v *visit) auditTrail() []link {
	return []link{{Label: v.T("audit.title"), Href: v.auditPath()}}
}

// checkAudit recomputes the chain, and says whether it holds.
func (v *visit) checkAudit() error {
	r, err := v.c.Audit.Verify(v.ctx(), v.Who)
	if err != nil {
		return err
	}
	n := notice{"good", v.T("audit.holds", "n", v.Number(r.Entries))}
	if !r.OK {
		n = notice{"bad", v.T("audit.broken", "no", r.FirstBad)}
	}
	d := detail{Title: v.T("audit.check"), Intro: v.T("audit.check_intro"), Back: v.auditTrail(), Notices: []notice{n}, Sections: []section{
		{Facts: []fact{is(v.T("audit.entries"), v.Number(r.Entries)), isA(v.T("audit.head"), mono(r.Head))}, Wide: true,
			Intro: v.T("audit.head_text"), Actions: []action{{Label: v.T("audit.title"), Href: v.auditPath()}}}}}
	if !r.OK {
		d.Sections[0].Actions = append(d.Sections[0].Actions, action{Label: v.T("audit.entry", "no", r.FirstBad), Href: v.auditPath(strconv.FormatInt(r.FirstBad, 10))})
	}
	return v.detail(d)
}
