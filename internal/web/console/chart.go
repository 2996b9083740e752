package console

import (
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
	Second string // names the second part of each bar, if there is one: failures beside successes
}

// bar is one value: Label under it, Text as the table writes it.
type bar struct {
	Label    string
	Value    float64
	Text     string
	More     float64 // the second part, on top
	MoreText string
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
	top := 0.0
	for _, b := range c.Bars {
		top = math.Max(top, b.Value+b.More)
	}
	if top == 0 {
		top = 1
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="%s">`,
		chartWidth, chartHeight+chartFoot, template.HTMLEscapeString(c.Title))
	step := float64(chartWidth) / float64(len(c.Bars))
	every := (len(c.Bars) + 11) / 12
	for i, b := range c.Bars {
		x, w := float64(i)*step+step*0.12, step*0.76
		h := b.Value / top * chartHeight
		more := b.More / top * chartHeight
		tip := b.Label + ": " + b.Text
		if c.Second != "" {
			tip += ", " + c.Second + " " + b.MoreText
		}
		fmt.Fprintf(&s, `<g><title>%s</title><rect class="hit" x="%.1f" y="0" width="%.1f" height="%d"/>`,
			template.HTMLEscapeString(tip), float64(i)*step, step, chartHeight)
		fmt.Fprintf(&s, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, chartHeight-h, w, h)
		if more > 0 {
			fmt.Fprintf(&s, `<rect class="bar second" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, chartHeight-h-more, w, more)
		}
		if i%every == 0 {
			class := ""
			if i/every%2 == 1 {
				class = ` class="minor"` // there is no room for it on a phone
			}
			fmt.Fprintf(&s, `<text%s x="%.1f" y="%d">%s</text>`, class, x+w/2, chartHeight+15, template.HTMLEscapeString(b.Label))
		}
		s.WriteString(`</g>`)
	}
	fmt.Fprintf(&s, `<line class="axis" x1="0" x2="%d" y1="%d" y2="%d"/></svg>`, chartWidth, chartHeight, chartHeight)
	return template.HTML(s.String())
}
