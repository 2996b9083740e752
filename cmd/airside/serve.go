package main

import (
	"context"
	"fmt"
	"os"

	"airside/internal/base/config"
	"airside/internal/demo"
	"airside/internal/server"
)

type serveCmd struct{ config.Server }

func (c *serveCmd) Run(ctx context.Context) error {
	log := c.Logger()
	s, err := server.Open(ctx, c.Server, log)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Serve(ctx, func(string) { fmt.Fprint(os.Stderr, s.SetupNote(ctx)) })
}

type demoCmd struct {
	Listen      string `help:"Address to serve on; port 0 picks a free one." default:"127.0.0.1:8080" placeholder:"ADDRESS"`
	Data        string `help:"Data folder; a new one in the system's temporary folder if left out." type:"path" placeholder:"DIR"`
	DatabaseURL string `name:"database-url" help:"PostgreSQL address instead of the embedded database." placeholder:"URL"`
	Empty       bool   `help:"No sample records: an organization, its owner and keys only."`
	JSON        bool   `name:"json" help:"Print exactly one line of JSON once the demo is ready."`
	config.Log
}

func (c *demoCmd) Run(ctx context.Context) error {
	return demo.Run(ctx, demo.Options{
		Listen: c.Listen, Data: c.Data, DatabaseURL: c.DatabaseURL, Empty: c.Empty, JSON: c.JSON,
		Out: os.Stdout, Log: c.Logger(),
	})
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("airside", config.Version())
	return nil
}
