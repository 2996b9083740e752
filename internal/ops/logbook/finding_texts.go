package logbook

// FindingTexts holds the text of each finding by code: English, then French. {names} are filled from
// Finding.Args.
var FindingTexts = map[string][2]string{
	// The file.
	"encoding_guessed":     {"the file was read as {encoding}", "le fichier a été lu en {encoding}"},
	"encoding_mixed":       {"the lines of the file are not all written alike ({encoding}); each was read as what it is", "les lignes du fichier ne sont pas toutes codées de la même façon ({encoding}) ; chacune a été lue comme elle est"},
	"date_order_assumed":   {"dates such as {value} were read as {order}", "les dates telles que {value} ont été lues comme {order}"},
	"short_years":          {"years are written with two digits: 50 to 99 were read as 1950 to 1999, 00 to 49 as 2000 to 2049", "les années sont écrites à deux chiffres : 50 à 99 ont été lues comme 1950 à 1999, 00 à 49 comme 2000 à 2049"},
	"times_are_local":      {"this program writes local times; they are taken as UTC unless a time zone is chosen", "ce programme écrit des heures locales ; elles sont prises pour des heures UTC si aucun fuseau horaire n’est choisi"},
	"total_from_block":     {"the file has no total time; it was computed from departure and arrival", "le fichier n’a pas de temps total ; il a été calculé d’après le départ et l’arrivée"},
	"owner_unknown":        {"the file does not show which of the names is that of the logbook’s owner, so what the owner was on board is not known", "le fichier ne montre pas lequel des noms est celui du titulaire du carnet ; sa fonction à bord n’est donc pas connue"},
	"functions_from_names": {"{name} is taken for the owner of the logbook; PIC, dual and instruction time follow from who is named and from the kind of flight", "{name} est pris pour le titulaire du carnet ; les temps CDB, double commande et instruction découlent des noms et du genre de vol"},
	"pic_from_name":        {"where only the name says that the owner was in command, the whole flight counts as PIC", "là où seul le nom dit que le titulaire était commandant de bord, tout le vol compte comme CDB"},
	"tails_missing":        {"{count} aircraft are given by a number only; add openPilotLog’s table of tails to the file, or they are imported under the number", "{count} aéronefs ne sont désignés que par un numéro ; ajoutez au fichier le tableau « tails » d’openPilotLog, sinon ils sont importés sous ce numéro"},
	"totals_row":           {"this row holds sums; it is not an entry", "cette ligne contient des sommes ; ce n’est pas une entrée"},
	"unknown_column":       {"column “{column}” is not known; its values are kept as extra fields", "la colonne « {column} » n’est pas connue ; ses valeurs sont conservées comme champs supplémentaires"},
	"duplicate_column":     {"column “{column}” occurs twice; the first one is read", "la colonne « {column} » figure deux fois ; la première est lue"},
	"repeated_header":      {"the header line is repeated here; it is not an entry", "la ligne d’en-tête est répétée ici ; ce n’est pas une entrée"},
	"row_ignored":          {"this line belongs to no table and was not read", "cette ligne n’appartient à aucun tableau et n’a pas été lue"},
	"more_findings":        {"{count} further findings are not listed", "{count} autres remarques ne sont pas listées"},
	"extras_dropped":       {"from here on the values of unknown columns are not kept: there are too many", "à partir d’ici les valeurs des colonnes inconnues ne sont plus conservées : il y en a trop"},
	"no_entries":           {"the file holds no entries", "le fichier ne contient aucune entrée"},
	"out_of_date_order":    {"{date} is out of order: the entry before is of {before}", "{date} n’est pas dans l’ordre : l’entrée précédente est du {before}"},
	"duplicate_row":        {"exactly the same as row {first}; both are imported", "exactement identique à la ligne {first} ; les deux sont importées"},
	"duplicate_aircraft":   {"aircraft {registration} is listed twice; the first row is read", "l’aéronef {registration} figure deux fois ; la première ligne est lue"},
	"aircraft_not_listed":  {"aircraft {registration} is flown but not in the file’s aircraft table", "l’aéronef {registration} est utilisé mais absent du tableau des aéronefs du fichier"},

	// Rows that are damaged.
	"unclosed_quote":   {"a quotation mark is not closed; the row cannot be trusted", "un guillemet n’est pas fermé ; la ligne n’est pas fiable"},
	"stray_quote":      {"a quotation mark stands inside a cell", "un guillemet se trouve à l’intérieur d’une cellule"},
	"cell_too_long":    {"a cell is longer than 64 KiB", "une cellule dépasse 64 Kio"},
	"too_many_columns": {"the row has more than 10,000 cells", "la ligne a plus de 10 000 cellules"},
	"row_too_long":     {"the row has more cells than the header; a value may contain the delimiter", "la ligne a plus de cellules que l’en-tête ; une valeur contient peut-être le séparateur"},
	"row_too_short":    {"the row has {cells} cells, the header {columns}", "la ligne a {cells} cellules, l’en-tête {columns}"},

	// Cells that cannot be read.
	"bad_number":           {"{column}: “{value}” is not a number that can stand here", "{column} : « {value} » n’est pas un nombre admissible ici"},
	"bad_date":             {"“{value}” is not a date", "« {value} » n’est pas une date"},
	"date_serial":          {"“{value}” is the number a spreadsheet counts days with; format the column as a date and export again", "« {value} » est le numéro de jour d’un tableur ; mettez la colonne au format date et exportez à nouveau"},
	"date_from_departure":  {"the date is missing; that of departure was taken", "la date manque ; celle du départ a été retenue"},
	"missing_date":         {"the date is missing", "la date manque"},
	"bad_time":             {"{column}: “{value}” is not a time of day", "{column} : « {value} » n’est pas une heure"},
	"time_twice":           {"{time} comes twice on this day, since the clocks go back; the earlier one that fits was taken", "{time} se présente deux fois ce jour-là, au changement d’heure ; la première possible a été retenue"},
	"time_never":           {"{time} does not exist on this day, since the clocks go forward", "{time} n’existe pas ce jour-là, au changement d’heure"},
	"formula_cell":         {"“{value}” looks like a spreadsheet’s formula; it is kept as text", "« {value} » ressemble à une formule de tableur ; elle est conservée comme texte"},
	"invisible_characters": {"invisible characters were removed from a cell", "des caractères invisibles ont été retirés d’une cellule"},
	"bad_flag":             {"{column}: “{value}” is neither yes nor no", "{column} : « {value} » n’est ni oui ni non"},
	"bad_approach":         {"{column}: “{value}” was read as one approach", "{column} : « {value} » a été lu comme une approche"},

	// Entries that are odd.
	"ground_only":               {"ground training only: not a flight", "formation au sol uniquement : ce n’est pas un vol"},
	"nothing_logged":            {"neither a flight nor training is logged here", "aucun vol ni formation n’est inscrit ici"},
	"simulator_session":         {"on training device {registration}: not flight time", "sur simulateur {registration} : ce n’est pas du temps de vol"},
	"missing_aircraft":          {"a flight without an aircraft", "un vol sans aéronef"},
	"missing_place":             {"{column} is empty", "{column} est vide"},
	"missing_total":             {"no total time is logged", "aucun temps total n’est inscrit"},
	"block_differs_from_logged": {"block time is {block}, logged time {logged}", "le temps bloc est de {block}, le temps inscrit de {logged}"},
	"times_out_of_order":        {"out, off, on and in are not in order; take-off and landing were left out", "les heures de départ bloc, décollage, atterrissage et arrivée ne se suivent pas ; décollage et atterrissage ont été omis"},
	"night_exceeds_total":       {"night {part} is longer than the total {total}", "la nuit {part} dépasse le total {total}"},
	"part_exceeds_total":        {"{name} {part} is longer than the total {total}", "{name} {part} dépasse le total {total}"},
	"duration_over_day":         {"{total} in one entry: hours carried forward from another logbook?", "{total} en une entrée : report d’un autre carnet ?"},
	"split_differs":             {"single-pilot and multi-pilot time make {parts}, the total is {total}; the total is taken", "les temps mono-pilote et multi-pilote font {parts}, le total est de {total} ; le total est retenu"},
	"session_beside_flight":     {"the row holds a flight and a session of {session} on a training device; only the flight is imported: give the session a row of its own", "la ligne contient un vol et une séance de {session} sur simulateur ; seul le vol est importé : donnez à la séance sa propre ligne"},
	"carried_forward":           {"hours carried forward from another logbook", "heures reportées d’un autre carnet"},
	"pic_and_dual_logged":       {"PIC and dual received are logged together: allowed by the FAA, not by EASA", "PIC et double commande reçue sont inscrits ensemble : admis par la FAA, pas par l’EASA"},
	"landings_disagree":         {"{all} landings in all, but {parts} by day, night and kind; the larger is taken", "{all} atterrissages au total, mais {parts} de jour, de nuit et par genre ; le plus grand est retenu"},
	"meter_backwards":           {"{meter} ends at {end}, before its start at {start}", "{meter} finit à {end}, avant son début à {start}"},

	"changed_since_export": {"this row was changed after Airside wrote it: a flight that the records hold stays as it is there, any other is read from ForeFlight’s own columns alone", "cette ligne a été modifiée après son écriture par Airside : un vol déjà enregistré reste tel quel, tout autre est lu des seules colonnes de ForeFlight"},

	// What an import makes of the file.
	"pilot_not_named":       {"it is not said whose logbook this is; it becomes that of a person called “{name}”", "il n’est pas dit à qui est ce carnet ; il devient celui d’une personne nommée « {name} »"},
	"registration_unusable": {"“{registration}” cannot be a registration", "« {registration} » ne peut pas être une immatriculation"},
	"meter_left_out":        {"{meter}: {start} to {end} cannot be one flight; the readings are left out", "{meter} : de {start} à {end}, ce ne peut être un seul vol ; les relevés sont omis"},
	"person_ambiguous":      {"several people are called {name}; nobody is matched", "plusieurs personnes s’appellent {name} ; personne n’est associé"},
	"left_as_draft":         {"flight {number} lacks something that a submission needs; it was left as a draft", "il manque au vol {number} un élément nécessaire à la soumission ; il reste en brouillon"},
	"removed_after_edit":    {"flight {number} was edited after the import; it was removed with it", "le vol {number} a été modifié après l’importation ; il a été supprimé avec elle"},
	"kept_since_reversed":   {"flight {number} was reversed by hand after the import; it stays as reversed", "le vol {number} a été extourné à la main après l’importation ; il reste extourné"},

	// What a mapping makes of the file.
	"total_from_times":       {"no column is chosen for the total; it is computed from {from} and {to}", "aucune colonne n’est choisie pour le total ; il est calculé à partir de {from} et {to}"},
	"columns_left_out":       {"{count} columns are left out: {names}", "{count} colonnes ne sont pas lues : {names}"},
	"names_without_function": {"what {count} of the people named did on board is not known; their names are left out", "on ignore ce que faisaient à bord {count} des personnes nommées ; leurs noms sont omis"},
	"import_stopped":         {"this was stopped: {reason} It is tried again by itself; the import can also be undone", "l’opération s’est arrêtée : {reason} Elle sera retentée d’elle-même ; l’importation peut aussi être annulée"},

	// Names checked against the registers.
	"type_not_icao": {"type “{value}” is not an ICAO designator; it is kept as written", "le type « {value} » n’est pas un indicatif OACI ; il est conservé tel quel"},
	"unknown_place": {"“{value}” is in no aerodrome list ({rows} entries); it is kept as written", "« {value} » ne figure dans aucune liste d’aérodromes ({rows} entrées) ; il est conservé tel quel"},
}
