package blackbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"airside/internal/platform/event"
	"airside/test/airside"
	"airside/test/receivers"
)

// TestTrigger sends every event of the catalogue to receivers that others would write, which verify it.
func TestTrigger(t *testing.T) {
	secret := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	for _, kind := range receivers.Kinds {
		t.Run(kind, func(t *testing.T) {
			p := receivers.New(t, kind, secret)
			for i, typ := range event.Types() {
				out, err := developer(t, t.TempDir(), "trigger", typ, "--forward", p.URL, "--secret", secret).CombinedOutput()
				if err != nil || !strings.Contains(string(out), "\n204 in ") {
					t.Errorf("%s: %v\n%s", typ, err, out)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				lines, err := p.WaitN(ctx, i+1)
				cancel()
				if err != nil {
					t.Fatal(err)
				}
				if line := lines[i]; !line.OK || line.Type != typ || !event.IsID(line.ID) || !strings.Contains(string(out), line.ID) {
					t.Errorf("%s: the receiver says %+v", typ, line)
				}
			}
			other := "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
			out, err := developer(t, t.TempDir(), "trigger", "flight.approved", "--forward", p.URL, "--secret", other).CombinedOutput()
			if err == nil || !strings.Contains(string(out), "401 in ") {
				t.Errorf("with another secret: %v\n%s", err, out)
			}
		})
	}
}

// TestTriggerGoesWhereListenWent: address and secret are those of the last listening, and the event is nowhere else.
func TestTriggerGoesWhereListenWent(t *testing.T) {
	s := airside.Serve(t, airside.Store{Data: t.TempDir()})
	school := airside.NewSchool(t, s, "trigger")
	r := newLocal(t, "127.0.0.1:0")
	home := t.TempDir()
	run := func(args ...string) (string, error) {
		out, err := developer(t, home, append([]string{"trigger"}, args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := run("flight.approved"); err == nil || !strings.Contains(out, "--forward is missing") {
		t.Errorf("before the first listening: %v\n%s", err, out)
	}
	if out, err := run("flight.approved", "--forward", r.url()); err == nil || !strings.Contains(out, "--secret is missing") {
		t.Errorf("before the first listening, with an address: %v\n%s", err, out)
	}
	l := listen(t, home, s.URL, school.Manage.Token, "--forward", r.url())
	began := time.Now().Add(-time.Second)
	if out, err := run("flight.approved", "--field", "data.number=2026", "--field", "data.block_min=90",
		"--field", "data.aircraft.registration=HB-XYZ", "--field", "data.posting.due_items_changed=2", "--field", "org_id=mine"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l.stop(t)
	got := r.requests()
	if ids := logged(t, school.Manage, ""); len(ids) != 0 || len(got) != 1 {
		t.Fatalf("%d events in the log, %d received", len(ids), len(got))
	}
	var e struct {
		Timestamp time.Time
		OrgID     string `json:"org_id"`
		Data      event.FlightApprovedData
	}
	if err := json.Unmarshal(got[0].body, &e); err != nil || !got[0].signed(l.Secret) {
		t.Errorf("%v, signed: %v", err, got[0].signed(l.Secret))
	}
	if e.Data.Number != "2026" || *e.Data.BlockMin != 90 || e.Data.Aircraft.Registration != "HB-XYZ" || e.Data.Posting.DueItemsChanged != 2 ||
		e.OrgID != "mine" || e.Data.Arrival.Ident != "LSZG" || e.Timestamp.Before(began) {
		t.Errorf("sent %s", got[0].body)
	}

	r.answer(http.StatusInternalServerError)
	if out, err := run("webhook.test"); err == nil || !strings.Contains(out, "500 in ") || !strings.Contains(out, "  first line\n  second line[31m\n") {
		t.Errorf("an answer that is none: %v\n%q", err, out)
	}
	r.answer(http.StatusFound)
	if out, err := run("webhook.test"); err == nil || !strings.Contains(out, "redirects are not followed") || len(r.requests()) != 3 {
		t.Errorf("a redirect: %v\n%s", err, out)
	}
	for field, want := range map[string]string{"data.nope=1": `unknown field "nope"`, "data.block_min=long": "cannot unmarshal", "number": "not of the form", "type=x": "not of the form"} {
		if out, err := run("flight.approved", "--field", field); err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v\n%s", field, err, out)
		}
	}
	if out, err := run("flight.landed"); err == nil || !strings.Contains(out, "the catalogue has flight.submitted") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := run("--list"); err != nil || !strings.Contains(out, "A flight is approved and posted.") || !strings.Contains(out, "stable") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := run(); err == nil || !strings.Contains(out, "which event?") {
		t.Errorf("%v\n%s", err, out)
	}
}
