package logbook

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decode turns the bytes of a file into text. Spreadsheet programs save UTF-8 with and without a byte order
// mark, "Unicode text" (UTF-16) and, on older Windows, code page 1252.
func decode(data []byte) (text, encoding string, err error) {
	switch {
	case len(data) > maxFileBytes:
		return "", "", formatError("file_too_large", "limit", "64 MiB")
	case len(bytes.TrimSpace(data)) == 0:
		return "", "", formatError("file_empty")
	}
	if kind := binaryKind(data); kind != "" {
		return "", "", formatError("not_text", "kind", kind)
	}
	text, encoding = decodeText(data)
	text = strings.TrimPrefix(text, "\uFEFF")
	if strings.IndexByte(text, 0) >= 0 {
		return "", "", formatError("not_text", "kind", "binary")
	}
	if strings.TrimSpace(text) == "" {
		return "", "", formatError("file_empty")
	}
	return text, encoding, nil
}

func decodeText(data []byte) (text, encoding string) {
	if order, found := utf16Order(data); found {
		decoded, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(data)
		if err == nil {
			return string(decoded), "UTF-16"
		}
	}
	if utf8.Valid(data) {
		return string(data), "UTF-8"
	}
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil { // cannot happen: every byte has a meaning there
		return strings.ToValidUTF8(string(data), "\uFFFD"), "UTF-8"
	}
	return string(decoded), "Windows-1252"
}

// utf16Order recognises UTF-16 by its mark, or without one by the zero bytes that Latin text has in every
// second place.
func utf16Order(data []byte) (unicode.Endianness, bool) {
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return unicode.LittleEndian, true
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return unicode.BigEndian, true
	}
	head := data[:min(len(data), 400)]
	even, odd := 0, 0
	for i, b := range head {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	switch {
	case odd > len(head)/3 && even == 0:
		return unicode.LittleEndian, true
	case even > len(head)/3 && odd == 0:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// binaryKind names the files that people send in place of a CSV.
func binaryKind(data []byte) string {
	for _, known := range []struct{ magic, kind string }{
		{"PK\x03\x04", "spreadsheet or zip"},
		{"\xD0\xCF\x11\xE0", "old Excel"},
		{"%PDF-", "PDF"},
		{"SQLite format 3\x00", "SQLite database"},
		{"\x1F\x8B", "gzip"},
	} {
		if bytes.HasPrefix(data, []byte(known.magic)) {
			return known.kind
		}
	}
	return ""
}
