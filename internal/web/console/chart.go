package console

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"strings"
)

// chart is bars over time, drawn on the server, with the same figures in a table behind it.
type chart struct {
	Title  string // says what is shown, over which time
	Unit   string // heads the column of values in the table
	Over   string // heads the column of labels
	Bars   []bar
	Second string   // names the second part of each bar, if there is one: failures beside successes
	Top    string   // the highest value, written at the top of the scale
	Extra  []string // heads more columns of the table
	// Caption says the title and what the colours mean above the bars, for a section with several charts.
	Caption bool
	Low     bool // half as high, for the second of them
}

// bar is one value: Label under it, Text as the table writes it.
type bar struct {
	Label    string
	Long     string // Label where there is room for more: in the table
	Value    float64
	Text     string
	More     float64 // the second part, on top
	MoreText string
	Extra    []string
}

const (
	chartWidth  = 720
	chartHeight = 160
	chartFoot   = 22
)

// SVG draws the chart. It has no styles of its own: classes are in the style sheet.
func (c *chart) SVG() template.HTML {
	if len(c.Bars) == 0 {
		return ""
	}
	high := chartHeight
	if c.Low {
		high /= 2
	}
	top := 0.0
	for _, b := range c.Bars {
		top = math.Max(top, b.Value+b.More)
	}
	if top == 0 {
		top = 1
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="%s">`,
		chartWidth, high+chartFoot, template.HTMLEscapeString(c.Title))
	if c.Top != "" {
		fmt.Fprintf(&s, `<line class="axis" x1="0" x2="%d" y1="0" y2="0"/><text class="top-value" x="0" y="-4">%s</text>`, chartWidth, template.HTMLEscapeString(c.Top))
	}
	step := float64(chartWidth) / float64(len(c.Bars))
	every := (len(c.Bars) + 11) / 12
	for i, b := range c.Bars {
		x, w := float64(i)*step+step*0.12, step*0.76
		h := b.Value / top * float64(high)
		more := b.More / top * float64(high)
		tip := cmp.Or(b.Long, b.Label) + ": " + b.Text
		if c.Second != "" {
			tip += ", " + c.Second + " " + b.MoreText
		}
		fmt.Fprintf(&s, `<g><title>%s</title><rect class="hit" x="%.1f" y="0" width="%.1f" height="%d"/>`,
			template.HTMLEscapeString(tip), float64(i)*step, step, high)
		fmt.Fprintf(&s, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, float64(high)-h, w, h)
		if more > 0 {
			fmt.Fprintf(&s, `<rect class="bar second" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, float64(high)-h-more, w, more)
		}
		if i%every == 0 {
			class := ""
			if i/every%2 == 1 {
				class = ` class="minor"` // there is no room for it on a phone
			}
			fmt.Fprintf(&s, `<text%s x="%.1f" y="%d">%s</text>`, class, x+w/2, high+15, template.HTMLEscapeString(b.Label))
		}
		s.WriteString(`</g>`)
	}
	fmt.Fprintf(&s, `<line class="axis" x1="0" x2="%d" y1="%d" y2="%d"/></svg>`, chartWidth, high, high)
	return template.HTML(s.String())
}
