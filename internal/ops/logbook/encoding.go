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
		return "", "", formatError("binary_file")
	}
	if kind := markupKind(text); kind != "" {
		return "", "", formatError("not_text", "kind", kind)
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
	if text, mixed := decodeMixed(data); mixed {
		return text, mixedEncodings
	}
	return fromWindows(data), "Windows-1252"
}

// mixedEncodings is a file whose lines are not all written alike: exports of two programs in one file.
const mixedEncodings = "UTF-8, Windows-1252"

// decodeMixed reads each line as what it is, if some of the lines are beyond doubt UTF-8 and others are not.
func decodeMixed(data []byte) (text string, mixed bool) {
	var out strings.Builder
	out.Grow(len(data) + len(data)/8)
	utf := false
	for line := range bytes.Lines(data) {
		if !utf8.Valid(line) {
			out.WriteString(fromWindows(line))
			continue
		}
		utf = utf || bytes.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf })
		out.Write(line)
	}
	return out.String(), utf
}

func fromWindows(data []byte) string {
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil { // cannot happen: every byte has a meaning there
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	return string(decoded)
}

// guessEncoding says how sure it is that the file was read in the right encoding.
func (b *book) guessEncoding(data []byte, encoding string) {
	switch marked := bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")) || bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}); {
	case marked:
		b.guess("encoding", "", encoding, 100, "by_mark")
	case encoding == "UTF-16":
		b.guess("encoding", "", encoding, 90, "by_characters")
	case encoding == "UTF-8":
		b.guess("encoding", "", encoding, 99, "only_reading")
	case encoding == mixedEncodings:
		b.report(SeverityWarning, 0, "", "encoding_mixed", "encoding", encoding)
		b.guess("encoding", "", encoding, 70, "contradictory")
	default:
		b.report(SeverityInfo, 0, "", "encoding_guessed", "encoding", encoding)
		b.guess("encoding", "", encoding, windowsCertainty(data), "by_characters")
	}
}

// windowsCertainty goes by how many of the bytes beyond ASCII are letters that Europeans write; what an old Macintosh
// wrote comes out as other signs.
func windowsCertainty(data []byte) int {
	letters, all := 0, 0
	for _, c := range data {
		if c < 0x80 {
			continue
		}
		all++
		if c >= 0xC0 && c != 0xD7 && c != 0xF7 || c == 0xA0 || c == 0xB0 || c >= 0x91 && c <= 0x97 || c == 0x80 || c == 0x8A || c == 0x9A || c == 0x8E || c == 0x9E {
			letters++
		}
	}
	return 40 + percent(letters, all)*50/100
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
