// The receivers of examples/ and the Standard Webhooks library against requests
// that are signed here, by hand, as the contract says it: no code of the product
// takes part, so this also says what the product has to send.
package receivers_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"airside/test/receivers"
)

// Three secrets in the form that users are shown: whsec_ and base64.
var (
	secretA = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the first secret of a test, 32 b"))
	secretB = "whsec_" + base64.StdEncoding.EncodeToString([]byte("another one, with which it turns"))
	secretC = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a stranger's secret, known to no"))
)

const (
	ascii = `{"id":"evt_01","type":"flight.approved","timestamp":"2026-04-24T12:03:11Z","data":{"from":"LSZH","to":"EDNY"}}`
	// Characters of two, three and four bytes, escapes, and white space that a
	// receiver would lose if it verified anything but the raw bytes.
	nonASCII = "{\"id\": \"evt_02\",  \"type\":\"flight.submitted\",\n\t\"data\":{\"pilot\":\"Zoë Müller-Łukasz\",\"note\":\"café ✈ 飛行 🛩 \\u00e9 \\/ e\u0301\"}}\r\n"
)

// delivery is a request before it is signed.
type delivery struct {
	id      string
	body    string
	at      time.Time
	signers []string // secrets: the primary one first
}

// request signs a delivery with both header families.
func (d delivery) request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(d.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")

	r.Header.Set("X-GA-Webhook-Delivery", d.id)
	r.Header.Set("X-GA-Webhook-Timestamp", d.at.UTC().Format(time.RFC3339))
	for i, secret := range d.signers {
		mac := hmac.New(sha256.New, []byte(secret)) // the whole string is the key
		mac.Write([]byte(d.body))
		name := []string{"X-GA-Webhook-Signature", "X-GA-Webhook-Signature-Secondary"}[i]
		r.Header.Set(name, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}

	seconds := strconv.FormatInt(d.at.Unix(), 10)
	var entries []string
	for _, secret := range d.signers {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(d.id + "." + seconds + "." + d.body))
		entries = append(entries, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	r.Header.Set("webhook-id", d.id)
	r.Header.Set("webhook-timestamp", seconds)
	r.Header.Set("webhook-signature", strings.Join(entries, " "))
	return r
}

func send(t *testing.T, r *http.Request) int {
	t.Helper()
	client := http.Client{Timeout: 15 * time.Second}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// setBody puts other bytes under signatures that are made already.
func setBody(r *http.Request, body []byte) {
	again, err := http.NewRequest(http.MethodPost, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Body, r.GetBody, r.ContentLength = again.Body, again.GetBody, again.ContentLength
}

func forEachKind(t *testing.T, test func(t *testing.T, kind string)) {
	for _, kind := range receivers.Kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

func TestReceivers(t *testing.T) {
	now := time.Now()
	cases := []struct {
		name   string
		knows  string // secret of the receiver: A, or A and B
		send   delivery
		change func(*http.Request)
		want   int
		event  [2]string // type and id that the receiver reads
	}{
		{name: "ASCII", knows: "A", want: 204,
			send:  delivery{body: ascii, at: now, signers: []string{secretA}},
			event: [2]string{"flight.approved", "evt_01"}},
		{name: "non-ASCII", knows: "A", want: 204,
			send:  delivery{body: nonASCII, at: now, signers: []string{secretA}},
			event: [2]string{"flight.submitted", "evt_02"}},
		{name: "sent four minutes ago", knows: "A", want: 204,
			send:  delivery{body: ascii, at: now.Add(-4 * time.Minute), signers: []string{secretA}},
			event: [2]string{"flight.approved", "evt_01"}},

		{name: "wrong secret", knows: "A", want: 401,
			send: delivery{body: ascii, at: now, signers: []string{secretC}}},
		{name: "two wrong secrets", knows: "A", want: 401,
			send: delivery{body: ascii, at: now, signers: []string{secretC, secretB}}},
		{name: "not signed", knows: "A", want: 401,
			send: delivery{body: ascii, at: now}},
		{name: "signature cut short", knows: "A", want: 401,
			send: delivery{body: ascii, at: now, signers: []string{secretA}},
			change: func(r *http.Request) {
				for _, name := range []string{"X-GA-Webhook-Signature", "webhook-signature"} {
					r.Header.Set(name, r.Header.Get(name)[:len(r.Header.Get(name))-8])
				}
			}},
		{name: "signature not ASCII", knows: "A", want: 401,
			send: delivery{body: ascii, at: now, signers: []string{secretA}},
			change: func(r *http.Request) {
				r.Header.Set("X-GA-Webhook-Signature", "sha256=é✈")
				r.Header.Set("webhook-signature", "v1,é✈")
			}},
		{name: "a space more at the end", knows: "A", want: 401,
			send:   delivery{body: ascii, at: now, signers: []string{secretA}},
			change: func(r *http.Request) { setBody(r, []byte(ascii+" ")) }},

		{name: "old", knows: "A", want: 401,
			send: delivery{body: ascii, at: now.Add(-6 * time.Minute), signers: []string{secretA}}},
		{name: "from the future", knows: "A", want: 401,
			send: delivery{body: ascii, at: now.Add(6 * time.Minute), signers: []string{secretA}}},
		{name: "timestamp missing", knows: "A", want: 401,
			send: delivery{body: ascii, at: now, signers: []string{secretA}},
			change: func(r *http.Request) {
				r.Header.Del("X-GA-Webhook-Timestamp")
				r.Header.Del("webhook-timestamp")
			}},

		{name: "rotation, receiver still on the old secret", knows: "A", want: 204,
			send:  delivery{body: nonASCII, at: now, signers: []string{secretB, secretA}},
			event: [2]string{"flight.submitted", "evt_02"}},
		{name: "rotation, receiver on both", knows: "A,B", want: 204,
			send:  delivery{body: nonASCII, at: now, signers: []string{secretB, secretA}},
			event: [2]string{"flight.submitted", "evt_02"}},
		{name: "before the rotation, receiver on both", knows: "A,B", want: 204,
			send:  delivery{body: ascii, at: now, signers: []string{secretA}},
			event: [2]string{"flight.approved", "evt_01"}},
		{name: "after the rotation, receiver on both", knows: "A,B", want: 204,
			send:  delivery{body: ascii, at: now, signers: []string{secretB}},
			event: [2]string{"flight.approved", "evt_01"}},
		{name: "after the rotation, receiver still on the old secret", knows: "A", want: 401,
			send: delivery{body: ascii, at: now, signers: []string{secretB}}},
	}

	forEachKind(t, func(t *testing.T, kind string) {
		running := map[string]*receivers.Process{
			"A":   receivers.New(t, kind, secretA),
			"A,B": receivers.New(t, kind, secretA, secretB),
		}
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				p := running[c.knows]
				d := c.send
				d.id = fmt.Sprintf("01960000-0000-7000-8000-%012d", i)
				r := d.request(t, p.URL)
				if c.change != nil {
					c.change(r)
				}
				if got := send(t, r); got != c.want {
					t.Errorf("status %d, want %d", got, c.want)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				line, err := p.WaitDelivery(ctx, d.id)
				if err != nil {
					t.Fatal(err)
				}
				if line.OK != (c.want == 204) || line.Type != c.event[0] || line.ID != c.event[1] {
					t.Errorf("the receiver says %+v", line)
				}
			})
		}
	})
}

// TestAnyChangedByteIsRefused changes each byte of the body in turn.
func TestAnyChangedByteIsRefused(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind string) {
		p := receivers.New(t, kind, secretA)
		for i := range nonASCII {
			d := delivery{id: fmt.Sprintf("changed-%d", i), body: nonASCII, at: time.Now(), signers: []string{secretA}}
			r := d.request(t, p.URL)
			body := []byte(nonASCII)
			body[i] ^= 0x01
			setBody(r, body)
			if got := send(t, r); got != 401 {
				t.Errorf("byte %d changed: status %d, want 401", i, got)
			}
		}
		for _, line := range p.Seen() {
			if line.OK {
				t.Errorf("accepted: %+v", line)
			}
		}
	})
}

// TestRepeat: a delivery comes at least once, and a receiver acts on it once.
func TestRepeat(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind string) {
		p := receivers.New(t, kind, secretA)
		lines := p.Lines()
		d := delivery{id: "repeated", body: ascii, at: time.Now(), signers: []string{secretA}}
		for attempt := range 3 {
			if got := send(t, d.request(t, p.URL)); got != 204 {
				t.Fatalf("attempt %d: status %d, want 204", attempt, got)
			}
			if line := <-lines; !line.OK || line.Duplicate != (attempt > 0) {
				t.Errorf("attempt %d: the receiver says %+v", attempt, line)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if all, err := p.WaitN(ctx, 3); err != nil || len(all) != 3 {
			t.Errorf("WaitN: %d lines, %v", len(all), err)
		}
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		if line, more := <-lines; more {
			t.Errorf("one line too many: %+v", line)
		}
	})
}

func TestStartFails(t *testing.T) {
	if _, err := receivers.Start(t.Context(), "cobol", nil); err == nil {
		t.Error("an unknown kind was started")
	}
	forEachKind(t, func(t *testing.T, kind string) {
		receivers.New(t, kind, secretA) // skips where it cannot be started at all
		p, err := receivers.Start(t.Context(), kind, nil)
		if err == nil {
			p.Stop()
			t.Fatal("started without a secret")
		}
		if !strings.Contains(err.Error(), "SECRET") {
			t.Errorf("the error does not say what is missing: %v", err)
		}
	})
}
