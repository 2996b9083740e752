package server

import (
	"context"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// LogbookFile is a logbook to preview or to import.
type LogbookFile struct {
	Organization, Name string
	Content            []byte
	As                 string // draft, submitted or history
	Pilot              string // id or exact name of a person; empty: the logbook's owner
	MatchPeople        bool
	Commit             bool
}

// ImportLogbook previews a file, or imports it.
var ImportLogbook = command("logbook.import", func(ctx context.Context, s *Server, f LogbookFile) (logbook.Report, error) {
	who, err := s.operatorOf(ctx, f.Organization)
	if err != nil {
		return logbook.Report{}, err
	}
	o := logbook.UploadOptions{MatchPeople: f.MatchPeople}
	if o.PilotID, err = s.pilotOf(ctx, who, f.Pilot); err != nil {
		return logbook.Report{}, err
	}
	if !f.Commit {
		return s.Logbook.Preview(ctx, who, f.Name, f.Content, o)
	}
	im, err := s.Logbook.Upload(ctx, who, f.Name, f.Content, o)
	if err != nil {
		return logbook.Report{}, err
	}
	if im, err = s.Logbook.Commit(ctx, who, logbook.ID(im.ID), f.As); err != nil {
		return logbook.Report{}, err
	}
	return im.Report(), nil
})

// pilotOf finds a person by id or by the name that is shown.
func (s *Server) pilotOf(ctx context.Context, who scope.Principal, pilot string) (string, error) {
	if pilot == "" {
		return "", nil
	}
	if known, ok := id.Parse(pilot); ok {
		return known, nil
	}
	found := ""
	err := walk(func(p page.Page) (page.Of[person.Person], error) {
		return s.People.List(ctx, who, person.Filter{Q: pilot}, p)
	}, func(one person.Person) page.Position {
		return page.Position{ChangeNo: one.ChangeNo, ID: one.ID}
	}, func(one person.Person) bool {
		if one.DisplayName == pilot {
			found = one.ID
		}
		return found == ""
	})
	if err == nil && found == "" {
		err = fault.NotFoundFor("person")
	}
	return found, err
}
