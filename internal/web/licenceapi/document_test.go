package licenceapi_test

import (
	"flag"
	"net/http"
	"testing"

	"airside/internal/web/httpx/httpxtest"
	"airside/internal/web/licenceapi"
)

var update = flag.Bool("update", false, "write the golden files anew")

func document(t *testing.T) []byte {
	t.Helper()
	api, err := licenceapi.Mount(http.NewServeMux(), licenceapi.Options{Version: "1"})
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
