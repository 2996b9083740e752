package text

// exports are what is written into exported logbooks, and why one cannot be written.
var exports = map[string]entry{
	"logbook_too_long": {"A PDF has at most {max} flights. Export the logbook as CSV.", "Un PDF contient au plus {max} vols. Exportez le carnet en CSV."},

	"pdf_title":         {"Pilot logbook (AMC1 FCL.050), times in UTC", "Carnet de vol (AMC1 FCL.050), heures UTC"},
	"pdf_period":        {"{from} to {to}", "du {from} au {to}"},
	"pdf_page":          {"Page {page} of {pages}", "Page {page} sur {pages}"},
	"pdf_written":       {"Written on {date}", "Établi le {date}"},
	"pdf_line":          {"No.", "N°"},
	"pdf_date":          both("Date"),
	"pdf_departure":     {"Departure", "Départ"},
	"pdf_arrival":       {"Arrival", "Arrivée"},
	"pdf_place":         {"Place", "Lieu"},
	"pdf_time":          {"Time", "Heure"},
	"pdf_aircraft":      {"Aircraft", "Aéronef"},
	"pdf_model":         {"Make, model, variant", "Marque, modèle, variante"},
	"pdf_registration":  {"Registration", "Immatriculation"},
	"pdf_pilots":        {"Single-pilot and multi-pilot time", "Temps monopilote et multipilote"},
	"pdf_single_engine": {"Single-pilot SE", "Monopilote SE"},
	"pdf_multi_engine":  {"Single-pilot ME", "Monopilote ME"},
	"pdf_multi_pilot":   {"Multi-pilot", "Multipilote"},
	"pdf_total":         {"Total time of flight", "Temps de vol total"},
	"pdf_commander":     {"Name(s) PIC", "Nom(s) du CDB"},
	"pdf_self":          {"SELF", "Moi-même"},
	"pdf_landings":      {"Landings", "Atterrissages"},
	"pdf_day":           {"Day", "Jour"},
	"pdf_night":         {"Night", "Nuit"},
	"pdf_conditions":    {"Operational condition time", "Temps en conditions opérationnelles"},
	"pdf_ifr":           both("IFR"),
	"pdf_functions":     {"Pilot function time", "Temps par fonction à bord"},
	"pdf_pic":           {"Pilot in command", "Commandant de bord"},
	"pdf_copilot":       {"Co-pilot", "Copilote"},
	"pdf_dual":          {"Dual", "Double commande"},
	"pdf_instructor":    {"Instructor", "Instructeur"},
	"pdf_fstd":          {"FSTD session", "Séance sur FSTD"},
	"pdf_type":          both("Type"),
	"pdf_session_total": {"Total time", "Temps total"},
	"pdf_remarks":       {"Remarks and endorsements", "Remarques et mentions"},
	"pdf_sum_page":      {"Total this page", "Total de la page"},
	"pdf_sum_brought":   {"Total from previous pages", "Report des pages précédentes"},
	"pdf_sum_to_date":   {"Total to date", "Total général"},
	"pdf_certify":       {"I certify that the entries in this log are true.", "Je certifie que les inscriptions de ce carnet sont exactes."},
	"pdf_signature":     {"Pilot’s signature", "Signature du pilote"},

	"export_readme": {
		`This archive holds all records of an organization in Airside, as they were at one moment.

Files ending in .csv are for spreadsheets, those ending in .jsonl for programs: one JSON object on each line. Both are UTF-8.
Durations are seconds where a name ends in _s and minutes where it ends in _min; times are UTC. In a CSV file a text that a
spreadsheet would run as a formula stands in a second pair of quotation marks.

organization.json     the organization and its settings
people                people, with licences, ratings, opening balance and what was posted to them
aircraft              aircraft and training devices
flights               every flight, drafts too; crew.csv: who was on board, as what
aircraft_postings     the ledger of each aircraft: an approved flight adds, a reversal takes away
pilot_postings        the same for each person
imports               imported files, what was chosen for them and what was found in them (not the files themselves)
import_mappings       how columns of files are read, as it was saved
members               who may sign in, and as what
api_keys              keys and tokens, without anything that opens a door
webhook_endpoints     addresses that events are sent to, without their secrets
events.jsonl          every event as it was sent
audit.jsonl           the audit log
manifest.json         every file with its SHA-256, and the change that the archive is of

Not in it: deliveries of events to webhook endpoints and their attempts, which are kept for a while only; how often keys were used,
by day; what people sign in with, and where they are signed in, which is theirs; whatever is secret.

The audit log can be checked without us. Numbers are 8 bytes, big-endian; a text is its length in bytes as such a number, then
its bytes in UTF-8. hash = SHA-256(hash of the entry before, or 32 zero bytes | no | at_us | change_no | organization id | verb |
subject_type | subject_id | actor_kind | actor_id | digest), digest = SHA-256(salt | detail), where hashes, salt, detail and digest
are bytes without a length. Where a person was forgotten, detail and salt are null and the digest alone stands.`,
		`Cette archive contient toutes les données d’une organisation dans Airside, telles qu’elles étaient à un instant précis.

Les fichiers en .csv sont destinés aux tableurs, ceux en .jsonl aux programmes : un objet JSON par ligne. Tous sont en UTF-8.
Les durées sont en secondes si le nom finit par _s, en minutes s’il finit par _min ; les heures sont en UTC. Dans un fichier CSV,
un texte qu’un tableur exécuterait comme formule est placé entre une seconde paire de guillemets.

organization.json     l’organisation et ses réglages
people                les personnes : licences, qualifications, solde initial et ce qui leur a été imputé
aircraft              les aéronefs et les simulateurs
flights               tous les vols, brouillons compris ; crew.csv : qui était à bord, et à quel titre
aircraft_postings     le grand livre de chaque aéronef : un vol approuvé ajoute, une extourne retire
pilot_postings        de même pour chaque personne
imports               les fichiers importés, les choix faits pour eux et les remarques à leur sujet (sans les fichiers eux-mêmes)
import_mappings       la façon de lire les colonnes des fichiers, telle qu’elle a été enregistrée
members               qui peut se connecter, et à quel titre
api_keys              les clés et les jetons, sans rien qui ouvre une porte
webhook_endpoints     les adresses où les événements sont envoyés, sans leurs secrets
events.jsonl          tous les événements tels qu’ils ont été envoyés
audit.jsonl           le journal d’audit
manifest.json         chaque fichier avec son SHA-256, et le changement auquel l’archive correspond

N’y figurent pas : les livraisons d’événements aux webhooks et leurs essais, qui ne sont conservés qu’un temps ; l’usage quotidien
des clés ; ce avec quoi chacun se connecte et ses sessions, qui lui appartiennent ; tout ce qui est secret.

Le journal d’audit se vérifie sans nous. Un nombre occupe 8 octets, gros-boutiste ; un texte est précédé de sa longueur en octets
sous la forme d’un tel nombre, puis suivent ses octets en UTF-8. hash = SHA-256(hash de l’entrée précédente, ou 32 octets nuls | no |
at_us | change_no | identifiant de l’organisation | verb | subject_type | subject_id | actor_kind | actor_id | digest),
digest = SHA-256(salt | detail), les hash, salt, detail et digest étant des octets sans longueur. Lorsqu’une personne a été oubliée,
detail et salt sont null et seul le digest demeure.`,
	},
}
