package blackbox_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"airside/test/airside"
)

// A deployment names an authority of its own for its receivers, and no proxy of the environment gets between.
func TestReceiverOfOwnAuthority(t *testing.T) {
	var received, proxied atomic.Int64
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { received.Add(1) }))
	t.Cleanup(receiver.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: receiver.Certificate().Raw}
	if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	store := airside.Store{Data: t.TempDir()}

	s := airside.Serve(t, store, "--webhook-ca", ca)
	school := airside.NewSchool(t, s, "own-authority")
	if !strings.Contains(s.Log(), "webhooks do not use the proxy") || !strings.Contains(s.Log(), `"variables":"HTTPS_PROXY"`) {
		t.Errorf("nothing is said of the proxy: %s", s.Log())
	}
	var endpoint, delivery struct{ ID, Status string }
	school.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": receiver.URL}).Data(t, &endpoint)
	school.Manage.Call(t, 202, "POST", manage+"/webhook-endpoints/"+endpoint.ID+"/ping", nil).Data(t, &delivery)
	for deadline := time.Now().Add(20 * time.Second); delivery.Status != "succeeded" && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		school.Manage.Call(t, 200, "GET", manage+"/webhook-deliveries/"+delivery.ID, nil).Data(t, &delivery)
	}
	if delivery.Status != "succeeded" || received.Load() != 1 || proxied.Load() != 0 {
		t.Errorf("delivery %s; %d came to the receiver, %d to the proxy", delivery.Status, received.Load(), proxied.Load())
	}
	school.Manage.Call(t, 422, "POST", manage+"/webhook-endpoints", obj{"url": "https://10.0.0.1/"})
	inLog := func() bool {
		return strings.Contains(s.Log(), `"address":"10.0.0.1","option":"--webhook-allow 10.0.0.1/32"`)
	}
	for deadline := time.Now().Add(10 * time.Second); !inLog(); time.Sleep(20 * time.Millisecond) { // it comes through a pipe
		if time.Now().After(deadline) {
			t.Fatalf("the refused address is not in the log: %s", s.Log())
		}
	}
	if err := s.Stop(20 * time.Second); err != nil {
		t.Fatal(err)
	}

	t.Setenv("HTTPS_PROXY", "")
	s = airside.Serve(t, store)
	if strings.Contains(s.Log(), "proxy") {
		t.Errorf("there is no proxy: %s", s.Log())
	}
	s.Kill()
	if err := os.WriteFile(ca, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := airside.TryServe(t, store, "--webhook-ca", ca); err == nil || !strings.Contains(err.Error(), "--webhook-ca: "+ca+": there is no certificate in PEM in it") {
		t.Errorf("started with a file that is none: %v", err)
	}
}
