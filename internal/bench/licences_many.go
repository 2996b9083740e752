package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/licence"
	"airside/internal/platform/scope"
)

// What the many licences are of. The last product and edition are rare: a thousandth.
var (
	soldProducts = []string{"Panel", "Charts", "Weather", "Planner", "Rarity"}
	soldEditions = []string{"Basic", "Pro", "Fleet", "Collector"}
)

const (
	fillChunk    = 1000
	disabledEach = 50 // every so many licences is one that is disabled
	rareEach     = 1000
)

// manyLicences measures activations in a store of few licences and in one of so many, by turns, and the list of those. A
// folder that -data names keeps the many, to be used again.
func manyLicences(ctx context.Context, b *bench, engine string) error {
	h, err := open(ctx, b, engine)
	if err != nil {
		return err
	}
	defer h.clean()
	few, stop, err := openShop(ctx, h)
	if err != nil {
		return err
	}
	defer stop()
	many, done, err := openMany(ctx, b, engine)
	if err != nil {
		return err
	}
	defer done()
	sold := 500 * int(b.seconds.Seconds())
	if engine == "postgres" {
		sold /= 4
	}
	var of, among [2]fastest
	for range 3 {
		for kind := range 2 {
			for _, x := range []struct {
				shop *shop
				best *fastest
			}{{few, &of[kind]}, {many, &among[kind]}} {
				if err := x.shop.newAndOld(ctx, b, sold, kind, x.best); err != nil {
					return err
				}
			}
		}
	}
	for kind, what := range []string{"new activations", "re-activations"} {
		change := (among[kind].rate/of[kind].rate - 1) * 100
		b.report(change > -20, fmt.Sprintf("%s among %d licences with %d devices each, %s, best of 3", what, b.licences, devicesEach, engine), "± 20 % of few licences",
			"%.0f/s against %.0f/s: %+.0f %%; CPU %.3f ms against %.3f ms: %+.0f %%", among[kind].rate, of[kind].rate, change,
			ms(among[kind].cpu), ms(of[kind].cpu), (float64(among[kind].cpu)/float64(of[kind].cpu)-1)*100)
	}
	return many.pages(b, engine)
}

// openMany opens the store of many licences, and fills it where that is not done yet.
func openMany(ctx context.Context, b *bench, engine string) (s *shop, done func(), err error) {
	if engine != "sqlite" || b.data == "" {
		h, err := open(ctx, b, engine)
		if err != nil {
			return nil, nil, err
		}
		s, stop, err := openShop(ctx, h)
		if err == nil {
			err = s.fill(ctx, b.licences)
		}
		return s, func() { stop(); h.clean() }, err
	}
	h, err := openAt(ctx, b.data, "")
	if err != nil {
		return nil, nil, err
	}
	h.org, err = db.One(ctx, h.DB, db.Scalar[scope.OrgID], orgCalled, "bench")
	found := err == nil
	if db.NoRows(err) {
		h.org, err = h.school(ctx, "bench")
	}
	if err != nil {
		return nil, nil, err
	}
	h.who = scope.Operator(h.org)
	if found {
		err = endTokens(ctx, h)
	}
	if err != nil {
		return nil, nil, err
	}
	s, stop, err := openShop(ctx, h)
	if err == nil && !found {
		err = s.fill(ctx, b.licences)
	}
	return s, func() { stop(); h.Close() }, err
}

// endTokens ends the vendor's tokens of an earlier run, whose texts nobody knows.
func endTokens(ctx context.Context, h *house) error {
	of, err := h.Licences.ListTokens(ctx, h.who, licence.TokenFilter{}, page.Page{Limit: 200})
	for _, t := range of.Rows {
		if err == nil && t.Status == "active" {
			_, err = h.Licences.RevokeToken(ctx, h.who, t.ID)
		}
	}
	return err
}

// fastest is the best of what was measured: neighbours only make it slower.
type fastest struct {
	rate float64
	cpu  time.Duration // each, client included
}

func (f *fastest) add(rate float64, cpu time.Duration) {
	f.rate = max(f.rate, rate)
	if f.cpu == 0 || cpu < f.cpu {
		f.cpu = cpu
	}
}

// newAndOld sells licences, and measures activations of their devices: of new ones, or of ones that come back.
func (s *shop) newAndOld(ctx context.Context, b *bench, n, kind int, best *fastest) error {
	first := len(s.sold)
	if err := s.sell(ctx, n); err != nil {
		return err
	}
	before := b.spent()
	rate, took, err := s.newDevices(s.sold[first:])
	if err != nil {
		return err
	}
	if kind == 0 {
		best.add(rate, (b.spent()-before)/time.Duration(len(took)))
		return nil
	}
	requests := make([][]byte, n)
	for i := range requests {
		requests[i] = s.asks(s.sold[first+i], i%devicesEach)
	}
	before, began := b.spent(), time.Now()
	if rate, err = fire(s.address, activators, 2*time.Second, http.StatusOK, func(i int64) []byte { return requests[i%int64(n)] }); err == nil {
		best.add(rate, time.Duration(float64(b.spent()-before)/(rate*time.Since(began).Seconds())))
	}
	return err
}

const (
	fillLicences = `INSERT INTO licences (id, org_id, product_id, edition_id, product, edition, handle, license_ref, email, note, features,
		max_activations, active_devices, enabled, trial, created_by, created_at, updated_at, change_no, activity_no) VALUES`
	fillHandles = `INSERT INTO licence_handles (handle, licence_id) VALUES`
	fillDevices = `INSERT INTO licence_devices (licence_id, device, org_id, device_hash, device_name, activated_at, last_seen_at) VALUES`
)

// fill puts licences into the store that nobody knows the keys of.
func (s *shop) fill(ctx context.Context, n int) error {
	began, kinds := time.Now(), map[[2]string]licence.Licence{}
	for _, p := range soldProducts {
		for _, e := range soldEditions {
			most := devicesEach
			l, _, err := s.Licences.Create(ctx, s.who, licence.NewLicence{Email: "first@example.com", Product: p, Edition: e, MaxActivations: &most})
			if err != nil {
				return err
			}
			kinds[[2]string{p, e}] = l
		}
	}
	random := func(bytes int) string {
		b := make([]byte, bytes)
		rand.Read(b)
		return hex.EncodeToString(b)
	}
	// Handles and refs are spread evenly, and come in their order, so that the store is filled from one end to the other.
	spread := func(i, of, digits int) string {
		return fmt.Sprintf("%0*x", digits, uint64(i)*(1<<(4*digits))/uint64(of))
	}
	for done := 0; done < n; done += fillChunk {
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			change, err := tx.Change(string(s.org))
			if err != nil {
				return err
			}
			var rows, handles, devices [][]any
			for i := done; i < min(done+fillChunk, n); i++ {
				product, edition := soldProducts[i%(len(soldProducts)-1)], soldEditions[i/7%(len(soldEditions)-1)]
				if i%rareEach == 0 {
					product = soldProducts[len(soldProducts)-1]
				}
				if i%rareEach == 1 {
					edition = soldEditions[len(soldEditions)-1]
				}
				kind, key := kinds[[2]string{product, edition}], id.New()
				rows = append(rows, []any{key, s.org, kind.ProductID, kind.EditionID, product, edition, spread(i, n, 8) + random(28), strings.ToUpper(spread(i, n, 4)), fmt.Sprintf("customer%d@example.com", i/3), "", `["charts"]`,
					devicesEach, devicesEach, i%disabledEach != 0, false, "bench", change.At, change.At, change.No, change.No})
				for k := range 3 {
					handles = append(handles, []any{spread(3*i+k, 3*n, 8) + random(12), key})
				}
				for range devicesEach {
					hash := random(32)
					devices = append(devices, []any{key, hash, s.org, hash, "Cockpit PC", change.At, change.At})
				}
			}
			for _, all := range []struct {
				head string
				rows [][]any
			}{{fillLicences, rows}, {fillHandles, handles}, {fillDevices, devices}} {
				if err := db.Bulk(tx, all.head, "", all.rows); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if (done+fillChunk)%100_000 == 0 {
			fmt.Fprintf(os.Stderr, "%d licences after %.0f s\n", done+fillChunk, time.Since(began).Seconds())
		}
	}
	return nil
}

// pages measures pages of the list, with every combination of filters, common values and rare ones.
func (s *shop) pages(b *bench, engine string) error {
	c, err := dial(s.address)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	worst, of, combinations := time.Duration(0), "", 0
	values := map[string][]string{
		"email": {"", "customer%d@example.com"}, "product": {"", soldProducts[1], soldProducts[len(soldProducts)-1]},
		"edition": {"", soldEditions[1], soldEditions[len(soldEditions)-1]}, "enabled": {"", "true", "false"},
	}
	for _, email := range values["email"] {
		for _, product := range values["product"] {
			for _, edition := range values["edition"] {
				for _, enabled := range values["enabled"] {
					var took []time.Duration
					for try := 0; len(took) < 100; try++ {
						q := url.Values{"limit": {"50"}}
						for name, v := range map[string]string{"product": product, "edition": edition, "enabled": enabled} {
							if v != "" {
								q.Set(name, v)
							}
						}
						if email != "" {
							q.Set("email", fmt.Sprintf(email, try*7919%(b.licences/3)))
						}
						if err := s.follow(c, licenceAPI+"/admin/licenses?"+q.Encode(), 20, &took); err != nil {
							return err
						}
					}
					combinations++
					if p99 := percentile(took, 0.99); p99 > worst {
						worst = p99
						of = strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s", strings.TrimSuffix(email, "%d@example.com"), product, edition, enabled)), ", ")
					}
				}
			}
		}
	}
	b.report(worst < 50*time.Millisecond, fmt.Sprintf("a page of 50 of %d licences with their devices, slowest of %d filters, %s", b.licences, combinations, engine), "p99 < 50 ms",
		"p99 %.1f ms (%s)", ms(worst), of)
	return nil
}

// follow reads a list page by page, so many at most.
func (s *shop) follow(c *client, path string, most int, took *[]time.Duration) error {
	for range most {
		began := time.Now()
		next, err := c.page(get(s.address, path, shopHeader, s.admin))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		*took = append(*took, time.Since(began))
		if next == "" {
			return nil
		}
		u, err := url.Parse(next)
		if err != nil {
			return err
		}
		path = u.RequestURI()
	}
	return nil
}

// page reads an answer, and returns where the next page is.
func (c *client) page(request []byte) (next string, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return "", err
	}
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		return "", err
	}
	if r.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", r.Status, body.String())
	}
	if link := r.Header.Get("Link"); link != "" {
		next, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
	}
	return next, nil
}
