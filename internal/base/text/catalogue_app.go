package text

// apps are the sentences about apps, their scopes, reviews and manifests.
var apps = map[string]entry{
	"app_scope_not_found":     {"The app has never declared this scope.", "L’application n’a jamais déclaré cette portée."},
	"too_many_declarations":   {"The app has declared this scope {max} times within a day; try again in {minutes} min.", "L’application a déclaré cette portée {max} fois en un jour ; réessayez dans {minutes} min."},
	"app_has_listing":         {"A listing was written for this app. Remove the listing first.", "Une offre a été rédigée pour cette application. Supprimez d’abord l’offre."},
	"app_was_transferred":     {"The app was just transferred to another organization. Try again.", "L’application vient d’être transférée à une autre organisation. Réessayez."},
	"scope_not_for_apps":      {"Apps can ask for public scopes only.", "Une application ne peut demander que des portées publiques."},
	"justification_too_short": {"Has {count} characters; at least {min} are needed to say what the scope is used for.", "Comporte {count} caractères ; il en faut au moins {min} pour dire à quoi sert la portée."},
	"justification_filler":    {"Say in sentences what the scope is used for: repeated characters or words say nothing.", "Dites avec des phrases à quoi sert la portée : des caractères ou des mots répétés ne disent rien."},
	"justification_denied":    {"This justification was denied. Give another one.", "Cette justification a été refusée. Donnez-en une autre."},
	"control_characters":      {"Must not contain control characters or marks that change the direction of text.", "Ne doit pas contenir de caractères de contrôle ni de marques qui changent le sens du texte."},
	"reviewers_only":          {"Only members of the platform’s own organization review apps.", "Seuls les membres de l’organisation de la plateforme révisent les applications."},
	"reviewer_of_own_app":     {"You belong to the organization that builds this app. Somebody else has to decide.", "Vous faites partie de l’organisation qui développe cette application. Quelqu’un d’autre doit décider."},
	"transfer_not_offered":    {"This app is not offered to another organization.", "Cette application n’est pas proposée à une autre organisation."},
	"transfer_to_itself":      {"The app belongs to this organization already.", "L’application appartient déjà à cette organisation."},

	"manifest_syntax":        {"Line {line}: this is not YAML.", "Ligne {line} : ce n’est pas du YAML."},
	"manifest_not_a_map":     {"Line {line}: a manifest is a map of names to values.", "Ligne {line} : un manifeste associe des noms à des valeurs."},
	"manifest_alias":         {"Line {line}: anchors, aliases, tags, directives and merge keys are not read.", "Ligne {line} : les ancres, alias, étiquettes, directives et clés de fusion ne sont pas lus."},
	"manifest_nesting":       {"Line {line}: this is nested deeper than a manifest is.", "Ligne {line} : l’imbrication est plus profonde que dans un manifeste."},
	"manifest_documents":     {"Line {line}: a manifest is one document.", "Ligne {line} : un manifeste est un seul document."},
	"manifest_unknown_key":   {"Line {line}: {key} is not part of a manifest.", "Ligne {line} : {key} ne fait pas partie d’un manifeste."},
	"manifest_repeated":      {"Line {line}: {key} is there already.", "Ligne {line} : {key} y figure déjà."},
	"manifest_not_text":      {"Line {line}: must be a text; put it into quotation marks.", "Ligne {line} : doit être un texte ; mettez-le entre guillemets."},
	"manifest_not_a_list":    {"Line {line}: must be a list.", "Ligne {line} : doit être une liste."},
	"manifest_not_a_scope":   {"Line {line}: must be a scope with its justification: - public.flights:read: \"why\".", "Ligne {line} : doit être une portée avec sa justification : - public.flights:read: \"pourquoi\"."},
	"manifest_justification": {"Line {line}: the justification is missing: write it behind the scope, or as a comment: # justification: why.", "Ligne {line} : la justification manque : écrivez-la après la portée, ou en commentaire : # justification: pourquoi."},
}
