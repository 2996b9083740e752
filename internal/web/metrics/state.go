package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"airside/internal/platform/webhook"
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("airside_"+name, help, labels, nil)
}

var (
	endpoints  = describe("webhook_endpoints", "Endpoints that this node delivers for.")
	circuits   = describe("webhook_circuits_open", "Endpoints that are left alone because nobody answers there.")
	inFlight   = describe("webhook_requests_in_flight", "Webhook requests under way.")
	oldestDue  = describe("webhook_oldest_due_age_seconds", "How long the delivery that waits for longest has been due; 0 when none waits.")
	lag        = describe("webhook_endpoint_lag_seconds", "How long the first delivery to an endpoint has been due; the ten worst endpoints of this node.", "endpoint")
	attempts   = describe("webhook_attempts_total", "Attempts to deliver, by what came of them.", "outcome")
	durations  = describe("webhook_attempt_duration_seconds", "How long attempts to deliver took.")
	ended      = describe("webhook_deliveries_ended_total", "Deliveries that have ended.", "status")
	jobsDue    = describe("jobs_due", "Jobs whose time has come, in the whole store.")
	jobsFailed = describe("jobs_failed", "Jobs that have failed and are tried again, in the whole store.")
	waiting    = describe("db_writes_waiting", "Writes that wait for the writer.")
	commits    = describe("db_commits_total", "Transactions that were made durable.")
	writes     = describe("db_writes_total", "Writes in them: several share a commit.")
)

// state collects what is known elsewhere, at the time that it is asked for.
type state struct{ o Options }

// Describe names what Collect gives.
func (s state) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{endpoints, circuits, inFlight, oldestDue, lag, attempts, durations, ended, jobsDue, jobsFailed, waiting, commits, writes} {
		c <- d
	}
}

// Collect gives the figures.
func (s state) Collect(c chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	e := s.o.Engine()
	gauge(endpoints, float64(e.Endpoints))
	gauge(circuits, float64(e.OpenCircuits))
	gauge(inFlight, float64(e.InFlight))
	gauge(oldestDue, e.OldestDue.Seconds())
	for _, l := range e.Late {
		gauge(lag, l.For.Seconds(), string(l.Endpoint))
	}
	for outcome, n := range e.Attempts {
		counter(attempts, n, outcome)
	}
	for status, n := range e.Ended {
		counter(ended, n, string(status))
	}
	c <- histogram(e.Durations)
	if s.o.Writer != nil {
		w := s.o.Writer()
		gauge(waiting, float64(w.Waiting))
		counter(commits, w.Commits)
		counter(writes, w.Writes)
	}
	s.jobs(c, gauge)
}

// askFor bounds how long the store is asked.
const askFor = 3 * time.Second

func (s state) jobs(c chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string)) {
	ctx, cancel := context.WithTimeout(context.Background(), askFor)
	defer cancel()
	due, failed, err := s.o.Jobs(ctx)
	if err != nil {
		c <- prometheus.NewInvalidMetric(jobsDue, err)
		return
	}
	gauge(jobsDue, float64(due))
	gauge(jobsFailed, float64(failed))
}

func histogram(d webhook.Durations) prometheus.Metric {
	buckets := map[float64]uint64{}
	for i, bound := range webhook.DurationBounds() {
		buckets[bound.Seconds()] = uint64(d.Buckets[i])
	}
	return prometheus.MustNewConstHistogram(durations, uint64(d.Count), d.Sum.Seconds(), buckets)
}
