package webhook

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Statistics is how attempts to an endpoint went: the whole time, and by hour or day (UTC). Durations are known to within a
// tenth, since they are kept as a histogram.
type Statistics struct {
	EndpointID EndpointID `json:"endpoint_id" format:"uuid"`
	From       clock.Time `json:"from"`
	To         clock.Time `json:"to"`
	Sums
	Periods []Period `json:"periods" nullable:"false" doc:"Oldest first, those without attempts too"`
}

// Period is an hour or a day.
type Period struct {
	Start clock.Time `json:"start"`
	Sums
}

// Sums are how attempts went. Rates and durations are null where there were none.
type Sums struct {
	Attempts    int64    `json:"attempts"`
	Succeeded   int64    `json:"succeeded"`
	SuccessRate *float64 `json:"success_rate" doc:"From 0 to 1"`
	P50         *float64 `json:"p50_ms" doc:"Half of the attempts took no longer, in milliseconds"`
	P95         *float64 `json:"p95_ms"`
	P99         *float64 `json:"p99_ms"`
}

// By is the length of a period.
type By string

const (
	ByHour By = "hour"
	ByDay  By = "day"
)

const (
	hourLength       = int64(time.Hour / time.Microsecond)
	maxPeriods       = 31 * 24
	statisticsKept   = 92 * 24 * time.Hour
	statisticsEvery  = 5 * time.Second // what a crash may lose of them
	bucketsPerOctave = 4
)

// Statistics tells how attempts to an endpoint went between two times.
func (s *Service) Statistics(ctx context.Context, who scope.Principal, id EndpointID, from, to clock.Time, by By) (Statistics, error) {
	if _, err := s.Get(ctx, who, id); err != nil {
		return Statistics{}, err
	}
	length := hourLength
	if by == ByDay {
		length *= 24
	}
	first, last := int64(from)/length, (int64(to)-1)/length
	if to <= from || last-first >= maxPeriods {
		return Statistics{}, &fault.Error{Kind: fault.BadRequest, Code: "invalid_parameters", Fields: []fault.Field{
			{Name: "from", Where: "query", Code: "too_many_periods", Args: []any{"max", maxPeriods}}}}
	}
	rows, err := db.All(ctx, s.db, scanHour, selectHours, id, first*length/hourLength, ((last+1)*length)/hourLength)
	if err != nil {
		return Statistics{}, fault.Wrap(err, "read the statistics of a webhook endpoint")
	}
	of := Statistics{EndpointID: id, From: clock.Time(first * length), To: clock.Time((last + 1) * length), Periods: make([]Period, last-first+1)}
	var whole histogram
	parts := make([]histogram, len(of.Periods))
	for _, r := range rows {
		whole.add(r)
		parts[r.hour*hourLength/length-first].add(r)
	}
	of.Sums = whole.sums()
	for i := range of.Periods {
		of.Periods[i] = Period{clock.Time((first + int64(i)) * length), parts[i].sums()}
	}
	return of, nil
}

// counted is a bucket of an hour: how many attempts took about so long.
type counted struct {
	endpoint EndpointID
	hour     int64
	ok       bool
	bucket   int64
}

// count is a counted bucket with its count.
type count struct {
	counted
	attempts int64
}

// bucketOf is the bucket of a duration: quarters of an octave of microseconds.
func bucketOf(d time.Duration) int64 {
	return int64(math.Floor(bucketsPerOctave * math.Log2(float64(max(d.Microseconds(), 1)))))
}

// middle is the duration in the middle of a bucket, in milliseconds.
func middle(bucket int64) float64 {
	return math.Round(math.Exp2((float64(bucket)+0.5)/bucketsPerOctave)) / 1000
}

// histogram adds counts up.
type histogram struct {
	attempts, succeeded int64
	buckets             map[int64]int64
}

func (h *histogram) add(c count) {
	if h.buckets == nil {
		h.buckets = map[int64]int64{}
	}
	h.attempts += c.attempts
	if c.ok {
		h.succeeded += c.attempts
	}
	h.buckets[c.bucket] += c.attempts
}

func (h *histogram) sums() Sums {
	s := Sums{Attempts: h.attempts, Succeeded: h.succeeded}
	if h.attempts == 0 {
		return s
	}
	s.SuccessRate = new(math.Round(float64(h.succeeded)/float64(h.attempts)*1e4) / 1e4)
	s.P50, s.P95, s.P99 = h.percentile(0.50), h.percentile(0.95), h.percentile(0.99)
	return s
}

func (h *histogram) percentile(p float64) *float64 {
	left := int64(math.Ceil(p * float64(h.attempts)))
	for _, b := range slices.Sorted(maps.Keys(h.buckets)) {
		if left -= h.buckets[b]; left <= 0 {
			return new(middle(b))
		}
	}
	return nil
}

// tally counts recorded attempts until they are stored.
func (e *engine) tally(batch []outcome) {
	e.counting.Lock()
	defer e.counting.Unlock()
	for _, o := range batch {
		e.meter.count(o)
		e.counts[counted{o.lane.id, int64(o.at) / hourLength, o.verdict == succeeded, bucketOf(o.duration)}]++
	}
}

// storeCounts adds what was counted to the store. What it cannot add waits for the next time.
func (e *engine) storeCounts(ctx context.Context) {
	e.counting.Lock()
	counts := e.counts
	e.counts = map[counted]int64{}
	e.counting.Unlock()
	if len(counts) == 0 {
		return
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b counted) int { // two nodes lock rows in the same order
		return cmp.Or(cmp.Compare(a.endpoint, b.endpoint), cmp.Compare(a.hour, b.hour), cmp.Compare(a.bucket, b.bucket), compareBool(a.ok, b.ok))
	})
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{k.endpoint, k.hour, k.ok, k.bucket, counts[k]}
	}
	for len(rows) > 0 {
		chunk := rows[:min(len(rows), 512)]
		err := e.s.db.Write(ctx, func(tx *db.Tx) error { return db.Bulk(tx, insertHours, addToHour, chunk) })
		if err != nil {
			e.s.log.Warn("store statistics of deliveries", "error", err)
			e.recount(keys[len(keys)-len(rows):], counts)
			return
		}
		rows = rows[len(chunk):]
	}
}

func (e *engine) recount(keys []counted, counts map[counted]int64) {
	e.counting.Lock()
	defer e.counting.Unlock()
	for _, k := range keys {
		e.counts[k] += counts[k]
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
