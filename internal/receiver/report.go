package receiver

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/platform/event"
)

// report says what happens: a line for each event on out, everything else as notes.
type report struct {
	json       bool
	out, notes io.Writer

	sent   int
	missed []string // ids of events that were not taken
}

// A startLine is the first line of --json, once events are forwarded.
type startLine struct {
	Server  string   `json:"server"`
	Forward string   `json:"forward"`
	Secret  string   `json:"secret"`
	Types   []string `json:"event_types"` // empty: all
}

// An eventLine is each further one.
type eventLine struct {
	At         clock.Time `json:"at"` // when it was sent, not when it happened
	Type       event.Type `json:"type"`
	EventID    event.ID   `json:"event_id"`
	DeliveryID string     `json:"delivery_id"`
	OK         bool       `json:"ok"`
	Status     *int       `json:"status"` // null when no answer came
	DurationMS int64      `json:"duration_ms"`
	Attempts   int        `json:"attempts"`
	Error      *string    `json:"error"`
}

func (r *report) start(server string, types []string, to *target, file string) {
	if r.json {
		return
	}
	what := "all events"
	if len(types) > 0 {
		what = strings.Join(types, ", ")
	}
	fmt.Fprintf(r.out, "Forwarding %s of %s to %s\n", what, server, to.url)
	fmt.Fprintf(r.out, "Signed with the secret %s (kept in %s)\n", to.secret, file)
}

func (r *report) ready(server string, types []string, to *target) {
	if !r.json {
		fmt.Fprintln(r.out, "Ready. Ctrl-C stops.")
		return
	}
	if types == nil {
		types = []string{}
	}
	json.NewEncoder(r.out).Encode(startLine{server, to.url.String(), to.secret, types})
}

// event says what came of an event, and the first time that one was not taken also how to send it again.
func (r *report) event(e entry, d *delivery) {
	r.sent++
	if r.json {
		l := eventLine{At: clock.Of(time.Now()), Type: e.Type, EventID: e.ID, DeliveryID: d.id, OK: d.taken(),
			DurationMS: d.took.Milliseconds(), Attempts: d.attempts}
		if d.status != 0 {
			l.Status = &d.status
		}
		if s := d.trouble(); s != "" {
			l.Error = &s
		}
		json.NewEncoder(r.out).Encode(l)
	} else {
		fmt.Fprintf(r.out, "%s  %-*s  %s  → %s\n", time.Now().Format(time.TimeOnly), typeWidth, e.Type, e.ID, d)
	}
	if d.taken() {
		return
	}
	r.missed = append(r.missed, string(e.ID))
	if len(r.missed) == 1 {
		r.note("It will not be tried again by itself. To send it again: airside listen --resend %s", e.ID)
	}
}

// end sums up.
func (r *report) end() {
	r.note("%d events forwarded, %d of them not taken.", r.sent, len(r.missed))
	if n := len(r.missed); n > 1 {
		r.note("To send those again: airside listen --resend %s", strings.Join(r.missed[:min(n, 50)], ","))
	}
}

func (r *report) note(format string, args ...any) {
	fmt.Fprintf(r.notes, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// typeWidth is the room that the longest name of a type takes.
var typeWidth = func() (n int) {
	for _, t := range event.Types() {
		n = max(n, len(t))
	}
	return n
}()
