package text

// kinds are the titles of problem documents, by the kind of fault.
var kinds = map[string]entry{
	"title_400": {"Bad request", "Requête incorrecte"},
	"title_401": {"Not authenticated", "Non authentifié"},
	"title_403": {"Not allowed", "Accès refusé"},
	"title_404": {"Not found", "Introuvable"},
	"title_405": {"Method not allowed", "Méthode non autorisée"},
	"title_409": {"Conflict", "Conflit"},
	"title_410": {"No longer available", "N’est plus disponible"},
	"title_412": {"Precondition failed", "Précondition non remplie"},
	"title_413": {"Too large", "Trop volumineux"},
	"title_415": {"Unsupported media type", "Type de contenu non accepté"},
	"title_422": {"Invalid content", "Contenu invalide"},
	"title_429": {"Too many requests", "Trop de requêtes"},
	"title_500": {"Internal error", "Erreur interne"},
	"title_503": {"Not available at the moment", "Momentanément indisponible"},
}
