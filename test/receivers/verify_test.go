package receivers_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/platform/webhook"
	"airside/test/receivers"
)

const (
	root   = "../.."
	helper = root + "/examples/verify"
)

// toVerify is a request as the drivers read it.
type toVerify struct {
	GA            bool
	Keys          []string
	Headers       [][2]string
	Body          []byte
	Now           int64
	Tolerance     int
	Guard, Forget bool
}

// verdict is what a driver says of it. Reason is empty where it was accepted.
type verdict struct {
	Reason     string          `json:"reason"`
	Delivery   string          `json:"delivery"`
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Timestamp  string          `json:"timestamp"`
	OrgID      string          `json:"org_id"`
	APIVersion string          `json:"api_version"`
	Data       json.RawMessage `json:"data"`
	Repeat     bool            `json:"repeat"`
}

type verifyCase struct {
	name string
	toVerify
	reason string
	repeat bool
}

const deliveryID = "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41"

var (
	sentAt = time.Date(2026, 4, 24, 12, 3, 11, 0, time.UTC)
	plain  = []byte(`{"id":"evt_01","type":"flight.approved","timestamp":"2026-04-24T12:03:11Z","org_id":"o-1","api_version":"2026-11-01","data":{"from":"LSZH"}}`)
	wide   = []byte("{\"id\": \"evt_02\",  \"type\":\"flight.submitted\",\n\t\"timestamp\":\"2026-04-24T12:03:11.123456Z\",\"org_id\":\"o-é\",\"api_version\":\"2026-11-01\"," +
		"\"data\":{\"pilot\":\"Zoë Łukasz\",\"note\":\"café ✈ 飛行 🛩 \\u00e9 \\/ e\u0301\"}}\r\n")

	signingKey = ed25519.NewKeyFromSeed([]byte("a seed of the tests, of 32 bytes"))
	publicKey  = "whpk_" + base64.StdEncoding.EncodeToString(signingKey.Public().(ed25519.PublicKey))
	strangeKey = ed25519.NewKeyFromSeed([]byte("a stranger's seed, of 32 bytes ."))
)

// signed is a request as the product signs it under the secrets, known to a receiver with the keys.
func signed(ga bool, body []byte, keys []string, secrets ...string) toVerify {
	r := toVerify{GA: ga, Keys: keys, Body: body, Now: sentAt.Unix()}
	for name, values := range webhook.Sign(secrets, deliveryID, sentAt, body) {
		r.Headers = append(r.Headers, [2]string{name, values[0]})
	}
	slices.SortFunc(r.Headers, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return r
}

// at moves the receiver's clock.
func (r toVerify) at(d time.Duration) toVerify {
	r.Now += int64(d / time.Second)
	return r
}

// with changes a header; without a change it is taken out.
func (r toVerify) with(name string, change func(string) string) toVerify {
	var headers [][2]string
	for _, h := range r.Headers {
		switch {
		case h[0] != name:
			headers = append(headers, h)
		case change != nil:
			headers = append(headers, [2]string{name, change(h[1])})
		}
	}
	r.Headers = headers
	return r
}

func to(value string) func(string) string { return func(string) string { return value } }

// ed is an entry of webhook-signature with a signature of an Ed25519 key.
func ed(key ed25519.PrivateKey, id string, at time.Time, body []byte) string {
	return "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(key, fmt.Appendf(nil, "%s.%d.%s", id, at.Unix(), body)))
}

// edSigned carries that entry instead of ours.
func edSigned(body []byte, keys ...string) toVerify {
	return signed(false, body, keys, secretC).with("webhook-signature", to(ed(signingKey, deliveryID, sentAt, body)))
}

// bothFamilies are the cases that go the same way whichever headers a receiver goes by.
func bothFamilies(ga bool, random *rand.Rand) []verifyCase {
	a, ab := []string{secretA}, []string{secretA, secretB}
	sig, stamp := "webhook-signature", "webhook-timestamp"
	if ga {
		sig, stamp = "X-GA-Webhook-Signature", "X-GA-Webhook-Timestamp"
	}
	respelt := func(spell func(string) string) toVerify {
		r := signed(ga, plain, a, secretA)
		for i := range r.Headers {
			r.Headers[i][0] = spell(r.Headers[i][0])
		}
		return r
	}
	cases := []verifyCase{
		{name: "good", toVerify: signed(ga, plain, a, secretA)},
		{name: "characters of many bytes", toVerify: signed(ga, wide, a, secretA)},
		{name: "secret with white space around it", toVerify: signed(ga, plain, []string{" " + secretA + "\n"}, secretA)},
		{name: "names in small letters", toVerify: respelt(strings.ToLower)},
		{name: "names in capitals", toVerify: respelt(strings.ToUpper)},
		{name: "names as Go spells them", toVerify: respelt(http.CanonicalHeaderKey)},

		{name: "rotation, receiver on the old secret", toVerify: signed(ga, wide, a, secretB, secretA)},
		{name: "rotation, receiver on the new secret", toVerify: signed(ga, wide, a, secretA, secretB)},
		{name: "rotation, receiver on both", toVerify: signed(ga, wide, ab, secretB, secretA)},
		{name: "before the rotation, receiver on both", toVerify: signed(ga, plain, ab, secretA)},
		{name: "after the rotation, receiver on both", toVerify: signed(ga, plain, ab, secretB)},
		{name: "after the rotation, receiver on the old secret", toVerify: signed(ga, plain, a, secretB), reason: "no_match"},
		{name: "a secret and a public key", toVerify: signed(ga, plain, []string{publicKey, secretA}, secretA)},

		{name: "wrong secret", toVerify: signed(ga, plain, a, secretC), reason: "no_match"},
		{name: "two wrong secrets", toVerify: signed(ga, plain, ab, secretC), reason: "no_match"},
		{name: "signature cut short", toVerify: signed(ga, plain, a, secretA).with(sig, func(s string) string { return s[:len(s)-8] }), reason: "no_match"},
		{name: "signature not ASCII", toVerify: signed(ga, plain, a, secretA).with(sig, to("v1,é✈ sha256=é✈")), reason: "no_match"},
		{name: "signature of spaces", toVerify: signed(ga, plain, a, secretA).with(sig, to("   ")), reason: "no_match"},
		{name: "signature without its scheme", toVerify: signed(ga, plain, a, secretA).with(sig, func(s string) string { return s[strings.IndexAny(s, ",=")+1:] }), reason: "no_match"},

		{name: "on the last second", toVerify: signed(ga, plain, a, secretA).at(5 * time.Minute)},
		{name: "on the first second", toVerify: signed(ga, plain, a, secretA).at(-5 * time.Minute)},
		{name: "replayed after the tolerance", toVerify: signed(ga, plain, a, secretA).at(301 * time.Second), reason: "too_old"},
		{name: "from the future", toVerify: signed(ga, plain, a, secretA).at(-301 * time.Second), reason: "too_new"},
		{name: "timestamp of no kind", toVerify: signed(ga, plain, a, secretA).with(stamp, to("yesterday")), reason: "bad_timestamp"},
		{name: "timestamp with a space", toVerify: signed(ga, plain, a, secretA).with(stamp, func(s string) string { return s + " " }), reason: "bad_timestamp"},
		{name: "timestamp twice", toVerify: signed(ga, plain, a, secretA).with(stamp, func(s string) string { return s + ", " + s }), reason: "bad_timestamp"},
		{name: "timestamp with other digits", toVerify: signed(ga, plain, a, secretA).with(stamp, func(s string) string { return strings.ReplaceAll(s, "1", "١") }), reason: "bad_timestamp"},

		{name: "empty body", toVerify: signed(ga, []byte{}, a, secretA), reason: "bad_body"},
		{name: "half a body", toVerify: signed(ga, plain[:40], a, secretA), reason: "bad_body"},
		{name: "a list", toVerify: signed(ga, []byte("[]"), a, secretA), reason: "bad_body"},
		{name: "null", toVerify: signed(ga, []byte("null"), a, secretA), reason: "bad_body"},
		{name: "no event", toVerify: signed(ga, []byte("{}"), a, secretA), reason: "bad_body"},
		{name: "an id that is a number", toVerify: signed(ga, bytes.Replace(plain, []byte(`"evt_01"`), []byte("1"), 1), a, secretA), reason: "bad_body"},
		{name: "an id that is empty", toVerify: signed(ga, bytes.Replace(plain, []byte("evt_01"), nil, 1), a, secretA), reason: "bad_body"},
		{name: "not UTF-8", toVerify: signed(ga, bytes.Replace(plain, []byte("LSZH"), []byte("\xff"), 1), a, secretA), reason: "bad_body"},
		{name: "after a byte order mark", toVerify: signed(ga, append([]byte("\xef\xbb\xbf"), plain...), a, secretA), reason: "bad_body"},
		{name: "not a number", toVerify: signed(ga, bytes.Replace(plain, []byte(`"LSZH"`), []byte("NaN"), 1), a, secretA), reason: "bad_body"},

		{name: "no key", toVerify: signed(ga, plain, []string{}, secretA), reason: "bad_key"},
		{name: "empty key", toVerify: signed(ga, plain, []string{""}, secretA), reason: "bad_key"},
		{name: "secret of nothing", toVerify: signed(ga, plain, []string{"whsec_"}, "whsec_"), reason: "bad_key"},
		{name: "short secret", toVerify: signed(ga, plain, []string{"whsec_AAAA"}, "whsec_AAAA"), reason: "bad_key"},
		{name: "secret without its prefix", toVerify: signed(ga, plain, []string{strings.TrimPrefix(secretA, "whsec_")}, secretA), reason: "bad_key"},
		{name: "secret that is not base64", toVerify: signed(ga, plain, []string{secretA + "é"}, secretA), reason: "bad_key"},
		{name: "secret on two lines", toVerify: signed(ga, plain, []string{secretA[:20] + "\n" + secretA[20:]}, secretA), reason: "bad_key"},
		{name: "one good key and one bad", toVerify: signed(ga, plain, []string{secretA, "secret"}, secretA), reason: "bad_key"},
	}
	for range 40 {
		at, bit := random.IntN(len(wide)), byte(1)<<random.IntN(8)
		r := signed(ga, wide, a, secretA)
		r.Body = slices.Clone(wide)
		r.Body[at] ^= bit
		cases = append(cases, verifyCase{name: fmt.Sprintf("byte %d xor %d", at, bit), toVerify: r, reason: "no_match"})
	}
	tolerant := signed(ga, plain, a, secretA).at(time.Hour)
	tolerant.Tolerance = 3600
	cases = append(cases, verifyCase{name: "an hour's tolerance", toVerify: tolerant},
		verifyCase{name: "and a second more", toVerify: tolerant.at(time.Second), reason: "too_old"})
	for _, h := range signed(ga, plain, a, secretA).Headers {
		c := verifyCase{name: "without " + h[0], toVerify: signed(ga, plain, a, secretA).with(h[0], nil), reason: "missing_header"}
		if strings.HasPrefix(h[0], "X-GA-") != ga { // the other family's are not missed
			c.reason = ""
		}
		cases = append(cases, c)
		c.name, c.toVerify = "empty "+h[0], signed(ga, plain, a, secretA).with(h[0], to(""))
		cases = append(cases, c)
	}
	return cases
}

// ofStandardWebhooks are cases of that family alone.
func ofStandardWebhooks() []verifyCase {
	a := []string{secretA}
	good := signed(false, plain, a, secretA)
	entry := func(change func(string) string) toVerify { return good.with("webhook-signature", change) }
	twice := func(first, second string) toVerify {
		r := good.with("webhook-signature", nil)
		r.Headers = append(r.Headers, [2]string{"webhook-signature", first}, [2]string{"webhook-signature", second})
		return r
	}
	ours := good.Headers[slices.IndexFunc(good.Headers, func(h [2]string) bool { return h[0] == "webhook-signature" })][1]
	dotted := good
	dotted.Headers = nil
	for name, values := range webhook.Sign([]string{secretA}, "a.1", sentAt, plain) {
		dotted.Headers = append(dotted.Headers, [2]string{name, values[0]})
	}
	edGood := ed(signingKey, deliveryID, sentAt, plain)
	noPoint := "whpk_" + base64.StdEncoding.EncodeToString(append([]byte{2}, make([]byte, 31)...))
	edEntry := func(e string) toVerify { return edSigned(plain, publicKey).with("webhook-signature", to(e)) }

	return []verifyCase{
		{name: "altered id", toVerify: good.with("webhook-id", func(s string) string { return s[:len(s)-1] + "2" }), reason: "no_match"},
		{name: "altered timestamp", toVerify: good.with("webhook-timestamp", to(fmt.Sprint(sentAt.Unix()+1))), reason: "no_match"},
		{name: "timestamp with a zero before it", toVerify: good.with("webhook-timestamp", func(s string) string { return "0" + s }), reason: "no_match"},
		{name: "timestamp with a sign", toVerify: good.with("webhook-timestamp", func(s string) string { return "+" + s }), reason: "bad_timestamp"},
		{name: "negative timestamp", toVerify: good.with("webhook-timestamp", to("-1")), reason: "bad_timestamp"},
		{name: "timestamp with a fraction", toVerify: good.with("webhook-timestamp", func(s string) string { return s + ".0" }), reason: "bad_timestamp"},
		{name: "timestamp too long", toVerify: good.with("webhook-timestamp", to("9999999999999999999999")), reason: "bad_timestamp"},
		{name: "timestamp far off", toVerify: good.with("webhook-timestamp", to("999999999999")), reason: "too_new"},
		{name: "the beginning of time", toVerify: good.with("webhook-timestamp", to("0")), reason: "too_old"},
		{name: "an id with a dot", toVerify: dotted, reason: "no_match"},

		{name: "junk around the signature", toVerify: entry(func(s string) string { return " v1 v1, ,v1 junk v1,AAAA  " + s + " v1,junk" })},
		{name: "schemes to come", toVerify: entry(func(s string) string { return "v2,AAAA v1b,AAAA " + s + " v9,x,y" })},
		{name: "only schemes to come", toVerify: entry(func(s string) string { return "v2" + s[2:] + " V1" + s[2:] }), reason: "no_match"},
		{name: "sixteen entries", toVerify: entry(func(s string) string { return strings.Repeat("v1,AAAA ", 15) + s })},
		{name: "seventeen entries", toVerify: entry(func(s string) string { return strings.Repeat("v1,AAAA ", 16) + s }), reason: "no_match"},
		{name: "two headers, the first is ours", toVerify: twice(ours, "v1,AAAA")},
		{name: "two headers, the second is ours", toVerify: twice("v1,AAAA", ours)},
		{name: "two headers joined on the way", toVerify: entry(func(s string) string { return s + ", v1,AAAA" })},
		{name: "padding left out", toVerify: entry(func(s string) string { return strings.TrimRight(s, "=") }), reason: "no_match"},
		{name: "hex of the other family", toVerify: entry(func(string) string {
			spelt := map[string][]string(webhook.Sign(a, deliveryID, sentAt, plain))
			return "v1," + strings.TrimPrefix(spelt["X-GA-Webhook-Signature"][0], "sha256=")
		}), reason: "no_match"},
		{name: "X-GA headers alone", toVerify: good.with("webhook-id", nil).with("webhook-timestamp", nil).with("webhook-signature", nil), reason: "missing_header"},

		{name: "v1a good", toVerify: edSigned(plain, publicKey)},
		{name: "v1a over characters of many bytes", toVerify: edSigned(wide, publicKey)},
		{name: "v1a beside v1, receiver with the public key", toVerify: edEntry(ours + " " + edGood)},
		{name: "v1a beside v1, receiver with the secret", toVerify: entry(func(s string) string { return edGood + " " + s })},
		{name: "v1a, receiver with two public keys", toVerify: edSigned(plain, "whpk_"+base64.StdEncoding.EncodeToString(strangeKey.Public().(ed25519.PublicKey)), publicKey)},
		{name: "v1a, of two keys", toVerify: edEntry(ed(strangeKey, deliveryID, sentAt, plain) + " " + edGood)},
		{name: "v1a by a stranger", toVerify: edEntry(ed(strangeKey, deliveryID, sentAt, plain)), reason: "no_match"},
		{name: "v1a over another body", toVerify: edEntry(ed(signingKey, deliveryID, sentAt, wide)), reason: "no_match"},
		{name: "v1a over another id", toVerify: edEntry(ed(signingKey, "x", sentAt, plain)), reason: "no_match"},
		{name: "v1a over another time", toVerify: edEntry(ed(signingKey, deliveryID, sentAt.Add(time.Second), plain)), reason: "no_match"},
		{name: "v1a too old", toVerify: edSigned(plain, publicKey).at(301 * time.Second), reason: "too_old"},
		{name: "v1a cut short", toVerify: edEntry(edGood[:len(edGood)-4]), reason: "no_match"},
		{name: "v1a with more at its end", toVerify: edEntry(strings.TrimRight(edGood, "=") + "AA=="), reason: "no_match"},
		{name: "v1a as v1", toVerify: edEntry(strings.Replace(edGood, "v1a", "v1", 1)), reason: "no_match"},
		{name: "v1a not base64", toVerify: edEntry("v1a,é✈ v1a, v1a"), reason: "no_match"},
		{name: "v1a, receiver with the secret alone", toVerify: edSigned(plain, secretA), reason: "no_match"},
		{name: "v1 by the public key as a secret", toVerify: signed(false, plain, []string{publicKey}, "whsec_"+strings.TrimPrefix(publicKey, "whpk_")), reason: "no_match"},
		{name: "v1a, public key that is no point", toVerify: edSigned(plain, noPoint), reason: "no_match"},
		{name: "v1a, public key cut short", toVerify: edSigned(plain, publicKey[:len(publicKey)-4]), reason: "bad_key"},
		{name: "v1a, public key called a secret", toVerify: edSigned(plain, "whsec_"+strings.TrimPrefix(publicKey, "whpk_")), reason: "no_match"},
	}
}

// ofGA are cases of our own family alone.
func ofGA() []verifyCase {
	good := signed(true, plain, []string{secretA}, secretA)
	stamp := func(s string) toVerify { return good.with("X-GA-Webhook-Timestamp", to(s)) }
	return []verifyCase{
		// What the signature does not cover: the price of this family, and why the other one is there.
		{name: "altered id", toVerify: good.with("X-GA-Webhook-Delivery", func(s string) string { return s[:len(s)-1] + "2" })},
		{name: "altered timestamp", toVerify: stamp("2026-04-24T12:03:12Z")},
		{name: "replayed with a new timestamp", toVerify: stamp("2026-04-24T13:03:11Z").at(time.Hour)},

		{name: "31 February", toVerify: stamp("2026-02-31T12:03:11Z"), reason: "bad_timestamp"},
		{name: "hour 24", toVerify: stamp("2026-04-23T24:00:00Z"), reason: "bad_timestamp"},
		{name: "second 60", toVerify: stamp("2026-04-24T12:02:60Z"), reason: "bad_timestamp"},
		{name: "another zone", toVerify: stamp("2026-04-24T14:03:11+02:00"), reason: "bad_timestamp"},
		{name: "a fraction", toVerify: stamp("2026-04-24T12:03:11.5Z"), reason: "bad_timestamp"},
		{name: "a small z", toVerify: stamp("2026-04-24t12:03:11z"), reason: "bad_timestamp"},
		{name: "unix seconds", toVerify: stamp(fmt.Sprint(sentAt.Unix())), reason: "bad_timestamp"},
		{name: "hex in capitals", toVerify: good.with("X-GA-Webhook-Signature", strings.ToUpper), reason: "no_match"},
		{name: "of another hash", toVerify: good.with("X-GA-Webhook-Signature", func(s string) string { return strings.Replace(s, "sha256", "sha1", 1) }), reason: "no_match"},
		{name: "a public key alone", toVerify: signed(true, plain, []string{publicKey}, secretA), reason: "bad_key"},
	}
}

// guarded are requests in their order, of one receiver whose guard remembers three ids.
func guarded(ga bool) []verifyCase {
	name := "webhook-id"
	if ga {
		name = "X-GA-Webhook-Delivery"
	}
	one := func(id string) toVerify {
		r := toVerify{GA: ga, Keys: []string{secretA}, Body: plain, Now: sentAt.Unix() + 60, Guard: true}
		for name, values := range webhook.Sign([]string{secretA}, id, sentAt, plain) {
			r.Headers = append(r.Headers, [2]string{name, values[0]})
		}
		return r
	}
	of := "guard of " + name + ": "
	fails := one("b" + name)
	fails.Forget = true
	return []verifyCase{
		{name: of + "first", toVerify: one("a" + name)},
		{name: of + "replayed within the tolerance", toVerify: one("a" + name), repeat: true},
		{name: of + "once more", toVerify: one("a" + name), repeat: true},
		{name: of + "work that failed", toVerify: fails},
		{name: of + "its next attempt", toVerify: one("b" + name)},
		{name: of + "its repeat", toVerify: one("b" + name), repeat: true},
		{name: of + "a third", toVerify: one("c" + name)},
		{name: of + "the first is still known", toVerify: one("a" + name), repeat: true},
		{name: of + "a fourth", toVerify: one("d" + name)},
		{name: of + "now the first is forgotten", toVerify: one("a" + name)},
		{name: of + "the third is not", toVerify: one("c" + name), repeat: true},
	}
}

// TestVerify holds one table of requests, signed by the product, against the helpers for receivers in each language.
func TestVerify(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	cases := slices.Concat(bothFamilies(false, random), bothFamilies(true, random), ofStandardWebhooks(), ofGA(), guarded(false), guarded(true))
	requests := make([]toVerify, len(cases))
	for i, c := range cases {
		requests[i] = c.toVerify
	}

	for language, build := range map[string]func(*testing.T) []string{"go": goDriver, "python": pythonDriver, "typescript": typeScriptDriver} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			var got []verdict
			drive(t, build(t), requests, &got)
			if len(got) != len(cases) {
				t.Fatalf("%d verdicts on %d requests", len(got), len(cases))
			}
			for i, c := range cases {
				family := "Standard Webhooks"
				if c.GA {
					family = "X-GA-Webhook"
				}
				if got[i].Reason != c.reason || got[i].Repeat != c.repeat {
					t.Errorf("%s, %s: got %q, repeat %v; want %q, repeat %v", family, c.name, got[i].Reason, got[i].Repeat, c.reason, c.repeat)
				}
				if got[i].Reason == "" {
					checkEvent(t, family+", "+c.name, c.toVerify, got[i])
				}
			}
		})
	}
}

// checkEvent compares what a helper read with what was sent.
func checkEvent(t *testing.T, name string, r toVerify, got verdict) {
	t.Helper()
	idHeader := "webhook-id"
	if r.GA {
		idHeader = "x-ga-webhook-delivery"
	}
	var want verdict
	if err := json.Unmarshal(r.Body, &want); err != nil {
		t.Fatal(err)
	}
	for _, h := range r.Headers {
		if strings.ToLower(h[0]) == idHeader {
			want.Delivery = h[1]
		}
	}
	var gotData, wantData any
	json.Unmarshal(got.Data, &gotData)
	json.Unmarshal(want.Data, &wantData)
	if fmt.Sprint(gotData) != fmt.Sprint(wantData) {
		t.Errorf("%s: data %v, want %v", name, gotData, wantData)
	}
	got.Data, want.Data, want.Repeat = nil, nil, got.Repeat
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
	}
}

// drive gives a driver its input and reads what it prints.
func drive(t *testing.T, argv []string, input, output any) {
	t.Helper()
	in, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%v: %v: %s", argv, err, &stderr)
	}
	if err := json.Unmarshal(out, output); err != nil {
		t.Fatalf("%v: %v in %.2000s", argv, err, out)
	}
}

func goDriver(t *testing.T) []string {
	binary := filepath.Join(t.TempDir(), "driver")
	run(t, ".", "go", "build", "-o", binary, "./driver")
	return []string{binary}
}

func pythonDriver(t *testing.T) []string {
	needs(t, "python3")
	return []string{"python3", "driver/driver.py"}
}

func typeScriptDriver(t *testing.T) []string {
	out := t.TempDir()
	compile(t, "--noEmitOnError", "--rewriteRelativeImportExtensions", "--rootDir", root, "--outDir", out, "driver/driver.ts")
	write(t, out, "package.json", `{"type":"module"}`)
	return []string{"node", filepath.Join(out, "test/receivers/driver/driver.js")}
}

// compile is as strict as a partner may be, with nothing of a browser and in the part of the language that runtimes
// erase by themselves.
func compile(t *testing.T, arguments ...string) {
	t.Helper()
	node := root + "/test/node/node_modules"
	needs(t, "node")
	needs(t, node+"/.bin/tsc")
	run(t, ".", slices.Concat([]string{node + "/.bin/tsc", "--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--noPropertyAccessFromIndexSignature",
		"--noUnusedLocals", "--noUnusedParameters", "--noImplicitReturns", "--erasableSyntaxOnly", "--verbatimModuleSyntax", "--isolatedModules",
		"--target", "es2022", "--lib", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--types", "node", "--typeRoots", node + "/@types"}, arguments)...)
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// needs skips the test where a program is missing, unless everything is required.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		err = fmt.Errorf("%s: %w", program, receivers.ErrMissing)
		if os.Getenv("AIRSIDE_REQUIRE_ALL") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
}

func run(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%v: %v\n%s%s", argv, err, out, &stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestVerifyGoStandsAlone: the file needs nothing but the standard library, in an older Go.
func TestVerifyGoStandsAlone(t *testing.T) {
	dir := partner(t, "airsidewebhook.go")
	run(t, dir, "go", "vet", ".")
	foreign := run(t, dir, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	if strings.TrimSpace(foreign) != "partner" {
		t.Errorf("more than the standard library is needed: %q", foreign)
	}
}

// partner is a module that has nothing but the file, as after copying it.
func partner(t *testing.T, file string) string {
	t.Helper()
	source, err := os.ReadFile(helper + "/airsidewebhook.go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "go.mod", "module partner\n\ngo 1.18\n")
	write(t, dir, file, string(source))
	return dir
}

// TestVerifyReadme compiles what the README shows.
func TestVerifyReadme(t *testing.T) {
	readme, err := os.ReadFile(helper + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := func(language string) string {
		_, rest, found := strings.Cut(string(readme), "```"+language+"\n")
		code, _, closed := strings.Cut(rest, "```")
		if !found || !closed {
			t.Fatalf("the README shows no %s", language)
		}
		return code
	}
	t.Run("go", func(t *testing.T) {
		dir := partner(t, "airsidewebhook/airsidewebhook.go")
		write(t, dir, "main.go", "package main\nimport (\"io\"; \"net/http\"; \"os\"; \"partner/airsidewebhook\")\n"+
			"func handle(airsidewebhook.Event) error { return nil }\nfunc main() { http.HandleFunc(\"/\", receive) }\n"+shown("go"))
		run(t, dir, "go", "vet", ".")
	})
	t.Run("typescript", func(t *testing.T) {
		source, err := filepath.Abs(helper + "/airside-webhook.ts")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		write(t, dir, "shown.ts", fmt.Sprintf("import { Seen, verify, type WebhookEvent } from %q;\ndeclare function handle(event: WebhookEvent): Promise<void>;\n", source)+shown("ts"))
		compile(t, "--noEmit", "--allowImportingTsExtensions", filepath.Join(dir, "shown.ts"))
	})
	t.Run("python", func(t *testing.T) {
		needs(t, "python3")
		dir := t.TempDir()
		write(t, dir, "shown.py", "import os, sys\nsys.dont_write_bytecode = True\nsys.path.insert(0, sys.argv[1])\nimport airside_webhook\n"+shown("python")+
			"os.environ['SECRET'] = 'secret'\nprint(*receive({}, b''))\n")
		if got := run(t, ".", "python3", filepath.Join(dir, "shown.py"), helper); got != "401 airside webhook: bad_key: key 1 is not whsec_… or whpk_… as shown\n" {
			t.Errorf("it answers %q", got)
		}
	})
}
