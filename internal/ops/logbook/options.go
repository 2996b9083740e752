package logbook

import "time"

// ParseOptions say what a file does not, or what was guessed wrongly. The zero value guesses everything.
type ParseOptions struct {
	Format      string         // one of Formats()
	Delimiter   byte           // , ; tab |
	DateOrder   string         // of 3/4/2025: "dmy" or "mdy"
	DecimalSign string         // "point" or "comma"
	Zone        *time.Location // whose time of day the file has
	Owner       string         // what the file calls the pilot whose logbook it is
}
