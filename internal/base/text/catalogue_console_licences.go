package text

// consoleLicences are the pages of vendors about their licences, and what customers see of it too.
var consoleLicences = map[string]entry{
	"licences.product":         {"Product", "Produit"},
	"licences.ref":             {"Key ends in", "Fin de la clé"},
	"licences.state":           {"State", "État"},
	"licences.devices":         {"Devices", "Appareils"},
	"licences.ends":            {"Ends", "Fin"},
	"licences.is_enabled":      {"valid", "valable"},
	"licences.is_disabled":     {"disabled", "désactivée"},
	"licences.is_trial":        {"trial", "essai"},
	"licences.is_grace":        {"ended, days of grace", "terminée, délai de grâce"},
	"licences.is_over":         {"ended", "terminée"},
	"licences.places":          {"{n} of {max}", "{n} sur {max}"},
	"licences.ends_never":      {"never", "jamais"},
	"licences.ends_later":      {"{n} days after the first activation", "{n} jours après la première activation"},
	"licences.device":          {"Device", "Appareil"},
	"licences.activated":       {"Activated", "Activé"},
	"licences.seen":            {"Last seen", "Vu pour la dernière fois"},
	"licences.key":             {"Licence key", "Clé de licence"},
	"licences.release":         {"Release", "Libérer"},
	"licences.release_title":   {"Release “{name}”?", "Libérer « {name} » ?"},
	"licences.release_stops":   {"The program stops on that device when its present token ends, within the hour; a licence file that was carried there lasts as long as it says.", "Le programme s’arrête sur cet appareil à la fin de son jeton actuel, dans l’heure ; un fichier de licence qui y a été apporté dure autant qu’il l’indique."},
	"licences.release_frees":   {"Its place is free for another device, or for the same one again.", "Sa place est libre pour un autre appareil, ou de nouveau pour le même."},
	"licences.replace_old":     {"The key that ends in {ref} is worth nothing from then on.", "La clé qui finit par {ref} ne vaudra plus rien."},
	"licences.replace_devices": {"Its devices keep their places, and need the new key for their next token.", "Ses appareils gardent leur place, et auront besoin de la nouvelle clé pour leur prochain jeton."},
	"licences.replaced":        {"The key is replaced", "La clé est remplacée"},
}
