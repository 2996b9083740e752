package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"airside/internal/base/clock"
)

// maxBody is how much of an answer is read and kept.
const maxBody = 16 << 10

// outcome is what came of one attempt.
type outcome struct {
	lane            *lane
	due             due
	at              clock.Time
	duration        time.Duration
	requestHeaders  string
	status          int // 0 when no answer came
	responseHeaders string
	body            []byte
	code, detail    string // of what went wrong, or empty
	timing          *Timing
	retryAfter      time.Duration

	verdict verdict
	nextAt  clock.Time // of a retry
	refused int        // how often the store has refused to record it
}

// attempt sends a delivery once. One deadline covers connecting, headers and body.
func (s *Service) attempt(ctx context.Context, t *target, d due) outcome {
	at := s.now()
	sigs := sign(t.signing(at), string(d.id), at.Std(), []byte(d.body))
	o := outcome{due: d, at: at, requestHeaders: packHeaders(sigs)}
	req := &http.Request{
		Method: http.MethodPost, URL: t.url, Host: t.url.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        requestHeaders(sigs, string(d.id), at.Std()),
		Body:          io.NopCloser(strings.NewReader(d.body)),
		ContentLength: int64(len(d.body)),
		GetBody:       func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(d.body)), nil },
	}
	ctx, cancel := context.WithTimeout(ctx, s.policy.Timeout)
	defer cancel()
	s.engine.meter.inFlight.Add(1)
	defer s.engine.meter.inFlight.Add(-1)
	watch := &stopwatch{}
	started := time.Now()
	err := s.roundTrip(req.WithContext(httptrace.WithClientTrace(ctx, watch.trace())), &o)
	o.duration = time.Since(started)
	o.timing = watch.timing()
	if err == nil {
		err = ctx.Err() // the end came after all, while the connection was being closed
	}
	switch {
	case err != nil && ctx.Err() != nil:
		o.code = codeTimeout
	case err != nil:
		o.code = codeOf(err)
	case o.status >= 300 && o.status < 400:
		o.code = codeRedirect
	case o.status < 200 || o.status >= 300:
		o.code = codeHTTPStatus
	}
	if err != nil {
		o.detail = explain(err)
	}
	return o
}

func (s *Service) roundTrip(req *http.Request, o *outcome) error {
	resp, err := s.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // which drops the connection when there is more to read than is kept
	o.status = resp.StatusCode
	headers, err := json.Marshal(flat(resp.Header))
	if err != nil {
		return err
	}
	o.responseHeaders = string(headers)
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
		o.retryAfter = retryAfter(resp.Header.Get("Retry-After"), o.at.Std())
	}
	if resp.Body == http.NoBody {
		return nil
	}
	o.body, err = readUpTo(resp.Body, maxBody, resp.ContentLength)
	return err
}

// readUpTo reads what there is, and no more than max bytes of it.
func readUpTo(r io.Reader, max int, announced int64) ([]byte, error) {
	if announced >= 0 && announced < int64(max) {
		b := make([]byte, announced, announced+1) // room to see the end
		n, err := io.ReadFull(r, b)
		if err != nil {
			return b[:n], err
		}
		_, err = r.Read(b[n : n+1])
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return b, err
	}
	b, err := io.ReadAll(io.LimitReader(r, int64(max)+1))
	if len(b) > max {
		return b[:max], nil
	}
	return b, err
}

// clean makes an error text fit for storing: PostgreSQL takes neither zero bytes nor broken UTF-8.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "") + "…"
	}
	return s
}
