package text

// market are the sentences about apps, reviews, listings and installations.
var market = map[string]entry{
	"app_not_found":            {"There is no such app.", "Cette application n’existe pas."},
	"scope_review_not_found":   {"There is no such review.", "Cette révision n’existe pas."},
	"scope_not_approved":       {"The platform has not approved this scope for the app. Declare it and wait for its review.", "La plateforme n’a pas approuvé cette portée pour l’application. Déclarez-la et attendez sa révision."},
	"no_scopes_left":           {"The platform approves none of this key's scopes any more. Revoke it, and mint another one once a scope is approved.", "La plateforme n’approuve plus aucune portée de cette clé. Révoquez-la, et créez-en une autre dès qu’une portée est approuvée."},
	"listing_not_found":        {"There is no such listing.", "Cette offre n’existe pas."},
	"installation.created":     {"One of the organization's apps is installed.", "Une application de l’organisation est installée."},
	"installation.consented":   {"An organization grants what a new version of an app asks for.", "Une organisation accorde ce que demande une nouvelle version d’une application."},
	"installation.suspended":   {"An installation of one of the organization's apps is suspended.", "Une installation d’une application de l’organisation est suspendue."},
	"installation.resumed":     {"A suspended installation may be used again.", "Une installation suspendue peut de nouveau servir."},
	"installation.uninstalled": {"An installation of one of the organization's apps ends for good.", "Une installation d’une application de l’organisation prend fin définitivement."},

	"provisioned":              {"An installed app provisioned this endpoint: its address, event types and secret are the app's. Suspend or uninstall the app instead.", "Une application installée a créé ce point de réception : son adresse, ses types d’événements et son secret sont ceux de l’application. Suspendez ou désinstallez plutôt l’application."},
	"listing_review_not_found": {"There is no such review.", "Cette révision n’existe pas."},
	"grant_not_found":          {"The installation has not granted this scope.", "L’installation n’a pas accordé cette portée."},
	"scope_not_declared":       {"The app does not declare the scope {scope}.", "L’application ne déclare pas la portée {scope}."},
	"scope_not_asked":          {"The published listing does not ask for the scope {scope}.", "L’offre publiée ne demande pas la portée {scope}."},
	"event_type_not_asked":     {"The published listing does not have the event type {type}.", "L’offre publiée ne comporte pas le type d’événement {type}."},
	"listing_exists":           {"The app has a listing already. Deprecate that one first.", "L’application a déjà une offre. Retirez d’abord celle-ci."},
	"listing_not_published":    {"The listing is not published; its state is {state}.", "L’offre n’est pas publiée ; son état est {state}."},
	"listing_changed":          {"The listing was published anew since it was read. Read it again before you agree.", "L’offre a été publiée à nouveau depuis sa lecture. Relisez-la avant d’accepter."},
	"app_not_active":           {"The app is not active; its state is {state}.", "L’application n’est pas active ; son état est {state}."},
	"already_installed":        {"The app is installed here already; its state is {state}.", "L’application est déjà installée ici ; son état est {state}."},
	"already_revealed":         {"The secret was shown already. It is shown once.", "Le secret a déjà été affiché. Il ne l’est qu’une fois."},
	"no_endpoint":              {"The installation has no webhook endpoint.", "L’installation n’a pas de point de réception."},
	"nothing_to_consent":       {"The listing asks for nothing that is not granted.", "L’offre ne demande rien qui ne soit accordé."},
	"consumer_only":            {"Only the organization where the app is installed can do this.", "Seule l’organisation où l’application est installée peut le faire."},
	"builder_only":             {"Only the organization that builds the app can do this.", "Seule l’organisation qui développe l’application peut le faire."},
	"installation_not_found":   {"There is no such installation.", "Cette installation n’existe pas."},
}
