package text

// imports are what those who import logbooks are told; the first ones say why a file cannot be read at all.
var imports = map[string]entry{
	"file_empty":     {"The file is empty.", "Le fichier est vide."},
	"file_too_large": {"The file is larger than {limit}.", "Le fichier dépasse {limit}."},
	"not_text":       {"This is a {kind} file; export the logbook as CSV.", "C’est un fichier {kind} ; exportez le carnet en CSV."},
	"binary_file":    {"This is not a text file; export the logbook as CSV.", "Ce n’est pas un fichier texte ; exportez le carnet en CSV."},
	"too_many_rows":  {"The file has more than {limit} rows.", "Le fichier a plus de {limit} lignes."},
	"unknown_format": {
		"No logbook format was recognised in {file}; headers seen: {seen}; expected: {expected}.",
		"Aucun format de carnet n’a été reconnu dans {file} ; en-têtes vus : {seen} ; attendus : {expected}.",
	},

	"import_not_found":  {"There is no such import.", "Cette importation n’existe pas."},
	"import_pilot_gone": {"The person whose logbook this is was removed since the upload. Upload the file again.", "La personne à qui est ce carnet a été supprimée depuis l’envoi. Envoyez le fichier à nouveau."},
}
