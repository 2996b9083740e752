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
	"event_expired":              {"The event of this delivery is no longer kept, so it cannot be sent again.", "L’événement de cette livraison n’est plus conservé : il ne peut pas être renvoyé."},
	"event_type_dropped":         {"The app that provisioned this endpoint does not get events of the type {type} any more.", "L’application à laquelle appartient ce point de réception ne reçoit plus les événements du type {type}."},
	"endpoint_disabled":          {"The endpoint is disabled; enable it first.", "Le point de réception est désactivé ; activez-le d’abord."},

	"webhook_recovery_not_found": {"There is no such recovery.", "Cette reprise n’existe pas."},
	"recovery_running":           {"An earlier recovery of this endpoint still runs. Wait for its end, or cancel it.", "Une reprise de ce point de réception est encore en cours. Attendez sa fin ou annulez-la."},
	"too_many_secrets":           {"{max} secrets sign already, because several rotations follow each other closely. Wait until one has ended, or rotate with an overlap of 0 hours.", "{max} secrets signent déjà, car plusieurs rotations se suivent de près. Attendez que l’un d’eux expire ou faites une rotation sans recouvrement (0 heure)."},
	"unknown_filter_path":        {"No event of the chosen types has {path}. A path looks like data.aircraft.registration.", "Aucun événement des types choisis ne contient {path}. Un chemin s’écrit p. ex. data.aircraft.registration."},
	"filter_value":               {"Must be a text, a number, true, false or null, or a list of at most 100 of them.", "Doit être un texte, un nombre, true, false ou null, ou une liste d’au plus 100 de ces valeurs."},

	"mail_webhook_failing_subject": {"A webhook endpoint of {organization} fails", "Un point de réception de {organization} est en échec"},
	"mail_webhook_failing_text": {
		"Hello,\n\nsince {since}, nothing that Airside sent to this webhook endpoint of “{organization}” has got through:\n\n{endpoint}\n\nIf nothing succeeds until {until}, the endpoint is disabled. What failed can be sent again once it works. See what it answers:\n\n{url}\n",
		"Bonjour,\n\nDepuis le {since}, rien de ce qu’Airside envoie à ce point de réception de « {organization} » n’aboutit :\n\n{endpoint}\n\nSi rien n’aboutit d’ici au {until}, le point de réception sera désactivé. Ce qui a échoué pourra être renvoyé dès qu’il fonctionnera. Voyez ce qu’il répond :\n\n{url}\n",
	},
	"mail_webhook_blocked_subject": {"An ordered webhook endpoint of {organization} is held up", "Un point de réception ordonné de {organization} est bloqué"},
	"mail_webhook_blocked_text": {
		"Hello,\n\nthis webhook endpoint of “{organization}” gets its events in order, and has not accepted the first one since {since}. All others wait behind it:\n\n{endpoint}\n\nSee what it answers:\n\n{url}\n",
		"Bonjour,\n\nCe point de réception de « {organization} » reçoit ses événements dans l’ordre et n’accepte pas le premier depuis le {since}. Tous les autres attendent :\n\n{endpoint}\n\nVoyez ce qu’il répond :\n\n{url}\n",
	},
	"mail_webhook_disabled_user_subject": {"A webhook endpoint of {organization} was disabled", "Un point de réception de {organization} a été désactivé"},
	"mail_webhook_disabled_user_text": {
		"Hello,\n\n{by} disabled this webhook endpoint of “{organization}”. It gets no more events:\n\n{endpoint}\n\nWhoever enables it again can have sent what it missed:\n\n{url}\n",
		"Bonjour,\n\n{by} a désactivé ce point de réception de « {organization} ». Il ne reçoit plus d’événements :\n\n{endpoint}\n\nEn le réactivant, on peut faire envoyer ce qu’il a manqué :\n\n{url}\n",
	},
	"mail_webhook_disabled_failing_subject": {"A webhook endpoint of {organization} was disabled because it only fails", "Un point de réception de {organization} a été désactivé après des jours d’échecs"},
	"mail_webhook_disabled_failing_text": {
		"Hello,\n\nfor five days nothing that Airside sent to this webhook endpoint of “{organization}” got through, so it was disabled and gets no more events:\n\n{endpoint}\n\nOnce its server works, enable it again; what it missed can then be sent:\n\n{url}\n",
		"Bonjour,\n\nPendant cinq jours, rien de ce qu’Airside a envoyé à ce point de réception de « {organization} » n’a abouti. Il a été désactivé et ne reçoit plus d’événements :\n\n{endpoint}\n\nQuand son serveur fonctionnera, réactivez-le ; ce qu’il a manqué pourra alors être envoyé :\n\n{url}\n",
	},
	"mail_webhook_disabled_gone_subject": {"A webhook endpoint of {organization} was disabled because it answered 410 Gone", "Un point de réception de {organization} a été désactivé car il a répondu 410 Gone"},
	"mail_webhook_disabled_gone_text": {
		"Hello,\n\nthis webhook endpoint of “{organization}” answered 410 Gone, which says that it wants no more events. It was disabled:\n\n{endpoint}\n\nIf that was a mistake, enable it again; what it missed can then be sent:\n\n{url}\n",
		"Bonjour,\n\nCe point de réception de « {organization} » a répondu 410 Gone, c’est-à-dire qu’il ne veut plus d’événements. Il a été désactivé :\n\n{endpoint}\n\nSi c’était une erreur, réactivez-le ; ce qu’il a manqué pourra alors être envoyé :\n\n{url}\n",
	},

	"unknown_event_type":      {"There is no event type {type}.", "Le type d’événement {type} n’existe pas."},
	"not_a_url":               {"Must be an absolute URL such as https://example.org/hook.", "Doit être une URL absolue telle que https://example.org/hook."},
	"url_scheme":              {"Must begin with https://.", "Doit commencer par https://."},
	"url_user_info":           {"Must not contain a user name or password.", "Ne doit contenir ni nom d’utilisateur ni mot de passe."},
	"url_fragment":            {"Must not contain a fragment.", "Ne doit pas contenir de fragment."},
	"destination_not_allowed": {"This address is not allowed as a destination: it is not on the public internet.", "Cette adresse n’est pas admise comme destination : elle n’est pas sur l’internet public."},
}
