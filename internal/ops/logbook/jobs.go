package logbook

import (
	"context"
	"encoding/json"
	"time"

	"airside/internal/base/job"
)

// RegisterJobs says what runs the jobs of this package.
func (s *Service) RegisterJobs(q *job.Queue) {
	for kind, run := range s.handlers() {
		q.Handle(kind, func(ctx context.Context, payload []byte) error {
			var t task
			if err := json.Unmarshal(payload, &t); err != nil {
				return err
			}
			who := t.Who.principal()
			err := run(ctx, who, t.Import)
			s.noteStop(ctx, who, t.Import, err)
			return err
		})
	}
}

// pace chooses how many rows a write takes, so that it holds up others for less than 50 ms.
type pace struct {
	rows int
	took time.Duration // of the last write
}

// Rows in a write: what is begun with, the most, and the least, under which what every write does besides would cost
// more than the rows. Powers of two make few texts of bulk statements.
const (
	firstRows = 64
	mostRows  = 256
	leastRows = 32
)

func newPace() pace { return pace{rows: firstRows} }

// measure is deferred in a write.
func (p *pace) measure(began time.Time) { p.took = time.Since(began) }

func (p *pace) adapt() {
	switch {
	case p.took > 25*time.Millisecond:
		p.rows = max(p.rows/2, leastRows)
	case p.took < 9*time.Millisecond:
		p.rows = min(p.rows*2, mostRows)
	}
}
