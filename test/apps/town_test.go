package apps_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/config"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/id"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/server"
	"airside/test/airside"
)

// rounds is how often a race or a kill is tried: few times in CI, as many as AIRSIDE_TORTURE says in `make torture`.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("AIRSIDE_TORTURE")); err == nil && n > 0 {
		return n
	}
	return 3
}

// dice prints its seed, and takes it from AIRSIDE_SEED.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("AIRSIDE_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("AIRSIDE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 3))
}

// eachStore runs a test on both engines, and says how many nodes may share the store.
func eachStore(t *testing.T, test func(t *testing.T, store airside.Store, nodes int)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, airside.Store{Data: t.TempDir()}, 1) })
	t.Run("postgres", func(t *testing.T) {
		test(t, airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)}, 2)
	})
}

// inProcess opens a store that no server has, to furnish it quickly.
func inProcess(t testing.TB, store airside.Store, do func(ctx context.Context, s *server.Server)) {
	t.Helper()
	ctx := context.Background()
	cfg := config.Server{Store: config.Store{Data: store.Data, DatabaseURL: store.URL}}
	cfg.WebhookAllowHTTP, cfg.WebhookAllow = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	s, err := server.Open(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	do(ctx, s)
}

// dweller is an organization with a management token of its owner.
func dweller(t testing.TB, s *server.Server, kind org.Kind) airside.School {
	t.Helper()
	slug := string(kind) + "-" + strings.ToLower(id.New()[24:])
	o, owner, err := s.Orgs.Create(context.Background(), scope.Operator(""), org.NewOrganization{Slug: slug, Name: slug, Kind: kind,
		OwnerEmail: slug + "@example.org", OwnerName: "Olga Owner"})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := s.Keys.Mint(context.Background(), scope.Operator(scope.OrgID(o.ID)), key.NewKey{Kind: scope.KindManagement, Name: "test", MemberID: string(owner.ID)})
	if err != nil {
		t.Fatal(err)
	}
	return airside.School{ID: string(o.ID), Slug: o.Slug, Manage: airside.Client{Token: token}}
}

// town is a builder, the platform and schools on a store, whatever server stands before it.
type town struct {
	builder, platform airside.School
	schools           []airside.School
}

func newTown(t testing.TB, store airside.Store, schools int) *town {
	t.Helper()
	w := &town{}
	inProcess(t, store, func(_ context.Context, s *server.Server) {
		w.builder, w.platform = dweller(t, s, org.Builder), dweller(t, s, org.Platform)
		for range schools {
			w.schools = append(w.schools, dweller(t, s, org.School))
		}
	})
	return w
}

// at has everybody call a server.
func (w *town) at(s *airside.Server) {
	w.builder.Manage.URL, w.platform.Manage.URL = s.URL, s.URL
	for n := range w.schools {
		w.schools[n].Manage.URL = s.URL
	}
}

// mail is what an endpoint was sent.
type mail struct {
	came     time.Time
	event    string
	kind     string
	happened time.Time
	org      string
	delivery string
}

// inbox takes what many endpoints are sent, by path, each after a pause.
type inbox struct {
	*httptest.Server
	pause func() time.Duration
	mu    sync.Mutex
	got   map[string][]mail
}

func newInbox(t *testing.T, pause func() time.Duration) *inbox {
	in := &inbox{pause: pause, got: map[string][]mail{}}
	in.Server = httptest.NewServer(in)
	t.Cleanup(func() {
		in.CloseClientConnections()
		in.Close()
	})
	return in
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := mail{came: time.Now(), delivery: r.Header.Get("X-GA-Webhook-Delivery")}
	var body struct {
		ID, Type  string
		Timestamp time.Time
		OrgID     string `json:"org_id"`
	}
	b, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(b, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m.event, m.kind, m.happened, m.org = body.ID, body.Type, body.Timestamp, body.OrgID
	in.mu.Lock()
	in.got[r.URL.Path] = append(in.got[r.URL.Path], m)
	in.mu.Unlock()
	time.Sleep(in.pause())
	w.WriteHeader(http.StatusNoContent)
}

// at is what has come to a path until now.
func (in *inbox) at(path string) []mail {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.got[path])
}

// eventually waits for a condition, and fails the test when it does not come true in time.
func eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// airfield is where a school's flights leave from: each submission of one is an event.
type airfield struct {
	school airside.School
	flight string
}

func newAirfield(t testing.TB, school airside.School) airfield {
	t.Helper()
	make := func(noun string, body obj) string {
		var made struct{ ID string }
		school.Manage.Call(t, 201, "POST", manage+"/"+noun, body).Data(t, &made)
		return made.ID
	}
	plane := make("aircraft", obj{"registration": "HB-CAS", "type_designator": "P28A", "class": "SEP"})
	pilot := make("people", obj{"display_name": "Tara Rossi", "roles": []string{"pilot"}})
	off := time.Now().UTC().AddDate(-1, 0, 0).Truncate(time.Hour)
	return airfield{school, make("flights", obj{"aircraft_id": plane, "departure": "LSZB", "arrival": "LSZG", "off_block_at": off, "on_block_at": off.Add(time.Hour),
		"logged_min": 60, "takeoffs_day": 1, "landings_day": 1, "crew": []obj{{"person_id": pilot, "function": "pic", "pic_min": 60}}})}
}

// submit hands the flight in, and takes it back for the next time.
func (a airfield) submit(t testing.TB) {
	t.Helper()
	for _, verb := range []string{"submit", "withdraw"} {
		a.school.Manage.Call(t, 200, "POST", manage+"/flights/"+a.flight+"/"+verb, nil)
	}
}
