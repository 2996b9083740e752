package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"airside/internal/base/db"
)

// Migrate opens the store, which brings its schema up to date, and returns the schema's number.
func Migrate(ctx context.Context, t Target) (int64, error) {
	d, err := db.Open(ctx, storeOptions(t))
	if errors.Is(err, db.ErrInUse) {
		return 0, fmt.Errorf("%w: the server that uses it has brought it up to date", err)
	}
	if err != nil {
		return 0, err
	}
	defer d.Close()
	return d.SchemaVersion(ctx)
}

// Restore reads a backup into an empty store.
func Restore(ctx context.Context, t Target, file string) (rows int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return db.Restore(ctx, storeOptions(t), f)
}

func storeOptions(t Target) db.Options {
	return db.Options{Dir: t.Store.Data, URL: t.Store.DatabaseURL, Log: t.Logger}
}

// BackupFile names the file to write.
type BackupFile struct{ File string }

// BackupResult says what was written.
type BackupResult struct {
	File string `json:"file"`
	Rows int64  `json:"rows"`
}

// Backup writes the whole store to a new file, which is complete or absent.
var Backup = command("backup", func(ctx context.Context, s *Server, a BackupFile) (BackupResult, error) {
	if _, err := os.Lstat(a.File); err == nil {
		return BackupResult{}, fmt.Errorf("%s exists already; name a new file", a.File)
	}
	if err := s.Tenants.LoadAll(ctx); err != nil { // what was edited by hand belongs to it
		return BackupResult{}, err
	}
	f, err := os.CreateTemp(filepath.Dir(a.File), ".airside-backup-*")
	if err != nil {
		return BackupResult{}, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	rows, err := s.DB.Dump(ctx, f)
	if err != nil {
		return BackupResult{}, err
	}
	if err := f.Sync(); err != nil {
		return BackupResult{}, err
	}
	if err := os.Link(f.Name(), a.File); err != nil { // refuses a file that came meanwhile
		return BackupResult{}, err
	}
	return BackupResult{File: a.File, Rows: rows}, nil
})
