package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/config"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/event"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
	"airside/internal/server"
)

// postbox gets the mails that are written to the log instead of sent.
type postbox struct {
	mu  sync.Mutex
	all []letter
}

type letter struct{ to, subject, text string }

func (p *postbox) Enabled(context.Context, slog.Level) bool { return true }
func (p *postbox) WithAttrs([]slog.Attr) slog.Handler       { return p }
func (p *postbox) WithGroup(string) slog.Handler            { return p }
func (p *postbox) Handle(_ context.Context, r slog.Record) error {
	l := map[string]string{}
	r.Attrs(func(a slog.Attr) bool {
		l[a.Key] = a.Value.String()
		return true
	})
	if l["to"] != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.all = append(p.all, letter{l["to"], l["subject"], l["text"]})
	}
	return nil
}

// about waits for n mails that name an endpoint, and returns who got them; every one has to contain the parts.
func (p *postbox) about(t *testing.T, url string, n int, parts ...string) []string {
	t.Helper()
	for range 2000 {
		p.mu.Lock()
		var to []string
		for _, l := range p.all {
			if strings.Contains(l.text, url+"\n") {
				to = append(to, l.to)
				for _, part := range parts {
					if len(to) > 0 && !strings.Contains(l.subject+"\n"+l.text, part) {
						t.Errorf("the mail to %s lacks %q: %s\n%s", l.to, part, l.subject, l.text)
					}
				}
			}
		}
		p.mu.Unlock()
		if len(to) >= n {
			slices.Sort(to)
			return to
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %d mails about %s", n, url)
	return nil
}

// TestEndpointNoticesAreMailed: what the engine finds out is told to all owners and admins, what one of them did to the others.
func TestEndpointNoticesAreMailed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		ctx, stop := context.WithCancel(context.Background())
		mails := &postbox{}
		s, err := server.Open(ctx, config.Server{
			Store: config.Store{Data: t.TempDir(), DatabaseURL: o.URL, MasterKey: strings.Repeat("5a", 32)},
			HTTP:  config.HTTP{Listen: "127.0.0.1:0", BaseURL: "https://airside.example"},
			Webhooks: config.Webhooks{WebhookAllowHTTP: true, WebhookAllow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"),
				netip.MustParsePrefix("::1/128")}},
			Mail: config.Mail{ToLog: true},
		}, slog.New(mails))
		must(t, err)
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx, nil) }()
		t.Cleanup(func() {
			stop()
			must(t, <-served)
			s.Close()
		})
		school, _, err := s.Orgs.Create(ctx, scope.Operator(""), org.NewOrganization{Slug: "bern", Name: "Aéro-Club", OwnerEmail: "claire@bern.example", OwnerName: "Claire Aubry"})
		must(t, err)
		operator := scope.Operator(school.ID)
		admin, err := s.Orgs.AddMember(ctx, operator, org.NewMember{Email: "adam@bern.example", DisplayName: "Adam Keller", Role: scope.Admin})
		must(t, err)
		_, err = s.Orgs.AddMember(ctx, operator, org.NewMember{Email: "ina@bern.example", DisplayName: "Ina", Role: scope.Instructor})
		must(t, err)

		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
		t.Cleanup(receiver.Close)
		gone, err := s.Webhooks.Create(ctx, operator, webhook.NewEndpoint{URL: receiver.URL + "/gone"})
		must(t, err)
		row, _ := event.Find(event.FlightSubmitted)
		must(t, s.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := s.Events.Append(tx, school.ID, event.FlightSubmitted, row.Example)
			return err
		}))
		page := func(e webhook.Endpoint) string {
			return fmt.Sprintf("https://airside.example/o/bern/settings/integrations/webhooks/%s\n", e.ID)
		}
		if to := mails.about(t, gone.URL, 2, "410 Gone", "Aéro-Club", page(gone)); !slices.Equal(to, []string{"adam@bern.example", "claire@bern.example"}) {
			t.Errorf("told %v", to)
		}

		byHand, err := s.Webhooks.Create(ctx, operator, webhook.NewEndpoint{URL: receiver.URL + "/by-hand"})
		must(t, err)
		who := scope.Principal{Kind: scope.KindSession, Org: school.ID, ID: "s", Label: "Adam Keller", MemberID: string(admin.ID), Role: scope.Admin,
			Rights: scope.Rights(scope.Admin)}
		_, err = s.Webhooks.Disable(ctx, who, byHand.ID)
		must(t, err)
		if to := mails.about(t, byHand.URL, 1, "Adam Keller", page(byHand)); !slices.Equal(to, []string{"claire@bern.example"}) {
			t.Errorf("told %v", to)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
