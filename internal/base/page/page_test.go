package page

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestCursorRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Page{Filter: rapid.String().Draw(t, "filter")}
		at := Position{ChangeNo: rapid.Int64Range(0, 1<<62).Draw(t, "no"), ID: rapid.StringMatching(`[!-~]{0,64}`).Draw(t, "id")}
		got, err := Parse(p.Cursor(at), p.Filter)
		if err != nil || got != at {
			t.Fatalf("%+v came back as %+v, %v", at, got, err)
		}
	})
}

func TestCursorBelongsToItsFilters(t *testing.T) {
	c := Page{Filter: "status=approved"}.Cursor(Position{ChangeNo: 7, ID: "x"})
	if _, err := Parse(c, "status=draft"); !errors.Is(err, ErrOtherFilter) {
		t.Errorf("other filters: %v", err)
	}
	for _, bad := range []string{"", "x", "!!!!", c[:len(c)-3] + "é", "AAAA", c + "=", "Ag" + c[2:]} {
		if at, err := Parse(bad, "status=approved"); !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrOtherFilter) {
			t.Errorf("%q was read as %+v, %v", bad, at, err)
		}
	}
}

func TestCut(t *testing.T) {
	if p := Cut([]int{1, 2, 3}, 2); len(p.Rows) != 2 || !p.More {
		t.Error(p)
	}
	if p := Cut([]int{1, 2}, 2); len(p.Rows) != 2 || p.More {
		t.Error(p)
	}
}

// FuzzCursor: whatever is read as a cursor is one that we would write for that position.
func FuzzCursor(f *testing.F) {
	f.Add("", "")
	f.Add(Page{Filter: "a=b"}.Cursor(Position{ChangeNo: 3, ID: "01a2"}), "a=b")
	f.Add("AXmisoGXXCAwMWEyMDIzYy01NmIxLTczM2QtOWEyNS00ZTFmYjM5Zjk5YTQ", "limit")
	f.Fuzz(func(t *testing.T, cursor, filter string) {
		at, err := Parse(cursor, filter)
		if err != nil {
			return
		}
		again, err := Parse(Page{Filter: filter}.Cursor(at), filter)
		if err != nil || again != at {
			t.Errorf("%q gives %+v, which comes back as %+v, %v", cursor, at, again, err)
		}
	})
}
