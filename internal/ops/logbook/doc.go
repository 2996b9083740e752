// Package logbook reads the files in which pilots keep their logbooks.
//
// Parse takes the bytes of a file, finds out which program wrote it from the names of its columns, and
// answers with every entry, the aircraft it mentions, the totals of its columns and whatever a reader ought
// to know about it before importing. It needs no database and no network; the same bytes always give the
// same answer.
//
// A format is one file of this package (foreflight.go, home1982.go) and one line in formats.go.
package logbook
