package webhooks_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"airside/test/airside"
)

// TestSQLiteFails has the file of the embedded store locked by another program, its disk fill up, and writing to it fail.
func TestSQLiteFails(t *testing.T) {
	t.Run("locked by another program", func(t *testing.T) {
		t.Parallel()
		s := airside.Serve(t, airside.Store{Data: t.TempDir()})
		begin, end := locking(t, "sqlite", "file:"+filepath.Join(s.Data, "airside.db"), "BEGIN EXCLUSIVE")
		endures(t, s, failure{begin: begin, end: end, unready: true})
	})
	t.Run("disk full", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := mount(t, dir, "24m"); err != nil { // not allowed: a file may not grow instead
			s := airside.Serve(t, airside.Store{Data: dir})
			endures(t, s, failure{begin: noFileBeyond(t, s, 1<<20), end: noFileBeyond(t, s, 0), partly: true})
			return
		}
		s := airside.Serve(t, airside.Store{Data: dir})
		filler := filepath.Join(dir, "filler")
		endures(t, s, failure{begin: func() { fillUp(t, filler) }, end: func() { os.Remove(filler) }, partly: true})
	})
	t.Run("writing fails", func(t *testing.T) {
		t.Parallel()
		s := airside.Serve(t, airside.Store{Data: t.TempDir()})
		endures(t, s, failure{begin: noFileBeyond(t, s, 1), end: noFileBeyond(t, s, 0), unready: true})
	})
	t.Run("read-only", func(t *testing.T) {
		t.Parallel()
		s := airside.Serve(t, airside.Store{Data: t.TempDir()})
		f := failure{begin: noFileBeyond(t, s, 1), end: noFileBeyond(t, s, 0), unready: true}
		if immutable(s.Data, true) == nil { // allowed to
			f.begin = func() { immutable(s.Data, true) }
			f.end = func() { immutable(s.Data, false) }
			f.end()
			t.Cleanup(f.end)
		}
		endures(t, s, f)
	})
}

// locking takes a lock in a session of its own, and lets it go.
func locking(t *testing.T, driver, address string, statements ...string) (begin, end func()) {
	pool, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	conn, err := pool.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	begin = func() {
		for _, s := range append([]string{}, statements...) {
			for { // SQLite's lock is free for moments only
				_, err := conn.ExecContext(context.Background(), s)
				if err == nil {
					break
				}
				if driver != "sqlite" {
					t.Fatal(err)
				}
			}
		}
	}
	return begin, func() { conn.ExecContext(context.Background(), "ROLLBACK"); conn.Close() }
}

// noFileBeyond bounds how large a file the server may write, 0 for as large as before: writes beyond it fail.
func noFileBeyond(t *testing.T, s *airside.Server, size uint64) func() {
	limit := fmt.Sprint(size, ":")
	if size == 0 {
		limit = "unlimited:"
	}
	return func() {
		if out, err := exec.Command("prlimit", "--pid", fmt.Sprint(s.PID()), "--fsize="+limit).CombinedOutput(); err != nil {
			t.Errorf("prlimit: %v %s", err, out)
		}
	}
}

// immutable has the kernel refuse to write to the files of the store, also to who has them open.
func immutable(dir string, on bool) error {
	flag := "-i"
	if on {
		flag = "+i"
	}
	files, err := filepath.Glob(filepath.Join(dir, "airside.db*"))
	if err != nil || len(files) == 0 {
		return errors.New("no files")
	}
	return exec.Command("chattr", append([]string{flag}, files...)...).Run()
}

// mount puts a small file system of its own at a folder.
func mount(t *testing.T, dir, size string) error {
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).Run(); err != nil {
		return err
	}
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
	return nil
}

// fillUp writes a file until there is no room left.
func fillUp(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; { // in smaller and smaller pieces, to the last byte
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
