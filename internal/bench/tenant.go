package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
	"airside/internal/server"
)

const (
	manyTenants = 10_000
	keysEach    = 20
)

// tenants measures the keys of security.yml: one check beside that of any key, and a deployment with ten thousand of them.
func tenants(ctx context.Context, b *bench) error {
	if err := tenantKeys(ctx, b); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "airside-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	orgs, err := foundTenants(ctx, dir)
	if err != nil {
		return err
	}
	return manyFiles(ctx, b, dir, orgs)
}

// tenantKeys compares a warm check with that of an organization's own key.
func tenantKeys(ctx context.Context, b *bench) error {
	h, err := open(ctx, b, "sqlite")
	if err != nil {
		return err
	}
	defer h.clean()
	_, token, err := h.Tenants.Create(ctx, h.who, tenantfile.NewKey{Name: "bench", Enabled: true, Permissions: []string{"*"}})
	if err != nil {
		return err
	}
	from := netip.MustParseAddr("127.0.0.1")
	own, _, err := timed(func() error { _, err := h.Keys.Verify(ctx, h.key, key.PublicPrefix, from, ""); return err })
	if err != nil {
		return err
	}
	each, allocs, err := timed(func() error { _, err := h.Tenants.Verify(ctx, token, from, ""); return err })
	if err != nil {
		return err
	}
	b.report(each <= 0.8 && allocs < 1.5, "warm check of a tenant's key in process", "≤ 0.8 µs, ≤ 1 allocation",
		"%.2f µs, %.0f allocations; an organization's key %.2f µs", each, allocs, own)
	return nil
}

// timed returns how long f takes, in microseconds, and how often it allocates.
func timed(f func() error) (each, allocs float64, err error) {
	const n = 1_000_000
	var before, after runtime.MemStats
	for i := range n + n/10 {
		if i == n/10 {
			runtime.ReadMemStats(&before)
		}
		if err := f(); err != nil {
			return 0, 0, err
		}
	}
	runtime.ReadMemStats(&after)
	began := time.Now()
	for range n {
		f()
	}
	return float64(time.Since(began).Nanoseconds()) / n / 1000, float64(after.Mallocs-before.Mallocs) / n, nil
}

// tenantToken is the key k of a tenant, made up as somebody does who writes a file by hand.
func tenantToken(org scope.OrgID, k int) string { return fmt.Sprintf("by-hand-%s-%d", org, k) }

// tenantText is a tenant's document.
func tenantText(org scope.OrgID) []byte {
	var t bytes.Buffer
	t.WriteString("# Keys of our own jobs.\napiKeys:\n")
	for k := range keysEach {
		h := sha256.Sum256([]byte(tenantToken(org, k)))
		fmt.Fprintf(&t, "  job-%d: # for the night\n    hash: %s\n    enabled: true\n    permissions: [public.flights:read, tenant.apiKey:read, tenant.apiKey:write]\n    createdAt: 2026-11-01T00:00:00Z\n", k, hex.EncodeToString(h[:]))
	}
	return t.Bytes()
}

// foundTenants makes ten thousand organizations, each with a file of twenty keys.
func foundTenants(ctx context.Context, dir string) ([]scope.OrgID, error) {
	h, err := openAt(ctx, dir, "")
	if err != nil {
		return nil, err
	}
	defer h.Close()
	orgs := make([]scope.OrgID, manyTenants)
	failed := make(chan error, 16)
	for w := range 16 {
		go func() {
			for i := w; i < manyTenants; i += 16 {
				o, err := server.CreateOrganization.On(ctx, h.Server, server.NewOrganization{Slug: fmt.Sprintf("tenant-%d", i), Name: "Tenant", Kind: "school",
					Authority: "FAA", TimeZone: "UTC", Currency: "EUR", OwnerEmail: fmt.Sprintf("o%d@example.org", i), OwnerName: "Owner"})
				if err != nil {
					failed <- err
					return
				}
				orgs[i] = o.ID
				folder := filepath.Join(dir, "tenants", string(o.ID))
				if err := os.MkdirAll(folder, 0o700); err != nil {
					failed <- err
					return
				}
				if err := os.WriteFile(filepath.Join(folder, "security.yml"), tenantText(o.ID), 0o600); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range 16 {
		if err := <-failed; err != nil {
			return nil, err
		}
	}
	return orgs, nil
}

// manyFiles measures the real binary on them.
func manyFiles(ctx context.Context, b *bench, dir string, orgs []scope.OrgID) error {
	binary := filepath.Join(dir, "airside")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "airside/cmd/airside").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	const address = "127.0.0.1:18473"
	took, p, err := runUntil(ctx, "serving", binary, "serve", "--listen", address, "--data", dir, "--rate-limit", "1000000")
	if err != nil {
		return err
	}
	defer p.stop()
	b.report(took < time.Second, "start with 10,000 tenants", "< 1 s", "%.2f s", took.Seconds())
	c := tenantClient{"http://" + address}
	began := time.Now()
	for _, org := range orgs {
		if err := c.call("GET", org, "", "", http.StatusOK); err != nil {
			return err
		}
	}
	first := time.Since(began)
	rss, err := p.resident()
	if err != nil {
		return err
	}
	b.report(rss < 150, "resident with 200,000 keys of 10,000 tenants in use", "< 150 MB", "%.0f MB; the first use of each took %.1f ms", rss, first.Seconds()*1000/manyTenants)
	if err := c.edits(b, dir, orgs[0]); err != nil {
		return err
	}
	return c.writes(b, orgs[1])
}

// tenantClient calls the administration with the tenant's first key.
type tenantClient struct{ base string }

func (c tenantClient) call(method string, org scope.OrgID, name, body string, status int) error {
	req, err := http.NewRequest(method, c.base+"/api/"+string(org)+"/admin/apiKeys"+name, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-API-KEY", tenantToken(org, 0))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var text bytes.Buffer
	text.ReadFrom(res.Body)
	if res.StatusCode != status {
		return fmt.Errorf("%s of %s: %s: %s", method, org, res.Status, text.String())
	}
	return nil
}

var ownHash = regexp.MustCompile(`(?s)^(.*?enabled: )(true|false)`)

// edits measures how soon an edit by hand is seen.
func (c tenantClient) edits(b *bench, dir string, org scope.OrgID) error {
	file := filepath.Join(dir, "tenants", string(org), "security.yml")
	var slowest time.Duration
	for i := range 50 {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		word, want := "${1}false", http.StatusUnauthorized
		if i%2 == 1 {
			word, want = "${1}true", http.StatusOK
		}
		beside := file + ".swp"
		if err := os.WriteFile(beside, ownHash.ReplaceAll(text, []byte(word)), 0o600); err != nil {
			return err
		}
		began := time.Now()
		if err := os.Rename(beside, file); err != nil {
			return err
		}
		for c.call("GET", org, "", "", want) != nil {
			if time.Since(began) > 5*time.Second {
				return fmt.Errorf("an edit is not seen")
			}
		}
		slowest = max(slowest, time.Since(began))
	}
	b.report(slowest < 100*time.Millisecond, "an edit by hand is seen", "< 100 ms", "%.0f ms at most, of 50", slowest.Seconds()*1000)
	return nil
}

// writes measures a change by the API.
func (c tenantClient) writes(b *bench, org scope.OrgID) error {
	took := make([]time.Duration, 1000)
	for i := range took {
		began := time.Now()
		if err := c.call("PUT", org, fmt.Sprintf("/job-%d", 1+i%19), fmt.Sprintf(`{"enabled":%v}`, i/19%2 == 1), http.StatusOK); err != nil {
			return err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	b.report(took[990] < 20*time.Millisecond, "a change by the API, p99 of 1,000", "< 20 ms", "%.1f ms (p50 %.1f ms)", took[990].Seconds()*1000, took[500].Seconds()*1000)
	return nil
}
