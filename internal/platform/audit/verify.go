package audit

import (
	"bytes"
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Result is what Verify found.
type Result struct {
	Entries  int64  `json:"entries" doc:"How many entries hold"`
	OK       bool   `json:"ok"`
	FirstBad int64  `json:"first_bad,omitempty" doc:"The number of the first entry that does not hold, or is missing"`
	Head     string `json:"head" doc:"The hash of the last entry, in hex"`
}

// chunk is how many entries are read at once.
const chunk = 1000

// Verify walks the chain of who's organization up to its present end and recomputes every hash and digest.
func (s *Service) Verify(ctx context.Context, who scope.Principal) (Result, error) {
	if err := who.Need(scope.AuditRead); err != nil {
		return Result{}, err
	}
	var last int64
	var head []byte
	if err := s.db.QueryRow(ctx, selectHead, who.Org).Scan(&last, &head); err != nil {
		return Result{}, fault.Wrap(err, "read the head of the audit chain")
	}
	prev, no := Genesis(), int64(0)
	for no < last {
		rows, err := db.All(ctx, s.db, scanRow, selectChunk, who.Org, no, last, chunk)
		if err != nil {
			return Result{}, err
		}
		for _, r := range rows {
			if r.no != no+1 || !r.sound(prev, who.Org) {
				return Result{Entries: no, FirstBad: no + 1, Head: Hash(head).String()}, nil
			}
			prev, no = r.hash, r.no
		}
		if len(rows) < chunk && no < last { // the end is missing
			return Result{Entries: no, FirstBad: no + 1, Head: Hash(head).String()}, nil
		}
	}
	r := Result{Entries: no, OK: bytes.Equal(prev, head), Head: Hash(head).String()}
	if !r.OK {
		r.FirstBad = no
	}
	return r, nil
}
