package export

import (
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// pen writes text into a PDF that is put together in memory, in the Go fonts, of which the file carries the letters
// that it uses.
type pen struct {
	*fpdf.Fpdf
	has  map[rune]bool // letters that the fonts have, as far as asked
	font *sfnt.Font
	buf  sfnt.Buffer
	size float64
	bold bool
}

const family = "go"

// substitute stands for every letter that the fonts do not have, so that nothing vanishes unseen.
const substitute = '□'

func newPen() (*pen, error) {
	font, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	p := &pen{Fpdf: fpdf.New("L", "mm", "A4", ""), has: map[rune]bool{}, font: font}
	p.SetCatalogSort(true)
	p.SetAutoPageBreak(false, 0)
	p.SetMargins(0, 0, 0)
	p.AddUTF8FontFromBytes(family, "", goregular.TTF)
	p.AddUTF8FontFromBytes(family, "B", gobold.TTF)
	return p, p.Error()
}

func (p *pen) set(size float64, bold bool) {
	if p.size == size && p.bold == bold {
		return
	}
	p.size, p.bold = size, bold
	style := ""
	if bold {
		style = "B"
	}
	p.SetFont(family, style, size)
}

// shown reduces a text to one line of letters that the fonts have.
func (p *pen) shown(s string) string {
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ") // Fields knows every kind of space
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u202f' || r == '\u2009':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		case !p.knows(r):
			return substitute
		}
		return r
	}, s)
}

func (p *pen) knows(r rune) bool {
	known, asked := p.has[r]
	if !asked {
		glyph, err := p.font.GlyphIndex(&p.buf, r)
		known = err == nil && glyph != 0 && r < 0x10000
		p.has[r] = known
	}
	return known
}

// Where a text stands in its box.
type side int

const (
	left side = iota
	middle
	right
)

const padding = 1.1

// write puts a text on a line of a box, in the given size or a little smaller; what is still too wide is cut off with
// an ellipsis, so that it never runs into its neighbour.
func (p *pen) write(x, y, w, h, size float64, at side, s string) {
	if s = p.shown(s); s == "" {
		return
	}
	room := w - 2*padding
	p.set(size, p.bold)
	width := p.GetStringWidth(s)
	for least := size * 0.72; width > room && size > least; width = p.GetStringWidth(s) {
		size = max(least, size*room/width)
		p.set(size, p.bold)
	}
	if width > room {
		s, width = p.cut(s, room)
	}
	switch x += padding; at {
	case middle:
		x += (room - width) / 2
	case right:
		x += room - width
	}
	p.Text(x, y+h/2+size*0.352778*0.36, s)
}

// cut finds the longest beginning that fits with an ellipsis.
func (p *pen) cut(s string, room float64) (string, float64) {
	letters := []rune(s)
	fits, not := 0, len(letters)
	for not-fits > 1 {
		if half := (fits + not) / 2; p.GetStringWidth(string(letters[:half])+"…") <= room {
			fits = half
		} else {
			not = half
		}
	}
	s = strings.TrimRight(string(letters[:fits]), " ") + "…"
	return s, p.GetStringWidth(s)
}
