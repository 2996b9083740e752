package blackbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"airside/test/airside"
)

// TestCursorsMissNothing lets readers follow /flights and /events by cursor while writers commit in parallel. Every
// reader ends with exactly what was committed.
func TestCursorsMissNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		s := airside.Serve(t, store)
		school := airside.NewSchool(t, s, "cursors")
		const writers, each = 8, 40
		writing, done := context.WithCancel(context.Background())
		var readers sync.WaitGroup
		followed := make([]map[string]bool, 6)
		for i := range followed {
			path := public + "/flights?status=approved"
			if i%2 == 1 {
				path = public + "/events?type=flight.approved"
			}
			readers.Go(func() { followed[i] = follow(t, writing, school.Public, path, []int{1, 7, 200}[i/2]) })
		}
		var committed sync.Map
		var wg sync.WaitGroup
		for w := range writers {
			draft := hangar(t, school.Manage, fmt.Sprintf("HB-CU%c", 'A'+w))
			wg.Go(func() {
				for i := range each {
					committed.Store(approved(t, school.Manage, draft(i)), true)
				}
			})
		}
		wg.Wait()
		done()
		readers.Wait()
		for i, seen := range followed {
			if len(seen) != writers*each {
				t.Errorf("reader %d saw %d of %d", i, len(seen), writers*each)
			}
			committed.Range(func(id, _ any) bool {
				if !seen[id.(string)] {
					t.Errorf("reader %d missed flight %s", i, id)
					return false
				}
				return true
			})
		}
	})
}

// follow reads on from its cursor until the writers have ended and nothing more comes.
func follow(t *testing.T, writing context.Context, c airside.Client, path string, limit int) map[string]bool {
	seen := map[string]bool{}
	cursor := ""
	for {
		last := writing.Err() != nil
		at := fmt.Sprintf("%s&limit=%d", path, limit)
		if cursor != "" {
			at += "&cursor=" + url.QueryEscape(cursor)
		}
		a, err := c.Try(context.Background(), "GET", at, nil)
		if err != nil || a.Status != 200 {
			t.Errorf("%s: %v %s", at, err, a.Body)
			return seen
		}
		var page struct {
			Data []struct {
				ID   string
				Data struct {
					FlightID string `json:"flight_id"`
				}
			}
			Pagination struct {
				NextCursor *string `json:"next_cursor"`
				HasMore    bool    `json:"has_more"`
			}
		}
		if err := json.Unmarshal(a.Body, &page); err != nil {
			t.Error(err)
			return seen
		}
		for _, row := range page.Data {
			id := row.ID
			if row.Data.FlightID != "" {
				id = row.Data.FlightID
			}
			if seen[id] {
				t.Errorf("%s seen twice by a reader of %s", id, path)
			}
			seen[id] = true
		}
		if page.Pagination.NextCursor != nil {
			cursor = *page.Pagination.NextCursor
		}
		if !page.Pagination.HasMore {
			if last {
				return seen
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}
