package apps_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/server"
	"airside/test/airside"
)

// TestNothingLeavesThatIsNotConsentedTo ends what installations get while thousands of deliveries to them are due and many
// under way: first one of two event types, which a revision drops, then all, with the app. What is dropped is not sent from
// the answer on, and is cancelled; the rest goes on; and each delivery that came is in the log as one that was made.
func TestNothingLeavesThatIsNotConsentedTo(t *testing.T) {
	const schools, events = 6, 300 // of each type at each school
	eachStore(t, func(t *testing.T, store airside.Store, n int) {
		w := newTown(t, store, schools)
		in := newInbox(t, func() time.Duration { return 50 * time.Millisecond })
		s := airside.Serve(t, store)
		w.at(s)
		m := stall{builder: w.builder, platform: w.platform, scopes: []string{scopeFleet}, events: both}
		m.publish(t, in.URL+"/app")
		for _, school := range w.schools {
			m.school = school
			m.install(t)
		}
		if err := s.Stop(30 * time.Second); err != nil {
			t.Fatal(err)
		}
		inProcess(t, store, func(ctx context.Context, s *server.Server) {
			for _, school := range w.schools {
				happen(t, ctx, s, scope.OrgID(school.ID), events)
			}
		})
		var nodes []*airside.Server
		for range n {
			nodes = append(nodes, airside.Serve(t, store))
		}
		w.at(nodes[0])
		m.builder, m.platform = w.builder, w.platform

		arrived := func(more int) {
			t.Helper()
			want := len(in.at("/app")) + more
			eventually(t, 20*time.Second, "deliveries to come", func() bool { return len(in.at("/app")) >= want })
		}
		arrived(60)
		m.revise(t, []string{"flight.rejected"})
		dropped := time.Now()
		arrived(60)
		m.builder.Manage.Call(t, 200, "POST", m.path("revoke"), nil)
		revoked := time.Now()
		time.Sleep(2 * afterwards)
		latest := map[string]time.Duration{}
		came := map[string]int{}
		for _, m := range in.at("/app") {
			came[m.kind]++
			since := m.came.Sub(revoked)
			if m.kind == "flight.submitted" {
				since = m.came.Sub(dropped)
			}
			if latest[m.kind] = max(latest[m.kind], since); since > afterwards {
				t.Errorf("%s came %s after it was no longer consented to", m.kind, since)
			}
		}
		for _, kind := range both {
			if came[kind] == 0 || came[kind] == schools*events {
				t.Errorf("%d of %d %s came: the test proves nothing", came[kind], schools*events, kind)
			}
		}
		t.Logf("of %d each came %v, at the latest %v after the answer", schools*events, came, latest)
		for _, school := range w.schools {
			for _, status := range []string{"pending", "delivering"} {
				eventually(t, 20*time.Second, "what is due to be cancelled", func() bool {
					var due []obj
					school.Manage.Call(t, 200, "GET", manage+"/webhook-deliveries?limit=1&status="+status, nil).Data(t, &due)
					return len(due) == 0
				})
			}
		}
		for _, s := range nodes {
			if err := s.Stop(30 * time.Second); err != nil {
				t.Error("ordered stop:", err)
			}
		}
		airside.Run(t, store, "check")
		lookInside(t, store, nil)
		theLogAgrees(t, store, in.at("/app"), schools*events)
	})
}

// happen appends events at an organization, of both types in turn.
func happen(t testing.TB, ctx context.Context, s *server.Server, at scope.OrgID, each int) {
	t.Helper()
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		for range each {
			for _, name := range both {
				row, _ := event.Find(event.Type(name))
				if _, err := s.Events.Append(tx, at, row.Type, row.Example); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// revise has a listing with other event types published.
func (m stall) revise(t testing.TB, types []string) {
	t.Helper()
	listing := manage + "/listings/" + m.listing
	m.builder.Manage.Call(t, 200, "PATCH", listing, obj{"event_types": types})
	m.builder.Manage.Call(t, 200, "POST", listing+"/submit", nil)
	var reviews []struct{ ID string }
	m.platform.Manage.Call(t, 200, "GET", manage+"/listing-reviews?status=pending&listing_id="+m.listing, nil).Data(t, &reviews)
	m.platform.Manage.Call(t, 200, "POST", manage+"/listing-reviews/"+reviews[0].ID+"/approve", nil)
}

// theLogAgrees holds the log of deliveries against what came.
func theLogAgrees(t testing.TB, store airside.Store, got []mail, each int) {
	t.Helper()
	var came []string
	for _, m := range got {
		came = append(came, m.delivery)
	}
	slices.Sort(came)
	pool := openStore(t, store)
	defer pool.Close()
	rows, err := pool.Query(`SELECT id, event_type, status, attempts FROM deliveries WHERE event_type LIKE 'flight.%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	logged := map[string]int{}
	for rows.Next() {
		var id, kind, status string
		var attempts int
		if err := rows.Scan(&id, &kind, &status, &attempts); err != nil {
			t.Fatal(err)
		}
		logged[kind]++
		want := "cancelled"
		if _, ok := slices.BinarySearch(came, id); ok {
			want = "succeeded"
		}
		if status != want || (attempts > 0) != (want == "succeeded") {
			t.Errorf("a delivery of %s is %s after %d attempts, not %s", kind, status, attempts, want)
		}
	}
	for _, kind := range both {
		if logged[kind] != each {
			t.Errorf("the log has %d of %d deliveries of %s", logged[kind], each, kind)
		}
	}
}
