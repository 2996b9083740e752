package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"text/tabwriter"

	"airside/internal/server"
)

type importCmd struct {
	operator
	File         string `arg:"" help:"A logbook file." type:"existingfile"`
	Organization string `help:"Slug or id." required:"" placeholder:"SLUG"`
	As           string `help:"What the flights become: ${enum}. History is posted as approved, without events." enum:"draft,submitted,history" default:"draft"`
	Pilot        string `help:"Whose logbook it is: id or exact name of a person; a person 'Logbook owner' if left out." placeholder:"PERSON"`
	MatchPeople  bool   `help:"Also match the names of other persons in the file to people."`
	Commit       bool   `help:"Write; without it the file is only previewed."`
}

func (c *importCmd) Run(ctx context.Context) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	r, err := server.ImportLogbook.Do(ctx, c.target(), server.LogbookFile{
		Organization: c.Organization, Name: filepath.Base(c.File), Content: data, As: c.As,
		Pilot: c.Pilot, MatchPeople: c.MatchPeople, Commit: c.Commit,
	})
	if err != nil {
		return err
	}
	return c.show(r, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "format\t%s\nrows\t%d\nflights\t%d\nother rows\t%d\nduplicates\t%d\n", r.Format, r.Rows, r.Flights, r.Other, r.Duplicates)
		fmt.Fprintf(w, "created\t%d\nunchanged\t%d\n", r.Created, r.Unchanged)
		names := make([]string, 0, len(r.Totals))
		for n := range r.Totals {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			fmt.Fprintf(w, "total %s\t%d\n", n, r.Totals[n])
		}
		for i, f := range r.Findings {
			if i == 20 {
				fmt.Fprintf(w, "… and %d more findings; --json prints them all\n", len(r.Findings)-i)
				break
			}
			fmt.Fprintf(w, "row %d\t%s\n", f.Row, f.Text)
		}
		if !c.Commit {
			fmt.Fprintf(w, "\nThis was a preview; --commit writes.\n")
		}
	})
}
