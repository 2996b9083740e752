package publicapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/webhook"
	"airside/internal/web/httpx"
)

// keySet is a JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037), each with the text that Standard Webhooks' libraries
// take.
type keySet struct {
	Keys []publicKey `json:"keys"`
}

type publicKey struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	Use   string `json:"use"`
	Alg   string `json:"alg"`
	ID    string `json:"kid"`
	X     string `json:"x"`
	Text  string `json:"standard_webhooks"`
}

// webhookKeys publishes what an endpoint's v1a signatures are verified with, without a credential: the keys are public.
func (s surface) webhookKeys(w http.ResponseWriter, r *http.Request) {
	endpoint, ok := id.Parse(r.PathValue("id"))
	if !ok {
		httpx.Fail(w, r, fault.NotFoundFor("webhook_endpoint"))
		return
	}
	keys, err := s.Webhooks.PublicKeys(r.Context(), webhook.EndpointID(endpoint))
	if err != nil {
		httpx.Fail(w, r, err)
		return
	}
	set := keySet{Keys: []publicKey{}}
	for _, k := range keys {
		raw, err := base64.StdEncoding.DecodeString(k.PublicKey[strings.IndexByte(k.PublicKey, '_')+1:])
		if err != nil {
			httpx.Fail(w, r, err)
			return
		}
		x := base64.RawURLEncoding.EncodeToString(raw)
		set.Keys = append(set.Keys, publicKey{Type: "OKP", Curve: "Ed25519", Use: "sig", Alg: "EdDSA", ID: x[:8], X: x, Text: k.PublicKey})
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	json.NewEncoder(w).Encode(set)
}
