package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"airside/internal/server"
)

type oauthCmd struct {
	ReplaceKeys oauthReplaceKeysCmd `cmd:"" help:"Sign access tokens with a new key at once, and refuse those that were signed before; for a key that may have leaked. Keys follow one another by themselves otherwise."`
}

type oauthReplaceKeysCmd struct{ operator }

func (c *oauthReplaceKeysCmd) Run(ctx context.Context) error {
	r, err := server.ReplaceSigningKeys.Do(ctx, c.target(), struct{}{})
	if err != nil {
		return err
	}
	return c.show(r, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "Access tokens are signed with a new key. Those from before are refused; clients get new ones by themselves.")
	})
}
