package blackbox_test

import (
	"strings"
	"testing"

	"airside/test/airside"
)

// TestRetentionIsRefused: what breaks a promise does not start.
func TestRetentionIsRefused(t *testing.T) {
	for _, c := range []struct {
		flags []string
		says  string
	}{
		{[]string{"--event-retention", "395d"}, "--event-retention 395d is too short: partners are promised 13 months"},
		{[]string{"--webhook-retention", "12h"}, "--webhook-retention 12h0m0s is too short"},
		{[]string{"--webhook-retention", "500d"}, "--event-retention 400d is shorter than --webhook-retention 500d"},
		{[]string{"--webhook-retention", "soon"}, "is no length of time such as 90d or 36h"},
		{[]string{"--event-retention=0"}, "is no length of time"},
		{[]string{"--usage-interval", "500ms"}, "--usage-interval 500ms is not from 1s to 10m"},
		{[]string{"--usage-interval", "1h"}, "--usage-interval 1h0m0s is not from 1s to 10m"},
	} {
		_, err := airside.TryServe(t, airside.Store{Data: t.TempDir()}, c.flags...)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.flags, err)
		}
	}
	airside.Serve(t, airside.Store{Data: t.TempDir()}, "--webhook-retention", "24h", "--event-retention", "396d")
}
