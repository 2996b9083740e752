package person_test

import (
	"context"
	"fmt"
	"testing"

	"airside/internal/base/merge"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// TestBrowse walks people by name, forwards and back, whatever their capitals and accents.
func TestBrowse(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		ctx := context.Background()
		for _, name := range []string{"Zoë", "élodie", "Anna", "Emil", "anna", "Élodie"} {
			s.Person(name)
		}
		s.Found("other").Person("Bruno")
		var seen []string
		var pages []person.Browsed
		for b := (person.Bookmark{}); ; {
			p, err := s.People.Browse(ctx, s.Owner, person.Filter{}, b, 2)
			s.OK(err)
			for _, one := range p.Rows {
				seen = append(seen, one.DisplayName)
			}
			pages = append(pages, p)
			if p.Next == nil {
				break
			}
			b = *p.Next
		}
		if got := fmt.Sprint(seen); got != "[Anna anna élodie Élodie Emil Zoë]" {
			t.Error(got)
		}
		back, err := s.People.Browse(ctx, s.Owner, person.Filter{}, *pages[2].Prev, 2)
		s.OK(err)
		if len(back.Rows) != 2 || back.Rows[0].ID != pages[1].Rows[0].ID || back.Next == nil || back.Prev == nil {
			t.Errorf("%+v", back)
		}
		first, err := s.People.Browse(ctx, s.Owner, person.Filter{}, *back.Prev, 2)
		s.OK(err)
		if len(first.Rows) != 2 || first.Prev != nil || first.Next == nil {
			t.Errorf("%+v", first)
		}
		n, more, err := s.People.Count(ctx, s.Owner, person.Filter{Q: "élo"}, 1)
		s.OK(err)
		if n != 1 || !more {
			t.Error(n, more)
		}
		_, err = s.People.Update(ctx, s.Owner, person.ID(pages[0].Rows[0].ID), person.Patch{DisplayName: merge.To("Ömer"), Status: merge.To("left")}, 0)
		s.OK(err)
		choices, err := s.People.Choices(ctx, s.Owner, "", 10)
		s.OK(err)
		if len(choices) != 5 {
			t.Errorf("who has left is offered: %v", choices)
		}
		if choices, _ = s.People.Choices(ctx, s.Owner, "öme", 10); len(choices) != 1 || choices[0].Name != "Ömer" {
			t.Error(choices)
		}
		_, err = s.People.Browse(ctx, scope.Principal{Org: s.Org}, person.Filter{}, person.Bookmark{}, 2)
		s.Refused(err, "insufficient_scope")
	})
}
