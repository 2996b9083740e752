package logbook

// FindingFixes says by code what to do about a finding: English, then French. What only explains has none.
var FindingFixes = map[string][2]string{
	"encoding_mixed":      {"Look whether names with accents are right in the preview; if not, export the file anew as UTF-8.", "Vérifiez dans l’aperçu que les noms accentués sont justes ; sinon, exportez le fichier à nouveau en UTF-8."},
	"date_order_assumed":  {"Compare the first flights with your logbook. If day and month are swapped, choose the order under Columns.", "Comparez les premiers vols avec votre carnet. Si le jour et le mois sont inversés, choisissez l’ordre sous Colonnes."},
	"times_are_local":     {"Choose the time zone under Columns.", "Choisissez le fuseau horaire sous Colonnes."},
	"owner_unknown":       {"Say under Columns which columns hold the times as PIC, dual and instructor.", "Indiquez sous Colonnes lesquelles contiennent les temps CDB, en double commande et d’instructeur."},
	"tails_missing":       {"Export the table of aircraft too, and put it into the same file.", "Exportez aussi le tableau des aéronefs et placez-le dans le même fichier."},
	"totals_row":          {"Nothing to do: compare it with the totals of the preview.", "Rien à faire : comparez-la avec les totaux de l’aperçu."},
	"duplicate_column":    {"Rename one of the two in the file, or choose by number under Columns.", "Renommez l’une des deux dans le fichier, ou choisissez par numéro sous Colonnes."},
	"row_ignored":         {"If it is a flight, move it under the header of the flights and upload the file again.", "S’il s’agit d’un vol, déplacez la ligne sous l’en-tête des vols et envoyez le fichier à nouveau."},
	"more_findings":       {"Deal with those that are listed, and upload the file again.", "Traitez celles qui sont listées, puis envoyez le fichier à nouveau."},
	"extras_dropped":      {"Take columns out of the file that no logbook needs.", "Retirez du fichier les colonnes inutiles à un carnet."},
	"no_entries":          {"Look whether this is the right file, and say under Columns in which line the header stands.", "Vérifiez que c’est le bon fichier, et indiquez sous Colonnes la ligne de l’en-tête."},
	"out_of_date_order":   {"Look whether the date is right. The order itself does no harm.", "Vérifiez que la date est juste. L’ordre en soi ne gêne pas."},
	"duplicate_row":       {"If it is the same flight, delete one of the rows in the file and upload it again.", "S’il s’agit du même vol, supprimez l’une des lignes du fichier et envoyez-le à nouveau."},
	"duplicate_aircraft":  {"Keep the row of the aircraft that is right.", "Gardez la ligne de l’aéronef qui est juste."},
	"unclosed_quote":      {"Put the missing quotation mark, or take the stray one out, and upload the file again.", "Ajoutez le guillemet manquant, ou retirez celui qui est de trop, puis envoyez le fichier à nouveau."},
	"stray_quote":         {"Look whether the text of the row is whole.", "Vérifiez que le texte de la ligne est complet."},
	"cell_too_long":       {"Shorten the text in the file.", "Raccourcissez le texte dans le fichier."},
	"too_many_columns":    {"Look whether the row has come to a wrong place: it has far too many separators.", "Vérifiez que la ligne est à sa place : elle a beaucoup trop de séparateurs."},
	"row_too_long":        {"Put the text that contains the separator into quotation marks.", "Mettez entre guillemets le texte qui contient le séparateur."},
	"row_too_short":       {"Look whether the end of the row is missing. What is missing counts as empty.", "Vérifiez si la fin de la ligne manque. Ce qui manque compte comme vide."},
	"bad_number":          {"Correct the cell in the file, or choose another unit for the column under Columns.", "Corrigez la cellule dans le fichier, ou choisissez une autre unité pour la colonne sous Colonnes."},
	"bad_date":            {"Correct the date in the file, or choose the order of dates under Columns.", "Corrigez la date dans le fichier, ou choisissez l’ordre des dates sous Colonnes."},
	"date_serial":         {"Format the column as a date in the spreadsheet, and export it again.", "Mettez la colonne au format date dans le tableur, puis exportez à nouveau."},
	"date_from_departure": {"Look whether the day is right.", "Vérifiez que le jour est juste."},
	"missing_date":        {"Write the day of the flight into the row.", "Inscrivez le jour du vol dans la ligne."},
	"bad_time":            {"Write the time as 08:05.", "Écrivez l’heure sous la forme 08:05."},
	"time_twice":          {"Look whether the time is right.", "Vérifiez que l’heure est juste."},
	"time_never":          {"Correct the time, or choose another time zone under Columns.", "Corrigez l’heure, ou choisissez un autre fuseau horaire sous Colonnes."},
	"formula_cell":        {"If it should be a value, export the file with values instead of formulas.", "S’il devait s’agir d’une valeur, exportez le fichier avec les valeurs au lieu des formules."},
	"bad_flag":            {"Write yes or no. It counts as no.", "Écrivez oui ou non. La cellule compte comme non."},
	"bad_approach":        {"Write the number of approaches first.", "Écrivez d’abord le nombre d’approches."},
	"nothing_logged":      {"If it is a flight, fill in aircraft, places and times.", "S’il s’agit d’un vol, inscrivez l’aéronef, les lieux et les temps."},
	"missing_aircraft":    {"Write the registration into the row.", "Inscrivez l’immatriculation dans la ligne."},
	"missing_place":       {"Write the place into the row, or add it to the flight before it is submitted.", "Inscrivez le lieu dans la ligne, ou complétez le vol avant de le soumettre."},
	"missing_total":       {"Write the total time, or the off-block and on-block times, into the row.", "Inscrivez dans la ligne le temps total, ou les heures de départ et d’arrivée bloc."},

	"block_differs_from_logged": {"Normal where a meter is logged. Otherwise look whether times and total belong together.", "Normal si le temps est relevé au compteur. Sinon, vérifiez que les heures et le total vont ensemble."},
	"times_out_of_order":        {"Correct the times in the file.", "Corrigez les heures dans le fichier."},
	"night_exceeds_total":       {"Correct the night time or the total.", "Corrigez le temps de nuit ou le total."},
	"part_exceeds_total":        {"Correct this time or the total; perhaps the unit of one of the two columns is another.", "Corrigez ce temps ou le total ; l’unité d’une des deux colonnes est peut-être différente."},
	"duration_over_day":         {"If these are hours brought forward, take the row out and enter them as opening totals of the person.", "S’il s’agit d’un report, retirez la ligne et inscrivez ces heures comme totaux d’ouverture de la personne."},
	"split_differs":             {"Look which of the times is right.", "Vérifiez lequel des temps est juste."},
	"session_beside_flight":     {"Give the session a row of its own.", "Donnez à la séance sa propre ligne."},
	"carried_forward":           {"Enter these hours as opening totals of the person instead.", "Inscrivez plutôt ces heures comme totaux d’ouverture de la personne."},
	"landings_disagree":         {"Look which number of landings is right.", "Vérifiez lequel des nombres d’atterrissages est juste."},
	"meter_backwards":           {"Correct the reading in the file; it is left out as it is.", "Corrigez le relevé dans le fichier ; tel quel, il est omis."},
	"changed_since_export":      {"Correct the flight in Airside instead of in the file.", "Corrigez le vol dans Airside plutôt que dans le fichier."},

	"pilot_not_named":        {"Say whose logbook it is under Names.", "Indiquez sous Noms à qui est ce carnet."},
	"registration_unusable":  {"Correct the registration in the file.", "Corrigez l’immatriculation dans le fichier."},
	"meter_left_out":         {"Correct the reading in the file, or add it to the flight later.", "Corrigez le relevé dans le fichier, ou complétez le vol plus tard."},
	"person_ambiguous":       {"Choose under Names who is meant.", "Choisissez sous Noms qui est désigné."},
	"left_as_draft":          {"Open the flight, complete it and submit it.", "Ouvrez le vol, complétez-le et soumettez-le."},
	"removed_after_edit":     {"If it is still needed, enter the flight again.", "S’il est encore utile, saisissez le vol à nouveau."},
	"kept_since_reversed":    {"Nothing to do: reversed flights count nowhere.", "Rien à faire : un vol extourné ne compte nulle part."},
	"names_without_function": {"If they matter, map the columns as name of the pilot in command or of the instructor.", "S’ils importent, attribuez les colonnes au nom du commandant de bord ou de l’instructeur."},
	"import_stopped":         {"Put right what it says; it then goes on by itself.", "Corrigez ce qui est indiqué ; l’opération reprendra d’elle-même."},
	"type_not_icao":          {"Set the type of the aircraft in the fleet once the import is done.", "Indiquez le type de l’aéronef dans la flotte une fois l’importation faite."},
	"unknown_place":          {"If it is mistyped, correct it in the file. A field without a code may stay as it is.", "S’il est mal écrit, corrigez-le dans le fichier. Un terrain sans code peut rester tel quel."},
}

// FixIn says what to do about the finding in a language, "en" or "fr"; empty where there is nothing to do.
func (f Finding) FixIn(lang string) string {
	if FindingFixes[f.Code][0] == "" {
		return ""
	}
	return render(FindingFixes, f.Code, lang, nil)
}
