package webhooks_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is the receivers of many endpoints, good ones and all kinds of bad ones, behind one address. It outlives every
// server, and notes each request.
type crowd struct {
	*httptest.Server
	of    map[string]*endpoint // by path
	first atomic.Int64         // events that good endpoints have got, each counted once an endpoint
}

// endpoint is one receiver and what it was sent.
type endpoint struct {
	path    string
	kind    kind
	place   string // it gets the flights that leave here; empty: all
	ordered bool
	id      string
	school  *member

	mu       sync.Mutex
	receipts []*receipt
	seen     map[string]bool // events
	flights  map[string]bool // that the events are about
}

// receipt is one request: answered is zero while it is under way.
type receipt struct {
	event, flight, delivery string
	came, answered          time.Time
}

// kind is how an endpoint behaves.
type kind string

const (
	healthy kind = "healthy"
	endless kind = "endless"  // says 200, and never stops talking
	refused kind = "refused"  // nobody listens there
	hanging kind = "hanging"  // takes the request, and never answers
	broken  kind = "broken"   // answers 500 for ever
	drips   kind = "dripping" // answers 200, and then a byte a second
	gone    kind = "gone"     // answers 410
)

// badKinds take turns among the endpoints that are dead or slow.
var badKinds = []kind{refused, hanging, broken, drips, endless, gone}

// accepts tells whether the kind takes what it is sent.
func (k kind) accepts() bool { return k == healthy || k == endless }

func newCrowd(t *testing.T) *crowd {
	c := &crowd{of: map[string]*endpoint{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(func() {
		c.CloseClientConnections()
		c.Close()
	})
	return c
}

// add makes a receiver.
func (c *crowd) add(e *endpoint) {
	e.path, e.seen, e.flights = fmt.Sprintf("/%d", len(c.of)), map[string]bool{}, map[string]bool{}
	c.of[e.path] = e
}

// address is where the endpoint is said to be.
func (c *crowd) address(e *endpoint) string {
	if e.kind == refused {
		return "http://127.0.0.1:9" + e.path
	}
	return c.URL + e.path
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := c.of[r.URL.Path]
	var body struct {
		ID   string
		Data struct {
			FlightID string `json:"flight_id"`
		}
	}
	b, err := io.ReadAll(r.Body)
	if e == nil || err != nil || json.Unmarshal(b, &body) != nil { // cut off by a crash: it did not come
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	got := e.came(&receipt{event: body.ID, flight: body.Data.FlightID, delivery: r.Header.Get("X-GA-Webhook-Delivery"), came: time.Now()})
	if e.kind == healthy && got.first {
		c.first.Add(1)
	}
	if e.kind == healthy { // as partners do: some are always under way
		most := 100 * time.Millisecond
		if e.ordered { // it has one at a time
			most /= 10
		}
		time.Sleep(rand.N(most))
	}
	e.kind.answer(w, r)
	e.mu.Lock()
	got.answered = time.Now()
	e.mu.Unlock()
}

func (k kind) answer(w http.ResponseWriter, r *http.Request) {
	switch k {
	case hanging:
		<-r.Context().Done()
	case broken:
		w.WriteHeader(http.StatusInternalServerError)
	case gone:
		w.WriteHeader(http.StatusGone)
	case drips:
		for r.Context().Err() == nil {
			io.WriteString(w, ".")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(time.Second):
			}
		}
	case endless:
		for chunk := make([]byte, 4096); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// arrival is a receipt, and whether it is the event's first.
type arrival struct {
	*receipt
	first bool
}

func (e *endpoint) came(r *receipt) arrival {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.receipts = append(e.receipts, r)
	first := !e.seen[r.event]
	e.seen[r.event], e.flights[r.flight] = true, true
	return arrival{r, first}
}

// knows tells whether an event of the flight has come.
func (e *endpoint) knows(flight string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.flights[flight]
}

// firsts are the first receipts of each event, in the order in which they came, and repeats the others by delivery, each
// with the one before.
func (e *endpoint) firsts() (firsts []receipt, repeats [][2]receipt) {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := map[string]receipt{} // by delivery
	seen := map[string]bool{}
	for _, r := range e.receipts {
		if before, again := last[r.delivery]; again {
			repeats = append(repeats, [2]receipt{before, *r})
		}
		last[r.delivery] = *r
		if !seen[r.event] {
			seen[r.event] = true
			firsts = append(firsts, *r)
		}
	}
	return firsts, repeats
}

// underWay is how many requests to good endpoints are not answered.
func (c *crowd) underWay() (n int) {
	for _, e := range c.of {
		if e.kind != healthy {
			continue
		}
		e.mu.Lock()
		for i := len(e.receipts) - 1; i >= max(0, len(e.receipts)-64); i-- {
			if e.receipts[i].answered.IsZero() {
				n++
			}
		}
		e.mu.Unlock()
	}
	return n
}
