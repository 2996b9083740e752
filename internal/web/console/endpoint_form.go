package console

import (
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/merge"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// endpointForm asks for what an endpoint is. What most people leave as it is stands behind a fold.
func (v *visit) endpointForm(f form, e webhook.Endpoint) form {
	types := field{Name: "event_types", Label: v.T("webhooks.types"), Hint: v.T("webhooks.types_hint"), Kind: "checks", Options: v.typeOptions(e.EventTypes, true)}
	f.Fields = []field{
		{Name: "url", Label: v.T("webhooks.url"), Hint: v.T("webhooks.url_hint"), Kind: "url", Required: true, Max: 2000, Value: e.URL, Placeholder: "https://", Focus: e.ID == "" && !v.posted()},
		{Name: "description", Label: v.T("webhooks.description"), Hint: v.T("webhooks.description_hint"), Max: 500, Value: e.Description},
		types,
	}
	f.Fold = &fold{From: len(f.Fields), Title: v.T("webhooks.more"), Open: !usual(e) || v.posted() && v.unusualSent()}
	f.Fields = append(f.Fields, v.filterFields(e.Filter)...)
	f.Fields = append(f.Fields, v.paceFields(e)...)
	f.Buttons = []button{{Name: "try", Value: "on", Label: v.T("webhooks.try"), Part: "#below"}}
	return f
}

// usual tells whether an endpoint is as most are.
func usual(e webhook.Endpoint) bool {
	return len(e.Filter) == 0 && !e.Ordered && !e.Ed25519 && e.RateLimit == nil && e.Concurrency == nil
}

// unusualSent tells whether anything was sent that stands behind the fold, or asked for.
func (v *visit) unusualSent() bool {
	for name := range v.r.PostForm {
		switch {
		case strings.HasPrefix(name, "filter["), name == "ordered", name == "ed25519", name == "rate_limit", name == "concurrency", name == "more":
			if v.value(name) != "" {
				return true
			}
		}
	}
	return false
}

// paceFields ask how events are sent.
func (v *visit) paceFields(e webhook.Endpoint) []field {
	return []field{
		{Name: "ordered", Label: v.T("webhooks.ordered"), Hint: v.T("webhooks.ordered_hint"), Kind: "checkbox", Value: strconv.FormatBool(e.Ordered), Group: v.T("webhooks.sending")},
		{Name: "rate_limit", Label: v.T("webhooks.rate_limit"), Hint: v.T("webhooks.rate_limit_hint"), Kind: "number", Inputmode: "numeric", Half: true, Value: limitText(e.RateLimit)},
		{Name: "concurrency", Label: v.T("webhooks.concurrency"), Hint: v.T("webhooks.concurrency_hint"), Kind: "number", Inputmode: "numeric", Half: true, Value: limitText(e.Concurrency)},
		{Name: "ed25519", Label: v.T("webhooks.ed25519"), Hint: v.T("webhooks.ed25519_hint"), Kind: "checkbox", Value: strconv.FormatBool(e.Ed25519)},
	}
}

func limitText(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// readEndpoint reads the form. A limit that is left empty is none.
func (v *visit) readEndpoint() (webhook.NewEndpoint, error) {
	var c fault.Check
	n := webhook.NewEndpoint{URL: v.value("url"), Description: v.value("description"), EventTypes: v.values("event_types"), Filter: v.readFilter(&c),
		Ordered: v.value("ordered") == "on", Ed25519: v.value("ed25519") == "on",
		RateLimit: v.readLimit(&c, "rate_limit"), Concurrency: v.readLimit(&c, "concurrency")}
	return n, c.Err()
}

func (v *visit) readLimit(c *fault.Check, name string) *int {
	n, there, err := number(v.value(name))
	switch {
	case err != nil:
		c.Bad(name, "not_an_integer")
	case there && n < 1:
		c.Bad(name, "at_least", "min", 1)
	case there:
		return new(int(n))
	}
	return nil
}

// newWebhook adds an endpoint, and shows its secret.
func (v *visit) newWebhook() error {
	if err := v.Who.Need(scope.WebhooksManage); err != nil {
		return err
	}
	f := v.endpointForm(form{Title: v.T("webhooks.new"), Intro: v.T("webhooks.new_intro"), Submit: v.T("webhooks.create"), Cancel: v.webhookPath(), Back: v.webhookTrail()},
		webhook.Endpoint{})
	n, answered, err := v.endpointSent(f)
	if answered {
		return err
	}
	e, err := v.c.Webhooks.Create(v.once(), v.Who, n)
	if err != nil {
		return v.refuse(f, v.inRows(err))
	}
	return v.showSecret(e, v.T("webhooks.created"), v.sendEarlier(e))
}

// endpointSent reads what was sent. Where it was only asked for the form, or for more of it, or cannot be read, the
// answer is given already.
func (v *visit) endpointSent(f form) (n webhook.NewEndpoint, answered bool, err error) {
	if !v.posted() || v.value("more") != "" {
		return n, true, v.form(f)
	}
	if n, err = v.readEndpoint(); err != nil {
		return n, true, v.refuse(f, err)
	}
	if v.value("try") != "" {
		return n, true, v.tryFilter(f, n)
	}
	return n, false, nil
}

// sendEarlier offers a new endpoint what happened before there was one.
func (v *visit) sendEarlier(e webhook.Endpoint) section {
	return section{Title: v.T("webhooks.earlier"), Intro: v.T("webhooks.earlier_intro"), Wide: true, Form: &form{Action: v.webhookPath(string(e.ID), "recover"), Once: id.New(),
		Hidden: []hidden{{"kind", string(webhook.RecoverMissed)}}, Fields: []field{v.sinceField(0)}, Submit: v.T("recoveries.count")}}
}

func (v *visit) editWebhook() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	f := v.endpointForm(form{Title: v.T("webhooks.edit"), Submit: v.T("form.save"), Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e)}, e)
	seen := v.lock(&f, e.ChangeNo)
	n, answered, err := v.endpointSent(f)
	if answered {
		return err
	}
	p := webhook.Patch{URL: &n.URL, Description: &n.Description, EventTypes: &n.EventTypes, Filter: &n.Filter, Ordered: &n.Ordered, Ed25519: &n.Ed25519,
		RateLimit: orNone(n.RateLimit), Concurrency: orNone(n.Concurrency)}
	if sameFilter(n.Filter, e.Filter) {
		p.Filter = nil // it stays as the API wrote it
	}
	if _, err := v.c.Webhooks.Update(v.once(), v.Who, e.ID, p, seen); err != nil {
		return v.refuse(f, v.inRows(err))
	}
	return v.redirect(v.webhookPath(string(e.ID)), "done.saved")
}

// orNone is a limit as a patch has it.
func orNone(n *int) merge.Field[int] {
	if n == nil {
		return merge.Clear[int]()
	}
	return merge.To(*n)
}
