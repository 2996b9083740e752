package publicapi_test

import (
	"net/url"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
	"airside/test/school"
)

// TestExpired: what is asked of events that are no longer kept is answered on both surfaces, in both languages, as their
// documents say.
func TestExpired(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		o.Clock = fake
		s := school.New(t, o, school.Options{})
		emit := func() (e event.Event) {
			t.Helper()
			row, _ := event.Find(event.FlightApproved)
			err := s.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
				e, err = s.Events.Append(tx, scope.OrgID(s.Org.ID), row.Type, row.Example)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		who := s.Operator
		endpoint, err := s.Webhooks.Create(t.Context(), who, webhook.NewEndpoint{URL: "http://127.0.0.1:1", Filter: webhook.Match{"data.number": "another"}})
		if err != nil {
			t.Fatal(err)
		}
		first := emit()
		fake.Advance(time.Minute)
		emit()
		fake.Advance(time.Hour)
		emit()
		on := map[string]func(path string, headers ...string) school.Answer{
			"public": s.Read,
			"manage": func(path string, headers ...string) school.Answer { return s.Ask("GET", path, nil, headers...) },
		}
		type place struct{ first, last, whole, back string }
		at := map[string]place{}
		for name, get := range on {
			p := place{}
			p.first, _ = get("/events?limit=1").Want(t, 200, "").Next()
			p.last, _ = get("/events?limit=1&cursor="+url.QueryEscape(p.first)).Want(t, 200, "").Next()
			p.whole, _ = get("/events?limit=200").Want(t, 200, "").Next()
			p.back, _ = get("/events?order=desc&limit=1").Want(t, 200, "").Next()
			at[name] = p
		}
		tag := s.Read("/events").Header.Get("ETag")
		// A delivery that ended long after it was made outlives its event.
		if err := s.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE deliveries SET finished_at = $1`, fake.Now().Add(event.Kept).UnixMicro())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		fake.Advance(event.Kept - 30*time.Minute)
		if err := s.Webhooks.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Events.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, get := range on {
			a := get("/events?limit=1&cursor="+url.QueryEscape(at[name].first)).Want(t, 410, "cursor_expired")
			problem(t, name, a)
			if a.JSON["detail"] != "This cursor is older than what is kept; begin again without one." {
				t.Errorf("%s: %s", name, a.Body)
			}
			a = get("/events?limit=1&cursor="+url.QueryEscape(at[name].first), "Accept-Language", "fr").Want(t, 410, "cursor_expired")
			if a.JSON["detail"] != "Ce curseur est plus ancien que ce qui est conservé ; recommencez sans curseur." {
				t.Errorf("%s: %s", name, a.Body)
			}
			for what, rows := range map[string]int{
				"limit=1&cursor=" + url.QueryEscape(at[name].last): 1, "limit=200&cursor=" + url.QueryEscape(at[name].whole): 0,
				"order=desc&limit=1&cursor=" + url.QueryEscape(at[name].back): 0, "order=desc": 1, "": 1, "from=2020-01-01": 1,
			} {
				if got := get("/events?"+what).Want(t, 200, "").Rows(); len(got) != rows {
					t.Errorf("%s, %s: %d events", name, what, len(got))
				}
			}
		}
		if a := s.Read("/events", "If-None-Match", tag); a.Status != 200 {
			t.Errorf("a page from before: %d", a.Status)
		}
		s.Ask("GET", "/events/"+string(first.ID), nil).Want(t, 404, "event_not_found")
		s.Ask("POST", "/events/"+string(first.ID)+"/replay", map[string]any{}).Want(t, 404, "event_not_found")
		s.Do("POST", "/api/v1/public/events/"+string(first.ID)+"/replay", map[string]any{}, "Authorization", "Bearer "+s.Key, "X-Org-Id", string(s.Org.ID)).Want(t, 404, "event_not_found")
		deliveries := s.Ask("GET", "/webhook-deliveries?endpoint_id="+string(endpoint.ID), nil).Want(t, 200, "").Rows()
		if len(deliveries) != 3 {
			t.Fatalf("%d deliveries", len(deliveries))
		}
		for i, kept := range []bool{true, false, false} {
			id := deliveries[i]["id"].(string)
			body, isText := s.Ask("GET", "/webhook-deliveries/"+id, nil).Want(t, 200, "").Data()["request_body"].(string)
			if isText != kept || kept == (body == "") {
				t.Errorf("delivery %d shows the body %q", i, body)
			}
			if !kept {
				s.Ask("POST", "/webhook-deliveries/"+id+"/resend", map[string]any{}).Want(t, 409, "event_expired")
			}
		}
	})
}
