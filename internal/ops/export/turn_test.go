package export_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/text"
	"airside/internal/ops/export"
)

// held is a writer that says when it is first written to, and then waits.
type held struct{ began, release chan struct{} }

func (h held) Write(p []byte) (int, error) {
	h.began <- struct{}{}
	<-h.release
	return 0, errors.New("given up")
}

// Who comes while others export waits for a time, and is then asked to come back.
func TestExportsDoNotWaitForEver(t *testing.T) {
	h := open(t)
	h.exports = export.New(export.Options{DB: h.DB, Places: h.Reference, Patience: time.Millisecond})
	person := h.Person("Hans Meier")
	w := held{make(chan struct{}), make(chan struct{})}
	done := make(chan error)
	for range 2 {
		go func() {
			_, err := h.exports.Logbook(h.ctx, h.Owner, person, export.EASACSV, text.EN, w)
			done <- err
		}()
		<-w.began
	}
	_, err := h.exports.Logbook(h.ctx, h.Owner, person, export.EASACSV, text.EN, io.Discard)
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.Code != "exports_busy" || f.RetryAfter <= 0 {
		t.Errorf("%v", err)
	}
	close(w.release)
	for range 2 {
		<-done
	}
	if _, err := h.exports.Logbook(h.ctx, h.Owner, person, export.EASACSV, text.EN, io.Discard); err != nil {
		t.Errorf("after the others: %v", err)
	}
}
