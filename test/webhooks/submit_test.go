package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/test/airside"
)

// desk is where flights are submitted one by one, each of them an event, by clerks who note what they were answered.
type desk struct {
	t        testing.TB
	client   func() airside.Client
	aircraft string
	pilot    string
	made     atomic.Int64

	mu      sync.Mutex
	answers []answered
}

// answered is one request: flight and place are set where it submitted one and was told so.
type answered struct {
	began, ended time.Time
	airside.Answer
	err           error
	flight, place string
}

// newDesk makes an aircraft and a pilot. client is asked for before each request, for servers come and go.
func newDesk(t testing.TB, client func() airside.Client) *desk {
	t.Helper()
	d := &desk{t: t, client: client}
	var aircraft, pilot struct{ ID string }
	client().Call(t, 201, "POST", manage+"/aircraft", obj{"registration": "HB-TOR", "type_designator": "P28A", "class": "SEP"}).Data(t, &aircraft)
	client().Call(t, 201, "POST", manage+"/people", obj{"display_name": "Tara Rossi", "roles": []string{"pilot"}}).Data(t, &pilot)
	d.aircraft, d.pilot = aircraft.ID, pilot.ID
	return d
}

// open has clerks work until the returned function is called, each with a pause between two requests.
func (d *desk) open(clerks int, pause time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range clerks {
		wg.Go(func() {
			for ctx.Err() == nil {
				d.submit(context.Background()) // what is begun is answered
				time.Sleep(pause)
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

// submit drafts a flight and submits it.
func (d *desk) submit(ctx context.Context) {
	n := d.made.Add(1)
	place := places[int(n)%len(places)]
	off := time.Now().UTC().AddDate(-8, 0, 0).Truncate(time.Hour).Add(time.Duration(n) * 70 * time.Minute)
	a := d.ask(ctx, "POST", manage+"/flights", obj{
		"aircraft_id": d.aircraft, "departure": place, "arrival": "LSZG", "off_block_at": off, "on_block_at": off.Add(time.Hour),
		"logged_min": 60, "takeoffs_day": 1, "landings_day": 1, "crew": []obj{{"person_id": d.pilot, "function": "pic", "pic_min": 60}},
	})
	var f struct{ Data struct{ ID string } }
	if a.err == nil && a.Status == http.StatusCreated && json.Unmarshal(a.Body, &f) == nil {
		a = d.ask(ctx, "POST", manage+"/flights/"+f.Data.ID+"/submit", nil)
		if a.err == nil && a.Status == http.StatusOK {
			a.flight, a.place = f.Data.ID, place
		}
	}
	d.note(a)
}

func (d *desk) ask(ctx context.Context, method, path string, body any) answered {
	a := answered{began: time.Now()}
	a.Answer, a.err = d.client().Try(ctx, method, path, body)
	a.ended = time.Now()
	return a
}

func (d *desk) note(a answered) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers = append(d.answers, a)
}

// since returns what was answered from a place in the notes on, and the place of what follows.
func (d *desk) since(n int) ([]answered, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answers[n:len(d.answers):len(d.answers)], len(d.answers)
}

func (a answered) String() string {
	if a.err != nil {
		return a.err.Error()
	}
	return fmt.Sprintf("%d %s after %s", a.Status, a.Body, a.ended.Sub(a.began).Round(time.Millisecond))
}
