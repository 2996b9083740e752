package archtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// root is the repository, seen from this folder.
const root = "../.."

// maxLines is how long a Go file may be that is not a test.
const maxLines = 600

// openMark is a note of something left undone. (Put together here so that this
// file carries none.)
var openMark = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)

// notOurs are folders that .gitignore names, and git's own.
var notOurs = map[string]bool{".git": true, "bin": true, "data": true, "test/node/node_modules": true}

func TestFiles(t *testing.T) {
	problems, err := checkFiles(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}

func checkFiles(repository fs.FS) ([]string, error) {
	var problems []string
	err := fs.WalkDir(repository, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) { // somebody's editor was quicker
				return nil
			}
			return err
		}
		if entry.IsDir() && notOurs[name] {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		content, err := fs.ReadFile(repository, name)
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		problems = append(problems, checkFile(name, content)...)
		return nil
	})
	return problems, err
}

func checkFile(name string, content []byte) []string {
	if bytes.IndexByte(content, 0) >= 0 { // not text
		return nil
	}
	var problems []string
	lines := bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n"))
	for i, line := range lines {
		if mark := openMark.Find(line); mark != nil {
			problems = append(problems, fmt.Sprintf("%s:%d: %s: do it, or write an issue", name, i+1, mark))
		}
	}
	isProductCode := filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go")
	if isProductCode && len(lines) > maxLines {
		problems = append(problems, fmt.Sprintf("%s: %d lines, the limit is %d: one room may be holding two", name, len(lines), maxLines))
	}
	return problems
}

func TestCheckFiles(t *testing.T) {
	mark := "TO" + "DO"
	long := strings.Repeat("\n", maxLines+1)
	files := func(name, content string) fstest.MapFS {
		return fstest.MapFS{name: {Data: []byte(content)}}
	}
	for _, c := range []struct {
		what  string
		files fstest.MapFS
		ok    bool
	}{
		{"a clean file", files("a.go", "package a\n"), true},
		{"an open mark", files("docs/a.md", "fine\n"+mark+": more\n"), false},
		{"the other mark", files("a.go", "// FIX"+"ME\n"), false},
		{"part of a word", files("a.md", "MAS"+mark+"N\n"), true},
		{"in a binary file", files("a.png", "\x00 "+mark), true},
		{"in what was installed", files("test/node/node_modules/x/a.js", mark), true},
		{"in what was built", files("bin/a", mark), true},
		{"in a folder called data further down", files("internal/data/a.md", mark), false},
		{"exactly the limit", files("a.go", strings.Repeat("\n", maxLines)), true},
		{"one line too many", files("a.go", long), false},
		{"a long test", files("a_test.go", long), true},
		{"a long text", files("a.csv", long), true},
	} {
		problems, err := checkFiles(c.files)
		if err != nil {
			t.Fatal(err)
		}
		if (len(problems) == 0) != c.ok {
			t.Errorf("%s: %q", c.what, problems)
		}
	}
}
