package webhook

import (
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Both engines take every statement that is put together here; the checker of base/db prepares the constants.
func TestQueriesOnBothEngines(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		svc := New(Options{DB: d})
		for _, st := range []Status{"", Pending, Delivering, Succeeded, Failed, Cancelled} {
			for _, after := range []page.Position{{}, {ChangeNo: 4, ID: "x"}} {
				f := DeliveryFilter{EndpointID: "e", Status: st, EventType: "t", From: 1, To: 2}
				if _, err := svc.ListDeliveries(t.Context(), scope.System("o"), f, page.Page{Limit: 1, After: after}); err != nil {
					t.Errorf("%s after %v: %v", st, after, err)
				}
			}
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for _, n := range []int{1, 2, 8, 9, 64, 65, 256, 300, 600} {
				ids := make([]DeliveryID, n)
				for i := range ids {
					ids[i] = "x"
				}
				if _, err := deleteDues(tx, ids); err != nil {
					return err
				}
				if _, err := finishedAmong(tx, ids); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
