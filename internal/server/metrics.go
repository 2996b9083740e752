package server

import (
	"net"
	"net/http"
	"time"

	"airside/internal/base/config"
	"airside/internal/web/metrics"
)

// measured is where metrics come from.
func (s *Server) measured() metrics.Options {
	o := metrics.Options{Version: config.Version(), Log: s.log, Engine: s.Webhooks.Snapshot, Jobs: s.jobs.Count}
	if _, ok := s.DB.WriterState(); ok {
		o.Writer = func() metrics.Writer {
			w, _ := s.DB.WriterState()
			return metrics.Writer(w)
		}
	}
	return o
}

// serveMetrics serves them on an address of their own: they tell how the whole deployment is doing, and nobody is asked
// who they are.
func (s *Server) serveMetrics() (*http.Server, error) {
	if s.metrics == nil {
		return nil, nil
	}
	l, err := net.Listen("tcp", s.cfg.MetricsListen)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics)
	h := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	go h.Serve(l)
	s.log.Info("serving metrics", "at", "http://"+l.Addr().String()+"/metrics")
	return h, nil
}
