package blackbox_test

import (
	"path/filepath"
	"testing"

	"airside/test/airside"
)

// dumpKey is the master key of the dumps; it opens nothing else.
const dumpKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// TestLandedSchemasAreUpgraded restores a dump of each schema that has landed, on both engines, and looks whether all of
// it is there and agrees.
func TestLandedSchemasAreUpgraded(t *testing.T) {
	dumps, err := filepath.Glob(filepath.Join("..", "..", "internal", "base", "db", "schema", "testdata", "*.gz"))
	if err != nil || len(dumps) == 0 {
		t.Fatal(dumps, err)
	}
	t.Setenv("AIRSIDE_MASTER_KEY", dumpKey)
	for _, dump := range dumps {
		t.Run(filepath.Base(dump), func(t *testing.T) {
			eachStore(t, func(t *testing.T, store airside.Store) {
				airside.Run(t, store, "restore", dump)
				airside.Run(t, store, "check")
				s := airside.Serve(t, store)
				key := airside.Run(t, store, "key", "mint", "--organization", "aero-club-seeland", "--name", "after")
				var orgs []struct{ ID string }
				decode(t, airside.Run(t, store, "organization", "list", "--json"), &orgs)
				flights := 0
				eachRow(t, airside.Client{URL: s.URL, Token: key, Org: orgs[0].ID}, public+"/flights?status=approved", func(map[string]any) { flights++ })
				if flights == 0 {
					t.Error("no flights")
				}
			})
		})
	}
}
