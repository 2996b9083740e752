package text

// market are the sentences about apps, reviews, listings and installations.
var market = map[string]entry{
	"app_not_found":            {"There is no such app.", "Cette application n’existe pas."},
	"scope_review_not_found":   {"There is no such review.", "Cette révision n’existe pas."},
	"scope_not_approved":       {"The platform has not approved this scope for the app. Declare it and wait for its review.", "La plateforme n’a pas approuvé cette portée pour l’application. Déclarez-la et attendez sa révision."},
	"listing_not_found":        {"There is no such listing.", "Cette offre n’existe pas."},
	"installation.created":     {"One of the organization's apps is installed.", "Une application de l’organisation est installée."},
	"installation.consented":   {"An organization grants what a new version of an app asks for.", "Une organisation accorde ce que demande une nouvelle version d’une application."},
	"installation.suspended":   {"An installation of one of the organization's apps is suspended.", "Une installation d’une application de l’organisation est suspendue."},
	"installation.resumed":     {"A suspended installation may be used again.", "Une installation suspendue peut de nouveau servir."},
	"installation.uninstalled": {"An installation of one of the organization's apps ends for good.", "Une installation d’une application de l’organisation prend fin définitivement."},

	"provisioned":            {"An installed app provisioned this endpoint: its address, event types and secret are the app's. Suspend or uninstall the app instead.", "Une application installée a créé ce point de réception : son adresse, ses types d’événements et son secret sont ceux de l’application. Suspendez ou désinstallez plutôt l’application."},
	"installation_not_found": {"There is no such installation.", "Cette installation n’existe pas."},
}
