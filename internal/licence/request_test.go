package licence_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"airside/internal/base/fault"
	"airside/internal/licence"
)

// A request is read as it was written, whatever mail programs did to its lines, and as the JSON in it.
func TestRequests(t *testing.T) {
	want := licence.Activation{Email: "pilot@example.com", LicenseKey: "ABCD-EF23-GH45", DeviceHash: "Dev-1", DeviceName: "Zoë’s <PC> \"1\"\n"}
	text, err := licence.WriteRequest(want, time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("", 3600)))
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "LICENCE REQUEST" || len(rest) != 0 || !bytes.Contains(block.Bytes, []byte(`"created_at":"2026-11-22T09:00:00Z"`)) {
		t.Fatalf("%s", text)
	}
	same := func(a licence.Activation) bool {
		return a.Email == want.Email && a.LicenseKey == want.LicenseKey && a.DeviceHash == want.DeviceHash && a.DeviceName == want.DeviceName && !a.File && !a.Modes
	}
	bom := []byte("\xef\xbb\xbf")
	for name, text := range map[string][]byte{
		"as written": text, "with CR LF": bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), "after a mark": append(bom, text...), "with white space around": append([]byte("\r\n  "), append(text, " \n\n"...)...),
		"as JSON": block.Bytes, "as JSON after a mark": append(bom, block.Bytes...), "with other members": bytes.Replace(block.Bytes, []byte("{"), []byte(`{"file":true,"carried":false,`), 1),
	} {
		if a, err := licence.ReadRequest(text); err != nil || !same(a) {
			t.Errorf("%s: %+v %v", name, a, err)
		}
	}

	field := func(err error) string {
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) == 0 {
			return "none"
		}
		return f.Fields[0].Name
	}
	for text, want := range map[string]string{
		"": "request", "x": "request", "[]": "request", "null": "request", "{": "request", `{"email":1}`: "request", string(block.Bytes) + "x": "request",
		string(pem.EncodeToMemory(&pem.Block{Type: "LICENCE FILE", Bytes: block.Bytes})):    "request",
		string(pem.EncodeToMemory(&pem.Block{Type: "LICENCE REQUEST", Bytes: []byte("x")})): "request",
		string(text[:len(text)/2]):                        "request",
		string(block.Bytes) + strings.Repeat(" ", 16<<10): "request",
		"{}": "email",
		strings.Replace(string(block.Bytes), "pilot@", "pilot", 1):                          "email",
		strings.Replace(string(block.Bytes), "Dev-1", "", 1):                                "device_hash",
		strings.Replace(string(block.Bytes), "ABCD-EF23-GH45", " ", 1):                      "license_key",
		strings.Replace(string(block.Bytes), `\u003cPC\u003e`, strings.Repeat("é", 256), 1): "device_name",
	} {
		if a, err := licence.ReadRequest([]byte(text)); field(err) != want {
			t.Errorf("%.60q: wrong in %s, want %s: %+v %v", text, field(err), want, a, err)
		}
	}
}

// A request that is read is one that can be written and read again.
func FuzzReadRequest(f *testing.F) {
	text, err := licence.WriteRequest(licence.Activation{Email: "a@b.example", LicenseKey: "ABCD-EF23-GH45", DeviceHash: "d", DeviceName: "PC"}, time.Unix(0, 0))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"email":"a@b.example","license_key":"x","device_hash":"d"}`))
	f.Add([]byte("\ufeff{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := licence.ReadRequest(text)
		if err != nil {
			return
		}
		written, err := licence.WriteRequest(a, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		again, err := licence.ReadRequest(written)
		if len(text) < 8<<10 && (err != nil || again != a) {
			t.Errorf("%q is read as %+v, and what is written of it as %+v %v", text, a, again, err)
		}
	})
}
