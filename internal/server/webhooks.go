package server

import (
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"

	"airside/internal/platform/webhook"
)

// webhookRoots reads who may sign receivers' certificates; nil is who the system trusts.
func (s *Server) webhookRoots() (*x509.CertPool, error) {
	if s.cfg.WebhookCA == "" {
		return nil, nil
	}
	roots, err := webhook.ReadRoots(s.cfg.WebhookCA)
	if err != nil {
		return nil, fmt.Errorf("--webhook-ca: %w", err)
	}
	return roots, nil
}

// noteProxy says that a proxy set for the process is none for webhooks: it would reach what the check of addresses is
// there to keep them from.
func (s *Server) noteProxy() {
	set := slices.DeleteFunc([]string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"}, func(name string) bool {
		return os.Getenv(name) == ""
	})
	if len(set) > 0 {
		s.log.Warn("webhooks do not use the proxy that the environment names: they connect directly", "variables", strings.Join(set, " "))
	}
}
