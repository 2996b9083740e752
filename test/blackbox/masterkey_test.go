package blackbox_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
	"airside/internal/platform/account"
	"airside/internal/platform/webhook"
	"airside/test/airside"
)

// signed is a receiver that accepts what is signed with the secret that its endpoint got in the beginning. Unlike the
// receivers of others it does not mind senders that are killed.
type signed struct {
	*httptest.Server
	endpoint, secret string
	mu               sync.Mutex
	accepted         map[string]bool // by delivery id
}

func newSigned(t *testing.T, c airside.Client) *signed {
	t.Helper()
	r := &signed{accepted: map[string]bool{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		mac := hmac.New(sha256.New, []byte(r.secret))
		mac.Write(body)
		ok := err == nil && req.Header.Get("X-GA-Webhook-Signature") == "sha256="+hex.EncodeToString(mac.Sum(nil))
		r.mu.Lock()
		defer r.mu.Unlock()
		r.accepted[req.Header.Get("X-GA-Webhook-Delivery")] = ok
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	var e struct{ ID, Secret string }
	c.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": r.URL}).Data(t, &e)
	r.endpoint, r.secret = e.ID, e.Secret
	return r
}

// verifies has a delivery made, which must come and be rightly signed.
func (r *signed) verifies(t *testing.T, c airside.Client) {
	t.Helper()
	var d struct{ ID string }
	c.Call(t, 202, "POST", manage+"/webhook-endpoints/"+r.endpoint+"/ping", nil).Data(t, &d)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		r.mu.Lock()
		ok, came := r.accepted[d.ID]
		r.mu.Unlock()
		switch {
		case came && ok:
			return
		case came || time.Now().After(deadline):
			t.Fatalf("the delivery came: %v", came)
		}
	}
}

// resealed is what the commands about the master key say.
type resealed struct{ Keys, Texts, Resealed, Closed int }

// TestTheMasterKeyIsRotated while a server runs, signs deliveries and takes new secrets.
func TestTheMasterKeyIsRotated(t *testing.T) {
	store := airside.Store{Data: t.TempDir()}
	s := airside.Serve(t, store)
	school := airside.NewSchool(t, s, "rotation")
	p := newSigned(t, school.Manage)
	p.verifies(t, school.Manage)

	ctx, stop := context.WithCancel(context.Background())
	var writers sync.WaitGroup
	defer writers.Wait()
	defer stop()
	for range 2 {
		writers.Go(func() {
			for ctx.Err() == nil {
				var e struct{ Data struct{ ID string } }
				made, err := school.Manage.Try(context.Background(), "POST", manage+"/webhook-endpoints",
					obj{"url": "http://127.0.0.1:9/", "event_types": []string{"webhook.test"}})
				if err == nil && json.Unmarshal(made.Body, &e) == nil {
					made, err = school.Manage.Try(context.Background(), "POST", manage+"/webhook-endpoints/"+e.Data.ID+"/rotate-secret", nil)
				}
				if err != nil || made.Status != 200 {
					t.Errorf("%d %s, %v", made.Status, made.Body, err)
					return
				}
			}
		})
	}
	var old []string
	for range 3 {
		old = append(old, theKey(t, store))
		var r resealed
		decode(t, airside.Run(t, store, "master-key", "rotate", "--json"), &r)
		if r.Keys != 1 || r.Resealed == 0 || r.Closed != 0 || slices.Contains(old, theKey(t, store)) {
			t.Errorf("%+v; another key: %v", r, !slices.Contains(old, theKey(t, store)))
		}
		p.verifies(t, school.Manage)
	}
	stop()
	writers.Wait()
	var r resealed
	decode(t, airside.Run(t, store, "master-key", "reseal", "--json"), &r)
	if r.Keys != 1 || r.Resealed != 0 || r.Closed != 0 || r.Texts < 4 {
		t.Errorf("afterwards: %+v", r)
	}
	if err := s.Stop(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	opensNothing(t, store, old)
	log := s.Log()

	s = airside.Serve(t, store)
	school.Manage.URL = s.URL
	p.verifies(t, school.Manage)
	log += s.Log()
	s.Kill()
	for _, k := range append(old, theKey(t, store)) {
		if strings.Contains(log, k) {
			t.Error("a key is in the log")
		}
	}
	keyFile := filepath.Join(store.Data, "master.key")
	if err := os.WriteFile(keyFile, []byte(old[2]), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := airside.TryServe(t, store); err == nil || !strings.Contains(err.Error(), "another master key") {
		t.Errorf("with the old key: %v", err)
	}
}

func keysOf(t *testing.T, store airside.Store) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(store.Data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// theKey is the only one in the file.
func theKey(t *testing.T, store airside.Store) string {
	t.Helper()
	keys := keysOf(t, store)
	if len(keys) != 1 {
		t.Fatalf("%d keys in the file", len(keys))
	}
	return keys[0]
}

// opensNothing looks at every sealed text of a store that was stopped.
func opensNothing(t *testing.T, store airside.Store, keys []string) {
	t.Helper()
	d := dbtest.Open(t, db.Options{Dir: store.Data})
	defer d.Close()
	n := 0
	for _, s := range slices.Concat(account.Sealed(), mail.Sealed(), webhook.Sealed()) {
		texts, err := db.All(context.Background(), d, func(row db.Scanner) (text secret.Text, err error) {
			if s.Scan != nil {
				return s.Scan(row)
			}
			err = row.Scan(&text.Key, &text.Sealed)
			text.Table, text.Row, text.Column = s.Table, text.Key, s.Column
			return text, err
		}, s.Select, "", 100_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			n++
			for _, k := range keys {
				master, _ := hex.DecodeString(k)
				box, err := secret.NewBox(master)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := box.Open(text.Sealed, text.Table, text.Row, text.Column); err == nil {
					t.Errorf("an old key opens %s.%s of %s", s.Table, s.Column, text.Key)
				}
			}
		}
	}
	if n == 0 {
		t.Error("nothing is sealed: does the search still work?")
	}
}

// TestARotationIsKilled at random moments, with the server that does it. It can be started again each time, nothing is
// lost, and another rotation ends what the killed one began.
func TestARotationIsKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("AIRSIDE_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("AIRSIDE_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 16))
	store := airside.Store{Data: t.TempDir()}
	s := airside.Serve(t, store)
	school := airside.NewSchool(t, s, "killed")
	p := newSigned(t, school.Manage)
	for range 300 {
		school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": "http://127.0.0.1:9/", "event_types": []string{"flight.approved"}})
	}
	cut := 0
	for range 2 * rounds(t) {
		first := theKey(t, store)
		ended := make(chan error, 1)
		go func() {
			_, err := airside.TryRun(t, store, "master-key", "rotate")
			ended <- err
		}()
		for keys := []string{first}; slices.Equal(keys, []string{first}) && len(ended) == 0; keys = keysOf(t, store) {
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(time.Duration(rnd.IntN(30_000)) * time.Microsecond)
		s.Kill()
		if err := <-ended; err != nil {
			cut++
		}
		s = airside.Serve(t, store)
		school.Manage.URL = s.URL
		p.verifies(t, school.Manage)
		var r resealed
		decode(t, airside.Run(t, store, "master-key", "rotate", "--json"), &r)
		if r.Texts != 301 || r.Closed != 0 || theKey(t, store) == first {
			t.Fatalf("%+v", r)
		}
		p.verifies(t, school.Manage)
	}
	t.Logf("%d rotations were cut off", cut)
	if err := s.Stop(30 * time.Second); err != nil {
		t.Fatal(err)
	}
}

// TestTheMasterKeyOfSeveralNodes is replaced one step after the other, as docs/operating.md says, while the nodes take
// turns in being restarted.
func TestTheMasterKeyOfSeveralNodes(t *testing.T) {
	store := airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)}
	old, next := dumpKey, strings.Repeat("5a", 32)
	start := func(keys string) *airside.Server {
		t.Helper()
		t.Setenv("AIRSIDE_MASTER_KEY", keys)
		return airside.Serve(t, store)
	}
	nodes := []*airside.Server{start(old), start(old)}
	school := airside.NewSchool(t, nodes[0], "several")
	p := newSigned(t, school.Manage)
	p.verifies(t, school.Manage)
	made := 1
	roll := func(keys string) {
		t.Helper()
		for i := range nodes {
			if err := nodes[i].Stop(30 * time.Second); err != nil {
				t.Fatal(err)
			}
			nodes[i] = start(keys)
			for _, n := range nodes { // each must open what the other one seals
				school.Manage.URL = n.URL
				school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": "http://127.0.0.1:9/", "event_types": []string{"flight.approved"}})
				made++
				p.verifies(t, school.Manage)
			}
		}
	}
	if _, err := airside.TryRun(t, store, "master-key", "rotate"); err == nil || !strings.Contains(err.Error(), "AIRSIDE_MASTER_KEY") {
		t.Errorf("rotate: %v", err)
	}
	roll(old + "," + next)
	roll(next + "," + old)
	t.Setenv("AIRSIDE_MASTER_KEY", next)
	if _, err := airside.TryServe(t, store); err == nil || !strings.Contains(err.Error(), "reseal") {
		t.Errorf("without the old key, too early: %v", err)
	}
	t.Setenv("AIRSIDE_MASTER_KEY", next+","+old)
	out := airside.Run(t, store, "master-key", "reseal")
	if !strings.Contains(out, "first of 2 keys") || strings.Contains(out, next[:8]) || strings.Contains(out, old[:8]) {
		t.Error(out)
	}
	var r resealed
	decode(t, airside.Run(t, store, "master-key", "reseal", "--json"), &r)
	if r != (resealed{Keys: 2, Texts: made}) {
		t.Errorf("%+v, made %d", r, made)
	}
	roll(next)
	for _, keys := range []string{old, strings.Repeat("11", 32)} {
		t.Setenv("AIRSIDE_MASTER_KEY", keys)
		if _, err := airside.TryServe(t, store); err == nil || !strings.Contains(err.Error(), "another master key") {
			t.Error(fmt.Sprint("a node with another key: ", err))
		}
	}
}
