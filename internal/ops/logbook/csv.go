package logbook

import (
	"slices"
	"strings"
)

// A record is one row of the file, which may span lines when a quoted cell does.
type record struct {
	line  int // 1-based line on which it starts
	cells []string
	flaws []string // finding codes: what was wrong with the quoting or the size
}

func (r record) blank() bool {
	for _, cell := range r.cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

func (r record) cell(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	return r.cells[i]
}

func (r *record) addFlaw(code string) {
	if code != "" && !slices.Contains(r.flaws, code) {
		r.flaws = append(r.flaws, code)
	}
}

// csvReader splits text into records. Unlike encoding/csv it never gives up on a file: damage is confined
// to the record that has it, so a lost quote costs one row and not the rest of a logbook. Its value can be
// copied to look ahead.
type csvReader struct {
	text      string
	at        int // next byte
	line      int // line of that byte, 1-based
	delimiter byte
	cells     int // of the record before: most have as many
}

func newCSVReader(text string, delimiter byte) csvReader {
	return csvReader{text: text, line: 1, delimiter: delimiter}
}

func (c *csvReader) next() (record, bool) {
	if c.at >= len(c.text) {
		return record{}, false
	}
	rec := record{line: c.line, cells: make([]string, 0, c.cells)}
	for {
		cell, flaw := c.readCell()
		rec.addFlaw(flaw)
		if len(rec.cells) < maxColumns {
			rec.cells = append(rec.cells, cell)
		} else {
			rec.addFlaw("too_many_columns")
		}
		if c.at < len(c.text) && c.text[c.at] == c.delimiter {
			c.at++
			continue
		}
		c.skipLineEnd()
		c.cells = len(rec.cells)
		return rec, true
	}
}

// readCell stops on the delimiter, on the line's end or at the end of the text.
func (c *csvReader) readCell() (cell, flaw string) {
	start := c.at
	quoted := start
	for quoted < len(c.text) && c.text[quoted] == ' ' { // "a", "b": a space before the quote
		quoted++
	}
	if quoted < len(c.text) && c.text[quoted] == '"' {
		if end := c.closingQuote(quoted + 1); end >= 0 && !c.swallows(quoted+1, end) {
			return c.quotedCell(quoted+1, end)
		}
		flaw = "unclosed_quote"
	}
	c.at = c.plainEnd(start)
	cell = strings.TrimSpace(c.text[start:c.at])
	if len(cell) > maxCellBytes {
		return cut(cell, maxCellBytes), "cell_too_long"
	}
	return cell, flaw
}

// closingQuote finds the quote that ends a cell, or -1. It looks no further than a cell may be long; since
// only doubled quotes can stand in between, looking again from a later quote ends at once and a hostile
// file cannot make the reader slow.
func (c *csvReader) closingQuote(from int) int {
	window := c.text[from:min(len(c.text), from+maxCellBytes+2)]
	at := 0
	for {
		i := strings.IndexByte(window[at:], '"')
		if i < 0 {
			return -1
		}
		at += i
		if at+1 < len(window) && window[at+1] == '"' {
			at += 2
			continue
		}
		if at+1 == len(window) && from+at+1 < len(c.text) {
			return -1 // the window ends here, and the next byte may double the quote
		}
		return from + at
	}
}

// swallows sees a cell of several lines that does not end at a delimiter. It has most likely lost its own closing quote,
// and the quote found is one of the rows below, which must not be lost with it.
func (c *csvReader) swallows(from, end int) bool {
	rest := c.text[end+1 : c.plainEnd(end+1)]
	return strings.Trim(rest, " ") != "" && strings.ContainsAny(c.text[from:end], "\r\n")
}

func (c *csvReader) quotedCell(from, end int) (cell, flaw string) {
	cell = c.text[from:end]
	c.line += countLineEnds(cell)
	if strings.Contains(cell, `""`) {
		cell = strings.ReplaceAll(cell, `""`, `"`)
	}
	rest := c.plainEnd(end + 1)
	c.at = rest
	stray := strings.TrimRight(c.text[end+1:rest], " ")
	if stray == "" {
		return cell, ""
	}
	if len(cell)+len(stray) > maxCellBytes {
		return cut(cell, maxCellBytes), "cell_too_long"
	}
	return cell + stray, "stray_quote"
}

func (c *csvReader) plainEnd(from int) int {
	for i := from; i < len(c.text); i++ {
		switch c.text[i] {
		case c.delimiter, '\n', '\r':
			return i
		}
	}
	return len(c.text)
}

func (c *csvReader) skipLineEnd() {
	if c.at >= len(c.text) {
		return
	}
	if c.text[c.at] == '\r' && c.at+1 < len(c.text) && c.text[c.at+1] == '\n' {
		c.at++
	}
	c.at++
	c.line++
}

// countLineEnds counts \n, \r\n and lone \r.
func countLineEnds(s string) int {
	return strings.Count(s, "\n") + strings.Count(s, "\r") - strings.Count(s, "\r\n")
}

// cut shortens s to at most n bytes without leaving half a character behind.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
