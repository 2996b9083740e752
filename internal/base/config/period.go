package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Period is a length of time that may be long: in days, '90d', or as other durations are written, '36h'.
type Period time.Duration

const day = 24 * time.Hour

// Duration is the period as others reckon with it.
func (p Period) Duration() time.Duration { return time.Duration(p) }

// UnmarshalText reads a setting.
func (p *Period) UnmarshalText(b []byte) error {
	if days, ok := strings.CutSuffix(string(b), "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36500 {
			*p = Period(n) * Period(day)
			return nil
		}
	} else if d, err := time.ParseDuration(string(b)); err == nil && d > 0 {
		*p = Period(d)
		return nil
	}
	return fmt.Errorf("%q is no length of time such as 90d or 36h", b)
}

func (p Period) String() string {
	if d := time.Duration(p); d%day != 0 {
		return d.String()
	}
	return strconv.FormatInt(int64(time.Duration(p)/day), 10) + "d"
}

// leastEvents are the 13 months that partners are promised of the event log, however they fall.
const leastEvents = Period(396 * day)

// Check refuses to keep less than what others rely on. What is not set has its usual value.
func (r Retention) Check() error {
	webhooks, events := r.WebhookRetention, r.EventRetention
	switch {
	case webhooks != 0 && webhooks < Period(day):
		return fmt.Errorf("--webhook-retention %s is too short: deliveries are kept for at least 1d", webhooks)
	case events != 0 && events < leastEvents:
		return fmt.Errorf("--event-retention %s is too short: partners are promised 13 months of the event log, so it is at least %s", events, leastEvents)
	case webhooks != 0 && events != 0 && events < webhooks:
		return fmt.Errorf("--event-retention %s is shorter than --webhook-retention %s: a delivery needs its event", events, webhooks)
	}
	return nil
}
