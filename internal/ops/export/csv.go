package export

import (
	"encoding/csv"
	"io"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A CSV file is opened with spreadsheets, which run what begins with one of these signs as a formula. Such a text is put
// into a second pair of quotation marks, as ForeFlight does with every comment: a spreadsheet then shows the text, and
// an import here takes the pair off again (logbook's unwrap), so that what a pilot typed comes back unchanged. A text
// that has such a pair of its own gets another one. Every format read by package logbook must read texts that way.
const formulaSigns = "=+-@\t\r"

func safe(s string) string {
	if s == "" {
		return s
	}
	if strings.IndexByte(formulaSigns, s[0]) >= 0 || len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return `"` + s + `"`
	}
	return s
}

// easaColumns are those of EASA's layout in the names that capzlog gave them.
var easaColumns = []string{
	"Date", "Departure Place", "Departure Time", "Arrival Place", "Arrival Time", "Aircraft Model", "Aircraft Registration",
	"Single Pilot SE", "Single Pilot ME", "Multi Pilot", "Total Time of Flight", "Name(s) PIC", "Landings Day", "Landings Night",
	"Night", "IFR", "PIC", "Co-Pilot", "Dual", "Instructor", "FSTD Date", "FSTD Type", "FSTD Total Time", "Remarks and Endorsements",
}

// self stands for the holder in the column of names; it is what pilots write there in every language.
const self = "SELF"

// writeEASA writes the rows in EASA's layout as CSV, in UTF-8 without a mark at its beginning, which some readers would
// take for a part of the first column's name.
func writeEASA(b *logbook, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(easaColumns); err != nil {
		return err
	}
	err := b.lines(func(l *line) error {
		commander := l.commander
		if commander == "" && l.session == "" {
			commander = self
		}
		date := l.date
		if date == "" {
			date = l.session
		}
		return out.Write([]string{
			date, safe(l.from), l.off, safe(l.to), l.on, safe(l.model), safe(l.registration),
			exactly(l.SingleEngine), exactly(l.MultiEngine), exactly(l.MultiPilot), exactly(l.Total), safe(commander),
			number(l.LandingsDay), number(l.LandingsNight), exactly(l.Night), exactly(l.IFR),
			exactly(l.PIC), exactly(l.Copilot), exactly(l.Dual), exactly(l.Instructor),
			l.session, safe(l.device), exactly(l.FSTD), safe(l.remarks),
		})
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// plain reduces a name to a–z, 0–9 and hyphens, for the name of a file.
func plain(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case (r == ' ' || r == '-' || r == '.') && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.TrimSuffix(b.String(), "-"); s != "" && len(s) <= 60 {
		return s
	}
	return "pilot"
}
