package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"airside/internal/base/config"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
	"airside/internal/server"
)

// house is an opened server with one school in it.
type house struct {
	*server.Server
	org   scope.OrgID
	orgs  []scope.OrgID   // more, of those who need them; org is the first
	who   scope.Principal // the operator in the school
	key   string          // an API key with every public scope
	token string          // the owner's management token
	dir   string
	clean func()
}

// open opens a server on an engine, on a fresh store with a school, which clean takes away again.
func open(ctx context.Context, b *bench, engine string) (*house, error) {
	dir, err := os.MkdirTemp("", "airside-bench-")
	if err != nil {
		return nil, err
	}
	address, drop := "", func() {}
	if engine == "postgres" {
		if address, drop, err = database(b.postgres); err != nil {
			return nil, err
		}
	}
	h, err := openAt(ctx, dir, address)
	if err != nil {
		return nil, err
	}
	h.clean = func() { h.Close(); drop(); os.RemoveAll(dir) }
	if h.org, err = h.school(ctx, "bench"); err != nil {
		return nil, err
	}
	h.who = scope.Operator(h.org)
	return h, h.credentials(ctx)
}

// schools makes more of them, so that there are n.
func (h *house) schools(ctx context.Context, n int) error {
	h.orgs = []scope.OrgID{h.org}
	for i := 1; i < n; i++ {
		org, err := h.school(ctx, fmt.Sprintf("bench-%d", i))
		if err != nil {
			return err
		}
		h.orgs = append(h.orgs, org)
	}
	return nil
}

// serve runs the house's workers, until stop.
func (h *house) serve(ctx context.Context) (stop func(), err error) {
	running, cancel := context.WithCancel(ctx)
	ended, ready := make(chan error, 1), make(chan string, 1)
	go func() { ended <- h.Serve(running, func(a string) { ready <- a }) }()
	select {
	case <-ready:
	case err := <-ended:
		cancel()
		return nil, err
	}
	return func() { cancel(); <-ended }, nil
}

// openAt opens a server on a data folder, or on a database, with its request log going nowhere but being written.
func openAt(ctx context.Context, dir, database string) (*house, error) {
	cfg := config.Server{
		Store: config.Store{Data: dir, DatabaseURL: database}, HTTP: config.HTTP{RateLimit: 1_000_000_000, Listen: "127.0.0.1:0"},
		Webhooks: config.Webhooks{WebhookAllowHTTP: true, WebhookAllow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}
	s, err := server.Open(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		return nil, err
	}
	return &house{Server: s, dir: dir, clean: func() {}}, nil
}

// credentials mints what the APIs are called with.
func (h *house) credentials(ctx context.Context) error {
	k, err := server.MintKey.On(ctx, h.Server, server.NewKey{Organization: "bench", Name: "bench"})
	if err != nil {
		return err
	}
	t, err := server.MintToken.On(ctx, h.Server, server.NewToken{Organization: "bench", Member: "owner@bench.example", Name: "bench"})
	h.key, h.token = k.Token, t.Token
	return err
}

// listen serves what the house serves over HTTP, on a free port of the loopback.
func (h *house) listen() (address string, stop func(), err error) {
	handler, err := h.Handler()
	if err != nil {
		return "", nil, err
	}
	return serve(handler)
}

func (h *house) school(ctx context.Context, slug string) (scope.OrgID, error) {
	o, err := server.CreateOrganization.On(ctx, h.Server, server.NewOrganization{Slug: slug, Name: slug, Kind: "school", Authority: "FAA",
		TimeZone: "UTC", Currency: "EUR", OwnerEmail: "owner@" + slug + ".example", OwnerName: "Owner"})
	return o.ID, err
}

// engines are those that can be measured here.
func (b *bench) engines() []string {
	switch {
	case b.engine != "":
		return []string{b.engine}
	case b.postgres == "":
		return []string{"sqlite"}
	}
	return []string{"sqlite", "postgres"}
}

// database makes a fresh PostgreSQL database, and a function that drops it.
func database(admin string) (address string, drop func(), err error) {
	pool, err := sql.Open("pgx", admin)
	if err != nil {
		return "", nil, err
	}
	name := "bench_" + strings.ReplaceAll(id.New(), "-", "")
	if _, err := pool.Exec("CREATE DATABASE " + name); err != nil {
		return "", nil, err
	}
	u, err := url.Parse(admin)
	if err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() { pool.Exec(fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)); pool.Close() }, nil
}

// logbookOf writes a ForeFlight file of n flights on ten aircraft.
func logbookOf(n int) []byte {
	var b bytes.Buffer
	b.WriteString("ForeFlight Logbook Import,,,\n\nAircraft Table,,,\nAircraftID,TypeCode,Year,Make\n")
	for i := range 10 {
		fmt.Fprintf(&b, "N%dBE,P28A,1998,Piper\n", 100+i)
	}
	b.WriteString("\nFlights Table,,,\nDate,AircraftID,From,To,TimeOut,TimeOff,TimeOn,TimeIn,TotalTime,PIC,Night,CrossCountry,DayLandingsFullStop,AllLandings,PilotComments\n")
	day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at := day.Add(time.Duration(i) * 95 * time.Minute)
		fmt.Fprintf(&b, "%s,N%dBE,KPAO,KSQL,%s,%s,%s,%s,1.0,1.0,0.0,0.5,1,%d,flight %d\n", at.Format(time.DateOnly), 100+i%10,
			at.Format("15:04"), at.Add(6*time.Minute).Format("15:04"), at.Add(54*time.Minute).Format("15:04"), at.Add(time.Hour).Format("15:04"), 1+i%3, i)
	}
	return b.Bytes()
}
