package console

import (
	"net/http"

	"airside/internal/base/clock"
	"airside/internal/base/limit"
	"airside/internal/licence"
	"airside/internal/ops/export"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/ops/posting"
	"airside/internal/platform/account"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/oauth"
	"airside/internal/platform/org"
	"airside/internal/platform/tenantfile"
	"airside/internal/platform/webhook"
)

// Options are what the console shows and works with.
type Options struct {
	Version  string
	BaseURL  func() string // as the outside knows this deployment
	Clock    clock.Clock
	Accounts *account.Service
	Orgs     *org.Service
	Keys     *key.Service
	OAuth    *oauth.Service
	Apps     *app.Service
	Market   *market.Service
	Tenants  *tenantfile.Service
	Audit    *audit.Service
	Events   *event.Service
	Webhooks *webhook.Service
	People   *person.Service
	Fleet    *fleet.Service
	Flights  *flight.Service
	Posting  *posting.Service
	Imports  *logbook.Service
	Exports  *export.Service
	Licences *licence.Service
	// Limiter counts requests a minute by session; nil does not limit.
	Limiter *limit.Limiter
}

// Console serves the pages.
type Console struct {
	Options
	mux    *http.ServeMux
	pages  *pages
	static *assets
	origin *http.CrossOriginProtection
}

// Mount adds the console's pages to mux. They answer behind httpx.Front.
func Mount(mux *http.ServeMux, o Options) error {
	static, err := loadAssets()
	if err != nil {
		return err
	}
	set, err := loadPages(static)
	if err != nil {
		return err
	}
	c := &Console{Options: o, mux: mux, pages: set, static: static, origin: http.NewCrossOriginProtection()}
	c.routes()
	return nil
}
