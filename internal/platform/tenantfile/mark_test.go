package tenantfile

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestOneMark: processes that meet an unmarked folder at the same moment read one mark, and leave nothing beside it.
func TestOneMark(t *testing.T) {
	for range 200 {
		dir := t.TempDir()
		marks := make([]string, 4)
		var wg sync.WaitGroup
		for i := range marks {
			wg.Go(func() {
				root, err := os.OpenRoot(dir)
				if err != nil {
					t.Error(err)
					return
				}
				defer root.Close()
				if marks[i], err = readMark(root); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, m := range marks {
			if m == "" || m != marks[0] {
				t.Fatalf("%q", marks)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 1 {
			t.Fatalf("left %v", left)
		}
	}
}

// TestEmptyMark: a mark that was emptied is made anew.
func TestEmptyMark(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, markName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if m, err := readMark(root); err != nil || m == "" {
		t.Fatal(m, err)
	}
}
