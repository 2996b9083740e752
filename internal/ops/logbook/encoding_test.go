package logbook

import (
	"testing"

	"golang.org/x/text/encoding/unicode"
)

func TestEncodings(t *testing.T) {
	const text = "DATE ; AircraftID;from;To; Total Time ;PilotComments\n2024-05-01;HB-KGA;LSZB;LSZG;1,5;Überflug é\n"
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy) string {
		s, err := unicode.UTF16(order, mark).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, data := range map[string]string{
		"UTF-8":                      text,
		"UTF-8 with a mark":          "\xEF\xBB\xBF" + text,
		"UTF-16 little":              utf16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16 big":                 utf16(unicode.BigEndian, unicode.UseBOM),
		"UTF-16 little without mark": utf16(unicode.LittleEndian, unicode.IgnoreBOM),
		"UTF-16 big without mark":    utf16(unicode.BigEndian, unicode.IgnoreBOM),
		"Windows-1252":               "DATE ; AircraftID;from;To; Total Time ;PilotComments\n2024-05-01;HB-KGA;LSZB;LSZG;1,5;\xDCberflug \xE9\n",
	} {
		f, err := Parse(name, []byte(data))
		if err != nil || len(f.Entries) != 1 || f.Entries[0].Remarks != "Überflug é" || f.Entries[0].Durations.Total != 5400 {
			t.Errorf("%s: %v, %+v", name, err, f)
		}
	}
}
