// Package licenceapi is the licence server on the wire: /licenses-api/v1, which vendors' programs and their shops call. Its
// answers are bare, as published. Mount lists every route.
package licenceapi

import (
	"context"
	"net/http"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/limit"
	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// Options are what the API serves from.
type Options struct {
	Version  string // of the program
	Licences *licence.Service
	// Limiter counts the requests of an admin token a minute; nil does not limit. Calls with a client token are not counted:
	// it is in every copy of a program.
	Limiter *limit.Limiter
	Clock   clock.Clock
}

const prefix = "/licenses-api/v1"

const (
	clientToken = "X-Client-Token"
	adminToken  = "X-Admin-Token"
)

// Mount registers the API and its document on mux, which must be behind httpx.Front.
func Mount(mux *http.ServeMux, o Options) (*httpx.API, error) {
	s := surface{o.Licences}
	a := httpx.NewAPI(mux, httpx.Options{
		Title: "Airside licence server", Version: o.Version, Description: about, Prefix: prefix, Scheme: adminToken,
		Header: s.verify, Bare: true, Lenient: true, Limiter: o.Limiter, Clock: o.Clock,
	})
	public := func(id, path, summary string, data any) httpx.Op {
		return httpx.Op{ID: id, Method: "GET", Path: prefix + path, Tag: "public", Summary: summary, Open: true, NoTag: true, Data: data}
	}
	client := func(id, path, summary string, data any, faults map[int]string) httpx.Op {
		return httpx.Op{ID: id, Method: "POST", Path: prefix + path, Tag: "client", Summary: summary, Header: clientToken, Unlimited: true, Data: data, Faults: faults}
	}
	admin := func(id, method, path, summary string, needs scope.Scope) httpx.Op {
		return httpx.Op{ID: id, Method: method, Path: prefix + path, Tag: "admin", Summary: summary, Header: adminToken, NoTag: true, Needs: []scope.Scope{needs}}
	}
	httpx.Handle(a, public("health", "/health", "Whether the server answers", Health{}), s.health)
	httpx.Handle(a, public("publicKey", "/public-key", "The key that tokens are signed with now", PublicKey{}), s.publicKey)
	httpx.Handle(a, public("publicKeys", "/public-keys", "Every key, and the sets that lead from one to the next", PublicKeys{}), s.publicKeys)
	httpx.Handle(a, client("activate", "/activate", "Get a token for a device", Activated{}, activateFaults), s.activate)
	httpx.Handle(a, client("deactivate", "/deactivate", "Free the place of a device", Ended{}, deactivateFaults), s.deactivate)

	create := admin("createLicense", "POST", "/admin/licenses", "Issue a licence; only this answer has its key", scope.LicencesManage)
	create.Status, create.Data, create.Faults = http.StatusCreated, Created{}, map[int]string{http.StatusConflict: "The product is another vendor's (`product_taken`), or the address has had its trial (`trial_used`)."}
	httpx.Handle(a, create, s.create)
	list := admin("listLicenses", "GET", "/admin/licenses", "Licences with their devices", scope.LicencesRead)
	list.Data, list.Text = []Row{}, "Without `limit`: all that fit, in one array. With it: a page, and a `Link` header with `rel=\"next\"` while more follow."
	httpx.Handle(a, list, s.list)
	enable := admin("enableLicense", "POST", "/admin/licenses/enable", "Enable or disable a licence", scope.LicencesManage)
	enable.Data, enable.Faults = Enabled{}, byKeyFaults
	httpx.Handle(a, enable, s.enable)
	end := admin("deactivateDevice", "POST", "/admin/deactivate-device", "Free the place of a customer's device", scope.LicencesManage)
	end.Data, end.Faults = Ended{}, byKeyFaults
	httpx.Handle(a, end, s.deactivateDevice)
	carry := admin("offlineActivation", "POST", "/admin/offline-activations", "Answer an activation request that was carried by hand with a licence file", scope.LicencesManage)
	carry.Data, carry.Faults, carry.Text = Carried{}, activateFaults, "The request is what `airside licence request` writes, or its JSON. It activates the device as `/activate` does; the licence file holds without the server."
	httpx.Handle(a, carry, s.carry)
	return a, a.ServeDocument(prefix + "/openapi")
}

var (
	activateFaults = map[int]string{
		http.StatusBadRequest: "The key is of another e-mail address (`license_not_linked_to_email`).", http.StatusNotFound: "There is no such key (`license_not_found`).",
		http.StatusForbidden: "The licence is disabled (`license_disabled`), or its time and grace are over (`license_expired`).",
		http.StatusConflict:  "The licence is active on as many devices as it is for (`activation_limit_reached`, with `max_activations` and `active_devices_count`).",
	}
	deactivateFaults = map[int]string{http.StatusNotFound: "There is no such licence (`license_not_found`).", http.StatusUnprocessableEntity: "`license_key_hash` is not 64 hexadecimal digits (`invalid_license_key_hash`)."}
	byKeyFaults      = map[int]string{http.StatusBadRequest: "The key is of another e-mail address (`license_not_linked_to_email`).", http.StatusNotFound: "There is no such key (`license_not_found`)."}
)

const about = `Activates a vendor's add-on on its customers' devices. A vendor is an organization, and its tokens say which one: client
calls carry ` + "`X-Client-Token`" + `, admin calls ` + "`X-Admin-Token`" + `. A client token ships inside programs: it identifies the caller, and proves
nothing.

The token of an answer is its own canonical form: members in order, no white space, ASCII only. ` + "`sig`" + ` is Ed25519 over the token
without ` + "`sig`" + `: parse it, take ` + "`sig`" + ` out, write it as compact JSON, and verify. Or decode ` + "`signed_b64`" + `, verify those bytes, and
parse them.

Bodies are bare. Errors are ` + "`application/problem+json`" + ` (RFC 9457) with a stable ` + "`code`" + `, in English or French by
` + "`Accept-Language`" + `.`

type surface struct{ licences *licence.Service }

// verify finds whose token a header carries.
func (s surface) verify(ctx context.Context, header, token string) (scope.Principal, error) {
	role := licence.ClientRole
	if header == adminToken {
		role = licence.AdminRole
	}
	return s.licences.Verify(ctx, role, token)
}

// keyed answers a fault about a key: the contract's codes are those of the service, whatever the noun.
func keyed(err error) error {
	if fault.Is(err, "licence_not_found") {
		return fault.New(fault.NotFound, "license_not_found")
	}
	return err
}
