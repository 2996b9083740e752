package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"airside/internal/demo"
	"airside/internal/platform/account"
	"airside/internal/server"
)

// pages measures every page of the console that can be reached by links, as the owner, with the demo's data and with a
// million flights: how long the server takes, and what a first view weighs.
func pages(ctx context.Context, b *bench) error {
	if err := b.demoPages(ctx); err != nil {
		return err
	}
	if b.flights == 0 {
		return nil
	}
	h, err := b.big(ctx, "sqlite")
	if err != nil {
		return err
	}
	defer h.clean()
	address, stop, err := h.listen()
	if err != nil {
		return err
	}
	defer stop()
	password := "bench-" + strings.ToLower(h.key[8:30])
	if err := choose(ctx, h.Server, "owner@bench.example", password); err != nil {
		return err
	}
	r := &reader{base: "http://" + address}
	if err := r.signIn("owner@bench.example", password); err != nil {
		return err
	}
	year := time.Now().Year() - 5
	searches := []string{"/o/bench/flights?q=M%C3%BCller+4", "/o/bench/flights?q=hb-kad", "/o/bench/flights?q=LSZB", "/o/bench/flights?status=submitted",
		"/o/bench/flights?status=rejected", "/o/bench/flights?person=" + h.people[200], "/o/bench/flights?aircraft=" + h.aircraft[7],
		fmt.Sprintf("/o/bench/flights?from=%d-03-01&to=%d-03-31", year, year), fmt.Sprintf("/o/bench/flights?q=F-%d-0001", year), "/o/bench/people?q=anna"}
	worst, err := r.crawl(ctx, "/o/bench", 20, searches...)
	if err != nil {
		return err
	}
	b.report(worst.p95 < 150*time.Millisecond, fmt.Sprintf("slowest of %d pages at %s flights, p95 over 20", worst.pages, thousands(b.flights)), "< 150 ms", "%.1f ms (%s)", ms(worst.p95), worst.path)
	return nil
}

// demoPages measures the pages of the demo's school.
func (b *bench) demoPages(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- demo.Run(ctx, demo.Options{Listen: "127.0.0.1:0", JSON: true, Out: out, Log: slog.New(slog.DiscardHandler)})
		out.CloseWithError(fmt.Errorf("the demo ended"))
	}()
	var d struct {
		BaseURL      string `json:"base_url"`
		Organization struct{ Slug string }
		Console      struct{ Email, Password string }
	}
	if err := json.NewDecoder(in).Decode(&d); err != nil {
		return err
	}
	r := &reader{base: d.BaseURL}
	if err := r.signIn(d.Console.Email, d.Console.Password); err != nil {
		return err
	}
	worst, err := r.crawl(ctx, "/o/"+d.Organization.Slug, 20)
	if err != nil {
		return err
	}
	b.report(worst.p95 < 50*time.Millisecond, fmt.Sprintf("slowest of %d pages of the demo, p95 over 20", worst.pages), "< 50 ms", "%.1f ms (%s)", ms(worst.p95), worst.path)
	b.report(worst.weight < 60<<10, "heaviest first view of a page, compressed, with style sheet and scripts", "< 60 KB", "%.1f KB (%s)", float64(worst.weight)/1024, worst.heavy)
	stop()
	return <-ended
}

func choose(ctx context.Context, s *server.Server, email, password string) error {
	link, err := s.Accounts.ResetLink(ctx, email)
	if err == nil {
		_, err = s.Accounts.UseLink(ctx, path.Base(link), password, account.Client{Address: netip.MustParseAddr("127.0.0.1")})
	}
	return err
}

// reader is a browser that reads pages and follows links.
type reader struct {
	base string
	web  *http.Client
}

func (r *reader) signIn(email, password string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	r.web = &http.Client{Jar: jar, Transport: &http.Transport{DisableCompression: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := r.web.PostForm(r.base+"/signin", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("signing in: %s", res.Status)
	}
	return nil
}

// get reads a page as a browser does; weight is what came over the wire.
func (r *reader) get(address string) (page string, weight int, err error) {
	q, err := http.NewRequest(http.MethodGet, r.base+address, nil)
	if err != nil {
		return "", 0, err
	}
	q.Header.Set("Accept-Encoding", "gzip")
	res, err := r.web.Do(q)
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return "", 0, err
	}
	if res.StatusCode != http.StatusOK {
		return "", 0, fmt.Errorf("GET %s: %s", address, res.Status)
	}
	if res.Header.Get("Content-Encoding") != "gzip" {
		return string(raw), len(raw), nil
	}
	z, err := gzip.NewReader(strings.NewReader(string(raw)))
	if err != nil {
		return "", 0, err
	}
	plain, err := io.ReadAll(z)
	return string(plain), len(raw), err
}

// crawled is the worst of what was met.
type crawled struct {
	pages  int
	p95    time.Duration
	path   string
	weight int
	heavy  string
}

var (
	hrefs = regexp.MustCompile(`<a [^>]*href="(/(?:o/|account)[^"]*)"`)
	files = regexp.MustCompile(`(?:href|src)="(/static/[^"]*)"`)
	ids   = regexp.MustCompile(`/(?:[0-9a-f]{8}-[0-9a-f-]{27}|evt_[0-9A-Z]+|[0-9]+)`)
)

// crawl reads every page that links lead to from start, two of each kind, and times each.
func (r *reader) crawl(ctx context.Context, start string, rounds int, more ...string) (worst crawled, err error) {
	seen := map[string]int{}
	queue := append([]string{start, "/account"}, more...)
	for len(queue) > 0 && ctx.Err() == nil {
		at := queue[0]
		queue = queue[1:]
		page, weight, err := r.get(at)
		if err != nil {
			return worst, err
		}
		worst.pages++
		for _, file := range files.FindAllStringSubmatch(page, -1) {
			_, w, err := r.get(file[1])
			if err != nil {
				return worst, err
			}
			weight += w
		}
		if weight > worst.weight {
			worst.weight, worst.heavy = weight, at
		}
		times := make([]time.Duration, rounds)
		for i := range times {
			began := time.Now()
			if _, _, err := r.get(at); err != nil {
				return worst, err
			}
			times[i] = time.Since(began)
		}
		if p := percentile(times, 0.95); p > worst.p95 {
			worst.p95, worst.path = p, at
		}
		for _, link := range hrefs.FindAllStringSubmatch(page, -1) {
			to := html.UnescapeString(link[1])
			kind := kindOf(to)
			if strings.Contains(to, "format=csv") || strings.Contains(to, "/exports/") || slices.Contains(queue, to) || seen[kind] >= 2 || to == start {
				continue
			}
			seen[kind]++
			queue = append(queue, to)
		}
	}
	return worst, ctx.Err()
}

// kindOf is an address without its ids and the values of its parameters.
func kindOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	var names []string
	for name := range u.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	return ids.ReplaceAllString(u.Path, "/{id}") + "?" + strings.Join(names, "&")
}

func thousands(n int) string {
	if n%1_000_000 == 0 {
		return fmt.Sprintf("%d,000,000", n/1_000_000)
	}
	return fmt.Sprintf("%d", n)
}
