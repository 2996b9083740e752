package webhook

import (
	"crypto/tls"
	"fmt"
	"net/http/httptrace"
	"sync"
	"time"
)

// stopwatch notes when the steps of an attempt began and ended. Steps run on goroutines of the transport, which may
// outlive the attempt.
type stopwatch struct {
	mu                       sync.Mutex
	dns, connect, tls, wrote time.Time
	t                        Timing
	seen                     bool // there is something to tell: a new connection, or an answer that was waited for
}

// longWait is from when on the wait for an answer is told even where the connection was open.
const longWait = 250 * time.Millisecond

func (w *stopwatch) trace() *httptrace.ClientTrace {
	begin := func(at *time.Time) {
		w.mu.Lock()
		*at = time.Now()
		w.mu.Unlock()
	}
	end := func(since *time.Time, into *float64) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !since.IsZero() {
			*into += float64(time.Since(*since).Microseconds()) / 1000
			w.seen = true
		}
	}
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { begin(&w.dns) },
		DNSDone:           func(httptrace.DNSDoneInfo) { end(&w.dns, &w.t.DNS) },
		ConnectStart:      func(string, string) { begin(&w.connect) },
		ConnectDone:       func(string, string, error) { end(&w.connect, &w.t.Connect) },
		TLSHandshakeStart: func() { begin(&w.tls) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { end(&w.tls, &w.t.TLS) },
		WroteRequest:      func(httptrace.WroteRequestInfo) { begin(&w.wrote) },
		GotFirstResponseByte: func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if !w.wrote.IsZero() {
				wait := time.Since(w.wrote)
				w.t.Wait = float64(wait.Microseconds()) / 1000
				w.seen = w.seen || wait > longWait
			}
		},
	}
}

// timing is what there is to tell.
func (w *stopwatch) timing() *Timing {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.seen {
		return nil
	}
	t := w.t
	return &t
}

// pack is a timing as it is stored: its four figures in microseconds.
func (t *Timing) pack() any {
	if t == nil {
		return nil
	}
	us := func(ms float64) int64 { return int64(ms * 1000) }
	return fmt.Sprintf("%d %d %d %d", us(t.DNS), us(t.Connect), us(t.TLS), us(t.Wait))
}

func unpackTiming(packed *string) *Timing {
	if packed == nil {
		return nil
	}
	var dns, connect, tls, wait int64
	if n, _ := fmt.Sscan(*packed, &dns, &connect, &tls, &wait); n != 4 {
		return nil
	}
	ms := func(us int64) float64 { return float64(us) / 1000 }
	return &Timing{DNS: ms(dns), Connect: ms(connect), TLS: ms(tls), Wait: ms(wait)}
}
