// Package demo starts the whole product with a school in it that has a year of records, and a receiver for its
// webhooks. Everything is made through the public verbs, by HTTP, as a stranger's program would make it.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"airside/internal/base/config"
	"airside/internal/platform/account"
	"airside/internal/server"
)

// Options of a demo.
type Options struct {
	Listen      string
	Data        string // a new temporary folder if empty
	DatabaseURL string
	Empty       bool // no sample records
	JSON        bool // print one line of JSON and nothing else
	Out         io.Writer
	Log         *slog.Logger
}

// state is what a later start of the same demo needs to know: its keys are in the database only as hashes.
type state struct {
	Organization    identity `json:"organization"`
	ManagementToken string   `json:"management_token"`
	APIKey          string   `json:"api_key"`
	EndpointID      string   `json:"endpoint_id"`
	EndpointSecret  string   `json:"endpoint_secret"`
	Partners        []hook   `json:"partners,omitempty"` // further endpoints
	Password        string   `json:"password"`           // of the owner, for the console
	Receiver        string   `json:"receiver"`           // address that it last listened on
	TenantKey       string   `json:"tenant_api_key"`
	marketState
	vendorState
}

type identity struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
}

// ready is the line that --json prints.
type ready struct {
	BaseURL         string   `json:"base_url"`
	Organization    identity `json:"organization"`
	Console         signIn   `json:"console"`
	Reviewer        signIn   `json:"reviewer"`
	APIKey          string   `json:"api_key"`
	AppAPIKey       string   `json:"app_api_key,omitempty"`
	ManagementToken string   `json:"management_token"`
	ReviewerToken   string   `json:"reviewer_token"`
	BuilderToken    string   `json:"builder_token"`
	TenantAPIKey    string   `json:"tenant_api_key"`
	Licence         tokens   `json:"licence"`
	VendorToken     string   `json:"vendor_token"`
}

// tokens are a vendor's, for the licence server.
type tokens struct {
	Client string `json:"client_token"`
	Admin  string `json:"admin_token"`
}

// signIn is what to type on the page for signing in.
type signIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Run starts the demo and serves until ctx ends.
func Run(ctx context.Context, o Options) error {
	if o.Data == "" {
		dir, err := os.MkdirTemp("", "airside-demo-")
		if err != nil {
			return err
		}
		o.Data = dir
	}
	cfg := config.Server{
		Store: config.Store{Data: o.Data, DatabaseURL: o.DatabaseURL, MasterKey: os.Getenv("AIRSIDE_MASTER_KEY")},
		HTTP:  config.HTTP{Listen: o.Listen},
		Webhooks: config.Webhooks{WebhookAllowHTTP: true, WebhookAllow: []netip.Prefix{
			netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}},
		Mail: config.Mail{ToLog: true},
	}
	s, err := server.Open(ctx, cfg, o.Log)
	if err != nil {
		return err
	}
	defer s.Close()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err = s.Serve(ctx, func(address string) {
		go func() {
			if err := furnish(ctx, s, o, address); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("furnish the demo: %w", err))
			}
		}()
	})
	if cause := context.Cause(ctx); err == nil && cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return err
}

// furnish makes the school, unless it is there, and says how to use it.
func furnish(ctx context.Context, s *server.Server, o Options, address string) error {
	began := time.Now()
	file := filepath.Join(o.Data, "demo.json")
	st, err := load(file)
	if errors.Is(err, os.ErrNotExist) {
		if st, err = found(ctx, s); err == nil {
			err = save(file, st)
		}
	}
	if err != nil {
		return err
	}
	if st.Password == "" {
		if st.Password, err = choosePassword(ctx, s, owner); err != nil {
			return err
		}
	}
	if st.ReviewerToken == "" {
		if st.marketState, err = foundMarket(ctx, s); err != nil {
			return err
		}
	}
	if st.TenantKey == "" {
		if st.TenantKey, err = foundTenantKeys(ctx, s, st.Organization.ID); err != nil {
			return err
		}
	}
	if st.LicenceAdmin == "" {
		if st.vendorState, err = foundVendor(ctx, s); err != nil {
			return err
		}
	}
	fresh := st.EndpointID == ""
	r, err := listen(st.Receiver)
	if err != nil {
		return err
	}
	st.Receiver = r.address
	r.trust(appPath, st.AppSecret)
	c := client{base: address, token: st.ManagementToken}
	if err := connect(ctx, c, &st, r); err != nil {
		return err
	}
	var made *summary
	if fresh && !o.Empty {
		if err := loadAerodromes(ctx, s); err != nil {
			return err
		}
		if err := addPartner(ctx, c, &st, r, maintenance()); err != nil {
			return err
		}
		if err := openMarket(ctx, c, &st.marketState, r); err != nil {
			return err
		}
		if err := openOAuth(ctx, c); err != nil {
			return err
		}
		_, err := c.create(ctx, "import-mappings", obj{"name": "Tow plane's sheet", "mapping": obj{"columns": []obj{
			{"column": "Tag", "field": "date"}, {"column": "Kennzeichen", "field": "registration"}, {"column": "Dauer", "field": "total"}}}})
		if err != nil {
			return err
		}
		if err := openShop(ctx, s, st.VendorID, st.Organization.ID); err != nil {
			return err
		}
		if made, err = furnishSchool(ctx, c); err != nil {
			return err
		}
		if err := addLatePartner(ctx, c, &st, r, began); err != nil {
			return err
		}
	}
	if err := save(file, st); err != nil {
		return err
	}
	if made != nil {
		r.waitFor(ctx, made.Events)
	}
	if o.JSON {
		return json.NewEncoder(o.Out).Encode(ready{
			BaseURL: address, Organization: st.Organization, Console: signIn{owner, st.Password}, Reviewer: signIn{reviewer, st.ReviewerPassword},
			APIKey: st.APIKey, AppAPIKey: st.AppKey, ManagementToken: st.ManagementToken, ReviewerToken: st.ReviewerToken, BuilderToken: st.BuilderToken, TenantAPIKey: st.TenantKey,
			Licence: tokens{st.LicenceClient, st.LicenceAdmin}, VendorToken: st.VendorToken,
		})
	}
	tell(o, address, st, made, r, time.Since(began))
	return nil
}

func load(file string) (st state, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(b, &st)
}

// save keeps the demo's keys beside its database: they open nothing but this demo.
func save(file string, st state) error {
	b, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o600)
}

const (
	slug  = "aero-club-seeland"
	owner = "claire.aubry@seeland.example"
)

// found makes the organization and its keys, as the operator would at the command line.
func found(ctx context.Context, s *server.Server) (st state, err error) {
	org, err := server.CreateOrganization.On(ctx, s, server.NewOrganization{
		Slug: slug, Name: "Aero-Club Seeland", Kind: "school", Authority: "EASA", TimeZone: "Europe/Zurich", Currency: "CHF",
		OwnerEmail: owner, OwnerName: "Claire Aubry",
	})
	if err != nil {
		return st, err
	}
	token, err := server.MintToken.On(ctx, s, server.NewToken{Organization: slug, Member: owner, Name: "demo"})
	if err != nil {
		return st, err
	}
	k, err := server.MintKey.On(ctx, s, server.NewKey{Organization: slug, Name: "demo partner"})
	if err != nil {
		return st, err
	}
	return state{Organization: identity{string(org.ID), org.Slug}, ManagementToken: token.Token, APIKey: k.Token}, nil
}

// choosePassword gives somebody a password, as with the link that the operator can make for anybody.
func choosePassword(ctx context.Context, s *server.Server, email string) (string, error) {
	link, err := s.Accounts.ResetLink(ctx, email)
	if err != nil {
		return "", err
	}
	password := strings.ToLower(rand.Text())
	in, err := s.Accounts.UseLink(ctx, path.Base(link), password, account.Client{})
	if err != nil {
		return "", err
	}
	return password, s.Accounts.SignOut(ctx, in.Token)
}

// tell prints what happened and what to try, for people.
func tell(o Options, address string, st state, made *summary, r *receiver, took time.Duration) {
	p := func(format string, args ...any) { fmt.Fprintf(o.Out, format+"\n", args...) }
	p("Airside is serving a school at %s\n", address)
	if made != nil {
		p("  In %.1f s, through the management API as any program could:", took.Seconds())
		p("    imported   %d flights of the logbook %s (%d findings)", made.Imported, exampleName, made.Findings)
		p("    entered    %d flights, of which %d were approved and posted, %d rejected, %d wait for approval", made.Entered+made.Imported, made.Approved, made.Rejected, made.Waiting)
		p("    delivered  %d webhooks to a receiver, which verified %d signatures\n", r.received(), r.verified())
	}
	p("  console           %s  sign in as %s with %s", address, owner, st.Password)
	p("  school            %s (%s)", st.Organization.Slug, st.Organization.ID)
	p("  API key           %s", st.APIKey)
	p("  management token  %s", st.ManagementToken)
	p("  reviewer of apps  sign in as %s with %s; token %s", reviewer, st.ReviewerPassword, st.ReviewerToken)
	p("  builder of an app token %s", st.BuilderToken)
	if st.AppKey != "" {
		p("  key of that app   %s", st.AppKey)
	}
	p("  key of security.yml %s", st.TenantKey)
	p("  vendor of add-ons token %s", st.VendorToken)
	p("  licence server    client token %s, admin token %s", st.LicenceClient, st.LicenceAdmin)
	p("  data folder       %s\n", o.Data)
	p("Read two flights as a partner:\n")
	p("  curl -H 'Authorization: Bearer %s' -H 'X-Org-Id: %s' '%s/api/v1/public/flights?limit=2'\n", st.APIKey, st.Organization.ID, address)
	p("See what waits for approval, and approve one:\n")
	p("  curl -H 'Authorization: Bearer %s' '%s/api/v1/manage/flights?status=submitted'", st.ManagementToken, address)
	p("  curl -X POST -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{\"accept_warnings\":true}' '%s/api/v1/manage/flights/ID/approve'\n", st.ManagementToken, address)
	p("Descriptions: %s/api/v1/openapi.json and %s/api/v1/manage/openapi.json", address, address)
	p("Each delivery that arrives is printed below. Ctrl-C stops.")
	r.announce(o.Out)
}
