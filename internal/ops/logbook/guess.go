package logbook

// A Guess is something that was found out about a file because the file does not say it, with how sure that is. What a
// user says instead goes into ParseOptions.
type Guess struct {
	Field     string `json:"field" enum:"format,encoding,delimiter,date_order,decimal_sign,time_zone,unit,owner"`
	Column    string `json:"column,omitempty" doc:"Of a unit: the column's name in the file"`
	Value     string `json:"value" example:"dmy"`
	Certainty int    `json:"certainty" minimum:"0" maximum:"100" doc:"In percent, by what the file holds"`
	Code      string `json:"code" doc:"What it was found by"`
	Text      string `json:"text"`
}

// In is the guess's reason in a language, "en" or "fr"; any other is English.
func (g Guess) In(lang string) string { return render(GuessTexts, g.Code, lang, nil) }

// GuessTexts says by code what a guess was found by: English, then French.
var GuessTexts = map[string][2]string{
	"given":               {"you said so", "vous l’avez indiqué"},
	"by_headers":          {"by the names of the columns", "d’après les noms des colonnes"},
	"by_mark":             {"the file says so at its beginning", "le fichier l’indique à son début"},
	"by_characters":       {"by the characters in the file", "d’après les caractères du fichier"},
	"by_row_widths":       {"by how many rows it splits into as many cells as the header", "d’après le nombre de lignes qui ont ainsi autant de cellules que l’en-tête"},
	"only_reading":        {"the values can be read only like this", "les valeurs ne peuvent se lire qu’ainsi"},
	"by_days_over_twelve": {"by the dates that fit only one way", "d’après les dates qui ne se lisent que d’une façon"},
	"by_row_order":        {"only so are the rows in the order of their dates", "les lignes ne sont dans l’ordre des dates qu’ainsi"},
	"contradictory":       {"the values contradict each other; most are read like this", "les valeurs se contredisent ; la plupart se lisent ainsi"},
	"usual_for_format":    {"nothing in the file decides it; this program usually writes so", "rien dans le fichier n’en décide ; ce programme écrit d’habitude ainsi"},
	"format_writes":       {"this program always writes so", "ce programme écrit toujours ainsi"},
	"by_values":           {"by the values in the column", "d’après les valeurs de la colonne"},
	"by_block_times":      {"by comparison with the times of departure and arrival", "par comparaison avec les heures de départ et d’arrivée"},
	"by_pic_times":        {"this name stands in command where PIC time is logged", "ce nom est celui du commandant là où du temps CDB est inscrit"},
	"by_presence":         {"this name stands on nearly every flight", "ce nom figure sur presque tous les vols"},
	"self_written":        {"the file writes SELF for its owner", "le fichier écrit SELF pour son titulaire"},
}

func (b *book) guess(field, column, value string, certainty int, code string) {
	g := Guess{Field: field, Column: cut(column, 80), Value: cut(value, 80), Certainty: max(0, min(100, certainty)), Code: code}
	g.Text = g.In("en")
	b.file.Guesses = append(b.file.Guesses, g)
}

// percent is n of all, rounded down, so that 100 means all.
func percent(n, all int) int {
	if all == 0 {
		return 0
	}
	return n * 100 / all
}
