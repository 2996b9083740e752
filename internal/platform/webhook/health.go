package webhook

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Health is how an endpoint is doing.
type Health struct {
	EndpointID   EndpointID `json:"endpoint_id" format:"uuid"`
	FailingSince clock.Time `json:"failing_since" doc:"Since when it has only failed; null while it does not"`
	SecretSetAt  clock.Time `json:"secret_set_at" doc:"When it got its signing secret"`
	BlockedSince clock.Time `json:"blocked_since" doc:"Since when the first delivery of an ordered endpoint holds up the others; null while it does not"`
	LastDelivery *Delivery  `json:"last_delivery" doc:"The newest delivery, or null"`
	Days         []Day      `json:"days" nullable:"false" doc:"The last 14 days, today included, oldest first"`
}

// Day counts the deliveries of a day by how they ended.
type Day struct {
	Day       string `json:"day" format:"date" doc:"In UTC" example:"2026-11-22"`
	Succeeded int64  `json:"succeeded"`
	Failed    int64  `json:"failed"`
}

// healthDays is how many days Health counts.
const healthDays = 14

// Health tells how one endpoint is doing.
func (s *Service) Health(ctx context.Context, who scope.Principal, id EndpointID) (Health, error) {
	h, err := s.Standing(ctx, who, id)
	if err != nil {
		return Health{}, err
	}
	first := dayOf(s.now()) - healthDays + 1
	stored, err := db.All(ctx, s.db, scanDay, selectDays, id, first)
	if err != nil {
		return Health{}, fault.Wrap(err, "read the days of a webhook endpoint")
	}
	h.Days = make([]Day, healthDays)
	for i := range h.Days {
		h.Days[i].Day = dayText(first + int64(i))
	}
	for _, d := range stored {
		if i := d.day - first; i < healthDays {
			h.Days[i].Succeeded, h.Days[i].Failed = d.succeeded, d.failed
		}
	}
	return h, nil
}

// Standing is Health without the days, for lists.
func (s *Service) Standing(ctx context.Context, who scope.Principal, id EndpointID) (Health, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Health{}, err
	}
	h, err := db.One(ctx, s.db, scanHealth, selectHealth, who.Org, id)
	if db.NoRows(err) {
		return Health{}, fault.NotFoundFor("webhook_endpoint")
	}
	if err != nil {
		return Health{}, fault.Wrap(err, "read webhook endpoint")
	}
	last, err := s.ListDeliveries(ctx, who, DeliveryFilter{EndpointID: id}, page.Page{Limit: 1})
	if len(last.Rows) > 0 {
		h.LastDelivery = &last.Rows[0]
	}
	return h, err
}

// dayCount is a day's row: what ended on it.
type dayCount struct{ day, succeeded, failed int64 }

// countDays adds deliveries that have just ended to the days of their endpoints.
func countDays(tx *db.Tx, ended []ending) error {
	type at struct {
		endpoint EndpointID
		day      int64
	}
	counts := map[at]*dayCount{}
	for _, e := range ended {
		key := at{e.endpoint, dayOf(e.at)}
		if counts[key] == nil {
			counts[key] = &dayCount{}
		}
		if e.status == Succeeded {
			counts[key].succeeded++
		} else {
			counts[key].failed++
		}
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b at) int { // two batches lock rows in the same order
		return cmp.Or(cmp.Compare(a.endpoint, b.endpoint), cmp.Compare(a.day, b.day))
	})
	rows := make([][]any, len(keys))
	for i, key := range keys {
		rows[i] = []any{key.endpoint, key.day, counts[key].succeeded, counts[key].failed}
	}
	return db.Bulk(tx, insertDays, addToDay, rows)
}

// ending is a delivery that has just succeeded or failed.
type ending struct {
	endpoint EndpointID
	status   Status
	at       clock.Time
}

const dayLength = int64(24 * time.Hour / time.Microsecond)

// dayOf is the day of an instant in UTC, counted from 1970.
func dayOf(at clock.Time) int64 { return int64(at) / dayLength }

func dayText(day int64) string { return clock.Time(day * dayLength).Std().Format(time.DateOnly) }
