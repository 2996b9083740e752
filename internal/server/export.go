package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"airside/internal/base/text"
	"airside/internal/ops/export"
	"airside/internal/platform/scope"
)

// ExportFile says what to write out, and where to.
type ExportFile struct {
	Organization, File string
	Person             string // id or exact name, for a logbook; empty: the whole organization
	Format, Language   string // of a logbook
}

// ExportResult says what was written.
type ExportResult struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

// Export writes a logbook, or all records of an organization, to a new file, which is complete or absent.
var Export = command("export", func(ctx context.Context, s *Server, a ExportFile) (ExportResult, error) {
	who, err := s.operatorOf(ctx, a.Organization)
	if err != nil {
		return ExportResult{}, err
	}
	if _, err := os.Lstat(a.File); err == nil {
		return ExportResult{}, fmt.Errorf("%s exists already; name a new file", a.File)
	}
	f, err := os.CreateTemp(filepath.Dir(a.File), ".airside-export-*")
	if err != nil {
		return ExportResult{}, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := s.export(ctx, who, a, f); err != nil {
		return ExportResult{}, err
	}
	if err := f.Sync(); err != nil {
		return ExportResult{}, err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return ExportResult{}, err
	}
	if err := os.Link(f.Name(), a.File); err != nil { // refuses a file that came meanwhile
		return ExportResult{}, err
	}
	return ExportResult{File: a.File, Bytes: size}, nil
})

func (s *Server) export(ctx context.Context, who scope.Principal, a ExportFile, w io.Writer) error {
	if a.Person == "" {
		_, err := s.Exports.Organization(ctx, who, w)
		return err
	}
	pilot, err := s.pilotOf(ctx, who, a.Person)
	if err != nil {
		return err
	}
	_, err = s.Exports.Logbook(ctx, who, pilot, export.Format(a.Format), text.Negotiate(a.Language), w)
	return err
}
