package tenantfile_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
)

// house is a service with one organization.
type house struct {
	t   *testing.T
	db  *db.DB
	dir string
	*tenantfile.Service
	who scope.Principal
}

func newHouse(t *testing.T, d *db.DB, files bool) *house {
	t.Helper()
	h := &house{t: t, db: d}
	if files {
		h.dir = t.TempDir() + "/tenants"
	}
	h.Service = tenantfile.New(tenantfile.Options{DB: d, Dir: h.dir, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(h.Close)
	o, _, err := org.New(org.Options{DB: d}).Create(context.Background(), scope.Operator(""), org.NewOrganization{Slug: "aero-club", Name: "Aero-Club", Kind: org.School,
		OwnerEmail: "o@example.org", OwnerName: "Olga Owner"})
	if err != nil {
		t.Fatal(err)
	}
	h.who = scope.Operator(o.ID)
	return h
}

// each runs a test on both engines and both stores.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	for _, files := range []bool{true, false} {
		name := map[bool]string{true: "files", false: "database"}[files]
		t.Run(name, func(t *testing.T) {
			dbtest.EachOpen(t, func(t *testing.T, d *db.DB) { test(t, newHouse(t, d, files)) })
		})
	}
}

// mint makes a key and returns its token.
func (h *house) mint(name string, permissions ...string) string {
	h.t.Helper()
	_, token, err := h.Create(h.t.Context(), h.who, tenantfile.NewKey{Name: name, Enabled: true, Permissions: permissions})
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func (h *house) works(token string) bool {
	h.t.Helper()
	_, err := h.Verify(h.t.Context(), token, netip.Addr{}, h.who.Org)
	if err != nil && fault.KindOf(err) != fault.Unauthenticated {
		h.t.Fatal(err)
	}
	return err == nil
}

func (h *house) path(more ...string) string {
	return filepath.Join(append([]string{h.dir, string(h.who.Org)}, more...)...)
}

// soon waits until something is so, as an edit by hand takes a moment.
func (h *house) soon(what string, ok func() bool) {
	h.t.Helper()
	for until := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			h.t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func (h *house) state() tenantfile.State {
	h.t.Helper()
	st, err := h.State(h.t.Context(), h.who)
	if err != nil {
		h.t.Fatal(err)
	}
	return st
}

// TestUnreadable: whatever lies in the place of the file, the last good one stays in force, the state names what is wrong, a
// change is refused, and what is outside the folder is neither read nor written.
func TestUnreadable(t *testing.T) {
	outside := func(h *house) string {
		file := filepath.Join(h.t.TempDir(), "outside.yml")
		h.must(os.WriteFile(file, []byte("apiKeys: {}\n"), 0o600))
		return file
	}
	for name, c := range map[string]struct {
		code string
		make func(h *house) (undo func())
	}{
		"a link": {"security_file_link", func(h *house) func() {
			h.must(os.Symlink(outside(h), h.path("security.yml")))
			return func() {}
		}},
		"a link to nowhere": {"security_file_link", func(h *house) func() {
			h.must(os.Symlink(filepath.Join(h.t.TempDir(), "nothing"), h.path("security.yml")))
			return func() {}
		}},
		"a link to another tenant's": {"security_file_link", func(h *house) func() {
			other := filepath.Join(h.dir, "0195b4c0-0f3e-7a51-8c11-52d7f0a1b2c3")
			h.must(os.Mkdir(other, 0o700))
			h.must(os.WriteFile(filepath.Join(other, "security.yml"), nil, 0o600))
			h.must(os.Symlink("../0195b4c0-0f3e-7a51-8c11-52d7f0a1b2c3/security.yml", h.path("security.yml")))
			return func() {}
		}},
		"a folder that is a link": {"security_file_link", func(h *house) func() {
			elsewhere := h.t.TempDir()
			h.must(os.RemoveAll(h.path()))
			h.must(os.Symlink(elsewhere, h.path()))
			h.t.Cleanup(func() {
				if left, _ := os.ReadDir(elsewhere); len(left) > 0 {
					h.t.Errorf("written outside: %v", left)
				}
			})
			return func() { h.must(os.Remove(h.path())); h.must(os.Mkdir(h.path(), 0o700)) }
		}},
		"a folder": {"security_file_not_a_file", func(h *house) func() {
			h.must(os.Mkdir(h.path("security.yml"), 0o700))
			return func() {}
		}},
		"a pipe": {"security_file_not_a_file", func(h *house) func() {
			h.must(syscall.Mkfifo(h.path("security.yml"), 0o600))
			return func() {}
		}},
		"50 MB": {"security_file_too_large", func(h *house) func() {
			h.must(os.WriteFile(h.path("security.yml"), bytes.Repeat([]byte("# nothing\n"), 5<<20), 0o600))
			return func() {}
		}},
		"half of it": {"", func(h *house) func() {
			h.must(os.WriteFile(h.path("security.yml"), []byte("apiKeys:\n  job:\n    hash: 46fe09c0e1975101bc"), 0o600))
			return func() {}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
			token := h.mint("job", "public.flights:read")
			good, err := os.ReadFile(h.path("security.yml"))
			h.must(err)
			h.must(os.Remove(h.path("security.yml")))
			undo := c.make(h)
			h.soon("the mistake to be known", func() bool { return len(h.state().Mistakes) > 0 })
			st := h.state()
			if c.code != "" && st.Mistakes[0].Code != c.code || st.Keys != 1 {
				t.Errorf("%+v", st)
			}
			if c.code == "" && st.Mistakes[0].Line == 0 {
				t.Errorf("no line: %+v", st)
			}
			if !h.works(token) {
				t.Error("the last good one is not in force")
			}
			if _, _, err := h.Create(t.Context(), h.who, tenantfile.NewKey{Name: "more"}); fault.KindOf(err) != fault.Conflict {
				t.Errorf("a change: %v", err)
			}
			undo()
			h.must(os.RemoveAll(h.path("security.yml")))
			h.must(os.WriteFile(h.path("security.yml"), good, 0o600))
			h.soon("all to be well", func() bool { return len(h.state().Mistakes) == 0 })
			h.mint("more")
		})
	}
}

// TestForbidden: a file that the server may not read is told so.
func TestForbidden(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	token := h.mint("job", "public.flights:read")
	h.must(os.Chmod(h.path("security.yml"), 0))
	if os.Getuid() == 0 { // who may read everything becomes somebody who may not
		h.must(os.Chmod(h.dir, 0o755))
		h.must(os.Chmod(h.path(), 0o755))
		runtime.LockOSThread() // never unlocked: the thread ends with the test
		h.must(syscall.Setfsuid(65534))
		defer syscall.Setfsuid(0)
	}
	h.soon("the mistake to be known", func() bool { m := h.state().Mistakes; return len(m) == 1 && m[0].Code == "security_file_forbidden" })
	if !h.works(token) {
		t.Error("the last good one is not in force")
	}
}

// TestStaleSave: a program that read the file before a change of the API, and saves it after, undoes nothing; what it
// changed itself stays.
func TestStaleSave(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	gone, kept := h.mint("gone", "public.flights:read"), h.mint("kept", "public.flights:read")
	read, err := os.ReadFile(h.path("security.yml"))
	h.must(err)
	h.must(h.Delete(t.Context(), h.who, "gone"))
	made := h.mint("made", "public.pilots:read")
	if _, err := h.Update(t.Context(), h.who, "kept", false, nil); err != nil {
		t.Fatal(err)
	}
	h.must(os.WriteFile(h.path("security.yml"), append([]byte("# by hand\n"), read...), 0o600))
	for until := time.Now().Add(300 * time.Millisecond); time.Now().Before(until); {
		if h.works(gone) || h.works(kept) || !h.works(made) {
			t.Fatalf("undone: works gone %v, kept %v, made %v", h.works(gone), h.works(kept), h.works(made))
		}
	}
	text, err := os.ReadFile(h.path("security.yml"))
	h.must(err)
	if !bytes.HasPrefix(text, []byte("# by hand\n")) || bytes.Contains(text, []byte("gone:")) || !bytes.Contains(text, []byte("made:")) {
		t.Errorf("the file is\n%s", text)
	}
	// The same text after a while is meant: the key is put back by hand, and works.
	h.soon("a key put back by hand to work", func() bool {
		h.must(os.WriteFile(h.path("security.yml"), read, 0o600))
		time.Sleep(100 * time.Millisecond)
		return h.works(gone)
	})
}

// TestUnaudited: a change that the audit log did not hear of, by a hand or by a crash, is entered when it is found.
func TestUnaudited(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	h := newHouse(t, d, true)
	token := h.mint("job", "public.flights:read")
	text, err := os.ReadFile(h.path("security.yml"))
	h.must(err)
	h.must(os.WriteFile(h.path("security.yml"), bytes.Replace(text, []byte("enabled: true"), []byte("enabled: false"), 1), 0o600))
	again := tenantfile.New(tenantfile.Options{DB: d, Dir: h.dir, Log: slog.New(slog.DiscardHandler)}) // as after a restart
	t.Cleanup(again.Close)
	h.Service = again
	h.soon("it to be in force", func() bool { return !h.works(token) })
	st := h.state()
	if st.Source != tenantfile.FromOutside || len(st.Diff) == 0 {
		t.Errorf("%+v", st)
	}
	found, err := audit.New(d).List(t.Context(), h.who, audit.Filter{Verb: "security_file.change"}, page.Page{Limit: 10})
	h.must(err)
	if len(found.Rows) != 1 {
		t.Errorf("%d entries", len(found.Rows))
	}
}

// TestRestored: a store that came from a backup writes its documents into a folder that has none.
func TestRestored(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	h := newHouse(t, d, true)
	token := h.mint("job", "public.flights:read")
	h.dir = t.TempDir() + "/tenants"
	h.Service = tenantfile.New(tenantfile.Options{DB: d, Dir: h.dir, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(h.Close)
	if !h.works(token) {
		t.Error("the key does not work")
	}
	if text, err := os.ReadFile(h.path("security.yml")); err != nil || !bytes.Contains(text, []byte("job:")) {
		t.Errorf("%v %s", err, text)
	}
}

// TestTokens: ours name their tenant, and a wrong character is found without looking.
func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.mint("job", "*")
		who, err := h.Verify(t.Context(), token, netip.Addr{}, "")
		h.must(err)
		if who.Org != h.who.Org || who.Kind != scope.KindTenant || who.Label != "job" || !who.Can(scope.All) || who.Can(scope.FlightsApprove) {
			t.Errorf("%+v", who)
		}
		for i := range token {
			wrong := []byte(token)
			if wrong[i] = 'x'; token[i] == 'x' {
				wrong[i] = 'y'
			}
			if _, err := h.Verify(t.Context(), string(wrong), netip.Addr{}, ""); fault.KindOf(err) != fault.Unauthenticated {
				t.Errorf("with another character %d: %v", i, err)
			}
		}
		for _, bad := range []string{"", "x", strings.Repeat("x", 600), "gaf_tk_", tenantfile.Prefix + strings.Repeat("z", 60)} {
			if _, err := h.Verify(t.Context(), bad, netip.Addr{}, h.who.Org); fault.KindOf(err) != fault.Unauthenticated {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

// TestLastUse: a use is known at once, and survives; a key of the same name made anew has none.
func TestLastUse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.mint("job", "*")
		who, err := h.Verify(t.Context(), token, netip.Addr{}, "")
		h.must(err)
		last := func() clock.Time {
			k, err := h.Get(t.Context(), h.who, "job")
			h.must(err)
			return k.LastUsedAt
		}
		if last() != 0 {
			t.Error("used before it was")
		}
		h.Used(who, netip.MustParseAddr("192.0.2.7"))
		if last() == 0 {
			t.Error("the use is not known")
		}
		h.must(h.Flush(t.Context()))
		if last() == 0 {
			t.Error("the use is forgotten")
		}
		h.must(h.Delete(t.Context(), h.who, "job"))
		h.mint("job", "*")
		if last() != 0 {
			t.Error("another key has its use")
		}
	})
}

// TestImport: a document comes in whole, unless somebody changed it since it was written out.
func TestImport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.mint("job", "*")
		text, version, err := h.Export(t.Context(), h.who)
		h.must(err)
		h.mint("between")
		off := bytes.Replace(text, []byte("enabled: true"), []byte("enabled: false"), 1)
		if _, err := h.Import(t.Context(), h.who, off, version); fault.KindOf(err) != fault.Precondition {
			t.Errorf("over a change: %v", err)
		}
		if _, err := h.Import(t.Context(), h.who, []byte("apiKeys: 3\n"), -1); err == nil {
			t.Error("a mistake came in")
		}
		st, err := h.Import(t.Context(), h.who, off, -1)
		h.must(err)
		if h.works(token) || st.Keys != 1 || st.Source != tenantfile.FromImport {
			t.Errorf("works %v, %+v", h.works(token), st)
		}
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestLeaked: whoever finds a token ends it, in the document; what is not one of ours is passed over.
func TestLeaked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token, other := h.mint("job", "*"), h.mint("other", "*")
		h.must(h.ReportLeaked(t.Context(), []string{"x", " " + token + "\n", tenantfile.Prefix + "0", token}, "https://code.example/file"))
		if h.works(token) || !h.works(other) {
			t.Errorf("works: the leaked one %v, the other %v", h.works(token), h.works(other))
		}
		if k, err := h.Get(t.Context(), h.who, "job"); err != nil || k.Enabled {
			t.Errorf("%+v %v", k, err)
		}
	})
}

// again is the same folder and store as another process has them, or this one after a restart.
func (h *house) again(dir string) *house {
	h.t.Helper()
	n := &house{t: h.t, db: h.db, dir: dir, who: h.who}
	n.Service = tenantfile.New(tenantfile.Options{DB: h.db, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	h.t.Cleanup(n.Close)
	return n
}

func (h *house) outside() int {
	h.t.Helper()
	found, err := audit.New(h.db).List(h.t.Context(), h.who, audit.Filter{Verb: "security_file.change"}, page.Page{Limit: 200})
	h.must(err)
	return len(found.Rows)
}

// TestRestoredAndChanged: whatever comes first after a restore, or after the database had the documents, begins from all of it.
func TestRestoredAndChanged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.mint("job", "public.flights:read")
		for what, first := range map[string]func(h *house){
			"a change": func(h *house) { h.mint("more") },
			"a report": func(h *house) {
				h.must(h.ReportLeaked(t.Context(), []string{token[:len(token)-6] + "000000", token + "x"}, ""))
			},
			"a look": func(h *house) { h.works(token) },
		} {
			n := h.again(t.TempDir() + "/tenants")
			first(n)
			if !n.works(token) {
				t.Errorf("after %s the key does not work", what)
			}
			if what == "a change" {
				h.must(n.Delete(t.Context(), h.who, "more"))
			}
		}
		if n := h.outside(); n != 0 {
			t.Errorf("%d changes from outside are in the audit log", n)
		}
	})
}

// TestEmptied: who saves in place empties the file first, and may be held up before the rest comes. A file that stays empty
// is meant to be.
func TestEmptied(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	token := h.mint("job", "public.flights:read")
	text, err := os.ReadFile(h.path("security.yml"))
	h.must(err)
	h.must(os.WriteFile(h.path("security.yml"), nil, 0o600))
	for until := time.Now().Add(300 * time.Millisecond); time.Now().Before(until); {
		if !h.works(token) {
			t.Fatal("half a save was taken for a whole one")
		}
	}
	h.must(os.WriteFile(h.path("security.yml"), text, 0o600))
	h.mint("more")
	h.must(os.WriteFile(h.path("security.yml"), nil, 0o600))
	h.soon("the keys to be refused", func() bool { return !h.works(token) })
}

// TestFolderTakenAway: a tenant's folder that is taken away takes its keys along, also before a change.
func TestFolderTakenAway(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	token := h.mint("job", "public.flights:read")
	h.must(os.RemoveAll(h.path()))
	h.soon("the key to be refused", func() bool { return !h.works(token) })
	h.mint("more")
	if h.works(token) {
		t.Error("the key is back")
	}
}

// TestOldFiles: a file from before the database had the document is set aside, and opens nothing.
func TestOldFiles(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	token := h.mint("job", "public.flights:read")
	h.must(h.again("").Delete(t.Context(), h.who, "job"))
	n := h.again(h.dir)
	if n.works(token) {
		t.Error("a key that was deleted meanwhile works")
	}
	if lost, _ := filepath.Glob(h.path("security.yml.lost.*")); len(lost) != 1 {
		t.Errorf("set aside: %v", lost)
	}
}

// TestCallerEnded: a key that was let in, and ended before its change was made, makes none.
func TestCallerEnded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		evil, err := h.Verify(t.Context(), h.mint("evil", "*"), netip.Addr{}, h.who.Org)
		h.must(err)
		h.must(h.Delete(t.Context(), h.who, "evil"))
		if _, _, err := h.Create(t.Context(), evil, tenantfile.NewKey{Name: "more", Enabled: true, Permissions: []string{"*"}}); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("a deleted key makes another: %v", err)
		}
		h.mint("evil", "*")
		if err := h.Delete(t.Context(), evil, "evil"); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("a deleted key acts as another of its name: %v", err)
		}
		if _, err := h.Update(t.Context(), h.who, "evil", true, &[]string{"tenant.apiKey:write"}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestRenamedByHand: a key that the API has just made may be renamed in the file.
func TestRenamedByHand(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	token := h.mint("made", "public.flights:read")
	text, err := os.ReadFile(h.path("security.yml"))
	h.must(err)
	h.must(os.WriteFile(h.path("security.yml"), bytes.Replace(text, []byte("made:"), []byte("renamed:"), 1), 0o600))
	h.soon("the new name", func() bool { _, err := h.Get(t.Context(), h.who, "renamed"); return err == nil })
	if !h.works(token) || len(h.state().Mistakes) > 0 {
		t.Errorf("works %v, %+v", h.works(token), h.state())
	}
}

// TestClosedByHand: what a hand closes stays closed, although it shows a key as it stood before the API opened it.
func TestClosedByHand(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	token := h.mint("job", "public.flights:read")
	set := func(enabled bool) {
		_, err := h.Update(t.Context(), h.who, "job", enabled, nil)
		h.must(err)
	}
	close := func() {
		text, err := os.ReadFile(h.path("security.yml"))
		h.must(err)
		h.must(os.WriteFile(h.path("security.yml"), bytes.Replace(text, []byte("enabled: true"), []byte("enabled: false"), 1), 0o600))
	}
	set(false)
	set(true)
	time.Sleep(1100 * time.Millisecond) // who reacts to a change takes longer than a program
	close()
	h.soon("the key to be refused", func() bool { return !h.works(token) })
	time.Sleep(100 * time.Millisecond)
	if h.works(token) {
		t.Error("it was opened again")
	}
	// And at once, where whoever closed it looked at another key as well.
	set(true)
	h.mint("other")
	text, err := os.ReadFile(h.path("security.yml"))
	h.must(err)
	h.must(os.WriteFile(h.path("security.yml"), bytes.ReplaceAll(text, []byte("enabled: true"), []byte("enabled: false")), 0o600))
	h.soon("the key to be refused", func() bool { return !h.works(token) })
	if text, _ := os.ReadFile(h.path("security.yml")); bytes.Contains(text, []byte("enabled: true")) {
		t.Errorf("it was opened again:\n%s", text)
	}
}

// TestLeakedInBrokenFile: a leaked key ends also while the file has a mistake, and a report makes no folders.
func TestLeakedInBrokenFile(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	token, other := h.mint("job", "*"), h.mint("other", "*")
	h.must(os.WriteFile(h.path("security.yml"), []byte("apiKeys: 3\n"), 0o600))
	h.soon("the mistake to be known", func() bool { return len(h.state().Mistakes) > 0 })
	h.must(h.ReportLeaked(t.Context(), []string{token}, ""))
	if h.works(token) || !h.works(other) {
		t.Errorf("works: the leaked one %v, the other %v", h.works(token), h.works(other))
	}
}

// TestStoredMistake: a stored document that rules have become too strict for is no empty one.
func TestStoredMistake(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.mint("job", "*")
		h.must(h.db.Write(t.Context(), func(tx *db.Tx) error {
			tx.ChangeAuthority()
			_, err := tx.Exec("UPDATE tenant_security SET document = 'apiKeys: 3', version = version + 1")
			return err
		}))
		n := h.again(h.dir)
		if n.works(token) || len(n.state().Mistakes) == 0 {
			t.Errorf("works %v, %+v", n.works(token), n.state())
		}
		if _, _, err := n.Create(t.Context(), h.who, tenantfile.NewKey{Name: "more"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a change: %v", err)
		}
	})
}

// TestLeftBehind: what a crash left of a write is taken away, and somebody's save set aside.
func TestLeftBehind(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLite(t)), true)
	h.mint("job", "*")
	text, err := os.ReadFile(h.path("security.yml"))
	h.must(err)
	h.must(os.WriteFile(h.path(".security.yml.abc"), text, 0o600))
	h.must(os.WriteFile(h.path(".security.yml.def"), text[:20], 0o600))
	h.must(os.WriteFile(h.path(".security.yml.ghi"), append([]byte("# somebody's\n"), text...), 0o600))
	h.mint("more")
	left, _ := filepath.Glob(h.path(".*"))
	lost, _ := filepath.Glob(h.path("*.lost.*"))
	if len(left) != 0 || len(lost) != 1 {
		t.Errorf("left %v, set aside %v", left, lost)
	}
}

// TestTwoProcesses: two processes on one folder do not take each other's changes for a hand's.
func TestTwoProcesses(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.Postgres(t)), true)
	n := h.again(h.dir)
	done := make(chan error, 2)
	for i, p := range []*house{h, n} {
		go func() {
			for k := range 20 {
				_, _, err := p.Create(t.Context(), h.who, tenantfile.NewKey{Name: fmt.Sprintf("k%d-%d", i, k), Enabled: true, Permissions: []string{"*"}})
				if err != nil {
					done <- err
					return
				}
				p.Verify(t.Context(), "x", netip.Addr{}, h.who.Org)
			}
			done <- nil
		}()
	}
	h.must(<-done)
	h.must(<-done)
	if st := n.state(); st.Keys != 40 || h.outside() != 0 {
		t.Errorf("%d keys, %d changes from outside", st.Keys, h.outside())
	}
}
