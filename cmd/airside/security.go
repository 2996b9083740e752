package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"airside/internal/base/text"
	"airside/internal/platform/tenantfile"
	"airside/internal/server"
)

// securityCmd is for a tenant's security.yml where it lies in the database, and for who checks one in git.
type securityCmd struct {
	Mint     securityMintCmd     `cmd:"" help:"Put a key into an organization's security.yml; it is shown once."`
	Export   securityExportCmd   `cmd:"" help:"Print an organization's security.yml."`
	Import   securityImportCmd   `cmd:"" help:"Replace an organization's security.yml by a file."`
	Validate securityValidateCmd `cmd:"" help:"Check a file, without a server."`
	Diff     securityDiffCmd     `cmd:"" help:"Show what a file would change."`
}

type securityExportCmd struct {
	operator
	Organization string `help:"Slug or id." required:"" placeholder:"SLUG"`
}

func (c *securityExportCmd) Run(ctx context.Context) error {
	e, err := server.ExportSecurity.Do(ctx, c.target(), server.OfOrganization{Organization: c.Organization})
	if err != nil {
		return err
	}
	return c.show(e, func(w *tabwriter.Writer) {
		fmt.Fprint(os.Stdout, e.Text)
		fmt.Fprintf(os.Stderr, "version %d\n", e.Version)
	})
}

type securityImportCmd struct {
	operator
	Organization string `help:"Slug or id." required:"" placeholder:"SLUG"`
	File         string `arg:"" help:"The new security.yml." type:"existingfile"`
	Version      int64  `help:"The version that the file was made from, as export tells it: refused if somebody has changed it since." default:"-1" placeholder:"N"`
}

func (c *securityImportCmd) Run(ctx context.Context) error {
	b, err := readSecurity(c.File)
	if err != nil {
		return err
	}
	r, err := server.ImportSecurity.Do(ctx, c.target(), server.SecurityText{Organization: c.Organization, Text: b, Version: c.Version})
	if err != nil {
		return err
	}
	return c.show(r, func(*tabwriter.Writer) {
		printDiff(r.Diff)
		fmt.Printf("in force; version %d\n", r.Version)
	})
}

type securityDiffCmd struct {
	operator
	Organization string `help:"Slug or id." required:"" placeholder:"SLUG"`
	File         string `arg:"" help:"The file to compare." type:"existingfile"`
}

func (c *securityDiffCmd) Run(ctx context.Context) error {
	b, err := readSecurity(c.File)
	if err != nil {
		return err
	}
	r, err := server.DiffSecurity.Do(ctx, c.target(), server.SecurityText{Organization: c.Organization, Text: b})
	if err != nil {
		return err
	}
	return c.show(r, func(*tabwriter.Writer) { printDiff(r.Diff) })
}

type securityValidateCmd struct {
	File string `arg:"" help:"The file to check." type:"existingfile"`
}

func (c *securityValidateCmd) Run() error {
	b, err := readSecurity(c.File)
	if err != nil {
		return err
	}
	d, err := tenantfile.Parse(b)
	if err != nil {
		return err
	}
	fmt.Printf("%s: valid, %d keys\n", c.File, len(d.Entries()))
	return nil
}

// readSecurity reads a file and checks it, so that its mistakes are told by its own name.
func readSecurity(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	_, err = tenantfile.Parse(b)
	var p tenantfile.Problems
	if errors.As(err, &p) {
		for _, x := range p {
			fmt.Fprintf(os.Stderr, "%s:%d:%d: %s\n", file, x.Line, x.Column, x.Text(text.EN))
		}
		return nil, fmt.Errorf("%s: not valid", file)
	}
	return b, err
}

type securityMintCmd struct {
	operator
	Organization string   `help:"Slug or id." required:"" placeholder:"SLUG"`
	Name         string   `help:"Name of the key." required:""`
	Permissions  []string `help:"Scopes; '*' is all of them." required:"" placeholder:"SCOPE"`
}

func (c *securityMintCmd) Run(ctx context.Context) error {
	k, err := server.MintTenantKey.Do(ctx, c.target(), server.NewTenantKey{Organization: c.Organization, Name: c.Name, Permissions: c.Permissions})
	if err != nil {
		return err
	}
	return c.show(k, func(w *tabwriter.Writer) { fmt.Fprintf(w, "%s\n", k.Token) })
}

func printDiff(lines []tenantfile.DiffLine) {
	for _, l := range lines {
		fmt.Printf("%c %s\n", l.Op, l.Text)
	}
}
