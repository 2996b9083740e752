// Package receiver is for whoever writes a receiver of webhooks. Listen brings the real events of an organization to a
// program that runs on the developer's machine; Trigger sends it the catalogue's examples. Both sign as production does.
package receiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"airside/internal/platform/event"
	"airside/internal/platform/webhook"
)

// Listening says which events to forward, and where to.
type Listening struct {
	Server, Token string
	Forward       string // as last time if empty
	Secret        string // as last time if empty, else a new one
	Types         []string
	Since         time.Duration // how far to go back; 0: events from now on
	Resend        []string      // send these events once instead, and end
	JSON          bool
	Out           io.Writer
	Notes         io.Writer // what is said beside the events
}

// interval is the wait between two looks at the log. Most of them cost the server a comparison: see eventLog.tag.
const interval = 300 * time.Millisecond

// Listen forwards events until ctx ends.
func Listen(ctx context.Context, o Listening) error {
	if err := knownTypes(o.Types); err != nil {
		return err
	}
	for _, id := range o.Resend {
		if !event.IsID(id) {
			return fmt.Errorf("--resend %s: not the id of an event, evt_…", id)
		}
	}
	if o.Since < 0 {
		return errors.New("--since says how far to go back, such as 10m")
	}
	l, err := newEventLog(o.Server, o.Token, o.Types)
	if err != nil {
		return err
	}
	to, file, err := o.settle()
	if err != nil {
		return err
	}
	r := &report{json: o.JSON, out: o.Out, notes: o.Notes}
	if len(o.Resend) > 0 {
		return resend(ctx, l, to, r, o.Resend)
	}
	r.start(o.Server, o.Types, to, file)
	if err := begin(ctx, l, r, o.Since); err != nil || ctx.Err() != nil {
		return err
	}
	r.ready(o.Server, o.Types, to)
	follow(ctx, l, to, r)
	r.end()
	return nil
}

// settle decides where to send and what to sign with, and remembers both for the next time.
func (o Listening) settle() (*target, string, error) {
	r, err := recall()
	if err != nil {
		return nil, "", err
	}
	if o.Forward != "" {
		r.Forward = o.Forward
	}
	if o.Secret != "" {
		r.Secret = o.Secret
	}
	if r.Forward == "" {
		return nil, "", errors.New("--forward is missing: the address of your receiver, such as http://localhost:3000/hook")
	}
	if r.Secret == "" {
		r.Secret = webhook.NewSecret()
	}
	to, err := newTarget(r.Forward, r.Secret)
	if err != nil {
		return nil, "", err
	}
	file, err := r.keep()
	return to, file, err
}

// begin finds the place in the log to start from. It waits for a server that is not there yet; one that refuses the
// token will not take it later either.
func begin(ctx context.Context, l *eventLog, r *report, since time.Duration) error {
	var b backoff
	for {
		err := l.begin(ctx, since)
		var no *refusal
		switch {
		case err == nil:
			return nil
		case errors.As(err, &no) && no.final():
			return no
		case !b.wait(ctx, r, err):
			return nil
		}
	}
}

// follow forwards one event after the other, in their order. A slow receiver delays the next event and loses none: the
// log keeps them.
func follow(ctx context.Context, l *eventLog, to *target, r *report) {
	var b backoff
	for {
		entries, more, err := l.next(ctx)
		if errors.Is(err, errGap) {
			r.note("%v", err)
			continue
		}
		if err != nil {
			if !b.wait(ctx, r, err) {
				return
			}
			continue
		}
		b.over(r)
		for _, e := range entries {
			d := to.deliver(ctx, e.body)
			if ctx.Err() != nil && !d.taken() {
				return
			}
			r.event(e, d)
		}
		if !more && !pause(ctx, interval) {
			return
		}
	}
}

// resend sends events that are in the log already.
func resend(ctx context.Context, l *eventLog, to *target, r *report, ids []string) error {
	for _, id := range ids {
		e, err := l.one(ctx, id)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		r.event(e, to.deliver(ctx, e.body))
	}
	if len(r.missed) > 0 {
		return errNotTaken
	}
	return nil
}

var errNotTaken = errors.New("the receiver did not take it")

// backoff waits longer after each trouble with the server in a row, and says the same only once.
type backoff struct {
	last time.Duration
	said string
}

const longest = 5 * time.Second

// wait tells whether there is still reason to go on.
func (b *backoff) wait(ctx context.Context, r *report, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	b.last = min(max(2*b.last, interval), longest)
	wait := b.last
	var no *refusal
	if errors.As(err, &no) && no.retryAfter > wait {
		wait = no.retryAfter
		err = fmt.Errorf("%w; waiting %s", err, wait)
	}
	if s := err.Error(); s != b.said {
		r.note("%s", s)
		b.said = s
	}
	return pause(ctx, wait)
}

func (b *backoff) over(r *report) {
	if b.said != "" {
		r.note("The server answers again; no event was passed over.")
	}
	*b = backoff{}
}

// knownTypes refuses a type that is not in the catalogue.
func knownTypes(types []string) error {
	for _, t := range types {
		if _, ok := event.Find(event.Type(t)); !ok {
			return fmt.Errorf("there is no event type %q; the catalogue has %s", t, strings.Join(event.Types(), ", "))
		}
	}
	return nil
}
