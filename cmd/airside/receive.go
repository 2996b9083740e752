package main

import (
	"context"
	"errors"
	"os"
	"time"

	"airside/internal/receiver"
)

type listenCmd struct {
	Forward string        `help:"Address of your receiver, e.g. http://localhost:3000/hook; as last time if left out." placeholder:"URL"`
	Server  string        `help:"Address of Airside, ${default} if left out." default:"http://127.0.0.1:8080" env:"AIRSIDE_SERVER" placeholder:"URL"`
	Token   string        `help:"Management token (gaf_mt_…) that may read events." env:"AIRSIDE_TOKEN" placeholder:"TOKEN"`
	Events  []string      `help:"Only these event types, with commas between them; all if left out." placeholder:"TYPE"`
	Since   time.Duration `help:"Begin with the events of the last 10m, 2h, …; if left out with what happens from now on."`
	Resend  []string      `help:"Send these events of the log once more, and end." placeholder:"EVENT"`
	Secret  string        `help:"Sign with this secret (whsec_…); as last time, or with a new one, if left out." placeholder:"SECRET"`
	JSON    bool          `name:"json" help:"Print one JSON object a line: first the secret, then each event."`
}

func (listenCmd) Help() string {
	return `The real events of the token's organization are read from its event log and posted to --forward, signed as a delivery in
production is, so that your machine needs no public address. The secret is printed, and stays the same from one time to the next.

Events go one after the other in their order. What is answered with an error is printed and not sent again: change your program,
then use --resend. Where nobody answers, three more attempts follow within three seconds. Production makes up to five more over a
quarter of an hour, and knows no order.`
}

func (c *listenCmd) Run(ctx context.Context) error {
	return receiver.Listen(ctx, receiver.Listening{
		Server: c.Server, Token: c.Token, Forward: c.Forward, Secret: c.Secret, Types: c.Events, Since: c.Since, Resend: c.Resend,
		JSON: c.JSON, Out: os.Stdout, Notes: os.Stderr,
	})
}

type triggerCmd struct {
	Type    string   `arg:"" optional:"" help:"Event type of the catalogue, e.g. flight.approved."`
	List    bool     `help:"List the catalogue: types, how stable they are, and when they happen."`
	Forward string   `help:"Address of your receiver; that of the last 'airside listen' if left out." placeholder:"URL"`
	Secret  string   `help:"Sign with this secret (whsec_…); that of the last 'airside listen' if left out." placeholder:"SECRET"`
	Fields  []string `name:"field" sep:"none" help:"Change the example: a path into the event and its value; repeatable." placeholder:"data.number=F-2026-1"`
}

func (triggerCmd) Help() string {
	return `The catalogue's example of an event, with an id of its own and the present time, is posted to your receiver, signed as a
delivery in production is. The answer is printed; the exit code is 0 if it was 2xx.

It needs no server, and goes to that address only. It never enters the records of an organization, its event log or its endpoints:
an event there says that something happened. For real events use 'airside listen', and approve a flight.`
}

func (c *triggerCmd) Run(ctx context.Context) error {
	if c.List {
		return receiver.List(os.Stdout)
	}
	if c.Type == "" {
		return errors.New("which event? airside trigger TYPE; airside trigger --list names them")
	}
	return receiver.Trigger(ctx, receiver.Triggering{Type: c.Type, Forward: c.Forward, Secret: c.Secret, Fields: c.Fields, Out: os.Stdout})
}
