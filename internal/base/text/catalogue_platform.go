package text

// platform is what organizations, members, keys and requests are told.
var platform = map[string]entry{
	"organization_not_found":  {"There is no such organization.", "Cette organisation n’existe pas."},
	"member_not_found":        {"There is no such member.", "Ce membre n’existe pas."},
	"mail_key_leaked_subject": {"A key of {organization} was found in public and revoked", "Une clé de « {organization} » a été trouvée en public et révoquée"},
	"mail_key_leaked_text": {
		"Hello,\n\nsomebody reported that this key of “{organization}” can be read by others. It was revoked at once and opens nothing any more:\n\n{name} ({token})\nFound: {source}\n\nLook at what it was used for, make a new one, and keep that out of code:\n\n{url}\n",
		"Bonjour,\n\nOn a signalé que cette clé de « {organization} » est lisible par d’autres. Elle a été révoquée aussitôt et n’ouvre plus rien :\n\n{name} ({token})\nTrouvée : {source}\n\nVoyez à quoi elle a servi, créez-en une nouvelle et gardez-la hors du code :\n\n{url}\n",
	},
	"mail_tenant_key_leaked_subject": {"A key of {organization} was found in public and disabled", "Une clé de « {organization} » a été trouvée en public et désactivée"},
	"mail_tenant_key_leaked_text": {
		"Hello,\n\nsomebody reported that this key of the security.yml of “{organization}” can be read by others. It was disabled at once and opens nothing any more:\n\n{name}\nFound: {source}\n\nLook at what it was used for, make a new one, keep that out of code, and delete this one:\n\n{url}\n",
		"Bonjour,\n\nOn a signalé que cette clé du security.yml de « {organization} » est lisible par d’autres. Elle a été désactivée aussitôt et n’ouvre plus rien :\n\n{name}\nTrouvée : {source}\n\nVoyez à quoi elle a servi, créez-en une nouvelle, gardez-la hors du code et supprimez celle-ci :\n\n{url}\n",
	},
	"mail_key_leaked_nowhere": {"the finder does not say where", "sans indication de lieu"},

	"api_key_not_found":     {"There is no such key.", "Cette clé n’existe pas."},
	"audit_entry_not_found": {"There is no such entry.", "Cette inscription n’existe pas."},

	"credential_required": {"A credential is required: Authorization: Bearer <token>.", "Une clé d’accès est requise : Authorization: Bearer <jeton>."},
	"invalid_token":       {"The credential is not valid.", "La clé d’accès n’est pas valable."},
	"ip_not_allowed":      {"This key may not be used from this address.", "Cette clé ne peut pas être utilisée depuis cette adresse."},
	"insufficient_scope":  {"The scope {scope} is needed for this.", "La portée {scope} est nécessaire."},
	"operator_only":       {"Only the operator of this deployment may do this.", "Seul l’exploitant de cette installation peut le faire."},
	"only_owner":          {"Only an owner may make, change or remove an owner.", "Seul un propriétaire peut désigner, modifier ou retirer un propriétaire."},
	"own_tokens_only":     {"Management tokens are made by the member they belong to.", "Un jeton de gestion est créé par le membre à qui il appartient."},

	"last_owner":          {"An organization keeps at least one owner.", "Une organisation garde au moins un propriétaire."},
	"state_conflict":      {"This is not possible in the state {state}.", "C’est impossible dans l’état {state}."},
	"precondition_failed": {"The record was changed since it was read. Read it again.", "L’enregistrement a été modifié depuis sa lecture. Relisez-le."},

	"idempotency_key_reused":    {"This Idempotency-Key was used for another request.", "Cette Idempotency-Key a déjà servi à une autre requête."},
	"idempotency_key_malformed": {"An Idempotency-Key has 1 to 255 visible ASCII characters.", "Une Idempotency-Key comporte de 1 à 255 caractères ASCII visibles."},

	"not_a_slug":           {"Must have 3 to 40 characters a–z, 0–9 and single hyphens, none at the ends.", "Doit comporter de 3 à 40 caractères a–z, 0–9 et traits d’union isolés, sans trait d’union aux extrémités."},
	"slug_reserved":        {"This name is reserved.", "Ce nom est réservé."},
	"not_a_time_zone":      {"Must be a time zone such as Europe/Zurich.", "Doit être un fuseau horaire, p. ex. Europe/Zurich."},
	"not_a_currency":       {"Must be a currency code such as CHF.", "Doit être un code de monnaie, p. ex. CHF."},
	"not_an_email":         {"Must be an e-mail address.", "Doit être une adresse électronique."},
	"in_the_past":          {"Must be in the future.", "Doit être dans le futur."},
	"not_a_public_scope":   {"An API key carries public scopes only.", "Une clé d’API ne porte que des portées publiques."},
	"beyond_role":          {"The role {role} does not have: {scopes}.", "Le rôle {role} n’a pas : {scopes}."},
	"not_an_address_range": {"Must be an IP address or a CIDR range such as 192.0.2.0/24.", "Doit être une adresse IP ou une plage CIDR, p. ex. 192.0.2.0/24."},
	"too_many":             {"Must have at most {max} entries.", "Doit comporter au plus {max} éléments."},
	"overlap_out_of_range": {"Must be between 0 and 30 days.", "Doit être compris entre 0 et 30 jours."},
}
