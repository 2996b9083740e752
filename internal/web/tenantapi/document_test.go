package tenantapi_test

import (
	"context"
	"flag"
	"net/http"
	"net/netip"
	"testing"

	"airside/internal/platform/scope"
	"airside/internal/web/httpx/httpxtest"
	"airside/internal/web/tenantapi"
)

var update = flag.Bool("update", false, "write the golden files anew")

func document(t *testing.T) []byte {
	t.Helper()
	nobody := func(context.Context, string, netip.Addr, string) (scope.Principal, error) {
		return scope.Principal{}, nil
	}
	api, err := tenantapi.Mount(http.NewServeMux(), tenantapi.Options{Version: "1", TenantKey: nobody})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocumentGolden(t *testing.T) {
	httpxtest.Golden(t, document(t), "testdata/openapi.json", *update)
}

func TestDocumentIsValid(t *testing.T) { httpxtest.Check(t, document(t), "503") }
