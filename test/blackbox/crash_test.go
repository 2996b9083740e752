package blackbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"airside/test/airside"
)

// rounds is how many kills a run makes: a few in CI, as many as AIRSIDE_TORTURE says in `make torture`.
func rounds(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("AIRSIDE_TORTURE")); err == nil && n > 0 {
		return n
	}
	return 3
}

// inbox is a receiver that lives as long as the test and counts what it was sent.
type inbox struct {
	*httptest.Server
	mu         sync.Mutex
	events     map[string]int // by event id
	deliveries map[string]int // by delivery id
}

func newInbox(t *testing.T) *inbox {
	in := &inbox{events: map[string]int{}, deliveries: map[string]int{}}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e struct{ ID string }
		b, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(b, &e) != nil {
			return
		}
		in.mu.Lock()
		in.events[e.ID]++
		in.deliveries[r.Header.Get("X-GA-Webhook-Delivery")]++
		in.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(in.Close)
	return in
}

// TestKilledAtAnyMoment kills the server at random moments while flights are submitted and approved. Whatever was
// acknowledged is there afterwards, with its event, its delivery and its audit entry; every delivery ends; the
// counters agree with the flights and the audit chain holds.
func TestKilledAtAnyMoment(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("AIRSIDE_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("AIRSIDE_SEED=%d", seed)
	eachStore(t, func(t *testing.T, store airside.Store) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		in := newInbox(t)
		s := airside.Serve(t, store)
		school := airside.NewSchool(t, s, "crash")
		school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": in.URL})
		drafts := []func(int) obj{}
		for i := range 4 {
			drafts = append(drafts, hangar(t, school.Manage, fmt.Sprintf("HB-CR%c", 'A'+i)))
		}
		var mu sync.Mutex
		approvedIDs := map[string]bool{}
		made := 0
		for round := range rounds(t) {
			ctx, stop := context.WithCancel(context.Background())
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					c := airside.Client{URL: s.URL, Token: school.Manage.Token}
					for ctx.Err() == nil {
						mu.Lock()
						made++
						n := made
						mu.Unlock()
						if id, ok := tryApprove(ctx, c, drafts[i%len(drafts)](n)); ok {
							mu.Lock()
							approvedIDs[id] = true
							mu.Unlock()
						}
					}
				})
			}
			time.Sleep(time.Duration(100+rnd.IntN(900)) * time.Millisecond)
			s.Kill()
			stop()
			wg.Wait()
			began := time.Now()
			s = airside.Serve(t, store)
			t.Logf("round %d: %d approvals acknowledged, restart took %s", round, len(approvedIDs), time.Since(began).Round(time.Millisecond))
		}
		school.Manage.URL, school.Public.URL = s.URL, s.URL
		waitForDeliveries(t, school.Manage)
		checkAcknowledged(t, school, in, approvedIDs)
		airside.Run(t, store, "check")
	})
}

// tryApprove takes a flight through its life; ok tells whether its approval was acknowledged.
func tryApprove(ctx context.Context, c airside.Client, draft obj) (id string, ok bool) {
	a, err := c.Try(ctx, "POST", manage+"/flights", draft)
	if err != nil || a.Status != 201 {
		return "", false
	}
	var f struct{ Data struct{ ID string } }
	if json.Unmarshal(a.Body, &f) != nil {
		return "", false
	}
	id = f.Data.ID
	if a, err = c.Try(ctx, "POST", manage+"/flights/"+id+"/submit", nil); err != nil || a.Status != 200 {
		return id, false
	}
	a, err = c.Try(ctx, "POST", manage+"/flights/"+id+"/approve", obj{"accept_warnings": true})
	return id, err == nil && a.Status == 200
}

// waitForDeliveries waits until nothing is left to deliver.
func waitForDeliveries(t *testing.T, c airside.Client) {
	t.Helper()
	end := time.Now().Add(60 * time.Second)
	for {
		var left []struct{ Status string }
		c.Call(t, 200, "GET", manage+"/webhook-deliveries?status=pending&limit=5", nil).Data(t, &left)
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("deliveries do not end: %+v", left)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// checkAcknowledged compares what was acknowledged with the records, the event log, the audit log and the inbox.
func checkAcknowledged(t *testing.T, school airside.School, in *inbox, acknowledged map[string]bool) {
	t.Helper()
	flights := map[string]bool{}
	eachRow(t, school.Public, public+"/flights?status=approved", func(row map[string]any) { flights[row["id"].(string)] = true })
	eventOf := map[string]string{} // flight → its flight.approved
	eachRow(t, school.Public, public+"/events?type=flight.approved", func(row map[string]any) {
		id := row["data"].(map[string]any)["flight_id"].(string)
		if eventOf[id] != "" {
			t.Errorf("flight %s has two events of its approval", id)
		}
		eventOf[id] = row["id"].(string)
	})
	audited := map[string]int{}
	eachRow(t, school.Manage, manage+"/audit-entries?verb=flight.approve", func(row map[string]any) {
		audited[row["subject"].(map[string]any)["id"].(string)]++
	})
	in.mu.Lock()
	defer in.mu.Unlock()
	for id := range acknowledged {
		if !flights[id] {
			t.Errorf("flight %s: its approval was acknowledged and is not there", id)
		}
	}
	for id := range flights {
		switch {
		case eventOf[id] == "":
			t.Errorf("flight %s is approved without an event", id)
		case in.events[eventOf[id]] == 0:
			t.Errorf("flight %s: event %s was never delivered", id, eventOf[id])
		case audited[id] != 1:
			t.Errorf("flight %s has %d audit entries of its approval", id, audited[id])
		}
	}
	if len(eventOf) != len(flights) {
		t.Errorf("%d events for %d approved flights", len(eventOf), len(flights))
	}
	repeated := 0
	for _, n := range in.deliveries {
		repeated += n - 1
	}
	t.Logf("%d flights approved, %d acknowledged, %d deliveries, %d of them repeated", len(flights), len(acknowledged), len(in.deliveries), repeated)
	if len(acknowledged) == 0 {
		t.Error("nothing was acknowledged: the test proves nothing")
	}
}

// eachRow reads a list to its end.
func eachRow(t testing.TB, c airside.Client, path string, row func(map[string]any)) {
	t.Helper()
	cursor := ""
	for {
		at := path
		if cursor != "" {
			at += "&cursor=" + url.QueryEscape(cursor)
		}
		a := c.Call(t, 200, "GET", at+"&limit=200", nil)
		var page struct {
			Data       []map[string]any
			Pagination struct {
				NextCursor *string `json:"next_cursor"`
				HasMore    bool    `json:"has_more"`
			}
		}
		if err := json.Unmarshal(a.Body, &page); err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Data {
			row(r)
		}
		if !page.Pagination.HasMore {
			return
		}
		cursor = *page.Pagination.NextCursor
	}
}
