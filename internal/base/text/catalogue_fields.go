package text

// fields say what is wrong with one field of a request.
var fields = map[string]entry{
	"required":         {"This is required.", "Ce champ est obligatoire."},
	"not_allowed":      {"This is not allowed here.", "Ce champ n’est pas admis ici."},
	"one_of":           {"Must be one of: {values}.", "Doit être l’une des valeurs : {values}."},
	"not_a_time":       {"Must be an RFC 3339 time such as 2026-04-24T12:03:11Z.", "Doit être une heure RFC 3339, p. ex. 2026-04-24T12:03:11Z."},
	"not_a_date":       {"Must be a date such as 2026-04-24.", "Doit être une date, p. ex. 2026-04-24."},
	"not_a_uuid":       {"Must be a UUID.", "Doit être un UUID."},
	"unknown":          {"There is no such {noun}.", "Cet élément n’existe pas : {noun}."},
	"out_of_range":     {"Must be between {min} and {max}.", "Doit être compris entre {min} et {max}."},
	"too_many_periods": {"Must be before the end, and at most {max} hours or days before it.", "Doit précéder la fin, d’au plus {max} heures ou jours."},
	"not_negative":     {"Must not be negative.", "Ne doit pas être négatif."},
	"too_long":         {"Must have at most {max} characters.", "Doit comporter au plus {max} caractères."},
	"too_short":        {"Must have at least {min} characters.", "Doit comporter au moins {min} caractères."},
	"already_in_use":   {"This is in use already.", "Cette valeur est déjà utilisée."},
}
