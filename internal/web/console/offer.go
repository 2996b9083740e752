package console

import (
	"strconv"
	"strings"

	"airside/internal/platform/market"
)

// offerSections show a listing as everybody sees it.
func (v *visit) offerSections(o market.Offer) []section {
	return []section{{Title: v.T("market.offer"), Intro: o.Description, Facts: v.offerFacts(o)}, v.askedSection(v.T("market.asks"), o.Scopes), v.eventsSection(v.T("market.sends"), o.EventTypes)}
}

func (v *visit) offerFacts(o market.Offer) []fact {
	all := []fact{is(v.T("market.category"), v.T("market.category."+string(o.Category))), isA(v.T("apps.support"), mono(o.Support)), isA(v.T("apps.homepage"), mono(o.Homepage))}
	if o.WebhookURL != "" {
		all = append(all, isA(v.T("market.sent_to"), mono(o.WebhookURL)))
	}
	return all
}

// askedSection lists scopes, each with what it lets its holder do and why it is asked for.
func (v *visit) askedSection(title string, asked []market.Asked) section {
	t := &table{Caption: title, Empty: v.T("market.asks_nothing"), Columns: []column{{Label: v.T("apps.scope")}, {Label: v.T("apps.justification")}}}
	for _, a := range asked {
		t.Rows = append(t.Rows, row{Cells: []cell{sub(v.T("scope."+a.Scope), a.Scope), txt(a.Justification)}})
	}
	return section{Title: title, Table: t, Wide: true}
}

// eventsSection lists event types, each with when it happens.
func (v *visit) eventsSection(title string, types []string) section {
	t := &table{Caption: title, Empty: v.T("market.sends_nothing"), Columns: []column{{Label: v.T("events.type")}, {Label: v.T("market.happens")}}}
	for _, name := range types {
		t.Rows = append(t.Rows, row{Cells: []cell{txt(name), txt(v.T(name))}})
	}
	return section{Title: title, Table: t, Wide: true}
}

// diffSum says in a line how much an offer changes.
func (v *visit) diffSum(d market.Diff) string {
	if d.First {
		return v.T("market.diff_first")
	}
	var all []string
	count := func(key string, n int) {
		if n > 0 {
			all = append(all, v.T(key)+" "+strconv.Itoa(n))
		}
	}
	count("market.diff_scopes_added", len(d.ScopesAdded))
	count("market.diff_scopes_removed", len(d.ScopesRemoved))
	count("market.diff_events_added", len(d.EventTypesAdded))
	count("market.diff_events_removed", len(d.EventTypesRemoved))
	count("market.diff_texts", len(d.Changes))
	if len(all) == 0 {
		return v.T("market.diff_none")
	}
	return strings.Join(all, ", ")
}

// offerDiff shows what an offer changes of the published one, as a machine compared them.
func (v *visit) offerDiff(d market.Diff) section {
	t := &table{Caption: v.T("market.diff"), Empty: v.T("market.diff_none"),
		Columns: []column{{Label: v.T("apps.diff_what")}, {Label: v.T("apps.diff_where")}, {Label: v.T("apps.diff_before")}, {Label: v.T("apps.diff_after")}}}
	add := func(kind, tone, where, before, after string) {
		t.Rows = append(t.Rows, row{Cells: []cell{badge(v.T("apps.diff."+kind), tone), txt(where), txt(before), txt(after)}})
	}
	for _, s := range d.ScopesAdded {
		add("added", "warn", v.T("apps.scope"), "", s)
	}
	for _, s := range d.ScopesRemoved {
		add("removed", "info", v.T("apps.scope"), s, "")
	}
	for _, e := range d.EventTypesAdded {
		add("added", "warn", v.T("apps.events"), "", e)
	}
	for _, e := range d.EventTypesRemoved {
		add("removed", "info", v.T("apps.events"), e, "")
	}
	for _, c := range d.Changes {
		where := v.offerField(c.Field)
		if d.First {
			add("added", "info", where, "", c.After)
			continue
		}
		add("changed", "info", where, c.Before, c.After)
	}
	s := section{Title: v.T("market.diff"), Table: t, Wide: true, Intro: v.T("market.diff_intro")}
	if d.First {
		s.Intro = v.T("market.diff_first_intro")
	}
	return s
}

// offerField is the label of what an offer has.
func (v *visit) offerField(name string) string {
	if scope, ok := strings.CutPrefix(name, "scopes["); ok {
		scope, _, _ = strings.Cut(scope, "]")
		return v.T("apps.justification") + ": " + scope
	}
	switch name {
	case "summary", "category":
		return v.T("market." + name)
	}
	return v.appField(name)
}
