package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"airside/internal/base/config"
	"airside/internal/server"
)

// operator is what every command on the store needs to know. While a server has the data folder, the command is
// carried out by that server.
type operator struct {
	config.Store
	config.Log
	JSON bool `name:"json" help:"Print one JSON object."`
}

func (o operator) target() server.Target {
	return server.Target{Store: o.Store, Logger: o.Logger()}
}

// show prints v as JSON, or what human writes for people.
func (o operator) show(v any, human func(w *tabwriter.Writer)) error {
	if o.JSON {
		return json.NewEncoder(os.Stdout).Encode(v)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	human(w)
	return w.Flush()
}

type organizationCmd struct {
	Create organizationCreateCmd `cmd:"" help:"Create an organization with its first owner."`
	List   organizationListCmd   `cmd:"" help:"List the organizations."`
}

type organizationCreateCmd struct {
	operator
	Slug       string `arg:"" help:"Short name in addresses: 3 to 40 of a-z, 0-9 and '-'."`
	Name       string `help:"Full name." required:""`
	OwnerEmail string `help:"E-mail address of the first owner." required:""`
	OwnerName  string `help:"Name of the first owner." required:""`
	Kind       string `help:"${enum}." enum:"school,builder,vendor,platform" default:"school"`
	Authority  string `help:"Rules the flights are logged under: ${enum}." enum:"EASA,FAA" default:"EASA"`
	TimeZone   string `help:"Time zone of its days." default:"Europe/Zurich"`
	Currency   string `help:"ISO 4217 code." default:"EUR"`
}

func (c *organizationCreateCmd) Run(ctx context.Context) error {
	org, err := server.CreateOrganization.Do(ctx, c.target(), server.NewOrganization{
		Slug: c.Slug, Name: c.Name, Kind: c.Kind, Authority: c.Authority, TimeZone: c.TimeZone, Currency: c.Currency,
		OwnerEmail: c.OwnerEmail, OwnerName: c.OwnerName,
	})
	if err != nil {
		return err
	}
	return c.show(org, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "organization\t%s\nslug\t%s\n", org.ID, org.Slug)
		fmt.Fprintf(w, "\nNext: airside token mint --organization %s --member %s\n", org.Slug, c.OwnerEmail)
	})
}

type organizationListCmd struct{ operator }

func (c *organizationListCmd) Run(ctx context.Context) error {
	orgs, err := server.ListOrganizations.Do(ctx, c.target(), struct{}{})
	if err != nil {
		return err
	}
	return c.show(orgs, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "SLUG\tNAME\tKIND\tID")
		for _, o := range orgs {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", o.Slug, o.Name, o.Kind, o.ID)
		}
	})
}

type memberCmd struct {
	Add           memberAddCmd           `cmd:"" help:"Add a member."`
	ResetPassword memberResetPasswordCmd `cmd:"" help:"Make a link by which somebody chooses a new password; it is shown once."`
}

type memberResetPasswordCmd struct {
	operator
	Email   string `help:"E-mail address that they sign in with." required:"" placeholder:"EMAIL"`
	BaseURL string `name:"base-url" help:"Address of the deployment, where the server that runs does not say it." env:"AIRSIDE_BASE_URL" placeholder:"URL"`
	Drop    bool   `name:"drop-second-factor" help:"Also turn off the second factor, which they have lost."`
}

func (c *memberResetPasswordCmd) Run(ctx context.Context) error {
	l, err := server.ResetPassword.Do(ctx, c.target(), server.PasswordReset{Email: c.Email, BaseURL: c.BaseURL, DropSecondFactor: c.Drop})
	if err != nil {
		return err
	}
	return c.show(l, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "%s\n", l.URL)
		fmt.Fprintln(os.Stderr, "Hand this over in person: it opens the account. It works once, for 24 hours.")
	})
}

type memberAddCmd struct {
	operator
	Organization string `help:"Slug or id." required:"" placeholder:"SLUG"`
	Email        string `help:"E-mail address." required:""`
	Name         string `help:"Name." required:""`
	Role         string `help:"${enum}." enum:"owner,admin,instructor,mechanic,accountant,member" default:"member"`
}

func (c *memberAddCmd) Run(ctx context.Context) error {
	m, err := server.AddMember.Do(ctx, c.target(), server.NewMember{Organization: c.Organization, Email: c.Email, Name: c.Name, Role: c.Role})
	if err != nil {
		return err
	}
	return c.show(m, func(w *tabwriter.Writer) { fmt.Fprintf(w, "member\t%s\nrole\t%s\n", m.ID, m.Role) })
}

type tokenCmd struct {
	Mint tokenMintCmd `cmd:"" help:"Mint a management token; it is shown once."`
}

type tokenMintCmd struct {
	operator
	Organization string        `help:"Slug or id." required:"" placeholder:"SLUG"`
	Member       string        `help:"E-mail address of the member whose rights it has." required:"" placeholder:"EMAIL"`
	Name         string        `help:"What it is for." default:"command line"`
	Scopes       []string      `help:"Rights; all of the member's if left out." placeholder:"RIGHT"`
	Expires      time.Duration `help:"Lifetime, e.g. 720h; none if left out."`
}

func (c *tokenMintCmd) Run(ctx context.Context) error {
	k, err := server.MintToken.Do(ctx, c.target(), server.NewToken{
		Organization: c.Organization, Member: c.Member, Name: c.Name, Scopes: c.Scopes, Expires: c.Expires,
	})
	if err != nil {
		return err
	}
	return c.show(k, func(w *tabwriter.Writer) { fmt.Fprintf(w, "%s\n", k.Token) })
}

type keyCmd struct {
	Mint   keyMintCmd   `cmd:"" help:"Mint an API key; it is shown once."`
	List   keyListCmd   `cmd:"" help:"List an organization's keys."`
	Rotate keyRotateCmd `cmd:"" help:"Mint a successor and let the old key end after an overlap."`
	Revoke keyRevokeCmd `cmd:"" help:"Revoke a key; it holds on the next request."`
}

type keyMintCmd struct {
	operator
	Organization string        `help:"Slug or id." required:"" placeholder:"SLUG"`
	Name         string        `help:"What it is for." required:""`
	Scopes       []string      `help:"Public scopes; all of them if left out." placeholder:"SCOPE"`
	AllowedIPs   []string      `name:"allowed-ips" help:"Addresses it may be used from (CIDR)." placeholder:"CIDR"`
	Expires      time.Duration `help:"Lifetime, e.g. 720h; none if left out."`
}

func (c *keyMintCmd) Run(ctx context.Context) error {
	k, err := server.MintKey.Do(ctx, c.target(), server.NewKey{
		Organization: c.Organization, Name: c.Name, Scopes: c.Scopes, AllowedIPs: c.AllowedIPs, Expires: c.Expires,
	})
	if err != nil {
		return err
	}
	return c.show(k, func(w *tabwriter.Writer) { fmt.Fprintf(w, "%s\n", k.Token) })
}

type keyListCmd struct {
	operator
	Organization string `help:"Slug or id." required:"" placeholder:"SLUG"`
}

func (c *keyListCmd) Run(ctx context.Context) error {
	keys, err := server.ListKeys.Do(ctx, c.target(), server.OfOrganization{Organization: c.Organization})
	if err != nil {
		return err
	}
	return c.show(keys, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "KEY\tNAME\tSTATUS\tSCOPES\tID")
		for _, k := range keys {
			fmt.Fprintf(w, "%s…%s\t%s\t%s\t%s\t%s\n", k.Prefix, k.LastFour, k.Name, k.Status, strings.Join(k.Scopes, " "), k.ID)
		}
	})
}

type keyRotateCmd struct {
	operator
	Organization string        `help:"Slug or id." required:"" placeholder:"SLUG"`
	ID           string        `arg:"" help:"Id of the key."`
	Overlap      time.Duration `help:"How long the old key stays valid." default:"24h"`
}

func (c *keyRotateCmd) Run(ctx context.Context) error {
	k, err := server.RotateKey.Do(ctx, c.target(), server.KeyRotation{Organization: c.Organization, ID: c.ID, Overlap: c.Overlap})
	if err != nil {
		return err
	}
	return c.show(k, func(w *tabwriter.Writer) { fmt.Fprintf(w, "%s\n", k.Token) })
}

type keyRevokeCmd struct {
	operator
	Organization string `help:"Slug or id." required:"" placeholder:"SLUG"`
	ID           string `arg:"" help:"Id of the key."`
}

func (c *keyRevokeCmd) Run(ctx context.Context) error {
	k, err := server.RevokeKey.Do(ctx, c.target(), server.OneKey{Organization: c.Organization, ID: c.ID})
	if err != nil {
		return err
	}
	return c.show(k, func(w *tabwriter.Writer) { fmt.Fprintf(w, "%s\t%s\n", k.ID, k.Status) })
}

type referenceCmd struct {
	Load referenceLoadCmd `cmd:"" help:"Load reference data; rows that are there are replaced."`
}

type referenceLoadCmd struct {
	operator
	Aerodromes    []string `help:"CSV files of aerodromes, by ICAO or national identifier." type:"existingfile" placeholder:"FILE"`
	AircraftTypes string   `help:"CSV file of ICAO type designators." type:"existingfile" placeholder:"FILE"`
}

func (c *referenceLoadCmd) Run(ctx context.Context) error {
	args := server.ReferenceFiles{}
	for _, f := range c.Aerodromes {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		args.Aerodromes = append(args.Aerodromes, b)
	}
	if c.AircraftTypes != "" {
		b, err := os.ReadFile(c.AircraftTypes)
		if err != nil {
			return err
		}
		args.AircraftTypes = b
	}
	r, err := server.LoadReference.Do(ctx, c.target(), args)
	if err != nil {
		return err
	}
	return c.show(r, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "aerodromes\t%d\naircraft types\t%d\n", r.Aerodromes, r.AircraftTypes)
	})
}

type checkCmd struct{ operator }

func (c *checkCmd) Run(ctx context.Context) error {
	r, err := server.Check.Do(ctx, c.target(), struct{}{})
	if err != nil {
		return err
	}
	if err := c.show(r, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "ORGANIZATION\tFLIGHTS\tSUMS\tLICENCES\tDEVICES\tAUDIT ENTRIES\tCHAIN")
		for _, o := range r.Organizations {
			fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s\t%d\t%s\n", o.Slug, o.Flights, o.Sums, o.Licences, o.Devices, o.AuditEntries, o.Chain)
		}
		for _, l := range r.Leftovers {
			fmt.Fprintf(w, "%s %s of app %s should have ended\n", l.Kind, l.ID, l.AppID)
		}
	}); err != nil {
		return err
	}
	if !r.OK {
		return fmt.Errorf("the records do not agree; see above")
	}
	return nil
}

type migrateCmd struct{ operator }

func (c *migrateCmd) Run(ctx context.Context) error {
	v, err := server.Migrate(ctx, c.target())
	if err != nil {
		return err
	}
	return c.show(map[string]int64{"schema": v}, func(w *tabwriter.Writer) { fmt.Fprintf(w, "schema\t%d\n", v) })
}

type backupCmd struct {
	operator
	File string `arg:"" help:"File to write; it must not exist." type:"path"`
}

func (c *backupCmd) Run(ctx context.Context) error {
	file, err := filepath.Abs(c.File)
	if err != nil {
		return err
	}
	r, err := server.Backup.Do(ctx, c.target(), server.BackupFile{File: file})
	if err != nil {
		return err
	}
	return c.show(r, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "%d rows in %s\nKeep the master key (master.key in the data folder) in another place: without it the secrets in the backup stay sealed.\n", r.Rows, r.File)
	})
}

type restoreCmd struct {
	operator
	File string `arg:"" help:"A file that 'airside backup' wrote." type:"existingfile"`
}

func (c *restoreCmd) Run(ctx context.Context) error {
	rows, err := server.Restore(ctx, c.target(), c.File)
	if err != nil {
		return err
	}
	return c.show(map[string]int64{"rows": rows}, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "%d rows restored\n", rows)
	})
}
