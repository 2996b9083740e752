package export

import (
	"io"
	"strconv"

	"airside/internal/base/fault"
	"airside/internal/base/text"
)

// The PDF is what AMC1 FCL.050 shows: a spread of two A4 pages side by side, columns 1 to 8 on the left one, 9 to 12 on
// the right one, each with the totals of the page, those brought forward and those to date.

// column of a page. Its box in the headings is as high as group says: columns of one group share a heading.
type column struct {
	width float64
	head  string // its own heading, a code of the catalogue; empty for a column that the group's heading is enough for
	at    side
	value func(*pdfRow) string
	sum   func(*sums) string // nil: not added up
}

type group struct {
	number  string // of EASA's layout
	head    string
	columns []column
}

// pdfRow is a line and its number in the logbook.
type pdfRow struct {
	*line
	no int
	b  *logbook
}

func timeColumn(width float64, head string, of func(*sums) *int64) column {
	return column{width, head, right, func(r *pdfRow) string { return hoursMinutes(*of(&r.sums)) },
		func(s *sums) string { return total(*of(s)) }}
}

func countColumn(width float64, head string, of func(*sums) *int64) column {
	return column{width, head, right, func(r *pdfRow) string { return number(*of(&r.sums)) },
		func(s *sums) string { return strconv.FormatInt(*of(s), 10) }}
}

// total is never left empty.
func total(seconds int64) string {
	if seconds < 60 {
		return "0:00"
	}
	return hoursMinutes(seconds)
}

func textColumn(width float64, head string, at side, of func(*pdfRow) string) column {
	return column{width, head, at, of, nil}
}

var line0 = group{"", "", []column{textColumn(8, "pdf_line", right, func(r *pdfRow) string { return strconv.Itoa(r.no) })}}

// labelled are the columns of the left page that the labels of the totals take the place of.
const labelled = 5

var leftPage = []group{
	line0,
	{"1", "pdf_date", []column{textColumn(19, "", middle, func(r *pdfRow) string { return r.date })}},
	{"2", "pdf_departure", []column{
		textColumn(22, "pdf_place", left, func(r *pdfRow) string { return r.from }), textColumn(13, "pdf_time", middle, func(r *pdfRow) string { return r.off })}},
	{"3", "pdf_arrival", []column{
		textColumn(22, "pdf_place", left, func(r *pdfRow) string { return r.to }), textColumn(13, "pdf_time", middle, func(r *pdfRow) string { return r.on })}},
	{"4", "pdf_aircraft", []column{
		textColumn(23, "pdf_model", left, func(r *pdfRow) string { return r.model }), textColumn(23, "pdf_registration", left, func(r *pdfRow) string { return r.registration })}},
	{"5", "pdf_pilots", []column{
		timeColumn(15, "pdf_single_engine", func(s *sums) *int64 { return &s.SingleEngine }),
		timeColumn(15, "pdf_multi_engine", func(s *sums) *int64 { return &s.MultiEngine }),
		timeColumn(15, "pdf_multi_pilot", func(s *sums) *int64 { return &s.MultiPilot })}},
	{"6", "pdf_total", []column{timeColumn(17, "", func(s *sums) *int64 { return &s.Total })}},
	{"7", "pdf_commander", []column{textColumn(46, "", left, (*pdfRow).inCommand)}},
	{"8", "pdf_landings", []column{
		countColumn(13, "pdf_day", func(s *sums) *int64 { return &s.LandingsDay }), countColumn(13, "pdf_night", func(s *sums) *int64 { return &s.LandingsNight })}},
}

var rightPage = []group{
	line0,
	{"9", "pdf_conditions", []column{
		timeColumn(16, "pdf_night", func(s *sums) *int64 { return &s.Night }), timeColumn(16, "pdf_ifr", func(s *sums) *int64 { return &s.IFR })}},
	{"10", "pdf_functions", []column{
		timeColumn(18, "pdf_pic", func(s *sums) *int64 { return &s.PIC }), timeColumn(18, "pdf_copilot", func(s *sums) *int64 { return &s.Copilot }),
		timeColumn(18, "pdf_dual", func(s *sums) *int64 { return &s.Dual }), timeColumn(18, "pdf_instructor", func(s *sums) *int64 { return &s.Instructor })}},
	{"11", "pdf_fstd", []column{
		textColumn(19, "pdf_date", middle, func(r *pdfRow) string { return r.session }), textColumn(30, "pdf_type", left, func(r *pdfRow) string { return r.device }),
		timeColumn(16, "pdf_session_total", func(s *sums) *int64 { return &s.FSTD })}},
	{"12", "pdf_remarks", []column{textColumn(100, "", left, (*pdfRow).endorsed)}},
}

func (r *pdfRow) inCommand() string {
	if r.commander == "" && r.session == "" {
		return r.b.says("pdf_self")
	}
	return r.commander
}

func (r *pdfRow) endorsed() string {
	if r.supervised == "" {
		return r.remarks
	}
	return r.supervised + ". " + r.remarks
}

// Millimetres.
const (
	pageWidth, pageHeight = 297.0, 210.0
	margin                = 10.0
	headTop, headHeight   = 20.0, 20.0
	rowHeight             = 6.4
	rowsTop               = headTop + headHeight
	rowsOfPage            = 20
	sumsTop               = rowsTop + rowsOfPage*rowHeight
	sumsHeight            = 7.0
)

// maxPDF bounds what is put together in memory.
const maxPDF = 30_000

// printed is a logbook on its way into a PDF.
type printed struct {
	*pen
	b               *logbook
	from, to        string // the period
	spread, spreads int
	brought, ofPage sums
	rows            []*pdfRow
	written         int
	ofLeft, ofRight []float64 // where the columns begin
}

func writePDF(b *logbook, w io.Writer) error {
	if len(b.flights) > maxPDF {
		return fault.New(fault.Invalid, "logbook_too_long", "max", maxPDF)
	}
	pen, err := newPen()
	if err != nil {
		return err
	}
	p := &printed{pen: pen, b: b, brought: b.holder.opening.brought(), spreads: max(1, (len(b.flights)+rowsOfPage-1)/rowsOfPage)}
	if p.from, p.to, err = b.period(); err != nil {
		return err
	}
	p.describe()
	if err := b.lines(p.add); err != nil {
		return err
	}
	if len(p.rows) > 0 || p.spread == 0 {
		p.print()
	}
	return p.Output(w)
}

// period is that of the first and the last flight.
func (b *logbook) period() (from, to string, err error) {
	if len(b.flights) == 0 {
		return "", "", nil
	}
	records, err := b.edges()
	if err != nil || len(records) == 0 {
		return "", "", err
	}
	return records[0].Facts.FlownAt().Date(), records[len(records)-1].Facts.FlownAt().Date(), nil
}

func (p *printed) describe() {
	at := p.b.now.Std()
	p.SetCreationDate(at)
	p.SetModificationDate(at)
	p.SetTitle(p.b.says("pdf_title")+" – "+p.b.holder.name(), true)
	p.SetAuthor(p.b.school, true)
	p.SetCreator("Airside", true)
	p.SetLang(p.b.lang.String())
	p.ofLeft, p.ofRight = begins(leftPage), begins(rightPage)
}

func begins(groups []group) []float64 {
	x := []float64{margin}
	for _, g := range groups {
		for _, c := range g.columns {
			x = append(x, x[len(x)-1]+c.width)
		}
	}
	return x
}

func (p *printed) add(l *line) error {
	p.written++
	p.rows = append(p.rows, &pdfRow{l, p.written, p.b})
	p.ofPage.add(l.sums)
	if len(p.rows) == rowsOfPage {
		p.print()
	}
	return p.Error()
}

// print puts the rows gathered onto a spread.
func (p *printed) print() {
	p.spread++
	toDate := p.brought
	toDate.add(p.ofPage)
	totals := []*sums{&p.ofPage, &p.brought, &toDate}
	p.page(leftPage, p.ofLeft, totals)
	p.labels()
	p.page(rightPage, p.ofRight, totals)
	p.certify()
	p.brought, p.ofPage, p.rows = toDate, sums{}, nil
}

func (b *logbook) says(code string, args ...any) string { return text.Get(b.lang, code, args...) }
