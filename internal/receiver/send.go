package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"airside/internal/base/id"
	"airside/internal/platform/webhook"
)

// timeout is how long an attempt may take, and maxBody how much of its answer is read: both as in production.
const (
	timeout = 15 * time.Second
	maxBody = 16 << 10
)

// pauses come before another attempt where nobody answered: together about as long as a program takes to start again.
// What was answered with an error is not tried again, because whoever develops the receiver wants to see it first.
var pauses = [...]time.Duration{200 * time.Millisecond, 800 * time.Millisecond, 2 * time.Second}

// target is the receiver under development.
type target struct {
	url       *url.URL
	secret    string
	transport *http.Transport
}

func newTarget(forward, secret string) (*target, error) {
	u, err := url.Parse(forward)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("--forward %s: not an address such as http://localhost:3000/hook", forward)
	}
	if err := checkSecret(secret); err != nil {
		return nil, err
	}
	// As in production: no proxy, and its RoundTrip is used directly, so that nothing follows a redirect.
	return &target{url: u, secret: secret, transport: &http.Transport{DisableCompression: true, ForceAttemptHTTP2: true}}, nil
}

// A delivery is one event on its way to the receiver, and what came of its last attempt.
type delivery struct {
	id       string
	attempts int
	status   int // 0 when no answer came
	body     []byte
	took     time.Duration
	err      error
}

// deliver sends an event, again if nobody listens.
func (t *target) deliver(ctx context.Context, body []byte) *delivery {
	d := &delivery{id: id.New()}
	for {
		t.attempt(ctx, d, body)
		if !d.nobody() || d.attempts > len(pauses) || !pause(ctx, pauses[d.attempts-1]) {
			return d
		}
	}
}

// attempt sends the delivery once, as the engine of production would.
func (t *target) attempt(ctx context.Context, d *delivery, body []byte) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	d.attempts++
	d.status, d.body, d.err = 0, nil, nil
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url.String(), bytes.NewReader(body))
	if err != nil {
		d.err = err
		return
	}
	began := time.Now()
	req.Header = webhook.Headers([]string{t.secret}, d.id, began, body)
	res, err := t.transport.RoundTrip(req)
	if err == nil {
		d.status = res.StatusCode
		d.body, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
		res.Body.Close()
	}
	d.err, d.took = err, time.Since(began)
}

// taken tells whether the receiver has the event.
func (d *delivery) taken() bool { return d.err == nil && d.status >= 200 && d.status < 300 }

// nobody tells whether the last attempt found no program, or one that went away.
func (d *delivery) nobody() bool {
	for _, e := range []error{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(d.err, e) {
			return true
		}
	}
	return false
}

// trouble says why the event was not taken, or nothing.
func (d *delivery) trouble() string {
	switch {
	case errors.Is(d.err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", timeout)
	case d.err != nil && d.attempts > 1:
		return fmt.Sprintf("%v, %d attempts", d.err, d.attempts)
	case d.err != nil:
		return d.err.Error()
	case d.status >= 300 && d.status < 400:
		return "redirects are not followed"
	case d.status == http.StatusGone:
		return "in production this disables the endpoint"
	case !d.taken():
		return "not taken"
	}
	return ""
}

// String is the answer for people: "204 in 12 ms", "302 in 3 ms: redirects are not followed".
func (d *delivery) String() string {
	why := d.trouble()
	if d.status == 0 {
		return why
	}
	s := fmt.Sprintf("%d in %d ms", d.status, d.took.Milliseconds())
	if why != "" {
		s += ": " + why
	}
	return s
}

// pause waits, and tells whether there is still reason to go on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
