package webhook

import (
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
)

// TestCancelMissesNothingBesideAnother: who waits for another that cancels the same deliveries goes on with those behind them.
func TestCancelMissesNothingBesideAnother(t *testing.T) {
	s := newStation(t, dbtest.Postgres(t), loopback) // not started: nobody else cancels
	e := s.endpoint("http://127.0.0.1:1/")
	s.emit(cancelAtOnce)
	s.emit(100)
	s.exec(`UPDATE webhook_endpoints SET active = FALSE`)
	taken, goOn := make(chan bool), make(chan bool)
	other := make(chan error, 1)
	go func() {
		other <- s.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := cancelChunk(tx, e.ID)
			close(taken)
			<-goOn
			return err
		})
	}()
	<-taken
	ended := make(chan error, 1)
	go func() { ended <- s.cancelDue(t.Context(), e.ID) }()
	s.await("one waiting for the other", func() bool { return s.count(`SELECT count(*) FROM pg_locks WHERE NOT granted`) > 0 })
	close(goOn)
	for _, err := range []error{<-other, <-ended} {
		if err != nil {
			t.Error(err)
		}
	}
	if n := s.due(e.ID); n != 0 {
		t.Errorf("%d are left", n)
	}
}
