package text

// events describe the event types and say what can be wrong with webhooks.
var events = map[string]entry{
	"flight.submitted": {"A flight is submitted for approval.", "Un vol est soumis pour approbation."},
	"flight.approved":  {"A flight is approved and posted.", "Un vol est approuvé et comptabilisé."},
	"flight.rejected":  {"A flight submission is rejected.", "Un vol soumis est rejeté."},
	"webhook.test":     {"Ping is clicked on an endpoint.", "Un test est demandé pour un point de réception."},

	"event_not_found":            {"There is no such event.", "Cet événement n’existe pas."},
	"webhook_endpoint_not_found": {"There is no such webhook endpoint.", "Ce point de réception n’existe pas."},
	"webhook_delivery_not_found": {"There is no such delivery.", "Cette livraison n’existe pas."},
	"endpoint_disabled":          {"The endpoint is disabled; enable it first.", "Le point de réception est désactivé ; activez-le d’abord."},

	"unknown_event_type":      {"There is no event type {type}.", "Le type d’événement {type} n’existe pas."},
	"not_a_url":               {"Must be an absolute URL such as https://example.org/hook.", "Doit être une URL absolue telle que https://example.org/hook."},
	"url_scheme":              {"Must begin with https://.", "Doit commencer par https://."},
	"url_user_info":           {"Must not contain a user name or password.", "Ne doit contenir ni nom d’utilisateur ni mot de passe."},
	"url_fragment":            {"Must not contain a fragment.", "Ne doit pas contenir de fragment."},
	"destination_not_allowed": {"This address is not allowed as a destination: it is not on the public internet.", "Cette adresse n’est pas admise comme destination : elle n’est pas sur l’internet public."},
}
