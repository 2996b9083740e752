package text

// Keys of tenants' security.yml, and the files themselves.
var tenants = map[string]entry{
	"security_file_link":       {"{path} or its folder is a link. Put the file itself there.", "{path} ou son dossier est un lien. Mettez-y le fichier lui-même."},
	"security_file_not_a_file": {"{path} is not a file.", "{path} n’est pas un fichier."},
	"security_file_too_large":  {"{path} is too large; {max} bytes are the most.", "{path} est trop grand ; {max} octets au plus."},
	"security_file_forbidden":  {"The server may not read {path}. Give its user the right to.", "Le serveur ne peut pas lire {path}. Donnez-en le droit à son utilisateur."},
	"security_file_busy":       {"Somebody keeps writing security.yml. Nothing was changed; try again.", "Quelqu’un ne cesse d’écrire security.yml. Rien n’a été modifié ; réessayez."},
	"security_file_invalid": {"There is a mistake in security.yml, in line {line}. The last good one is in force; correct the file first.",
		"Il y a une erreur dans security.yml, à la ligne {line}. La dernière bonne version est en vigueur ; corrigez d’abord le fichier."},
	"key_name_taken": {"There is a key of the name {name}.", "Il existe une clé du nom {name}."},
}
