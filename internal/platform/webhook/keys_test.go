package webhook

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// verifyAll recomputes every signature of a request: under each secret, the newest first, and with each public key.
func verifyAll(t *testing.T, got received, secrets, publicKeys []string) {
	t.Helper()
	shown := func(n int, name string) {
		t.Helper()
		want := ""
		if n < len(secrets) {
			mac := hmac.New(sha256.New, []byte(secrets[n]))
			mac.Write(got.body)
			want = "sha256=" + hex.EncodeToString(mac.Sum(nil))
		}
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, not %q", name, got.header.Get(name), want)
		}
	}
	shown(0, "X-GA-Webhook-Signature")
	shown(1, "X-GA-Webhook-Signature-Secondary")
	signed := fmt.Appendf(nil, "%s.%s.%s", got.header.Get("webhook-id"), got.header.Get("webhook-timestamp"), got.body)
	entries := strings.Fields(got.header.Get("webhook-signature"))
	if len(entries) != len(secrets)+len(publicKeys) {
		t.Fatalf("%d signatures for %d secrets and %d key pairs", len(entries), len(secrets), len(publicKeys))
	}
	for i, s := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(signed)
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); entries[i] != want {
			t.Errorf("signature %d is %q, not %q", i, entries[i], want)
		}
	}
	for i, text := range publicKeys {
		encoded, ok := strings.CutPrefix(text, "whpk_")
		key, err := base64.StdEncoding.DecodeString(encoded)
		value, has := strings.CutPrefix(entries[len(secrets)+i], "v1a,")
		signature, err2 := base64.StdEncoding.DecodeString(value)
		if !ok || !has || err != nil || err2 != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, signed, signature) {
			t.Errorf("%s does not verify %s", text, entries[len(secrets)+i])
		}
	}
}

// TestSeveralRotations: each secret signs until 72 h after it was replaced, the newest first.
func TestSeveralRotations(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		e := s.endpoint(r.URL)
		type key struct {
			secret string
			until  time.Time // zero for ever
		}
		keys := []key{{secret: e.Secret}}
		sent := 0
		check := func() {
			t.Helper()
			s.emit(1)
			sent++
			s.settled(sent, Succeeded)
			var live []string
			for _, k := range keys {
				if k.until.IsZero() || k.until.After(fake.Now()) {
					live = append(live, k.secret)
				}
			}
			verifyAll(t, r.requests()[sent-1], live, nil)
			shown, err := s.Get(t.Context(), s.who, e.ID)
			if err != nil || len(shown.SigningKeys) != len(live) {
				t.Fatalf("%d keys are shown, %d live: %v", len(shown.SigningKeys), len(live), err)
			}
			for i, k := range shown.SigningKeys {
				if !strings.HasPrefix(live[i], k.Prefix) || len(k.Prefix) != len("whsec_")+4 || k.Scheme != SchemeHMAC || k.PublicKey != "" {
					t.Errorf("key %d is shown as %+v", i, k)
				}
			}
		}
		rotate := func(overlap time.Duration) {
			t.Helper()
			got, err := s.RotateSecret(t.Context(), s.who, e.ID, &overlap)
			if err != nil {
				t.Fatal(err)
			}
			if keys[0].until.IsZero() {
				keys[0].until = fake.Now().Add(overlap)
			}
			if overlap == 0 {
				keys = nil
			}
			keys = append([]key{{secret: got.Secret}}, keys...)
		}
		check()
		for range 5 {
			rotate(previousSecretFor)
			check()
			fake.Advance(7 * time.Hour)
		}
		var f *fault.Error
		_, err := s.RotateSecret(t.Context(), s.who, e.ID, nil)
		if f, _ = err.(*fault.Error); f == nil || f.Kind != fault.Conflict || f.Code != "too_many_secrets" {
			t.Errorf("a seventh: %v", err)
		}
		check()
		for range 12 { // one after the other ends
			fake.Advance(6 * time.Hour)
			check()
		}
		rotate(previousSecretFor)
		rotate(time.Hour)
		check()
		fake.Advance(time.Hour)
		check()
		rotate(0)
		check()
		for _, bad := range []time.Duration{-time.Hour, maxOverlap + time.Hour} {
			if _, err := s.RotateSecret(t.Context(), s.who, e.ID, &bad); fault.KindOf(err) != fault.Invalid {
				t.Errorf("an overlap of %v: %v", bad, err)
			}
		}
	})
}

// TestEd25519: a receiver that has no more than the published keys verifies what it gets, through rotations.
func TestEd25519(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		e, err := s.Create(t.Context(), s.who, NewEndpoint{URL: r.URL, Ed25519: true})
		if err != nil {
			t.Fatal(err)
		}
		secrets, sent := []string{e.Secret}, 0
		check := func(pairs int) []string {
			t.Helper()
			s.emit(1)
			sent++
			s.settled(sent, Succeeded)
			published, err := s.PublicKeys(t.Context(), e.ID)
			if pairs == 0 {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("published %+v, %v", published, err)
				}
			} else if err != nil || len(published) != pairs {
				t.Fatalf("published %+v, %v", published, err)
			}
			var keys []string
			for _, k := range published {
				if k.Scheme != SchemeEd25519 || !strings.HasPrefix(k.PublicKey, k.Prefix) {
					t.Errorf("published %+v", k)
				}
				keys = append(keys, k.PublicKey)
			}
			verifyAll(t, r.requests()[sent-1], secrets, keys)
			return keys
		}
		first := check(1)
		got, err := s.RotateSecret(t.Context(), s.who, e.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		secrets = []string{got.Secret, e.Secret}
		both := check(2)
		if both[1] != first[0] || both[0] == first[0] {
			t.Errorf("published %v, before %v", both, first)
		}
		fake.Advance(72 * time.Hour)
		secrets = secrets[:1]
		check(1)
		turn := func(on bool) {
			t.Helper()
			if got, err := s.Update(t.Context(), s.who, e.ID, Patch{Ed25519: &on}, 0); err != nil || got.Ed25519 != on {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		turn(false)
		check(0)
		turn(true)
		if again := check(1); again[0] == both[0] {
			t.Error("the same key pair again")
		}
		turn(true)
		check(1)
		if got, err = s.RotateSecret(t.Context(), s.who, e.ID, new(time.Duration)); err != nil {
			t.Fatal(err)
		}
		secrets = []string{got.Secret}
		check(1)
		if err := s.Delete(t.Context(), s.who, e.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PublicKeys(t.Context(), e.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("of a deleted endpoint: %v", err)
		}
	})
}

// TestSecretsAreShownOnce: nothing but the answers to create and rotate has one, nor has the log of attempts, the audit log
// or the store.
func TestSecretsAreShownOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		e, err := s.Create(t.Context(), s.who, NewEndpoint{URL: r.URL, Ed25519: true})
		if err != nil {
			t.Fatal(err)
		}
		rotated, err := s.RotateSecret(t.Context(), s.who, e.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.emit(1)
		done := s.settled(1, Succeeded)
		shown := map[string]any{"delivery": s.detail(done[0].ID)}
		shown["get"], _ = s.Get(t.Context(), s.who, e.ID)
		shown["list"], _ = s.List(t.Context(), s.who, Filter{}, page.Page{Limit: 10})
		shown["public keys"], _ = s.PublicKeys(t.Context(), e.ID)
		if shown["update"], err = s.Update(t.Context(), s.who, e.ID, Patch{Description: new("x")}, 0); err != nil {
			t.Fatal(err)
		}
		entries, err := audit.New(s.db).List(t.Context(), s.who, audit.Filter{}, page.Page{Limit: 100})
		if err != nil || len(entries.Rows) < 3 {
			t.Fatalf("%d entries, %v", len(entries.Rows), err)
		}
		shown["audit"] = entries
		if shown["disable"], err = s.Disable(t.Context(), s.who, e.ID); err != nil {
			t.Fatal(err)
		}
		stored, err := db.All(t.Context(), s.db, db.Scalar[[]byte], `SELECT sealed FROM webhook_secrets`)
		if err != nil || len(stored) != 4 {
			t.Fatalf("%d keys, %v", len(stored), err)
		}
		shown["store"] = string(slices.Concat(stored...))
		for what, v := range shown {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{e.Secret, rotated.Secret, "whsk_"} {
				if strings.Contains(string(text), strings.TrimPrefix(secret, "whsec_")) {
					t.Errorf("%s shows a secret", what)
				}
			}
		}
		if e.CreatedAt == 0 || s.health(e.ID).SecretSetAt < e.CreatedAt {
			t.Errorf("a secret set at %v", s.health(e.ID).SecretSetAt)
		}
	})
}

// TestMigratedKeysSign: what endpoints were given before keys had a table of their own signs as it did. The frozen dump is
// of the schema before; its endpoint gets a previous secret here, as a rotation of then would have left it.
func TestMigratedKeysSign(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		fake.Advance(72 * time.Hour) // to after the dump
		sealer := newStation(t, dbtest.SQLite(t), loopback).box
		previous, until := newSecret(), fake.Now().Add(30*time.Hour)
		var endpoint, org, current string
		archive := rewritten(t, "0002.gz", "webhook_endpoints", func(columns []string, row []any) {
			at := func(name string) int { return slices.Index(columns, name) }
			endpoint, org = row[at("id")].(string), row[at("org_id")].(string)
			sealed, err := base64.StdEncoding.DecodeString(row[at("secret")].(string))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := sealer.Open(sealed, "webhook_endpoints", endpoint, "secret")
			if err != nil {
				t.Fatal(err)
			}
			current = string(plain)
			row[at("previous_secret")] = base64.StdEncoding.EncodeToString(sealer.Seal([]byte(previous), "webhook_endpoints", endpoint, "previous_secret"))
			row[at("secret_set_at")] = fake.Now().Add(-42 * time.Hour).UnixMicro()
			row[at("previous_until")] = until.UnixMicro()
		})
		if _, err := db.Restore(t.Context(), o, archive); err != nil {
			t.Fatal(err)
		}
		s := stationOn(t, dbtest.Open(t, o), loopback)
		s.who = scope.System(scope.OrgID(org))
		s.start()
		r := newReceiver(t, nil)
		id := EndpointID(endpoint)
		if _, err := s.Update(t.Context(), s.who, id, Patch{URL: &r.URL}, 0); err != nil {
			t.Fatal(err)
		}
		check := func(secrets ...string) {
			t.Helper()
			d, err := s.Ping(t.Context(), s.who, id)
			if err != nil {
				t.Fatal(err)
			}
			s.await("the ping", func() bool { return s.detail(d.ID).Status == Succeeded })
			all := r.requests()
			verifyAll(t, all[len(all)-1], secrets, nil)
			shown, err := s.Get(t.Context(), s.who, id)
			if err != nil || len(shown.SigningKeys) != len(secrets) || !strings.HasPrefix(secrets[0], shown.SigningKeys[0].Prefix) {
				t.Errorf("%+v, %v", shown, err)
			}
		}
		check(current, previous)
		rotated, err := s.RotateSecret(t.Context(), s.who, id, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(rotated.Secret, current, previous)
		fake.Advance(30 * time.Hour)
		check(rotated.Secret, current)
		fake.Advance(42 * time.Hour)
		check(rotated.Secret)
	})
}

// rewritten is a frozen dump with the rows of one table changed.
func rewritten(t *testing.T, dump, table string, change func(columns []string, row []any)) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "base", "db", "schema", "testdata", dump))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := json.NewDecoder(z)
	in.UseNumber()
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	enc := json.NewEncoder(packed)
	var head struct {
		Table   string
		Columns []string
	}
	for {
		var line json.RawMessage
		if err := in.Decode(&line); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if line[0] == '{' {
			head.Table = ""
			json.Unmarshal(line, &head)
		} else if head.Table == table {
			var row []any
			dec := json.NewDecoder(bytes.NewReader(line))
			dec.UseNumber()
			if err := dec.Decode(&row); err != nil {
				t.Fatal(err)
			}
			change(head.Columns, row)
			line, _ = json.Marshal(row)
		}
		if err := enc.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	packed.Close()
	return &out
}
