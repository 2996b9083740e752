package webhooks_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"encoding/json"

	"airside/test/airside"
)

// region is many schools on one server that gets killed and started again.
type region struct {
	t       *testing.T
	store   airside.Store
	members []*member
	crowd   *crowd

	mu      sync.Mutex
	server  *airside.Server
	crashes []crash
}

// member is a school with its endpoints.
type member struct {
	airside.School
	endpoints []*endpoint
}

// crash is a server or a database that was killed: it began to die then, and was back at ready.
type crash struct {
	what         string
	began, ready time.Time
	underWay     int // requests to good endpoints that were not answered when it began
}

// places are where the flights of a school leave, in turn; each good endpoint gets those of one.
var places = []string{"LSZB", "LSZG", "LSZH", "LSGG", "LSZA", "LSGC"}

// newRegion makes schools with eight endpoints each: six good ones, of which one wants its events in order, and two bad
// ones, which are sent everything.
func newRegion(t *testing.T, store airside.Store, schools int) *region {
	r := &region{t: t, store: store, crowd: newCrowd(t)}
	r.server = airside.Serve(t, store)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the last server logged as errors:\n%s", errorsIn(r.server.Log()))
		}
	})
	for i := range schools {
		m := &member{School: airside.NewSchool(t, r.server, fmt.Sprintf("school-%d", i))}
		r.members = append(r.members, m)
		for k, place := range places {
			m.endpoints = append(m.endpoints, &endpoint{kind: healthy, place: place, ordered: k == 0})
		}
		for k := range 2 {
			m.endpoints = append(m.endpoints, &endpoint{kind: badKinds[(2*i+k)%len(badKinds)]})
		}
		for _, e := range m.endpoints {
			e.school = m
			r.crowd.add(e)
			body := obj{"url": r.crowd.address(e), "event_types": []string{"flight.submitted"}, "ordered": e.ordered}
			if e.place != "" {
				body["filter"] = obj{"data.departure.ident": e.place}
			}
			var made struct{ ID string }
			m.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", body).Data(t, &made)
			e.id = made.ID
		}
	}
	return r
}

// client is a school's client at the server that runs now.
func (r *region) client(c airside.Client) airside.Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.URL = r.server.URL
	return c
}

// kill ends the server as a power cut would, and starts it again.
func (r *region) kill() {
	r.t.Helper()
	c := crash{what: "server", began: time.Now(), underWay: r.crowd.underWay()}
	r.server.Kill()
	s := airside.Serve(r.t, r.store)
	c.ready = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server, r.crashes = s, append(r.crashes, c)
}

// killDatabase does the same to PostgreSQL, under a server that lives on.
func (r *region) killDatabase(pg *cluster) {
	r.t.Helper()
	c := crash{what: "database", began: time.Now(), underWay: r.crowd.underWay()}
	pg.stop()
	pg.start()
	c.ready = time.Now()
	r.crashes = append(r.crashes, c)
}

// insist repeats a request until it is answered with a status, whatever is killed meanwhile.
func (r *region) insist(ctx context.Context, c airside.Client, status int, method, path string, body any, into any) bool {
	for ctx.Err() == nil {
		var headers []string
		if _, file := body.([]byte); file {
			headers = []string{"Content-Type", "text/csv"}
		}
		a, err := r.client(c).Try(ctx, method, path, body, headers...)
		switch {
		case err == nil && a.Status == status:
			if into != nil {
				a.Data(r.t, into)
			}
			return true
		case err == nil && a.Status != http.StatusServiceUnavailable && a.Status != http.StatusInternalServerError:
			r.t.Errorf("%s %s: %d %s", method, path, a.Status, a.Body)
			return false
		case err == nil && a.Status == http.StatusInternalServerError:
			r.t.Errorf("%s %s, while something was killed: %d %s", method, path, a.Status, a.Body)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// enter imports a logbook as submitted flights, each of which is an event, and sees it through.
func (r *region) enter(ctx context.Context, m *member, from, n int) {
	var im struct{ ID string }
	path := manage + "/imports?file_name=" + url.QueryEscape(fmt.Sprintf("logbook-%d.csv", from))
	if r.insist(ctx, m.Manage, 201, "POST", path, logbookOf(from, n), &im) {
		r.insist(ctx, m.Manage, 200, "POST", manage+"/imports/"+im.ID+"/commit", obj{"as": "submitted"}, nil)
	}
}

// logbookOf writes a ForeFlight file of n flights, which leave the places in turn, beginning with the flight number from.
func logbookOf(from, n int) []byte {
	var b bytes.Buffer
	b.WriteString("ForeFlight Logbook Import,,,\n\nAircraft Table,,,\nAircraftID,TypeCode,Year,Make\n")
	for i := range 10 {
		fmt.Fprintf(&b, "N%dTO,P28A,1998,Piper\n", 100+i)
	}
	b.WriteString("\nFlights Table,,,\nDate,AircraftID,From,To,TimeOut,TimeOff,TimeOn,TimeIn,TotalTime,PIC,DayLandingsFullStop,AllLandings,PilotComments\n")
	day := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := from; i < from+n; i++ {
		at := day.Add(time.Duration(i) * 95 * time.Minute)
		fmt.Fprintf(&b, "%s,N%dTO,%s,LSZG,%s,%s,%s,%s,1.0,1.0,1,1,flight %d\n", at.Format(time.DateOnly), 100+i%10, places[i%len(places)],
			at.Format("15:04"), at.Add(6*time.Minute).Format("15:04"), at.Add(54*time.Minute).Format("15:04"), at.Add(time.Hour).Format("15:04"), i)
	}
	return b.Bytes()
}

// logged is an event of the log.
type logged struct {
	ID        string
	Timestamp time.Time
	Data      struct {
		FlightID  string `json:"flight_id"`
		Departure struct{ Ident string }
	}
}

// log reads the whole log of submitted flights of a school.
func (r *region) log(m *member) (all []logged) {
	r.t.Helper()
	cursor := ""
	for {
		path := public + "/events?type=flight.submitted&limit=200"
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		a := r.client(m.Public).Call(r.t, 200, "GET", path, nil)
		var page struct {
			Data       []logged
			Pagination struct {
				NextCursor *string `json:"next_cursor"`
				HasMore    bool    `json:"has_more"`
			}
		}
		if err := json.Unmarshal(a.Body, &page); err != nil {
			r.t.Fatal(err)
		}
		all = append(all, page.Data...)
		if !page.Pagination.HasMore {
			return all
		}
		cursor = *page.Pagination.NextCursor
	}
}
