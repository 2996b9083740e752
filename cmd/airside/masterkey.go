package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"airside/internal/server"
)

type masterKeyCmd struct {
	Rotate masterKeyRotateCmd `cmd:"" help:"Replace the key in the data folder, while the server runs or not."`
	Reseal masterKeyResealCmd `cmd:"" help:"Seal everything under the first of several keys, so that the others can go."`
}

type masterKeyRotateCmd struct{ operator }

func (c *masterKeyRotateCmd) Run(ctx context.Context) error {
	r, err := server.RotateMasterKey.Do(ctx, c.target(), struct{}{})
	if err != nil {
		return err
	}
	return c.show(r, func(w *tabwriter.Writer) {
		showResealed(w, r)
		fmt.Fprintf(w, "\n%s holds a new key, and the old one is gone.\n", r.KeyFile)
		fmt.Fprintln(w, "Next: keep a copy of it apart from the backups. Backups from before need the copy of the old key.")
	})
}

type masterKeyResealCmd struct{ operator }

func (c *masterKeyResealCmd) Run(ctx context.Context) error {
	r, err := server.ResealSecrets.Do(ctx, c.target(), struct{}{})
	if err != nil {
		return err
	}
	return c.show(r, func(w *tabwriter.Writer) {
		showResealed(w, r)
		where := "AIRSIDE_MASTER_KEY"
		if r.KeyFile != "" {
			where = r.KeyFile
		}
		if r.Keys == 1 {
			fmt.Fprintf(w, "\nThere is one key in %s, and nothing is sealed under another. To replace it, see 'The master key' in docs/operating.md.\n", where)
			return
		}
		fmt.Fprintf(w, "\nEverything is sealed under the first of %d keys.\n", r.Keys)
		fmt.Fprintf(w, "Next: once every node has that key first, take the others out of %s. Backups from before need a copy of them.\n", where)
	})
}

func showResealed(w *tabwriter.Writer, r server.Resealed) {
	fmt.Fprintln(w, "SEALED IN\tTEXTS\tRESEALED")
	for _, p := range r.Places {
		fmt.Fprintf(w, "%s.%s\t%d\t%d\n", p.Table, p.Column, p.Texts, p.Resealed)
	}
	if r.Closed > 0 {
		fmt.Fprintf(w, "\n%d texts can be opened with none of the keys; they were left as they are.\n", r.Closed)
	}
}
