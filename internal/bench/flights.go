package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"airside/internal/ops/logbook"
	"airside/internal/platform/org"
)

const (
	flightsPath = "/api/v1/public/flights?limit=50"
	clients     = 32
)

// flights measures pages of 50 of 100,000 flights on SQLite against a bare handler that writes the same bytes.
func flights(ctx context.Context, b *bench) error {
	h, err := open(ctx, b, "sqlite")
	if err != nil {
		return err
	}
	defer h.clean()
	im, err := h.Logbook.Upload(ctx, h.who, "bench.csv", logbookOf(100_000), logbook.UploadOptions{})
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := h.Logbook.Commit(ctx, h.who, logbook.ID(im.ID), "history"); err != nil {
		return err
	}
	fmt.Printf("100,000 flights imported as history in %.1f s\n", time.Since(began).Seconds())

	address, stop, err := h.listen()
	if err != nil {
		return err
	}
	defer stop()
	credentials := []string{"Authorization", "Bearer " + h.key, "X-Org-Id", string(h.org)}
	pages, body, err := h.pages(address, credentials)
	if err != nil {
		return err
	}
	bare, stopBare, err := serve(bareHandler(body))
	if err != nil {
		return err
	}
	defer stopBare()

	same := func(request []byte) func(int64) []byte { return func(int64) []byte { return request } }
	// The limit is measured anew beside each figure, because neighbours come and go.
	limit := func() (float64, error) {
		return fire(bare, clients, b.seconds, 200, same(get(bare, flightsPath, credentials...)))
	}

	// Each page is asked for once after a change, so that no page is still kept.
	var missed, missedOf float64
	for range 4 {
		of, err := limit()
		if err != nil {
			return err
		}
		if err := h.touch(ctx); err != nil {
			return err
		}
		rate, err := fire(address, clients, time.Minute, 200, func(i int64) []byte {
			if int(i) >= len(pages) {
				return nil
			}
			return pages[(int(i)*7919)%len(pages)] // not in order: 7919 is prime
		})
		if err != nil {
			return err
		}
		if missedOf == 0 || rate/of > missed/missedOf {
			missed, missedOf = rate, of
		}
	}
	b.report(missed >= 0.08*missedOf, "`GET /flights?limit=50`, 100,000 flights, SQLite, cursors varied", "≥ 8 % of bare",
		"%.0f/s, %.0f %% of bare (%.0f/s, %d kB)", missed, 100*missed/missedOf, missedOf, len(body)/1000)

	of, err := limit()
	if err != nil {
		return err
	}
	kept, err := fire(address, clients, b.seconds, 200, func(i int64) []byte { return pages[i%20] })
	if err != nil {
		return err
	}
	b.report(kept >= 0.5*of, "the same, nothing changed since the page was built", "≥ 50 % of bare", "%.0f/s, %.0f %% of bare (%.0f/s)", kept, 100*kept/of, of)

	etag, err := etagOf(address, credentials)
	if err != nil {
		return err
	}
	if of, err = limit(); err != nil {
		return err
	}
	bare304, err := fire(bare, clients, b.seconds, 304, same(get(bare, flightsPath, append(credentials, "If-None-Match", etag)...)))
	if err != nil {
		return err
	}
	fresh, err := fire(address, clients, b.seconds, 304, same(get(address, flightsPath, append(credentials, "If-None-Match", etag)...)))
	if err != nil {
		return err
	}
	b.report(fresh >= 0.6*of, "the same, 304", "≥ 60 % of bare", "%.0f/s, %.0f %% of bare writing the page, %.0f %% of bare answering 304 (%.0f/s)",
		fresh, 100*fresh/of, 100*fresh/bare304, bare304)

	return h.lastAsFast(ctx, b, address, pages)
}

// lastAsFast compares the first pages with the last ones, built anew each time.
func (h *house) lastAsFast(ctx context.Context, b *bench, address string, pages [][]byte) error {
	ends := map[string][][]byte{"first": pages[:200], "last": pages[len(pages)-201 : len(pages)-1]}
	rate := map[string]float64{}
	for range 6 {
		for name, some := range ends {
			if err := h.touch(ctx); err != nil {
				return err
			}
			r, err := fire(address, 8, time.Minute, 200, func(i int64) []byte {
				if int(i) >= len(some) {
					return nil
				}
				return some[i]
			})
			if err != nil {
				return err
			}
			rate[name] = max(rate[name], r)
		}
	}
	ratio := rate["last"] / rate["first"]
	b.report(ratio > 0.8, "last pages against first pages", "± 20 %", "%.0f/s against %.0f/s: %+.0f %%", rate["last"], rate["first"], 100*(ratio-1))
	return nil
}

// touch changes the organization, so that every kept page is out of date.
func (h *house) touch(ctx context.Context) error {
	name := "bench " + strconv.FormatInt(time.Now().UnixNano(), 10)
	_, err := h.Orgs.Update(ctx, h.who, org.Patch{Name: &name}, 0)
	return err
}

// pages walks the list and returns a request for each page, and the first one's body.
func (h *house) pages(address string, credentials []string) (pages [][]byte, body []byte, err error) {
	c, err := dial(address)
	if err != nil {
		return nil, nil, err
	}
	defer c.conn.Close()
	path := flightsPath
	var b bytes.Buffer
	for {
		request := get(address, path, credentials...)
		status, err := c.do(request, &b)
		if err != nil || status != 200 {
			return nil, nil, fmt.Errorf("page %d: %d %v", len(pages), status, err)
		}
		pages = append(pages, request)
		if body == nil {
			body = bytes.Clone(b.Bytes())
		}
		var page struct {
			Pagination struct {
				NextCursor string `json:"next_cursor"`
				HasMore    bool   `json:"has_more"`
			}
		}
		if err := json.Unmarshal(b.Bytes(), &page); err != nil {
			return nil, nil, err
		}
		if !page.Pagination.HasMore {
			break
		}
		path = flightsPath + "&cursor=" + url.QueryEscape(page.Pagination.NextCursor)
	}
	return pages, body, nil
}

// etagOf is the ETag of the first page as it is now.
func etagOf(address string, credentials []string) (string, error) {
	req, err := http.NewRequest("GET", "http://"+address+flightsPath, nil)
	if err != nil {
		return "", err
	}
	for i := 0; i < len(credentials); i += 2 {
		req.Header.Set(credentials[i], credentials[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	res.Body.Close()
	return res.Header.Get("ETag"), nil
}

// bareHandler writes prepared bytes and does nothing else.
func bareHandler(body []byte) http.Handler {
	length := strconv.Itoa(len(body))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", length)
		w.Write(body)
	})
}
