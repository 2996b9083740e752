package console

import (
	"airside/internal/base/page"
	"airside/internal/platform/webhook"
)

func (v *visit) recoveryPath(parts ...string) string {
	return v.settings(append([]string{"integrations", "recoveries"}, parts...)...)
}

// recoveries lists what was sent again on somebody's word, the one that changed last first.
func (v *visit) recoveries() error {
	endpoints, names, err := v.endpointNames()
	if err != nil {
		return err
	}
	l := list{Title: v.T("recoveries.title"), Intro: v.T("recoveries.intro"), Name: "webhook-recoveries", Tabs: v.webhookTabs("recoveries"), Columns: v.recoveryColumns(true),
		Filters: []field{{Name: "endpoint", Label: v.T("deliveries.endpoint"), Kind: "select", Options: endpoints},
			{Name: "status", Label: v.T("recoveries.state"), Kind: "select", Options: v.words("recoveries.status.", recoveryStatuses, v.T("list.any"))}},
		Empty: empty{Title: v.T("recoveries.empty"), Text: v.T("recoveries.empty_text"), Action: action{Label: v.T("webhooks.endpoints"), Href: v.webhookPath()}}}
	f := webhook.RecoveryFilter{EndpointID: webhook.EndpointID(v.query("endpoint")), Status: webhook.RecoveryStatus(v.query("status"))}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Webhooks.ListRecoveries(v.ctx(), v.Who, f, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, webhook.Recovery.Position, func(r webhook.Recovery) row { return v.recoveryRow(r, names) }), nil
	}
	return v.list(l)
}

var recoveryStatuses = []string{string(webhook.RecoveryRunning), string(webhook.RecoveryDone), string(webhook.RecoveryCancelled)}

func (v *visit) recoveryColumns(endpoint bool) []column {
	all := []column{{Label: v.T("recoveries.started"), Kind: "tight"}, {Label: v.T("recoveries.kind")}}
	if endpoint {
		all = append(all, column{Label: v.T("deliveries.endpoint")})
	}
	return append(all, column{Label: v.T("recoveries.since"), Kind: "tight"}, column{Label: v.T("recoveries.state")}, column{Label: v.T("recoveries.made"), Kind: "num"})
}

// recoveryRow is a row of recoveryColumns; names are those of endpoints, or nil where there is one only.
func (v *visit) recoveryRow(r webhook.Recovery, names map[webhook.EndpointID]string) row {
	cells := []cell{txt(v.Time(r.CreatedAt)), txt(v.T("recoveries.kind." + string(r.Kind)))}
	if names != nil {
		cells = append(cells, v.endpointCell(r.EndpointID, names))
	}
	return row{Href: v.recoveryPath(string(r.ID)), Cells: append(cells, txt(v.Time(r.Since)), v.recoveryState(r), txt(v.Number(r.Deliveries)))}
}

func (v *visit) recoveryState(r webhook.Recovery) cell {
	tone := map[webhook.RecoveryStatus]string{webhook.RecoveryRunning: "info", webhook.RecoveryDone: "good"}[r.Status]
	if tone == "" {
		tone = "quiet"
	}
	return badge(v.T("recoveries.status."+string(r.Status)), tone)
}

// recoveriesSection lists an endpoint's own, where there are any.
func (v *visit) recoveriesSection(e webhook.Endpoint, _ webhook.Health) (section, error) {
	found, err := v.c.Webhooks.ListRecoveries(v.ctx(), v.Who, webhook.RecoveryFilter{EndpointID: e.ID}, page.Page{Limit: latestRecoveries})
	if err != nil || len(found.Rows) == 0 {
		return section{}, err
	}
	t := &table{Caption: v.T("recoveries.title"), Columns: v.recoveryColumns(false)}
	for _, r := range found.Rows {
		t.Rows = append(t.Rows, v.recoveryRow(r, nil))
	}
	if found.More {
		t.More = action{Label: v.T("recoveries.all"), Href: v.recoveryPath() + "?endpoint=" + string(e.ID)}
	}
	return section{Title: v.T("recoveries.title"), Table: t, Wide: true}, nil
}

// recovery is how far one has come. The page asks again while it runs.
func (v *visit) recovery() error {
	r, err := v.c.Webhooks.GetRecovery(v.ctx(), v.Who, webhook.RecoveryID(v.id()))
	if err != nil {
		return err
	}
	endpoint, _, err := v.receiver(r.EndpointID)
	if err != nil {
		return err
	}
	s := section{Wide: true, Figures: []fact{is(v.T("recoveries.made"), v.Number(r.Deliveries))}, Facts: []fact{
		isA(v.T("recoveries.state"), v.recoveryState(r)), isA(v.T("deliveries.endpoint"), endpoint), is(v.T("recoveries.kind"), v.T("recoveries.kind."+string(r.Kind))),
		is(v.T("recoveries.since"), v.Time(r.Since)), is(v.T("recoveries.until"), v.Time(r.Until)), is(v.T("recoveries.started"), v.precise(r.CreatedAt)),
		is(v.T("recoveries.changed"), v.precise(r.UpdatedAt))},
		Actions: []action{{Label: v.T("webhooks.all_deliveries"), Href: v.deliveriesTo(r.EndpointID)}}}
	d := detail{Title: v.T("recoveries.one"), Back: append(v.webhookTrail(), link{Label: v.T("recoveries.title"), Href: v.recoveryPath()})}
	if r.Status == webhook.RecoveryRunning {
		d.Poll = v.recoveryPath(string(r.ID))
		s.Intro = v.T("recoveries.running")
		s.Actions = append(s.Actions, press(v.T("recoveries.cancel"), v.recoveryPath(string(r.ID), "cancel")))
	}
	d.Sections = []section{s}
	return v.detail(d)
}

// cancelRecovery ends one that runs.
func (v *visit) cancelRecovery() error {
	r, err := v.c.Webhooks.CancelRecovery(v.once(), v.Who, webhook.RecoveryID(v.id()))
	if err != nil {
		return err
	}
	return v.redirect(v.recoveryPath(string(r.ID)), "done.recovery_cancelled")
}
