package id

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	if s, ok := Parse("0195B4C2-6D1E-7C3A-9F10-2B7E5A9C0D41"); !ok || s != "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41" {
		t.Error(s, ok)
	}
	for _, bad := range []string{"", "x", "0195b4c26d1e7c3a9f102b7e5a9c0d41", "{0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41}", "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d4g", "../../../../../../../../../etc/passwd"} {
		if s, ok := Parse(bad); ok {
			t.Errorf("%q was read as %s", bad, s)
		}
	}
}

func TestPrefixedIDsAreUniqueAndSortByAge(t *testing.T) {
	var ids []string
	for range 10_000 {
		ids = append(ids, NewPrefixed("evt_"))
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("not in order, or not unique")
	}
	for _, s := range ids[:10] {
		if !IsPrefixed("evt_", s) {
			t.Errorf("%s is not recognised", s)
		}
	}
	for _, bad := range []string{"evt_", "evt_01JD8Z", "EVT_01M813RS4HFEFTC4CGZ1XVGX1S", "evt_01M813RS4HFEFTC4CGZ1XVGX1U", "evt_01M813RS4HFEFTC4CGZ1XVGX1S0"} {
		if IsPrefixed("evt_", bad) {
			t.Errorf("%s is taken for an id", bad)
		}
	}
}
