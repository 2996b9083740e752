// Package licence_test looks at the licence server from outside: the real binary, called as vendors' programs and shops call
// it, on both engines, and killed.
package licence_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"airside/internal/base/config"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/id"
	"airside/internal/licence"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/server"
	"airside/test/airside"
)

type obj = map[string]any

const (
	api    = "/licenses-api/v1"
	manage = "/api/v1/manage"
)

// rounds is how often something is tried: few times in CI, and all of them with AIRSIDE_TORTURE, as `make torture` does.
func rounds(few, all int) int {
	if n, err := strconv.Atoi(os.Getenv("AIRSIDE_TORTURE")); err == nil && n > 0 {
		return all
	}
	return few
}

// dice prints its seed, and takes it from AIRSIDE_SEED.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("AIRSIDE_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("AIRSIDE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 7))
}

// eachStore runs a test on both engines.
func eachStore(t *testing.T, test func(t *testing.T, store airside.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, airside.Store{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) {
		test(t, airside.Store{Data: t.TempDir(), URL: postgres(t)})
	})
}

func postgres(t testing.TB) string { return dbtest.PostgresURL(t) }

// vendor is an organization that sells licences.
type vendor struct {
	ID, Slug      string
	Client, Admin string         // its tokens
	Manage        airside.Client // a management token of its owner
}

// found makes a vendor on a store that no server has.
func found(t testing.TB, store airside.Store) *vendor {
	t.Helper()
	ctx := context.Background()
	s, err := server.Open(ctx, config.Server{Store: config.Store{Data: store.Data, DatabaseURL: store.URL}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	slug := "vendor-" + strings.ToLower(id.New()[24:])
	o, owner, err := s.Orgs.Create(ctx, scope.Operator(""), org.NewOrganization{Slug: slug, Name: slug, Kind: org.Vendor, OwnerEmail: slug + "@example.org", OwnerName: "Nora"})
	if err != nil {
		t.Fatal(err)
	}
	v := &vendor{ID: string(o.ID), Slug: slug}
	if _, v.Manage.Token, err = s.Keys.Mint(ctx, scope.Operator(scope.OrgID(o.ID)), key.NewKey{Kind: scope.KindManagement, Name: "test", MemberID: string(owner.ID)}); err != nil {
		t.Fatal(err)
	}
	who := scope.Operator(scope.OrgID(o.ID))
	if _, v.Client, err = s.Licences.MintToken(ctx, who, licence.NewVendorToken{Role: licence.ClientRole, Name: "Program"}); err != nil {
		t.Fatal(err)
	}
	if _, v.Admin, err = s.Licences.MintToken(ctx, who, licence.NewVendorToken{Role: licence.AdminRole, Name: "Shop"}); err != nil {
		t.Fatal(err)
	}
	return v
}

// world is a running server with a vendor.
type world struct {
	*airside.Server
	t testing.TB
	*vendor
}

// serve starts a server behind a proxy that says for whom it asks, so that a test can come from any address.
func serve(t testing.TB, store airside.Store, v *vendor, flags ...string) *world {
	t.Helper()
	s := airside.Serve(t, store, append(flags, "--trusted-proxies", "127.0.0.0/8")...)
	v.Manage.URL = s.URL
	return &world{s, t, v}
}

func start(t testing.TB, store airside.Store) *world { return serve(t, store, found(t, store)) }

// on is the same world for a test within the test.
func (w *world) on(t testing.TB) *world { return &world{w.Server, t, w.vendor} }

// answer is what came back; Body is its JSON, where that is an object.
type answer struct {
	Status int
	Header http.Header
	Raw    []byte
	Body   obj
}

var direct = &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}

// try sends a request with exactly this body and these headers.
func (w *world) try(method, path, body string, headers ...string) (answer, error) {
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, w.Server.URL+api+path, r)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := direct.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{Status: res.StatusCode, Header: res.Header}
	if a.Raw, err = io.ReadAll(res.Body); err != nil {
		return answer{}, err
	}
	if bytes.HasPrefix(a.Raw, []byte("{")) {
		d := json.NewDecoder(bytes.NewReader(a.Raw))
		d.UseNumber()
		err = d.Decode(&a.Body)
	}
	return a, err
}

func (w *world) send(method, path, body string, headers ...string) answer {
	w.t.Helper()
	a, err := w.try(method, path, body, headers...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func asJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// client and admin call with the vendor's tokens, and JSON.
func (w *world) client(path string, body obj, headers ...string) answer {
	w.t.Helper()
	return w.send("POST", path, asJSON(body), append([]string{"X-Client-Token", w.Client, "Content-Type", "application/json"}, headers...)...)
}

func (w *world) admin(method, path string, body any, headers ...string) answer {
	w.t.Helper()
	text := ""
	if body != nil {
		text = asJSON(body)
	}
	return w.send(method, path, text, append([]string{"X-Admin-Token", w.Admin, "Content-Type", "application/json"}, headers...)...)
}

// want holds an answer against a status and, of an error, its code.
func (a answer) want(t testing.TB, status int, code ...string) answer {
	t.Helper()
	if a.Status != status || len(code) == 1 && a.Body["code"] != code[0] {
		t.Fatalf("%d %v, want %d %v: %s", a.Status, a.Body["code"], status, code, a.Raw)
	}
	return a
}

// has holds the members of an object against a list: these and no others.
func has(t testing.TB, o any, members ...string) {
	t.Helper()
	var got []string
	m, ok := o.(map[string]any)
	for name := range m {
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(members)
	if !ok || !slices.Equal(got, members) {
		t.Errorf("an object of %q, want %q", got, members)
	}
}

// sold is a licence with its key.
type sold struct{ key, email, ref string }

// sell issues a licence.
func (w *world) sell(email string, devices int) sold {
	w.t.Helper()
	a := w.admin("POST", "/admin/licenses", obj{"email": email, "product": "Kit " + w.Slug, "edition": "Pro", "max_activations": devices}).want(w.t, 201)
	s := sold{key: a.Body["license_key"].(string), email: email}
	s.ref = s.key[10:]
	return s
}

func (s sold) on(device string) obj {
	return obj{"email": s.email, "license_key": s.key, "device_hash": device, "device_name": "PC " + device}
}

// hash is what a client computes of a key as it writes it.
func hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// activate activates a device.
func (w *world) activate(s sold, device string) answer {
	w.t.Helper()
	return w.client("/activate", s.on(device))
}

func (w *world) deactivate(s sold, device string) answer {
	w.t.Helper()
	return w.client("/deactivate", obj{"license_key_hash": hash(s.key), "device_hash": device})
}

// row is the licence in the vendor's list.
func (w *world) row(s sold) obj {
	w.t.Helper()
	var rows []obj
	a := w.admin("GET", "/admin/licenses?email="+s.email, nil).want(w.t, 200)
	if err := json.Unmarshal(a.Raw, &rows); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		if r["license_ref"] == s.ref {
			return r
		}
	}
	w.t.Fatalf("%s is not in %s", s.ref, a.Raw)
	return nil
}

// active counts the devices that the list shows as active, which must be as many as it says.
func (w *world) active(s sold) int {
	w.t.Helper()
	r := w.row(s)
	n := 0
	for _, d := range r["activations"].([]any) {
		if d.(obj)["deactivated"] == false {
			n++
		}
	}
	if r["active_devices_count"] != float64(n) {
		w.t.Errorf("%v active devices are counted, and %d are there", r["active_devices_count"], n)
	}
	return n
}

// address is one of many.
func address(i int) string {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).String()
}

// from says for whom the proxy asks.
func from(i int) (name, value string) { return "X-Forwarded-For", address(i) }

// line is values with a space between them.
func line(values ...any) string { return strings.TrimSuffix(fmt.Sprintln(values...), "\n") }

func number(t testing.TB, v any) int {
	t.Helper()
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
