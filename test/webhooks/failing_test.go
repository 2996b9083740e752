package webhooks_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/test/airside"
)

// failure is one way in which the store fails, begun and ended from outside while the server runs.
type failure struct {
	begin, end func()
	partly     bool // some changes still find a place, and are as good as any
	unready    bool // /readyz has to say so
}

const (
	answerWithin = 15 * time.Second // no request may take longer: a wait for the store's lock, behind another one
	noticeWithin = 20 * time.Second // from the failure to the first refusal
)

// endures submits flights while the store begins to fail, fails and works again. Nothing is acknowledged that is not
// kept; whoever asks is told 503 in time and when to come back; afterwards everything goes on by itself, and every change
// has its event and its delivery, which came once.
func endures(t *testing.T, s *airside.Server, f failure) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the server logged as errors:\n%s", errorsIn(s.Log()))
		}
	})
	crowd := newCrowd(t)
	hook := &endpoint{kind: healthy}
	crowd.add(hook)
	school := airside.NewSchool(t, s, "school")
	school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": crowd.address(hook)})
	d := newDesk(t, func() airside.Client { return school.Manage })
	acknowledged := func() (n int) {
		all, _ := d.since(0)
		for _, a := range all {
			if a.flight != "" {
				n++
			}
		}
		return n
	}
	closeDesk := sync.OnceFunc(d.open(24, 60*time.Millisecond)) // more than a server has connections
	defer closeDesk()
	reads := readAlong(t, school)
	defer reads()
	eventually(t, noticeWithin, "work to begin", func() bool { return acknowledged() >= 20 && crowd.first.Load() >= 20 })

	f.begin()
	ended := sync.OnceFunc(f.end)
	defer ended()
	began := time.Now()
	_, before := d.since(0)
	eventually(t, noticeWithin, "a change to be refused", func() bool {
		all, _ := d.since(before)
		for _, a := range all {
			if a.err == nil && a.Status == http.StatusServiceUnavailable {
				return true
			}
		}
		return false
	})
	if f.unready {
		eventually(t, answerWithin, "readyz to say that the store fails", func() bool { return ready(s) == http.StatusServiceUnavailable })
	}
	time.Sleep(2 * time.Second) // let it fail a while
	over := time.Now()
	ended()
	works := time.Now()
	was, had := acknowledged(), crowd.first.Load()
	isReady := eventually(t, resumeWithin, "readyz to say that all is well", func() bool { return ready(s) == http.StatusOK })
	eventually(t, resumeWithin, "changes to be accepted again", func() bool { return acknowledged() > was })
	eventually(t, resumeWithin, "deliveries to go on", func() bool { return crowd.first.Load() > had })
	resumed := time.Since(works)
	closeDesk()
	reads()

	refused, slowest := 0, time.Duration(0)
	all, _ := d.since(0)
	for _, a := range all {
		took := a.ended.Sub(a.began)
		slowest = max(slowest, took)
		switch {
		case took > answerWithin:
			t.Errorf("answered too late: %s", a)
		case a.flight != "":
			if !f.partly && a.began.After(began) && a.ended.Before(over) {
				t.Errorf("acknowledged while the store could not keep it: %s", a)
			}
		default:
			refused++
			wantRefusal(t, a)
		}
	}
	log := wholeLog(t, school)
	eventually(t, resumeWithin, "every event to be delivered", func() bool { return int(crowd.first.Load()) >= len(log) })
	waitUntilRecorded(t, school)
	keptWhole(t, school, all, log, hook)
	t.Logf("%d acknowledged, %d refused, the slowest answer after %s; ready %s after the failure, work went on within %s",
		acknowledged(), refused, slowest.Round(time.Millisecond), isReady.Round(time.Millisecond), resumed.Round(time.Millisecond))
	checked(t, s.Store)
	if err := s.Stop(30 * time.Second); err != nil {
		t.Error("ordered stop:", err)
	}
	noHalves(t, s.Store)
}

// errorsIn is the last few lines of a log that tell of errors.
func errorsIn(log string) string {
	var lines []string
	for line := range strings.Lines(log) {
		if (strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`)) && !strings.Contains(line, "storage_unavailable") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-20):], "")
}

// wantRefusal: 503, when to come back, and a problem document that keeps the cause to itself.
func wantRefusal(t *testing.T, a answered) {
	t.Helper()
	if a.err != nil {
		t.Errorf("not answered: %v", a.err)
		return
	}
	var p struct{ Code, Detail string }
	json.Unmarshal(a.Body, &p)
	after, _ := strconv.Atoi(a.Header.Get("Retry-After"))
	if a.Status != http.StatusServiceUnavailable || a.Header.Get("Content-Type") != "application/problem+json" || p.Code != "storage_unavailable" || after < 1 {
		t.Errorf("not a refusal that says when to come back: %s, %v", a, a.Header)
	}
	for _, inside := range []string{"SQL", "sql", "postgres", "pgx", "/tmp", "database is locked"} {
		if strings.Contains(string(a.Body), inside) {
			t.Errorf("the answer tells of the inside: %s", a.Body)
		}
	}
}

// readAlong reads all the while: it works, or is refused as changes are.
func readAlong(t *testing.T, school airside.School) (stop func()) {
	end := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
			a := answered{began: time.Now()}
			a.Answer, a.err = school.Public.Try(context.Background(), "GET", public+"/flights?status=submitted&limit=10", nil)
			a.ended = time.Now()
			if a.ended.Sub(a.began) > answerWithin {
				t.Errorf("a read was answered too late: %s", a)
			}
			if a.err != nil || a.Status != http.StatusOK {
				wantRefusal(t, a)
			}
		}
	})
	return sync.OnceFunc(func() { close(end); wg.Wait() })
}

func ready(s *airside.Server) int {
	res, err := http.Get(s.URL + "/readyz")
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

func wholeLog(t *testing.T, school airside.School) []logged {
	t.Helper()
	r := &region{t: t, server: &airside.Server{URL: school.Public.URL}}
	return r.log(&member{School: school})
}

// waitUntilRecorded waits until what came of every delivery is written down.
func waitUntilRecorded(t *testing.T, school airside.School) {
	t.Helper()
	eventually(t, resumeWithin, "every delivery to be recorded", func() bool {
		for _, status := range []string{"pending", "delivering"} {
			var left []obj
			school.Manage.Call(t, 200, "GET", manage+"/webhook-deliveries?limit=1&status="+status, nil).Data(t, &left)
			if len(left) > 0 {
				return false
			}
		}
		return true
	})
}

// keptWhole: each acknowledged flight is submitted, each submitted flight has one event, each event came once.
func keptWhole(t *testing.T, school airside.School, all []answered, log []logged, hook *endpoint) {
	t.Helper()
	eventOf := map[string]string{} // by flight
	for _, e := range log {
		if eventOf[e.Data.FlightID] != "" {
			t.Errorf("flight %s has two events", e.Data.FlightID)
		}
		eventOf[e.Data.FlightID] = e.ID
	}
	for _, a := range all {
		if a.flight != "" && eventOf[a.flight] == "" {
			t.Errorf("flight %s was acknowledged, and has no event", a.flight)
		}
	}
	submitted := submittedFlights(t, school)
	for id := range submitted {
		if eventOf[id] == "" {
			t.Errorf("flight %s is submitted without an event", id)
		}
	}
	if len(submitted) != len(eventOf) {
		t.Errorf("%d flights are submitted, %d have events", len(submitted), len(eventOf))
	}
	firsts, repeats := hook.firsts()
	if len(firsts) != len(log) || len(repeats) > 0 {
		t.Errorf("%d of %d events came, %d deliveries came again", len(firsts), len(log), len(repeats))
	}
}

func submittedFlights(t *testing.T, school airside.School) map[string]bool {
	t.Helper()
	ids, cursor := map[string]bool{}, ""
	for {
		path := public + "/flights?status=submitted&limit=200"
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		var page struct {
			Data       []struct{ ID string }
			Pagination struct {
				NextCursor *string `json:"next_cursor"`
				HasMore    bool    `json:"has_more"`
			}
		}
		if err := json.Unmarshal(school.Public.Call(t, 200, "GET", path, nil).Body, &page); err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Data {
			ids[f.ID] = true
		}
		if !page.Pagination.HasMore {
			return ids
		}
		cursor = *page.Pagination.NextCursor
	}
}

// noHalves looks into the tables of a store whose server has stopped: with one endpoint, each event has one delivery,
// each delivery its event and its attempts, and all of them went well.
func noHalves(t *testing.T, store airside.Store) {
	t.Helper()
	driver, address := "sqlite", "file:"+store.Data+"/airside.db"
	if store.URL != "" {
		driver, address = "pgx", store.URL
	}
	pool, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for what, query := range map[string]string{
		"events without exactly one delivery": `SELECT count(*) FROM events WHERE 1 <> (SELECT count(*) FROM deliveries WHERE event_id = events.id)`,
		"deliveries without an event":         `SELECT count(*) FROM deliveries WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.id = event_id)`,
		"deliveries still due":                `SELECT count(*) FROM deliveries_due`,
		"deliveries that did not succeed":     `SELECT count(*) FROM deliveries WHERE status <> 'succeeded'`,
		"deliveries without their attempts":   `SELECT count(*) FROM deliveries WHERE attempts <> (SELECT count(*) FROM delivery_attempts WHERE delivery_id = id) + CASE WHEN attempt_at IS NULL THEN 0 ELSE 1 END`,
		"attempts of no delivery":             `SELECT count(*) FROM delivery_attempts WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE id = delivery_id)`,
	} {
		var n int
		if err := pool.QueryRow(query).Scan(&n); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}
