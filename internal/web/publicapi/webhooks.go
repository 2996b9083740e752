package publicapi

import (
	"github.com/danielgtaylor/huma/v2"

	"airside/internal/platform/event"
	"airside/internal/web/httpx"
)

// describeWebhooks puts every type of the catalogue into the document, as the request that endpoints receive.
func describeWebhooks(a *httpx.API) {
	for _, row := range event.Catalogue() {
		a.Webhook(httpx.Webhook{
			Name: string(row.Type), Summary: row.When,
			Text: "Stability: " + string(row.Stability) + ". At least once and in any order: dedupe on X-GA-Webhook-Delivery, which stays the same over all attempts.",
			Body: envelopeSchema(a, row), Example: envelope(row.Type),
		}, deliveryHeaders())
	}
}

// envelopeSchema is the body of one type's deliveries.
func envelopeSchema(a *httpx.API, row event.Row) *huma.Schema {
	text := func(about string) *huma.Schema { return &huma.Schema{Type: "string", Description: about} }
	id := text("The same in every delivery of the event")
	id.Pattern = `^evt_[0-9A-HJKMNP-TV-Z]{26}$`
	when := text("When it happened, in UTC")
	when.Format = "date-time"
	org := text("Where it happened")
	org.Format = "uuid"
	kind := text("The type")
	kind.Enum = []any{string(row.Type)}
	return &huma.Schema{
		Type: "object", Required: []string{"id", "type", "timestamp", "org_id", "api_version", "data"},
		Properties: map[string]*huma.Schema{
			"id": id, "type": kind, "timestamp": when, "org_id": org, "api_version": text("The version of the payload"),
			"data": a.Schema(row.Data),
		},
	}
}

func deliveryHeaders() []*huma.Param {
	var all []*huma.Param
	for _, h := range []struct {
		name, about, example string
		always               bool
	}{
		{"X-GA-Webhook-Delivery", "The delivery: the same over all of its attempts", "0195b4c4-7777-7c3a-9f10-2b7e5a9c0d41", true},
		{"X-GA-Webhook-Timestamp", "When this attempt was made", "2026-11-22T09:00:01Z", true},
		{"X-GA-Webhook-Signature", "sha256= and the hex HMAC-SHA256 of the raw body; the key is the whole secret as it was shown, in UTF-8", "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", true},
		{"X-GA-Webhook-Signature-Secondary", "For 72 hours after a rotation: the same with the secret before", "sha256=60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", false},
		{"webhook-id", "Standard Webhooks: the delivery", "0195b4c4-7777-7c3a-9f10-2b7e5a9c0d41", true},
		{"webhook-timestamp", "Standard Webhooks: seconds since 1970", "1795338001", true},
		{"webhook-signature", "Standard Webhooks: v1, and the base64 HMAC-SHA256; v1a, and the base64 Ed25519 signature for endpoints that ask for it. During a rotation several of each, with spaces between", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=", true},
	} {
		all = append(all, &huma.Param{Name: h.name, In: "header", Required: h.always, Description: h.about,
			Schema: &huma.Schema{Type: "string", Examples: []any{h.example}}})
	}
	return all
}
