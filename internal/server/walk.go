package server

import "airside/internal/base/page"

// walk reads a list to its end, page by page, until visit has seen enough and returns false.
func walk[T any](list func(page.Page) (page.Of[T], error), at func(T) page.Position, visit func(T) bool) error {
	p := page.Page{Limit: page.MaxLimit}
	for {
		some, err := list(p)
		if err != nil {
			return err
		}
		for _, row := range some.Rows {
			if !visit(row) {
				return nil
			}
			p.After = at(row)
		}
		if !some.More {
			return nil
		}
	}
}
