package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// FuzzMatch: no filter and no payload makes matching panic, and a filter that Create takes answers the same after it was
// stored.
func FuzzMatch(f *testing.F) {
	f.Add(`{"data.aircraft.registration":["HB-KGA",null,1,true]}`, `{"data":{"aircraft":{"registration":"HB-KGA"}}}`)
	f.Add(`{"data.a":[[1],{"b":2}]}`, `{"data":{"a":[[1],{"b":2}]}}`)
	f.Add(`{"":null}`, `{"":[null]}`)
	f.Add(`{"data":1e400}`, `[]`)
	f.Fuzz(func(t *testing.T, filter, body string) {
		var m Match
		if json.Unmarshal([]byte(filter), &m) != nil {
			return
		}
		fits, err := m.fits(&payload{body: body})
		stored, err2 := json.Marshal(m)
		var again Match
		if err2 != nil || json.Unmarshal(stored, &again) != nil {
			t.Fatalf("%q cannot be stored: %v", filter, err2)
		}
		fits2, err3 := again.fits(&payload{body: body})
		if fits != fits2 || (err == nil) != (err3 == nil) {
			t.Errorf("%s: %v, %v; stored: %v, %v", filter, fits, err, fits2, err3)
		}
		if len(m) == 0 && !fits {
			t.Error("the empty filter holds an event back")
		}
	})
}

// FuzzRetryAfter: whatever a receiver writes is worth between nothing and an hour, and no negative number is worth anything.
func FuzzRetryAfter(f *testing.F) {
	for _, header := range []string{"", "0", "120", "-1", "-9223372037", "9223372036854775807", "Sun, 22 Nov 2026 09:01:00 GMT", "Sunday, 22-Nov-26 09:01:00 GMT", "1e3"} {
		f.Add(header)
	}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		got := retryAfter(header, now)
		if got < 0 || got > maxRetryAfter || strings.HasPrefix(header, "-") && got != 0 {
			t.Errorf("Retry-After: %q is %v", header, got)
		}
	})
}

// FuzzStoredAttempt: whatever stands in the columns of an attempt is shown, or left out.
func FuzzStoredAttempt(f *testing.F) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	f.Add("1 "+strings.Repeat("A", 43)+" "+strings.Repeat("B", 43)+" e="+strings.Repeat("C", 86), "1 2 3 4")
	f.Add("1 "+strings.Repeat("A", 400)+" x", "NaN NaN NaN Inf")
	f.Add("1 e=", "9223372036854775807 -1 0x10 1_0")
	f.Add("2 a b", "")
	f.Fuzz(func(t *testing.T, headers, timing string) {
		shown := Attempt{Timing: unpackTiming(&timing), Request: Request{Headers: unpackHeaders(headers, "d", at)}}
		if _, err := json.Marshal(shown); err != nil {
			t.Errorf("%q, %q: %v", headers, timing, err)
		}
		if packed, ok := shown.Timing.pack().(string); ok {
			if again := unpackTiming(&packed); again == nil {
				t.Errorf("%q is packed as %q", timing, packed)
			}
		}
	})
}
