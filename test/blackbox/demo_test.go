package blackbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"airside/test/airside"
)

// TestDemo starts the demo as a stranger does: it prints one line with everything that the contract names, each credential
// works, and there is something on every list.
func TestDemo(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), airside.Binary(t), "demo", "--json", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var demo struct {
		BaseURL         string `json:"base_url"`
		Organization    struct{ ID, Slug string }
		APIKey          string `json:"api_key"`
		AppAPIKey       string `json:"app_api_key"`
		ManagementToken string `json:"management_token"`
		ReviewerToken   string `json:"reviewer_token"`
		BuilderToken    string `json:"builder_token"`
		TenantAPIKey    string `json:"tenant_api_key"`
		VendorToken     string `json:"vendor_token"`
		Licence         struct {
			Client string `json:"client_token"`
			Admin  string `json:"admin_token"`
		}
	}
	if err := json.Unmarshal([]byte(line), &demo); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	for _, key := range []string{demo.APIKey, demo.AppAPIKey} {
		airside.Client{URL: demo.BaseURL, Token: key, Org: demo.Organization.ID}.Call(t, 200, "GET", public+"/flights?limit=1", nil)
	}
	bare := airside.Client{URL: demo.BaseURL}
	bare.Call(t, 200, "GET", public+"/flights?limit=1", nil, "X-API-KEY", demo.TenantAPIKey)
	bare.Call(t, 200, "GET", "/api/"+demo.Organization.Slug+"/admin/apiKeys", nil, "X-API-KEY", demo.TenantAPIKey)

	bare.Call(t, 200, "GET", "/licenses-api/v1/admin/licenses?limit=1", nil, "X-Admin-Token", demo.Licence.Admin)
	bare.Call(t, 422, "POST", "/licenses-api/v1/activate", obj{}, "X-Client-Token", demo.Licence.Client)

	var tokens []airside.Client
	for _, token := range []string{demo.ManagementToken, demo.ReviewerToken, demo.BuilderToken, demo.VendorToken} {
		tokens = append(tokens, airside.Client{URL: demo.BaseURL, Token: token})
	}
	for _, path := range lists(t, tokens[0]) {
		if !anything(t, tokens, path) {
			t.Errorf("there is nothing on %s", path)
		}
	}
}

// lists are the paths of the management API that answer pages.
func lists(t *testing.T, c airside.Client) []string {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(c.Call(t, 200, "GET", manage+"/openapi.json", nil).Body, &doc); err != nil {
		t.Fatal(err)
	}
	var all []string
	for path, methods := range doc.Paths {
		if strings.Contains(string(methods["get"].Responses["200"]), `"pagination"`) && !strings.Contains(path, "{") {
			all = append(all, path)
		}
	}
	if len(all) < 15 {
		t.Fatalf("only %d lists: %v", len(all), all)
	}
	return all
}

// anything tells whether one of the organizations has a row on a list.
func anything(t *testing.T, tokens []airside.Client, path string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range tokens {
		a, err := c.Try(ctx, "GET", path+"?limit=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		var page struct{ Data []json.RawMessage }
		if a.Status == http.StatusOK && json.Unmarshal(a.Body, &page) == nil && len(page.Data) > 0 {
			return true
		}
	}
	return false
}
