package export

import (
	"airside/internal/ops/flight"
)

// edges are the first and the last flight.
func (b *logbook) edges() ([]*flight.Record, error) {
	return flight.Read(b.ctx, b.read, b.org, []flight.ID{b.flights[0], b.flights[len(b.flights)-1]})
}

// page draws one half of a spread: who and when, the headings, the rows, the totals.
func (p *printed) page(groups []group, begins []float64, totals []*sums) {
	p.AddPage()
	p.size = 0 // a new page begins without a font
	p.title()
	p.headings(groups, begins)
	p.grid(begins)
	p.set(8, false)
	n := 0
	for _, g := range groups {
		for _, c := range g.columns {
			for i, r := range p.rows {
				p.write(begins[n], rowsTop+float64(i)*rowHeight, c.width, rowHeight, 8, c.at, c.value(r))
			}
			n++
		}
	}
	p.set(8, true)
	n = 0
	for _, g := range groups {
		for _, c := range g.columns {
			for i, s := range totals {
				if c.sum != nil {
					p.write(begins[n], sumsTop+float64(i)*sumsHeight, c.width, sumsHeight, 8, c.at, c.sum(s))
				}
			}
			n++
		}
	}
}

// title says whose logbook it is, of where and of when, and which page.
func (p *printed) title() {
	const third = (pageWidth - 2*margin) / 3
	p.set(11, true)
	p.write(margin-padding, 8, third, 6, 11, left, p.b.holder.name())
	p.set(11, false)
	p.write(margin+third, 8, third, 6, 11, middle, p.b.school)
	p.write(margin-padding, 13.2, third, 5, 8, left, p.b.says("pdf_title"))
	if p.from != "" {
		p.write(margin+third, 13.2, third, 5, 8, middle, p.b.says("pdf_period", "from", p.from, "to", p.to))
	}
	p.write(margin+2*third+padding, 8, third, 6, 8, right, p.b.says("pdf_page", "page", p.PageNo(), "pages", 2*p.spreads))
	p.write(margin+2*third+padding, 13.2, third, 5, 8, right, p.b.says("pdf_written", "date", p.b.now.Date()))
}

// Heights of the three bands of the headings: the numbers, the groups, the columns.
const numbersHeight, groupsHeight = 4.5, 8.0

func (p *printed) headings(groups []group, begins []float64) {
	end := begins[len(begins)-1]
	p.SetFillColor(236, 239, 243)
	p.Rect(margin, headTop, end-margin, headHeight, "F")
	p.SetDrawColor(90, 98, 110)
	p.SetLineWidth(0.2)
	p.Line(margin, headTop+numbersHeight, end, headTop+numbersHeight)
	n := 0
	for _, g := range groups {
		x, width := begins[n], begins[n+len(g.columns)]-begins[n]
		p.set(7, false)
		p.write(x, headTop, width, numbersHeight, 7, middle, g.number)
		p.set(7, true)
		if len(g.columns) == 1 { // one box as high as both bands
			p.heading(x, headTop+numbersHeight, width, headHeight-numbersHeight, p.b.says(g.head+g.columns[0].head))
		} else {
			p.heading(x, headTop+numbersHeight, width, groupsHeight, p.b.says(g.head))
			p.Line(x, headTop+numbersHeight+groupsHeight, x+width, headTop+numbersHeight+groupsHeight)
			for i, c := range g.columns {
				p.heading(begins[n+i], headTop+numbersHeight+groupsHeight, c.width, headHeight-numbersHeight-groupsHeight, p.b.says(c.head))
			}
		}
		p.Line(x, headTop, x, headTop+headHeight)
		for i := range g.columns[1:] {
			p.Line(begins[n+i+1], headTop+numbersHeight+groupsHeight, begins[n+i+1], headTop+headHeight)
		}
		n += len(g.columns)
	}
	p.Line(end, headTop, end, headTop+headHeight)
	p.Line(margin, headTop, end, headTop)
}

// heading breaks a text into lines that fit its box, in the middle of it.
func (p *printed) heading(x, y, w, h float64, s string) {
	const size, lead = 7.0, 3.1
	p.set(size, true)
	lines := p.broken(p.shown(s), w-2*padding)
	top := y + (h-lead*float64(len(lines)))/2
	for i, l := range lines {
		p.write(x, top+float64(i)*lead, w, lead, size, middle, l)
	}
}

// broken breaks a text between words.
func (p *printed) broken(s string, room float64) []string {
	var lines []string
	start, end := 0, -1 // of the line, and of what fits on it
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != ' ' {
			continue
		}
		if end > start && p.GetStringWidth(s[start:i]) > room {
			lines = append(lines, s[start:end])
			start = end + 1
		}
		end = i
	}
	return append(lines, s[start:])
}

// grid draws the lines of the rows and the totals.
func (p *printed) grid(begins []float64) {
	end := begins[len(begins)-1]
	bottom := sumsTop + 3*sumsHeight
	p.SetDrawColor(190, 196, 204)
	p.SetLineWidth(0.1)
	for i := range rowsOfPage {
		y := rowsTop + float64(i)*rowHeight
		p.Line(margin, y, end, y)
	}
	for _, x := range begins {
		p.Line(x, rowsTop, x, bottom)
	}
	p.SetDrawColor(90, 98, 110)
	p.SetLineWidth(0.3)
	for i := range 4 {
		y := sumsTop + float64(i)*sumsHeight
		p.Line(margin, y, end, y)
	}
	p.Line(margin, rowsTop, end, rowsTop)
	p.Line(margin, rowsTop, margin, bottom)
	p.Line(end, rowsTop, end, bottom)
}

// labels name the totals, over the columns of the left page that have none.
func (p *printed) labels() {
	n := 0
	for _, g := range leftPage[:labelled] {
		n += len(g.columns)
	}
	width := p.ofLeft[n] - margin
	p.SetFillColor(255, 255, 255)
	p.Rect(margin+0.2, sumsTop+0.2, width-0.3, 3*sumsHeight-0.4, "F")
	p.SetDrawColor(90, 98, 110)
	for i, code := range []string{"pdf_sum_page", "pdf_sum_brought", "pdf_sum_to_date"} {
		y := sumsTop + float64(i)*sumsHeight
		p.Line(margin, y, margin+width, y)
		p.set(8, true)
		p.write(margin, y, width, sumsHeight, 8, right, p.b.says(code))
	}
}

// certify leaves room for the signature beside the totals, where AMC1 FCL.050 has it.
func (p *printed) certify() {
	x := p.ofRight[len(p.ofRight)-2]
	width := p.ofRight[len(p.ofRight)-1] - x
	p.SetFillColor(255, 255, 255)
	p.Rect(x+0.2, sumsTop+0.2, width-0.4, 3*sumsHeight-0.4, "F")
	p.set(8, false)
	p.write(x, sumsTop+0.5, width, sumsHeight, 8, left, p.b.says("pdf_certify"))
	p.SetDrawColor(90, 98, 110)
	p.SetLineWidth(0.2)
	line := sumsTop + 3*sumsHeight - 5
	p.Line(x+4, line, x+width-4, line)
	p.write(x, line, width, 4.5, 7, middle, p.b.says("pdf_signature"))
}
