package console

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/webhook"
)

// keySection lists the keys that sign deliveries now.
func (v *visit) keySection(e webhook.Endpoint) section {
	s := section{Title: v.T("webhooks.keys"), Intro: v.T("webhooks.keys_intro"), Wide: true, Table: &table{Caption: v.T("webhooks.keys"),
		Columns: []column{{Label: v.T("webhooks.key_scheme"), Kind: "tight"}, {Label: v.T("webhooks.key"), Kind: "tight"}, {Label: v.T("webhooks.key_since")}, {Label: v.T("webhooks.key_until")}}}}
	for _, k := range e.SigningKeys {
		shown, until := mono(k.Prefix+"…"), txt(v.T("webhooks.key_open"))
		if k.PublicKey != "" {
			shown = cell{Text: k.PublicKey, Mono: true, Copy: true}
		}
		if k.ExpiresAt != 0 {
			until = sub(v.Time(k.ExpiresAt), v.T("webhooks.key_beside"))
		}
		s.Table.Rows = append(s.Table.Rows, row{Cells: []cell{sub(k.Scheme, v.T("webhooks.scheme."+k.Scheme)), shown, sub(v.Time(k.CreatedAt), v.Ago(k.CreatedAt)), until}})
	}
	if e.Ed25519 {
		s.Facts = []fact{isA(v.T("webhooks.key_set"), to(v.keySet(e), v.keySet(e)))}
	}
	return s
}

// keySet is where the public keys of an endpoint are published.
func (v *visit) keySet(e webhook.Endpoint) string {
	return v.c.BaseURL() + "/api/v1/webhook-keys/" + string(e.ID)
}

// usualOverlap is for how many hours the keys before sign too, if nothing else is chosen.
const usualOverlap = "72"

// rotateSecret gives an endpoint new keys, and shows its secret. One chooses for how long those before sign too.
func (v *visit) rotateSecret() error {
	e, err := v.getEndpoint()
	if err != nil {
		return err
	}
	f := form{Title: v.T("webhooks.rotate_title"), Points: []string{v.T("webhooks.rotate_new"), v.T("webhooks.rotate_both")},
		Submit: v.T("webhooks.rotate"), Cancel: v.webhookPath(string(e.ID)), Back: v.endpointTrail(e), Fields: v.overlapFields()}
	if e.Ed25519 {
		f.Points = append(f.Points, v.T("webhooks.rotate_pair"))
	}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	hours, err := v.overlapHours()
	if err != nil {
		return v.refuse(f, err)
	}
	overlap := time.Duration(hours) * time.Hour
	if e, err = v.c.Webhooks.RotateSecret(v.once(), v.Who, e.ID, &overlap); err != nil {
		return v.refuse(f, err)
	}
	return v.showSecret(e, v.rotated(overlap))
}

// rotated says that there is a new secret, and until when the old one signs too.
func (v *visit) rotated(overlap time.Duration) string {
	if overlap == 0 {
		return v.T("webhooks.rotated_at_once")
	}
	return v.T("webhooks.rotated", "time", v.Time(clock.Of(v.c.Clock.Now().Add(overlap))))
}

// overlapFields ask for how long the secrets before sign too.
func (v *visit) overlapFields() []field {
	return []field{
		{Name: "overlap", Label: v.T("webhooks.overlap"), Kind: "radio", Required: true, Value: usualOverlap, Options: []option{
			{Value: usualOverlap, Label: v.T("webhooks.overlap_usual"), Hint: v.T("webhooks.overlap_usual_hint")},
			{Value: "other", Label: v.T("webhooks.overlap_other"), Hint: v.T("webhooks.overlap_other_hint")},
			{Value: "0", Label: v.T("webhooks.overlap_none"), Hint: v.T("webhooks.overlap_none_hint")}}},
		{Name: "overlap_hours", Label: v.T("webhooks.overlap_hours"), Kind: "number", Inputmode: "numeric", Span: "third", Unmarked: true, Hint: v.T("webhooks.overlap_hours_hint")}}
}

// overlapHours are those that were chosen, or typed.
func (v *visit) overlapHours() (int64, error) {
	name, s := "overlap", v.value("overlap")
	if s == "other" {
		name, s = "overlap_hours", v.value("overlap_hours")
	}
	n, there, err := number(s)
	code := ""
	switch {
	case !there:
		code = "required"
	case err != nil:
		code = "not_an_integer"
	case n < 0 || n > 7*24: // before it becomes a duration, which has no room for more
		return 0, fault.InvalidFields(fault.Field{Name: name, Where: "body", Code: "out_of_range", Args: []any{"min", 0, "max", 7 * 24}})
	default:
		return n, nil
	}
	return 0, fault.InvalidFields(fault.Field{Name: name, Where: "body", Code: code})
}

// showSecret shows the secret of an endpoint, this once, and how receivers use it.
func (v *visit) showSecret(e webhook.Endpoint, title string, more ...section) error {
	sections := []section{
		{Secret: &secret{Label: v.T("webhooks.the_secret"), Value: e.Secret, Warning: v.T("secret.once")}, Wide: true,
			Actions: []action{{Label: v.T("webhooks.to_endpoint"), Href: v.webhookPath(string(e.ID)), Primary: true}, press(v.T("webhooks.ping"), v.webhookPath(string(e.ID), "ping"))}}}
	if e.Ed25519 {
		sections = append(sections, v.keySection(e))
	}
	return v.detail(detail{Title: title, Intro: e.URL, Back: v.webhookTrail(), Sections: append(append(sections, more...), v.verifying(e))})
}

// verifying says how a receiver knows that a delivery is ours.
func (v *visit) verifying(e webhook.Endpoint) section {
	s := section{Title: v.T("webhooks.verify"), Intro: v.T("webhooks.verify_intro"), Wide: true, Facts: []fact{
		isA("X-GA-Webhook-Signature", cell{Text: "sha256=…", Mono: true, Sub: v.T("webhooks.verify_ga")}),
		isA("X-GA-Webhook-Signature-Secondary", cell{Text: "sha256=…", Mono: true, Sub: v.T("webhooks.verify_secondary")}),
		isA("X-GA-Webhook-Delivery", cell{Text: v.T("webhooks.verify_delivery")}),
		isA("webhook-id, webhook-timestamp, webhook-signature", cell{Text: "v1,…", Mono: true, Sub: v.T("webhooks.verify_standard")})}}
	if e.Ed25519 {
		s.Facts = append(s.Facts, isA("webhook-signature", cell{Text: "v1a,…", Mono: true, Sub: v.T("webhooks.verify_ed25519")}))
	}
	s.Facts = append(s.Facts, isA(v.T("webhooks.verify_more"), to(v.c.BaseURL()+"/api/v1/openapi.json", "/api/v1/openapi.json")))
	return s
}
