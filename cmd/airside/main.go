// Command airside is the developer platform of a flight school: server, demo and the operator's tools in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // time zones of organizations, also where the system has none

	"github.com/alecthomas/kong"

	"airside/internal/base/config"
	"airside/internal/base/fault"
	"airside/internal/base/text"
)

type cli struct {
	Config kong.ConfigFlag `help:"YAML file whose keys are these flags' long names." env:"AIRSIDE_CONFIG" placeholder:"FILE"`

	Serve        serveCmd        `cmd:"" help:"Serve the platform."`
	Demo         demoCmd         `cmd:"" help:"Start a school with a year of records to explore, and a receiver for its webhooks."`
	Listen       listenCmd       `cmd:"" help:"Forward the real events of an organization to a receiver under development."`
	Trigger      triggerCmd      `cmd:"" help:"Send an example event to a receiver under development."`
	Import       importCmd       `cmd:"" help:"Preview a logbook file, and with --commit import it."`
	Export       exportCmd       `cmd:"" help:"Write a logbook or all records of an organization to a file."`
	Organization organizationCmd `cmd:"" help:"Create and list organizations."`
	Member       memberCmd       `cmd:"" help:"Add members to an organization, and reset their passwords."`
	Token        tokenCmd        `cmd:"" help:"Mint management tokens for members."`
	Key          keyCmd          `cmd:"" help:"Mint, list, rotate and revoke API keys."`
	Security     securityCmd     `cmd:"" help:"Check, bring in and write out organizations' security.yml."`
	MasterKey    masterKeyCmd    `cmd:"" help:"Replace the key that secrets in the database are sealed with."`
	Licence      licenceCmd      `cmd:"" help:"Check licences without a server, and look after the licence server."`
	OAuth        oauthCmd        `cmd:"" name:"oauth" help:"Look after the authorization server."`
	Reference    referenceCmd    `cmd:"" help:"Load aerodromes and aircraft types from files."`
	Check        checkCmd        `cmd:"" help:"Recompute every stored sum and verify every audit chain."`
	Migrate      migrateCmd      `cmd:"" help:"Bring the schema of the store up to date."`
	Backup       backupCmd       `cmd:"" help:"Write the whole store to a file, while the server runs or not."`
	Restore      restoreCmd      `cmd:"" help:"Read a backup into an empty store, of either engine."`
	Version      versionCmd      `cmd:"" help:"Print the version."`
}

func main() {
	// The first signal asks for an ordered stop; a second one ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	var c cli
	k := kong.Parse(&c,
		kong.Name("airside"),
		kong.Description("The developer platform of general aviation."),
		kong.UsageOnError(),
		kong.Configuration(config.YAML),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "airside:", explain(err))
		os.Exit(1)
	}
}

// explain writes an error for the person at the terminal, with the cause that HTTP answers keep to the log.
func explain(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	s := text.Get(text.EN, f.Code, f.Args...)
	for _, field := range f.Fields {
		s += fmt.Sprintf("\n  %s: %s", field.Name, text.Get(text.EN, field.Code, field.Args...))
	}
	if f.Err != nil {
		s += fmt.Sprintf("\n  cause: %v", f.Err)
	}
	return s
}
