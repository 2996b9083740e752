package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/platform/event"
)

// An entry is one event of the log, with its envelope byte for byte as it would be delivered.
type entry struct {
	ID        event.ID   `json:"id"`
	Type      event.Type `json:"type"`
	Timestamp clock.Time `json:"timestamp"`
	body      []byte
}

// eventLog follows the event log of the token's organization through the management API, and knows where it is.
type eventLog struct {
	server, token string
	types         []string
	client        *http.Client

	from   clock.Time // zero: from the beginning
	cursor string     // after which the next page begins
	tag    string     // of the last page, while it was empty
	last   entry      // the last event that is behind
	search bool       // last is still ahead, because from names its time only
}

func newEventLog(server, token string, types []string) (*eventLog, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("--server %s: not an address such as http://127.0.0.1:8080", server)
	}
	if token == "" {
		return nil, errors.New("--token or AIRSIDE_TOKEN is missing: a management token that may read events (the console shows yours under your account; or airside token mint)")
	}
	return &eventLog{server: strings.TrimSuffix(server, "/"), token: token, types: types, client: &http.Client{Timeout: 30 * time.Second}}, nil
}

// begin goes to the end of the log as it is now or, with since, back from there. Both go by what the server says: its
// clock may not be ours.
func (l *eventLog) begin(ctx context.Context, since time.Duration) error {
	a, err := l.get(ctx, "", url.Values{"type": l.types, "order": {"desc"}, "limit": {"1"}}, "")
	if err != nil {
		return err
	}
	p, err := a.page()
	if err != nil {
		return err
	}
	switch {
	case since > 0:
		now, err := http.ParseTime(a.date)
		if err != nil {
			now = time.Now()
		}
		l.from = clock.Of(now.Add(-since))
	case len(p.entries) > 0:
		l.last = p.entries[0]
		l.seek()
	}
	return nil
}

// seek finds the place after the last event again without a cursor: a cursor is bound to its query, and that of the
// newest event would only lead backwards.
func (l *eventLog) seek() {
	l.cursor, l.tag = "", ""
	if l.last.ID != "" {
		l.from, l.search = l.last.Timestamp, true
	}
}

// next reads on. With more, further events are there already.
func (l *eventLog) next(ctx context.Context) (entries []entry, more bool, err error) {
	q := url.Values{"type": l.types, "limit": {"200"}}
	if l.from != 0 {
		q.Set("from", l.from.String())
	}
	if l.cursor != "" {
		q.Set("cursor", l.cursor)
	}
	a, err := l.get(ctx, "", q, l.tag)
	var no *refusal
	if errors.As(err, &no) && l.cursor != "" && (no.status == http.StatusGone || no.code == "invalid_cursor") {
		l.seek()
		if no.status == http.StatusGone {
			return nil, true, errGap
		}
		return nil, true, nil
	}
	if err != nil || a.unchanged {
		return nil, false, err
	}
	p, err := a.page()
	if err != nil {
		return nil, false, err
	}
	if p.cursor != "" {
		l.cursor = p.cursor
	}
	l.tag = ""
	if len(p.entries) == 0 {
		l.tag = a.tag
	}
	entries = l.pass(p.entries)
	if n := len(entries); n > 0 {
		l.last = entries[n-1]
	}
	return entries, p.more, nil
}

// pass leaves out what is behind: events up to the last one. A later time ends the search too, in case it is gone.
func (l *eventLog) pass(entries []entry) []entry {
	for i, e := range entries {
		switch {
		case !l.search:
			return entries[i:]
		case e.Timestamp > l.last.Timestamp:
			l.search = false
			return entries[i:]
		case e.ID == l.last.ID:
			l.search = false
		}
	}
	return nil
}

// one reads a single event.
func (l *eventLog) one(ctx context.Context, id string) (entry, error) {
	a, err := l.get(ctx, "/"+id, nil, "")
	if err != nil {
		return entry{}, err
	}
	var doc struct{ Data json.RawMessage }
	if err := json.Unmarshal(a.body, &doc); err != nil {
		return entry{}, errStranger
	}
	return readEntry(doc.Data)
}

// errGap says that events may have been passed over, which only happens after a very long interruption.
var errGap = errors.New("the server no longer keeps events as old as the last one sent here: going on with the oldest that it has")

// errStranger says that what answers is not Airside, but for example a proxy's page.
var errStranger = errors.New("what answers there does not speak the management API of Airside")

func readEntry(raw json.RawMessage) (e entry, err error) {
	if json.Unmarshal(raw, &e) != nil || e.ID == "" {
		return e, errStranger
	}
	e.body = raw
	return e, nil
}

// reply is an answer that is no refusal.
type reply struct {
	body      []byte
	tag, date string
	unchanged bool
}

type logPage struct {
	entries []entry
	cursor  string
	more    bool
}

func (a reply) page() (p logPage, err error) {
	var doc struct {
		Data       []json.RawMessage
		Pagination *struct {
			NextCursor string `json:"next_cursor"`
			HasMore    bool   `json:"has_more"`
		}
	}
	if json.Unmarshal(a.body, &doc) != nil || doc.Pagination == nil {
		return p, errStranger
	}
	for _, raw := range doc.Data {
		e, err := readEntry(raw)
		if err != nil {
			return p, err
		}
		p.entries = append(p.entries, e)
	}
	p.cursor, p.more = doc.Pagination.NextCursor, doc.Pagination.HasMore
	return p, nil
}

// get asks the server; tag is that of the answer which is here already.
func (l *eventLog) get(ctx context.Context, path string, q url.Values, tag string) (a reply, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.server+"/api/v1/manage/events"+path, nil)
	if err != nil {
		return a, err
	}
	req.URL.RawQuery = q.Encode()
	req.Header.Set("Authorization", "Bearer "+l.token)
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	res, err := l.client.Do(req)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) { // whose text has the whole address with the cursor
			err = where.Err
		}
		return a, fmt.Errorf("%s cannot be reached: %w", l.server, err)
	}
	defer res.Body.Close()
	if a.body, err = io.ReadAll(res.Body); err != nil {
		return a, fmt.Errorf("%s broke off its answer: %w", l.server, err)
	}
	a.tag, a.date = res.Header.Get("Etag"), res.Header.Get("Date")
	switch res.StatusCode {
	case http.StatusOK:
		return a, nil
	case http.StatusNotModified:
		a.unchanged = true
		return a, nil
	}
	return a, refusalOf(res, a.body)
}

// refusal is an answer of the server that holds no events.
type refusal struct {
	status       int
	code, detail string
	retryAfter   time.Duration
}

func refusalOf(res *http.Response, body []byte) *refusal {
	no := &refusal{status: res.StatusCode}
	var problem struct{ Code, Detail string }
	if json.Unmarshal(body, &problem) == nil {
		no.code, no.detail = problem.Code, problem.Detail
	}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		no.retryAfter = time.Duration(seconds) * time.Second
	}
	return no
}

// final tells whether waiting cannot help: the request itself is wrong.
func (no *refusal) final() bool {
	return no.status >= 400 && no.status < 500 && no.status != http.StatusTooManyRequests && no.status != http.StatusRequestTimeout
}

func (no *refusal) Error() string {
	what := fmt.Sprintf("the server answers %d", no.status)
	switch no.status {
	case http.StatusUnauthorized:
		what = "the server does not take this token (401)"
	case http.StatusForbidden:
		what = "this token may not read the event log (403)"
	case http.StatusTooManyRequests:
		what = "too many requests with this token (429)"
	}
	if no.detail != "" {
		what += ": " + strings.TrimSuffix(no.detail, ".")
	}
	return what
}
