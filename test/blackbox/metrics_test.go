package blackbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"airside/test/airside"
)

var metricsAt = regexp.MustCompile(`"at":"(http://[^"]+/metrics)"`)

// scrape reads the metrics of a server, by name with labels.
func scrape(t *testing.T, s *airside.Server) map[string]float64 {
	t.Helper()
	m := metricsAt.FindStringSubmatch(s.Log())
	if m == nil {
		t.Fatalf("no metrics are served\n%s", s.Log())
	}
	res, err := http.Get(m[1])
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%d, %v: %s", res.StatusCode, err, body)
	}
	all := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil && name != "#" {
			all[name] = v
		}
	}
	return all
}

// awaitMetrics waits until the metrics are as wanted.
func awaitMetrics(t *testing.T, s *airside.Server, what string, ok func(map[string]float64) bool) map[string]float64 {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		all := scrape(t, s)
		if ok(all) {
			return all
		}
		if time.Now().After(deadline) {
			for name, v := range all {
				if strings.HasPrefix(name, "airside_") {
					t.Logf("%s %g", name, v)
				}
			}
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

func TestMetricsAreOffByDefault(t *testing.T) {
	s := airside.Serve(t, airside.Store{Data: t.TempDir()})
	if metricsAt.MatchString(s.Log()) {
		t.Error("metrics are served unasked")
	}
	airside.Client{URL: s.URL}.Call(t, 404, "GET", "/metrics", nil)
}

func TestMetrics(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		s := airside.Serve(t, store, "--metrics-listen", "127.0.0.1:0")
		airside.Client{URL: s.URL}.Call(t, 404, "GET", "/metrics", nil) // not where the outside gets in
		school := airside.NewSchool(t, s, "figures")
		var broken atomic.Bool
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if broken.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}))
		defer receiver.Close()
		var good struct{ ID string }
		school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": receiver.URL, "event_types": []string{"flight.approved"}}).Data(t, &good)
		school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": receiver.URL + "/filtered", "filter": obj{"data.number": "another"}})
		draft := hangar(t, school.Manage, "HB-MTR")
		for i := range 3 {
			approved(t, school.Manage, draft(i))
		}
		school.Public.Call(t, 200, "GET", public+"/flights", nil)
		airside.Client{URL: s.URL}.Call(t, 401, "GET", public+"/flights", nil)
		airside.Client{URL: s.URL}.Call(t, 200, "GET", "/signin", nil)
		airside.Client{URL: s.URL}.Call(t, 200, "GET", "/licenses-api/v1/health", nil)
		airside.Client{URL: s.URL}.Try(context.Background(), "BREW", "/nowhere/"+school.ID, nil)

		m := awaitMetrics(t, s, "three deliveries", func(m map[string]float64) bool {
			return m[`airside_webhook_deliveries_ended_total{status="succeeded"}`] == 3 && m["airside_webhook_oldest_due_age_seconds"] == 0 &&
				m["airside_webhook_requests_in_flight"] == 0
		})
		for name, want := range map[string]float64{
			`airside_webhook_attempts_total{outcome="success"}`:                        3,
			`airside_webhook_attempts_total{outcome="http_status"}`:                    0,
			`airside_webhook_attempt_duration_seconds_count`:                           3,
			`airside_webhook_attempt_duration_seconds_bucket{le="+Inf"}`:               3,
			`airside_webhook_deliveries_ended_total{status="filtered"}`:                6,
			`airside_webhook_deliveries_ended_total{status="failed"}`:                  0,
			`airside_webhook_endpoints`:                                                2,
			`airside_webhook_circuits_open`:                                            0,
			`airside_jobs_failed`:                                                      0,
			`airside_http_requests_total{method="GET",status="2xx",surface="public"}`:  1,
			`airside_http_requests_total{method="GET",status="4xx",surface="public"}`:  1,
			`airside_http_requests_total{method="GET",status="2xx",surface="console"}`: 1,
			`airside_http_requests_total{method="other",status="4xx",surface="other"}`: 1,
			`airside_http_requests_total{method="GET",status="2xx",surface="licence"}`: 1,
			`airside_http_request_duration_seconds_count{surface="public"}`:            2,
			`airside_http_request_duration_seconds_bucket{surface="console",le="10"}`:  1,
			`airside_http_requests_total{method="POST",status="2xx",surface="manage"}`: 4 + 3*3,
			`airside_webhook_attempts_total{outcome="destination_not_allowed"}`:        0,
			`airside_http_requests_total{method="BREW",status="4xx",surface="other"}`:  0,
			`airside_webhook_endpoint_lag_seconds{endpoint="` + good.ID + `"}`:         0,
		} {
			if m[name] != want {
				t.Errorf("%s is %g, not %g", name, m[name], want)
			}
		}
		if _, ok := m["airside_jobs_due"]; !ok || m["go_goroutines"] == 0 || m["process_resident_memory_bytes"] == 0 {
			t.Errorf("jobs %t, goroutines %g, memory %g", ok, m["go_goroutines"], m["process_resident_memory_bytes"])
		}
		if commits, writes := m["airside_db_commits_total"], m["airside_db_writes_total"]; (store.URL == "") != (commits > 10 && writes >= commits) {
			t.Errorf("%g commits of %g writes", commits, writes)
		}

		broken.Store(true)
		approved(t, school.Manage, draft(3))
		awaitMetrics(t, s, "two attempts that failed", func(m map[string]float64) bool {
			return m[`airside_webhook_attempts_total{outcome="http_status"}`] >= 2 && m[`airside_webhook_deliveries_ended_total{status="failed"}`] == 0
		})
		school.Manage.Call(t, 200, "POST", manage+"/webhook-endpoints/"+good.ID+"/disable", obj{})
		awaitMetrics(t, s, "a cancelled delivery", func(m map[string]float64) bool {
			return m[`airside_webhook_deliveries_ended_total{status="cancelled"}`] == 1
		})
	})
}

// TestMetricsNameTheWorstOnly: thirty endpoints whose receivers are gone do not make thirty lines.
func TestMetricsNameTheWorstOnly(t *testing.T) {
	s := airside.Serve(t, airside.Store{Data: t.TempDir()}, "--metrics-listen", "127.0.0.1:0")
	school := airside.NewSchool(t, s, "worst")
	for i := range 30 {
		school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": fmt.Sprintf("http://127.0.0.1:1/%d", i)})
	}
	draft := hangar(t, school.Manage, "HB-WRS")
	for i := range 8 {
		approved(t, school.Manage, draft(i))
	}
	count := func(m map[string]float64) (lines int, worst float64) {
		for name, v := range m {
			if strings.HasPrefix(name, "airside_webhook_endpoint_lag_seconds{") {
				lines++
				worst = max(worst, v)
			}
		}
		return lines, worst
	}
	m := awaitMetrics(t, s, "ten late endpoints", func(m map[string]float64) bool {
		lines, _ := count(m)
		return m["airside_webhook_circuits_open"] == 30 && lines >= 10
	})
	if lines, worst := count(m); lines != 10 || worst == 0 || m["airside_webhook_oldest_due_age_seconds"] != worst || m["airside_webhook_endpoints"] != 30 {
		t.Errorf("%d lines, the worst %g s; oldest %g s", lines, worst, m["airside_webhook_oldest_due_age_seconds"])
	}
	if n := m[`airside_webhook_attempts_total{outcome="connection_refused"}`]; n < 300 {
		t.Errorf("%g attempts were refused", n)
	}
}

func TestMetricsAddressInUse(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	_, err := airside.TryServe(t, airside.Store{Data: t.TempDir()}, "--metrics-listen", strings.TrimPrefix(taken.URL, "http://"))
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("%v", err)
	}
}
