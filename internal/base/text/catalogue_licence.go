package text

var licences = map[string]entry{
	"invalid_client_token":        {"invalid client token", "jeton client invalide"},
	"invalid_admin_token":         {"invalid admin token", "jeton admin invalide"},
	"license_not_found":           {"license not found", "licence introuvable"},
	"license_not_linked_to_email": {"license not linked to this email", "licence non liée à cet email"},
	"license_disabled":            {"license disabled", "licence désactivée"},
	"license_expired":             {"license expired on {at}", "licence expirée le {at}"},
	"activation_limit_reached":    {"activation limit reached", "quota atteint"},
	"invalid_license_key_hash":    {"invalid license_key_hash: 64 hexadecimal digits", "format license_key_hash invalide"},

	"license.created":       {"A licence is issued.", "Une licence est émise."},
	"license.activated":     {"A licence becomes active on a device. A device that asks again is none.", "Une licence devient active sur un appareil. Un appareil qui redemande n’en est pas un."},
	"license.deactivated":   {"A device of a licence is deactivated.", "Un appareil d’une licence est désactivé."},
	"license.disabled":      {"A licence is disabled.", "Une licence est désactivée."},
	"license.quota_reached": {"A device is refused because a licence is active on as many as it is for; said once a day.", "Un appareil est refusé parce que la licence est active sur autant d’appareils qu’elle en permet ; signalé une fois par jour."},

	"scope.licences:read":   {"Read products, licences and their devices", "Consulter les produits, les licences et leurs appareils"},
	"scope.licences:manage": {"Issue and change licences, their products, devices and tokens", "Émettre et modifier les licences, leurs produits, appareils et jetons"},

	"licence_not_found":         {"There is no such licence.", "Cette licence n’existe pas."},
	"licence_token_not_found":   {"There is no such token.", "Ce jeton n’existe pas."},
	"licence_product_not_found": {"There is no such product.", "Ce produit n’existe pas."},
	"licence_edition_not_found": {"There is no such edition.", "Cette édition n’existe pas."},
	"licence_device_not_found":  {"The licence is not active on this device.", "La licence n’est pas active sur cet appareil."},
	"no_term":                   {"The edition {edition} lasts for ever: there is no term to add.", "L’édition {edition} n’a pas de fin : il n’y a pas de durée à ajouter."},
	"never_ends":                {"The licence does not end: there is nothing to renew.", "La licence n’a pas de fin : il n’y a rien à renouveler."},
	"too_many_days":             {"Ask for at most {max} days, the first one before the last.", "Demandez au plus {max} jours, le premier avant le dernier."},
	"product_taken":             {"The product {product} is another vendor’s. Choose another code.", "Le produit {product} appartient à un autre éditeur. Choisissez un autre code."},
	"product_spelling":          {"Your product is written {product}.", "Votre produit s’écrit {product}."},
	"edition_taken":             {"The product has an edition {edition} already.", "Le produit a déjà une édition {edition}."},
	"trial_used":                {"{email} has had a trial of this product.", "{email} a déjà eu un essai de ce produit."},
	"too_many_live_tokens":      {"There are {max} live tokens of this role. Revoke the one that is no longer used.", "Il y a déjà {max} jetons actifs de ce rôle. Révoquez celui qui ne sert plus."},
	"next_key_waits":            {"The next key signs from {from} on. Another one can be made then.", "La prochaine clé signe à partir du {from}. Une autre pourra être créée ensuite."},
	"platform_only":             {"Only the platform’s own organization may do this.", "Seule l’organisation de la plateforme peut le faire."},
	"not_a_device_hash":         {"Must be 1 to 128 printable ASCII characters.", "Doit comporter de 1 à 128 caractères ASCII imprimables."},
	"not_a_code":                {"Must be 1 to 64 letters, digits, spaces and . _ : + -, without spaces at the ends.", "Doit comporter de 1 à 64 lettres, chiffres, espaces et . _ : + -, sans espace au début ni à la fin."},
}
