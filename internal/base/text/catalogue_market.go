package text

// market are the sentences about apps, reviews, listings and installations.
var market = map[string]entry{
	"app_not_found":          {"There is no such app.", "Cette application n’existe pas."},
	"scope_review_not_found": {"There is no such review.", "Cette révision n’existe pas."},
	"scope_not_approved":     {"The platform has not approved this scope for the app. Declare it and wait for its review.", "La plateforme n’a pas approuvé cette portée pour l’application. Déclarez-la et attendez sa révision."},
	"listing_not_found":      {"There is no such listing.", "Cette offre n’existe pas."},
	"installation_not_found": {"There is no such installation.", "Cette installation n’existe pas."},
}
