package licence_test

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	airsidelicence "airside/examples/licence"
	"airside/internal/licence"
	"airside/test/airside"
)

// language is what a vendor copies, at work in its own language: it answers a line for each line.
type language struct {
	name string
	in   *bufio.Writer
	out  *bufio.Scanner
}

// languages starts each of them.
func languages(t *testing.T) []*language {
	t.Helper()
	examples, err := filepath.Abs("../../examples/licence")
	if err != nil {
		t.Fatal(err)
	}
	var all []*language
	for name, command := range map[string][]string{
		"node":           {"node", "driver/check.mjs", examples},
		"python":         {"python3", "driver/check.py", examples},
		"python by hand": {"python3", "driver/check.py", examples, "by-hand"},
	} {
		if _, err := exec.LookPath(command[0]); err != nil {
			if os.Getenv("AIRSIDE_REQUIRE_ALL") != "" {
				t.Fatal(err)
			}
			t.Skip(command[0] + " is not installed (scripts/setup-tests.sh does it)")
		}
		cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { in.Close(); cmd.Wait() })
		scanner := bufio.NewScanner(out)
		scanner.Buffer(nil, 1<<20)
		all = append(all, &language{name, bufio.NewWriter(in), scanner})
	}
	return all
}

// ask sends a line, and reads the answer into v.
func (l *language) ask(t *testing.T, question obj, v any) {
	t.Helper()
	fmt.Fprintln(l.in, asJSON(question))
	l.in.Flush()
	if !l.out.Scan() {
		t.Fatalf("%s: %v", l.name, l.out.Err())
	}
	if err := json.Unmarshal(l.out.Bytes(), v); err != nil {
		t.Fatalf("%s: %v in %s", l.name, err, l.out.Bytes())
	}
}

// verifies wants an answer to be good in every language, parsed and written again in each way that it has; the token says name.
func verifies(t *testing.T, all []*language, raw []byte, key, name string) {
	t.Helper()
	now := time.Unix(0, 0)
	public, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := airsidelicence.Verify(raw, public, "", "", now)
	if err != nil || token.Device.Name != name {
		t.Errorf("Go: %q, want %q: %v", token.Device.Name, name, err)
	}
	var answer struct{ Token json.RawMessage }
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	if _, err := airsidelicence.VerifyToken(answer.Token, public, "", "", now); err != nil {
		t.Errorf("Go, a map: %v: %s", err, answer.Token)
	}
	if !licence.VerifyToken(byStruct(t, answer.Token), public) {
		t.Errorf("Go, a struct: %s", answer.Token)
	}
	for _, l := range all {
		var got []string
		l.ask(t, obj{"answer": json.RawMessage(raw), "key": key}, &got)
		if len(got) != 3 || got[0] != name || got[1] != name || got[2] != "ok" {
			t.Errorf("%s: %q, want %q: %s", l.name, got, name, answer.Token)
		}
	}
}

// byStruct writes a token again by a struct.
func byStruct(t *testing.T, token []byte) []byte {
	var s struct {
		ActivationsCount int `json:"activations_count"`
		Device           struct {
			Hash string `json:"hash"`
			Name string `json:"name"`
		} `json:"device"`
		Edition        string   `json:"edition"`
		Email          string   `json:"email"`
		ExpiresAt      string   `json:"expires_at"`
		Features       []string `json:"features"`
		IssuedAt       string   `json:"issued_at"`
		LicenseRef     string   `json:"license_ref"`
		MaxActivations int      `json:"max_activations"`
		Product        string   `json:"product"`
		Sig            string   `json:"sig"`
	}
	if err := json.Unmarshal(token, &s); err != nil {
		t.Fatal(err)
	}
	return []byte(asJSON(s))
}

// TestVectors: the published test vectors verify in every language.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("../../internal/licence/testdata/licence-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Key     string `json:"public_key_b64"`
		Vectors []struct {
			Signed, Sig string
		}
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors.Vectors) == 0 {
		t.Fatal(err)
	}
	all := languages(t)
	for _, v := range vectors.Vectors {
		token := strings.TrimSuffix(v.Signed, "}") + `,"sig":"` + v.Sig + `"}`
		var says struct{ Device struct{ Name string } }
		if err := json.Unmarshal([]byte(token), &says); err != nil {
			t.Fatal(err)
		}
		raw := asJSON(obj{"token": json.RawMessage(token), "signed_b64": base64.StdEncoding.EncodeToString([]byte(v.Signed))})
		verifies(t, all, []byte(raw), vectors.Key, says.Device.Name)
	}
}

// TestTokensInEveryLanguage: tokens of a live server verify after they were parsed and written again, whatever the device is
// called.
func TestTokensInEveryLanguage(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	all, random := languages(t), dice(t)
	key, _ := w.admin("POST", "/admin/licenses", obj{"email": "o'brien+x@example.com", "product": "X+ 1.0:a_b", "edition": "Pro", "max_activations": 1, "features": []string{"b", "a"}}).Body["license_key"].(string)
	public := w.send("GET", "/public-key", "").Body["ed25519_public_key_b64"].(string)
	names := map[string]string{
		"My PC": "My PC", `"quoted" \ back`: `"quoted" \ back`, "<b>&amp;'</b>": "<b>&amp;'</b>", "Zoë’s MacBook Pro": "Zoe's MacBook Pro", "🛩️ 12": "_ 12",
		"a\u2028b\u2029c": "a_b_c", "tab\tnull\x00bell\a": "tab_null_bell_", "": "device", "   ": "device", "日本語": "_", "ŁÓDŹ — “x”…": `LODZ - "x"...`, "ﬁn": "fin",
		"\u202Eevil": "_evil", strings.Repeat("x", 200): strings.Repeat("x", 100), "é\u0301e": "ee",
	}
	for name, want := range names {
		verifies(t, all, w.activated(key, name), public, want)
	}
	for range rounds(300, 1000) {
		name := randomName(random.IntN)
		raw := w.activated(key, name)
		var says struct {
			Token struct{ Device struct{ Name string } }
		}
		json.Unmarshal(raw, &says)
		if strings.ContainsFunc(says.Token.Device.Name, func(r rune) bool { return r < 0x20 || r > 0x7E }) {
			t.Errorf("%q is not ASCII", says.Token.Device.Name)
		}
		verifies(t, all, raw, public, says.Token.Device.Name)
		if t.Failed() {
			t.Fatalf("of %q", name)
		}
	}

	// A token of another vendor's product is signed with the same key.
	for product, good := range map[string]bool{"X+ 1.0:a_b": true, "Another": false} {
		pub, _ := base64.StdEncoding.DecodeString(public)
		raw := w.activated(key, "PC")
		if _, err := airsidelicence.Verify(raw, pub, "", product, time.Unix(0, 0)); (err == nil) != good {
			t.Errorf("Go: for %s: %v", product, err)
		}
		for _, l := range all {
			var got []string
			l.ask(t, obj{"answer": json.RawMessage(raw), "key": public, "product": product}, &got)
			if (got[0] == "PC") != good || (got[1] == "PC") != good {
				t.Errorf("%s: for %s: %q", l.name, product, got)
			}
		}
	}

	// Any changed byte.
	var answer struct{ Token json.RawMessage }
	raw := w.activated(key, `A "name" <with> all & sorts`)
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	pub, _ := base64.StdEncoding.DecodeString(public)
	for i := range answer.Token {
		for _, bit := range []byte{1, 4, 0x20} {
			changed := bytes.Clone(answer.Token)
			changed[i] ^= bit
			if _, err := airsidelicence.VerifyToken(changed, pub, "", "", time.Unix(0, 0)); err == nil || licence.VerifyToken(changed, pub) {
				t.Fatalf("it verifies with byte %d changed: %s", i, changed)
			}
			if !json.Valid(changed) || i%7 != 0 {
				continue
			}
			for _, l := range all {
				var got []string
				l.ask(t, obj{"answer": obj{"token": json.RawMessage(changed), "signed_b64": base64.StdEncoding.EncodeToString(changed)}, "key": public}, &got)
				if !strings.HasPrefix(got[0], "refused") || !strings.HasPrefix(got[1], "refused") {
					t.Fatalf("%s: it verifies with byte %d changed: %s", l.name, i, changed)
				}
			}
		}
	}
}

// activated is the answer to an activation.
func (w *world) activated(key, name string) []byte {
	w.t.Helper()
	a := w.client("/activate", obj{"email": "o'brien+x@example.com", "license_key": key, "device_hash": "A'<&>\"\\ 1", "device_name": name})
	if a.Status != 200 {
		w.t.Fatalf("%q: %d %s", name, a.Status, a.Raw)
	}
	return a.Raw
}

// randomName is any text that JSON can hold.
func randomName(n func(int) int) string {
	var b strings.Builder
	for range 1 + n(40) {
		r := rune(n([]int{0x20, 0x80, 0x3000, unicode.MaxRune + 1}[n(4)]))
		if utf8.ValidRune(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// TestPinnedClientFollows: a client that was built with the first key and has missed three rotations finds the newest by proof,
// in every language; what is forged leads nowhere.
func TestPinnedClientFollows(t *testing.T) {
	store := airside.Store{Data: t.TempDir()}
	w := start(t, store)
	all := languages(t)
	pinned := w.send("GET", "/public-key", "").Body["ed25519_public_key_b64"].(string)
	key, _ := w.admin("POST", "/admin/licenses", obj{"email": "o'brien+x@example.com", "product": "X", "edition": "Pro", "max_activations": 1}).Body["license_key"].(string)
	old := w.activated(key, "PC")
	for range 3 {
		airside.Run(t, store, "licence", "rotate-key")
	}
	newest := w.send("GET", "/public-key", "").Body["ed25519_public_key_b64"].(string)
	keys := w.send("GET", "/public-keys", "")
	verifies(t, all, old, pinned, "PC") // signed before the rotations
	verifies(t, all, w.activated(key, "PC"), newest, "PC")

	follow := func(doc obj) map[string]any {
		got := map[string]any{}
		pin, _ := base64.StdEncoding.DecodeString(pinned)
		if trusted, err := airsidelicence.Follow(pin, []byte(asJSON(doc))); err != nil {
			got["go"] = "refused"
		} else {
			got["go"] = base64.StdEncoding.EncodeToString(trusted[len(trusted)-1])
		}
		sets, err := licence.ReadKeySets([]byte(asJSON(doc)))
		if trusted, ferr := licence.Follow(pin, sets); err != nil || ferr != nil {
			got["airside"] = "refused"
		} else {
			got["airside"] = base64.StdEncoding.EncodeToString(trusted[len(trusted)-1])
		}
		for _, l := range all {
			var answer any
			l.ask(t, obj{"key": pinned, "public_keys": doc}, &answer)
			if list, ok := answer.([]any); ok {
				got[l.name] = list[len(list)-1]
			} else {
				got[l.name] = "refused"
			}
		}
		return got
	}
	for name, got := range follow(keys.Body) {
		if got != newest {
			t.Errorf("%s: led to %v, want %s", name, got, newest)
		}
	}

	// What somebody else might answer instead. The second set is the one that names the pinned key.
	forgedPublic, forger, _ := ed25519.GenerateKey(rand.Reader)
	set := func(doc obj, i int) obj { return doc["sets"].([]any)[i].(obj) }
	sig := func(s obj, i int) obj { return s["signatures"].([]any)[i].(obj) }
	for what, change := range map[string]func(doc obj){
		"signed by somebody else": func(doc obj) {
			s := set(doc, 2)
			signed, _ := base64.StdEncoding.DecodeString(s["signed_b64"].(string))
			sig(s, 1)["sig"] = base64.StdEncoding.EncodeToString(ed25519.Sign(forger, signed))
		},
		"another key in it": func(doc obj) {
			s := set(doc, 2)
			signed, _ := base64.StdEncoding.DecodeString(s["signed_b64"].(string))
			second := doc["keys"].([]any)[2].(obj)["ed25519_public_key_b64"].(string)
			changed := bytes.ReplaceAll(signed, []byte(second), []byte(base64.StdEncoding.EncodeToString(forgedPublic)))
			s["signed_b64"] = base64.StdEncoding.EncodeToString(changed)
			sig(s, 0)["sig"] = base64.StdEncoding.EncodeToString(ed25519.Sign(forger, changed))
		},
		"cut short": func(doc obj) {
			s := set(doc, 2)
			text := s["signed_b64"].(string)
			signed, _ := base64.StdEncoding.DecodeString(text)
			s["signed_b64"] = base64.StdEncoding.EncodeToString(append(signed[:len(signed)-2], '}', ' '))
		},
		"the signatures of another set": func(doc obj) {
			set(doc, 2)["signatures"] = set(doc, 1)["signatures"]
		},
	} {
		var doc obj
		if err := json.Unmarshal(keys.Raw, &doc); err != nil {
			t.Fatal(err)
		}
		change(doc)
		for name, got := range follow(doc) {
			if got == newest || got != "refused" && got != pinned {
				t.Errorf("%s: %s: led to %v", what, name, got)
			}
		}
	}
	var doc obj // an old answer leads as far as it can
	json.Unmarshal(keys.Raw, &doc)
	doc["sets"] = doc["sets"].([]any)[1:]
	for name, got := range follow(doc) {
		if got != doc["keys"].([]any)[1].(obj)["ed25519_public_key_b64"] {
			t.Errorf("an old answer: %s: led to %v", name, got)
		}
	}
}
