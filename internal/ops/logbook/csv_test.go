package logbook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func readAll(text string, delimiter byte) (lines []string) {
	reader := newCSVReader(text, delimiter)
	for rec, ok := reader.next(); ok; rec, ok = reader.next() {
		lines = append(lines, fmt.Sprintf("%d%q%v", rec.line, rec.cells, rec.flaws))
	}
	return lines
}

func TestCSVReader(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a,b", []string{`1["a" "b"][]`}},
		{"a, b ,\r\n\r\nc\rd\n", []string{`1["a" "b" ""][]`, `2[""][]`, `3["c"][]`, `4["d"][]`}},
		{`"a,b", "c""d",""` + "\n", []string{`1["a,b" "c\"d" ""][]`}},
		{"\"two\r\nlines\",x\ny", []string{`1["two\r\nlines" "x"][]`, `3["y"][]`}},
		{`"""wrapped""",1`, []string{`1["\"wrapped\"" "1"][]`}},
		{`say "hi",1`, []string{`1["say \"hi\"" "1"][]`}},
		{`"say "hi" x",1`, []string{`1["say hi\" x\"" "1"][stray_quote]`}},
		{"a,\"lost\nb,2\nc,3", []string{`1["a" "\"lost"][unclosed_quote]`, `2["b" "2"][]`, `3["c" "3"][]`}},
		{"a,\"lost\nb,\"2\"\nc,3", []string{`1["a" "\"lost"][unclosed_quote]`, `2["b" "2"][]`, `3["c" "3"][]`}},
		{`"`, []string{`1["\""][unclosed_quote]`}},
	} {
		if got := readAll(c.in, ','); !slices.Equal(got, c.want) {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestCSVBounds(t *testing.T) {
	long := strings.Repeat("x", maxCellBytes+1)
	for in, flaw := range map[string]string{
		long: "cell_too_long", `"` + long + `"`: "cell_too_long", strings.Repeat(",", maxColumns): "too_many_columns",
	} {
		reader := newCSVReader(in+"\nnext", ',')
		rec, _ := reader.next()
		if !slices.Contains(rec.flaws, flaw) || len(rec.cells) > maxColumns || len(rec.cells[0]) > maxCellBytes {
			t.Errorf("%d bytes: %v, %d cells", len(in), rec.flaws, len(rec.cells))
		}
		if rec, ok := reader.next(); !ok || rec.cells[0] != "next" || rec.line != 2 {
			t.Errorf("after %s comes %v", flaw, rec)
		}
	}
}

// A file of nothing but opening quotes must not be read again and again to its end.
func TestCSVHostileQuotes(t *testing.T) {
	for _, piece := range []string{"\"\n", "\"\"\"\n", "\"x\"x\n", ",\"", "\"\"\"\",\"\n", "\"a\nb"} {
		reader := newCSVReader(strings.Repeat(piece, 1<<20/len(piece)), ',')
		for _, ok := reader.next(); ok; _, ok = reader.next() {
		}
	}
}

func FuzzCSVReader(f *testing.F) {
	for _, in := range []string{"a,b\n1,2", "\"x\"\"y\",\r\n", "\"open\na;b", "a\tb\r", "\"a\"b,\"c\nd\"e", "\"\"\"\"", " \"a\" ,b"} {
		f.Add(in, byte(','))
		f.Add(in, byte(';'))
	}
	f.Fuzz(func(t *testing.T, text string, delimiter byte) {
		if !slices.Contains(delimiters, delimiter) {
			delimiter = ','
		}
		reader, last, at := newCSVReader(text, delimiter), 0, -1
		for rec, ok := reader.next(); ok; rec, ok = reader.next() {
			if rec.line <= last || reader.at <= at || len(rec.cells) == 0 {
				t.Fatalf("record of line %d after line %d, at %d after %d", rec.line, last, reader.at, at)
			}
			last, at = rec.line, reader.at
		}
		if lines := countLineEnds(text); last > lines+1 {
			t.Fatalf("line %d of %d", last, lines+1)
		}
	})
}
