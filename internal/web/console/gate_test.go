package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/limit"
	"airside/internal/platform/scope"
	"airside/internal/web/console"
)

// watchedBody is a body that notes whether somebody began to read it, and under which deadline.
type watchedBody struct {
	io.Reader
	answer   *watchedAnswer
	read     bool
	unguided bool // read without a deadline
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.read = true
	b.unguided = b.unguided || b.answer.deadline.IsZero()
	return b.Reader.Read(p)
}

func (b *watchedBody) Close() error { return nil }

// watchedAnswer is an answer whose connection can be given a deadline.
type watchedAnswer struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (a *watchedAnswer) SetReadDeadline(t time.Time) error { a.deadline = t; return nil }

// send sends a body past the network, as b or, where b is nil, as nobody.
func (h *house) send(b *browser, path, contentType string, body io.Reader) (*watchedAnswer, *watchedBody) {
	answer := &watchedAnswer{ResponseRecorder: httptest.NewRecorder()}
	watched := &watchedBody{Reader: body, answer: answer}
	r := httptest.NewRequest("POST", h.base+path, watched)
	r.ContentLength = 1000
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b != nil {
		for _, c := range b.http.Jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
	}
	h.front.ServeHTTP(answer, r)
	return answer, watched
}

const twoParts = "multipart/form-data; boundary=xx"

// What strangers send is not read, nor files of those who may not import.
func TestNobodyReadsWhatStrangersSend(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		who    *browser
		path   string
		status int
	}{
		{nil, "/o/aero-club/imports/new", http.StatusSeeOther},
		{nil, "/o/anything/settings/organization", http.StatusSeeOther},
		{nil, "/account/profile", http.StatusSeeOther},
		{h.stranger(), "/o/aero-club/imports/new", http.StatusNotFound},
		{h.member(scope.Member, "Mia Member"), "/o/aero-club/imports/new", http.StatusForbidden},
	} {
		answer, body := h.send(c.who, c.path, twoParts, strings.NewReader("--xx--"))
		if answer.Code != c.status || body.read {
			t.Errorf("%s: %d, want %d; read: %v", c.path, answer.Code, c.status, body.read)
		}
		if answer.deadline.IsZero() {
			t.Errorf("%s: the server would wait for the rest for ever", c.path)
		}
	}
}

// A form has a deadline, which is gone once it was read and stays where it was not.
func TestFormsAreReadInTime(t *testing.T) {
	h := newHouse(t)
	for _, contentType := range []string{"application/x-www-form-urlencoded", "text/plain"} {
		answer, body := h.send(h.owner, "/account/profile", contentType, strings.NewReader("language=fr"))
		if !body.read || body.unguided || !answer.deadline.IsZero() {
			t.Errorf("%s: read %v, without a deadline %v, left %v", contentType, body.read, body.unguided, answer.deadline)
		}
	}
	answer, body := h.send(h.owner, "/account/profile", "application/x-www-form-urlencoded",
		io.MultiReader(strings.NewReader("language"), brokenReader{}))
	if answer.Code != http.StatusBadRequest || body.unguided || answer.deadline.IsZero() {
		t.Errorf("cut off: %d, without a deadline %v, left %v", answer.Code, body.unguided, answer.deadline)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// A large file lies in a temporary one while it is read, and no longer.
func TestUploadsLeaveNoFiles(t *testing.T) {
	h := newHouse(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	file := "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" + strings.Repeat("a,b,c\n", 4<<20) + "\r\n--xx--\r\n"
	answer, body := h.send(h.owner, "/o/aero-club/imports/new", twoParts, strings.NewReader(file))
	if !body.read || answer.Code == http.StatusBadRequest || answer.Code == http.StatusTooManyRequests {
		t.Fatalf("not read: %d", answer.Code)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// Addresses hold text. Other bytes are refused before a store sees them, which would be upset.
func TestAddressesHoldText(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		h := newHouseOn(t, o)
		for _, p := range []string{"flights?q=%00", "flights?q=%ff", "flights?at=n1.%ff", "flights?%ff=1", "people/%ff", "people/%00", "people?q=%00",
			"fleet/choices?field=q&q=%ff", "/o/%ff/people", "/o/%00", "/signin?next=%ff"} {
			h.owner.get(p).is(http.StatusBadRequest).has("address of this page")
		}
		h.owner.get("flights?q=%C3%A9").is(http.StatusOK)
		h.owner.post("people/new", "display_name", "a\x00b").is(http.StatusBadRequest)
		h.owner.post("people/new", "display_name\xff", "a").is(http.StatusBadRequest)
	})
}

func TestPagesHaveARate(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	h := newHouseOn(t, dbtest.SQLite(t), func(o *console.Options) { o.Limiter = limit.New(3, time.Minute, now) })
	other := h.member(scope.Owner, "Olga Owner")
	h.owner.get("people").is(http.StatusOK)
	h.owner.get("/account").is(http.StatusOK)
	h.owner.get("/o/nothing/people").is(http.StatusNotFound)
	refused := h.owner.get("people").is(http.StatusTooManyRequests).has("Too many requests")
	if refused.header.Get("Retry-After") != "20" {
		t.Errorf("Retry-After: %q", refused.header.Get("Retry-After"))
	}
	h.owner.get("/account").is(http.StatusTooManyRequests)
	other.get("people").is(http.StatusOK)
	now.Advance(20 * time.Second)
	h.owner.get("people").is(http.StatusOK)
}

// Files are made for those who ask for them here, not for who follows a link of another site.
func TestExportsAreNotMadeForOtherSites(t *testing.T) {
	h := newHouse(t)
	person := h.person("Hans Meier")
	for _, path := range []string{"/o/aero-club/exports/organization", "/o/aero-club/exports/logbook?format=easa-csv&person=" + person} {
		for site, status := range map[string]int{"": 200, "none": 200, "same-origin": 200, "same-site": 403, "cross-site": 403} {
			r, err := http.NewRequest("GET", h.base+path, nil)
			h.must(err)
			if site != "" {
				r.Header.Set("Sec-Fetch-Site", site)
			}
			resp, err := h.owner.http.Do(r)
			h.must(err)
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != status {
				t.Errorf("%s from %q: %d, want %d", path, site, resp.StatusCode, status)
			}
		}
	}
}
