// Package metrics tells Prometheus how this process is doing. What it exposes is bounded, however many organizations,
// endpoints and paths there are.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"airside/internal/platform/webhook"
)

// Options are where the figures come from. They are asked when somebody reads them.
type Options struct {
	Version string // of the program
	Log     *slog.Logger
	Engine  func() webhook.EngineState
	Jobs    func(ctx context.Context) (due, failed int64, err error)
	// Writer is nil where writes do not share one writer.
	Writer func() Writer
}

// Writer is how the one writer of the embedded database is doing.
type Writer struct {
	Waiting         int
	Commits, Writes int64
}

// Metrics answers GET /metrics.
type Metrics struct {
	http.Handler
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

// New begins to count.
func New(o Options) *Metrics {
	r := prometheus.NewRegistry()
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "airside_http_requests_total",
			Help: "Requests that were answered."}, []string{"surface", "method", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "airside_http_request_duration_seconds",
			Help:    "How long answers took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"surface"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "airside_build_info", Help: "Always 1; the labels name what runs.",
		ConstLabels: prometheus.Labels{"version": o.Version, "go": runtime.Version()}})
	build.Set(1)
	r.MustRegister(m.requests, m.took, build, state{o}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Handler = promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError, // without the store, the other figures are wanted all the more
		MaxRequestsInFlight: 4,
	})
	return m
}

// Observe counts a request that was answered.
func (m *Metrics) Observe(r *http.Request, status int, took time.Duration) {
	s := surface(r)
	m.requests.WithLabelValues(s, method(r.Method), strconv.Itoa(status/100)+"xx").Inc()
	m.took.WithLabelValues(s).Observe(took.Seconds())
}

// surface is whom the path is for. A path that nobody knows is not worth a name.
func surface(r *http.Request) string {
	path := r.URL.Path
	switch {
	case r.Pattern == "":
		return "other"
	case strings.HasPrefix(path, "/api/v1/public/"):
		return "public"
	case strings.HasPrefix(path, "/api/v1/manage/"):
		return "manage"
	case strings.HasPrefix(path, "/licenses-api/"):
		return "licence"
	case strings.HasPrefix(path, "/api/"), strings.HasPrefix(path, "/problems/"), path == "/healthz", path == "/readyz":
		return "other"
	}
	return "console"
}

// method is one of those that are served: clients may send any.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}
