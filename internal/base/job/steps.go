package job

import (
	"context"
	"time"

	"airside/internal/base/db"
)

// How much work there is in a step: as many rows as take about stepTime, whatever the disk and the rows are like.
const (
	firstRows = 20
	leastRows = 10
	mostRows  = 500
	stepTime  = 10 * time.Millisecond
	leastWait = 2 * time.Millisecond
)

// Steps does something to many rows in small transactions, with pauses between them that are longer than the steps, so
// that nobody else who writes is held up. next reads some more rows outside a transaction, and none at the end. A stop
// between two steps leaves what is done; whoever begins again finds the rest.
func Steps[T any](ctx context.Context, d *db.DB, next func(ctx context.Context) ([]T, error), do func(tx *db.Tx, rows []T) error) error {
	most := firstRows
	for {
		rows, err := next(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		for len(rows) > 0 {
			some := rows[:min(most, len(rows))]
			rows = rows[len(some):]
			var took time.Duration // without the wait for others
			err := d.Write(db.Alone(ctx), func(tx *db.Tx) error {
				began := time.Now()
				defer func() { took = time.Since(began) }()
				return do(tx, some)
			})
			if err != nil {
				return err
			}
			switch {
			case took < stepTime/2:
				most = min(mostRows, 2*most)
			case took > stepTime:
				most = max(leastRows, most/2)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(max(leastWait, 2*took)):
			}
		}
	}
}
