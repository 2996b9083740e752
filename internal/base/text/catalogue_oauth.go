package text

// authorization is what the authorization server says, and the pages about it.
var authorization = map[string]entry{
	"oauth_client_not_found":     {"There is no such client.", "Ce client n’existe pas."},
	"oauth_grant_not_found":      {"There is no such grant.", "Cette autorisation n’existe pas."},
	"oauth_request_not_found":    {"This request for access is over, or was begun in another browser. Go back to the application and try again.", "Cette demande d’accès est terminée ou a été commencée dans un autre navigateur. Retournez à l’application et recommencez."},
	"oauth_client_unknown":       {"The application that asks for access is not known here, or was revoked. Nobody was told.", "L’application qui demande l’accès n’est pas connue ici ou a été révoquée. Rien ne lui a été transmis."},
	"oauth_redirect_unknown":     {"The address that the answer should go to is not registered for this application. Nothing was sent there.", "L’adresse à laquelle la réponse devrait être envoyée n’est pas enregistrée pour cette application. Rien n’y a été envoyé."},
	"oauth_parameter_repeated":   {"A parameter of the request for access comes twice.", "Un paramètre de la demande d’accès figure deux fois."},
	"oauth_request_unreadable":   {"The request for access cannot be read.", "La demande d’accès est illisible."},
	"client_has_no_secret":       {"A public client has no secret.", "Un client public n’a pas de secret."},
	"client_outlasts_credential": {"A client has no end, so a credential that ends by itself may not make or change one, or give it a secret. Use the console, or a management token without expires_at.", "Un client n’a pas de fin : un accès qui prend fin de lui-même ne peut ni en créer ni en modifier un, ni lui donner un secret. Utilisez la console ou un jeton de gestion sans expires_at."},
	"redirect_twice":             {"This address is there twice.", "Cette adresse figure deux fois."},
	"not_a_redirect_uri":         {"Must be an absolute address in its plain form: lower-case host, a path, no user, fragment or wildcard.", "Doit être une adresse absolue sous sa forme simple : hôte en minuscules, un chemin, sans utilisateur, fragment ni caractère générique."},
	"redirect_answers":           {"Must have no parameter of its own that answers bring, such as code, state or error.", "Ne doit pas contenir de paramètre que les réponses apportent, comme code, state ou error."},
	"not_legible":                {"Must have no control characters, marks of direction or letters without width.", "Ne doit pas contenir de caractères de contrôle, de marques de direction ni de lettres sans largeur."},
	"redirect_not_https":         {"Must begin with https://, or be on this machine (127.0.0.1, [::1] or localhost).", "Doit commencer par https:// ou désigner cette machine (127.0.0.1, [::1] ou localhost)."},
	"implicit_tenant_only":       {"The implicit grant gives tenant.apiKey:read and tenant.apiKey:write only: name one of them.", "L’octroi implicite ne donne que tenant.apiKey:read et tenant.apiKey:write : indiquez l’une des deux."},
	"refresh_needs_code":         {"Refresh tokens come with authorization_code only.", "Les jetons de renouvellement ne vont qu’avec authorization_code."},
	"confidential_only":          {"Only a confidential client may use this.", "Réservé aux clients confidentiels."},
	"public_only":                {"Only a public client may use this.", "Réservé aux clients publics."},
}
