package logbook

// A FormatError says why a file cannot be read at all.
type FormatError struct {
	Code string            `json:"code"`
	Text string            `json:"text"` // English; In has the other language
	Args map[string]string `json:"args,omitempty"`
}

func (e *FormatError) Error() string { return "logbook: " + e.Text }

// In is the error's text in a language, "en" or "fr".
func (e *FormatError) In(lang string) string { return render(FormatErrorTexts, e.Code, lang, e.Args) }

// FormatErrorTexts is to FormatError what FindingTexts is to Finding.
var FormatErrorTexts = map[string][2]string{
	"file_empty":     {"the file is empty", "le fichier est vide"},
	"file_too_large": {"the file is larger than {limit}", "le fichier dépasse {limit}"},
	"not_text":       {"this is a {kind} file; export the logbook as CSV", "c’est un fichier {kind} ; exportez le carnet en CSV"},
	"too_many_rows":  {"the file has more than {limit} rows", "le fichier a plus de {limit} lignes"},
	"unknown_format": {
		"no logbook format was recognised in {file}; headers seen: {seen}; expected: {expected}",
		"aucun format de carnet n’a été reconnu dans {file} ; en-têtes vus : {seen} ; attendus : {expected}",
	},
}

func formatError(code string, args ...string) *FormatError {
	e := &FormatError{Code: code, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		e.Args[args[i]] = args[i+1]
	}
	e.Text = e.In("en")
	return e
}
