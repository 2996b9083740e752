package logbook

import (
	"maps"
	"strings"
)

// Severity: an error keeps its row out of an import, a warning wants a look, an info explains.
type Severity string

const (
	SeverityInfo    Severity = "info"
	SeverityWarning Severity = "warning"
	SeverityError   Severity = "error"
)

// A Finding is something the reader of an import's preview should know. Code is stable; Text is English.
type Finding struct {
	Row      int               `json:"row"` // line in the file; 0 concerns the file
	Column   string            `json:"column,omitempty"`
	Code     string            `json:"code"`
	Text     string            `json:"text"`
	Fix      string            `json:"fix,omitempty" doc:"What to do about it"`
	Severity Severity          `json:"severity"`
	Args     map[string]string `json:"args,omitempty"`
}

// In is the finding's text in a language, "en" or "fr"; any other is English.
func (f Finding) In(lang string) string {
	args := f.Args
	if reason := args["reason"]; reason != "" { // the code of a fault, which has its own sentence
		args = maps.Clone(args)
		args["reason"] = (&FormatError{Code: reason, Args: f.Args}).In(lang)
	}
	return render(FindingTexts, f.Code, lang, args)
}

func render(texts map[string][2]string, code, lang string, args map[string]string) string {
	template := texts[code][0]
	if strings.HasPrefix(lang, "fr") {
		template = texts[code][1]
	}
	if template == "" {
		return code
	}
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// newFinding takes args as name, value, name, value. Values come from the file and are shortened.
func newFinding(severity Severity, row int, column, code string, args ...string) Finding {
	f := Finding{Row: row, Column: column, Code: code, Severity: severity}
	if column != "" {
		args = append(args, "column", column)
	}
	if len(args) > 0 {
		f.Args = make(map[string]string, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			f.Args[args[i]] = shorten(args[i+1])
		}
	}
	f.Text = f.In("en")
	return f
}

func shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return cut(s, most) + "…"
}

// findings gathers them, up to a bound: a file of two million bad rows needs no two million texts.
type findings struct {
	list    []Finding
	dropped int
}

func (fs *findings) add(f func() Finding) {
	if len(fs.list) >= maxFindings {
		fs.dropped++
		return
	}
	fs.list = append(fs.list, f())
}
