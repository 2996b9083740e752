package console

import (
	"errors"
	"net/http"

	"airside/internal/base/fault"
	"airside/internal/base/id"
)

// gridForm is a form with a table in it, whose cells are texts or fields. Fields holds all fields; those that the table
// has stand there, the others before and after it in their order.
type gridForm struct {
	form
	Notices []notice
	Caption string
	Columns []column
	Lines   []gridLine
	Pages   []link // to other pages of lines

	cells map[string]*field
}

type gridLine []gridCell

// gridCell is a text, or the field of that name.
type gridCell struct {
	cell
	Field string
}

// Cell is for templates: the text.
func (c gridCell) Cell() cell { return c.cell }

// In is for templates: the field of a cell.
func (g gridForm) In(c gridCell) *field { return g.cells[c.Field] }

// Before and Behind are for templates: the fields that are not in the table.
func (g gridForm) Before() []field { return g.outside(true) }
func (g gridForm) Behind() []field { return g.outside(false) }

func (g gridForm) outside(before bool) []field {
	var list []field
	passed := false
	for _, f := range g.Fields {
		if g.cells[f.Name] != nil {
			passed = true
		} else if passed != before {
			list = append(list, f)
		}
	}
	return list
}

// grid answers with a form that has a table.
func (v *visit) grid(g gridForm) error {
	if v.posted() {
		g.keep(v)
	}
	if g.Once == "" {
		g.Once = id.New()
	}
	g.cells = map[string]*field{}
	for _, line := range g.Lines {
		for _, c := range line {
			for i := range g.Fields {
				if c.Field != "" && g.Fields[i].Name == c.Field {
					g.cells[c.Field] = &g.Fields[i]
				}
			}
		}
	}
	status := http.StatusOK
	if g.bad {
		status = http.StatusUnprocessableEntity
	}
	if g.status != 0 {
		status = g.status
	}
	return v.show(status, "grid", g.Title, g)
}

// refuseGrid is refuse for a form that has a table.
func (v *visit) refuseGrid(g gridForm, err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind == fault.Internal || e.Kind == fault.NotFound {
		return err
	}
	v.blame(&g.form, e)
	return v.grid(g)
}
