package text

// problems are the details of problem documents, by their code.
var problems = map[string]entry{
	"internal_error":      {"Something went wrong on our side. The request id helps us find it.", "Une erreur est survenue de notre côté. L’identifiant de requête nous aide à la retrouver."},
	"storage_unavailable": {"The store cannot take this now. Nothing was changed; try again.", "Le stockage ne peut pas répondre pour l’instant. Rien n’a été modifié ; réessayez."},
	"invalid_body":        {"The body does not fit; errors[] names each field.", "Le contenu ne convient pas ; errors[] nomme chaque champ."},
	"invalid_parameters":  {"A parameter does not fit; errors[] names it.", "Un paramètre ne convient pas ; errors[] le nomme."},
}
