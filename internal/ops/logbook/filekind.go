package logbook

import (
	"bytes"
	"strings"
)

// binaryKind names the files that people send in place of a CSV, by how they begin.
func binaryKind(data []byte) string {
	for _, known := range []struct{ magic, kind string }{
		{"\xD0\xCF\x11\xE0", "Excel (.xls)"},
		{"%PDF-", "PDF"},
		{"SQLite format 3\x00", "SQLite"},
		{"\x1F\x8B", "gzip"},
		{"\x89PNG", "PNG"},
		{"\xFF\xD8\xFF", "JPEG"},
		{"bplist00", "plist"},
		{"Rar!\x1A\x07", "RAR"},
		{"7z\xBC\xAF\x27\x1C", "7-Zip"},
	} {
		if bytes.HasPrefix(data, []byte(known.magic)) {
			return known.kind
		}
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")) {
		return zipKind(data)
	}
	return ""
}

// zipKind tells spreadsheets, which are zip archives too, by the names of the files inside.
func zipKind(data []byte) string {
	head := data[:min(len(data), 64<<10)]
	for _, known := range []struct{ name, kind string }{
		{"opendocument.spreadsheet", "OpenDocument (.ods)"},
		{"xl/", "Excel (.xlsx)"},
		{"[Content_Types].xml", "Excel (.xlsx)"},
		{"Index/Document.iwa", "Apple Numbers"},
		{"doc.kml", "KMZ"},
	} {
		if bytes.Contains(head, []byte(known.name)) {
			return known.kind
		}
	}
	return "ZIP"
}

// markupKind names texts that are no tables.
func markupKind(text string) string {
	head := strings.ToLower(strings.TrimSpace(cut(text, 1000)))
	for _, known := range []struct{ begins, kind string }{
		{"<!doctype html", "HTML"}, {"<html", "HTML"}, {"<table", "HTML"}, {"<?xml", "XML"}, {"<kml", "XML"}, {"<gpx", "XML"},
		{`{\rtf`, "RTF"}, {"begin:vcalendar", "iCalendar"}, {"%pdf-", "PDF"},
	} {
		if strings.HasPrefix(head, known.begins) {
			return known.kind
		}
	}
	bare := strings.Join(strings.Fields(cut(head, 200)), "")
	if strings.HasPrefix(bare, `{"`) || strings.HasPrefix(bare, `[{`) || strings.HasPrefix(bare, "{}") {
		return "JSON"
	}
	return ""
}
