package logbook

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedFile reads one of the real files kept beside the repository. They are test data under other
// licences, so they are not in it.
func sharedFile(t testing.TB, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", "data", name)
		if data, err := os.ReadFile(path); err == nil {
			return data
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skipf("shared/data is not here: looked for %s in every folder above this package", name)
		}
		dir = parent
	}
}

func parseFile(t *testing.T, name string, data []byte) *File {
	t.Helper()
	f, err := Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func countCode(f *File, code string) int {
	n := 0
	for _, finding := range f.Findings {
		if finding.Code == code {
			n++
		}
	}
	return n
}

func codes(f *File) map[string]int {
	m := map[string]int{}
	for _, finding := range f.Findings {
		m[finding.Code]++
	}
	return m
}
