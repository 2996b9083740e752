package main

import (
	"context"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"airside/internal/server"
)

type exportCmd struct {
	operator
	Organization string `help:"Slug or id." required:"" placeholder:"SLUG"`
	Person       string `help:"Whose logbook: id or exact name; left out: all records of the organization, as a ZIP." placeholder:"PERSON"`
	Format       string `help:"Of a logbook: ${enum}." enum:"easa-pdf,easa-csv,foreflight-csv" default:"easa-pdf"`
	Language     string `help:"Of a PDF: ${enum}." enum:"en,fr" default:"en"`
	File         string `arg:"" help:"File to write; it must not exist." type:"path"`
}

func (c *exportCmd) Run(ctx context.Context) error {
	file, err := filepath.Abs(c.File)
	if err != nil {
		return err
	}
	r, err := server.Export.Do(ctx, c.target(), server.ExportFile{
		Organization: c.Organization, File: file, Person: c.Person, Format: c.Format, Language: c.Language,
	})
	if err != nil {
		return err
	}
	return c.show(r, func(w *tabwriter.Writer) { fmt.Fprintf(w, "%d bytes in %s\n", r.Bytes, r.File) })
}
