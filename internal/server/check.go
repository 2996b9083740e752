package server

import (
	"context"
	"fmt"

	"airside/internal/licence"
	"airside/internal/ops/posting"
	"airside/internal/platform/market"
)

// Checked says whether the records agree with themselves.
type Checked struct {
	OK            bool                  `json:"ok"`
	Organizations []CheckedOrganization `json:"organizations"`
	Leftovers     []market.Leftover     `json:"leftovers"` // of apps and installations that are over, and still in force
}

// CheckedOrganization is one organization's part.
type CheckedOrganization struct {
	Slug         string               `json:"slug"`
	Flights      int                  `json:"flights"`
	Sums         string               `json:"sums"` // "agree", or how many do not
	Differences  []posting.Difference `json:"differences"`
	Licences     int                  `json:"licences"`
	Devices      string               `json:"devices"` // of them: "agree", or how many licences count them wrongly
	Miscounted   []licence.Miscounted `json:"miscounted,omitempty"`
	AuditEntries int64                `json:"audit_entries"`
	Chain        string               `json:"chain"` // "holds", or where it breaks
	Head         string               `json:"head"`  // of the chain, to be noted elsewhere
}

// Check recomputes every stored sum from the ledgers and flights, counts the devices of licences, verifies every audit chain, and looks for what should have
// ended with an app.
var Check = command("check", func(ctx context.Context, s *Server, _ struct{}) (Checked, error) {
	orgs, err := s.Orgs.All(ctx)
	if err != nil {
		return Checked{}, err
	}
	left, err := s.Market.Leftovers(ctx)
	if err != nil {
		return Checked{}, err
	}
	all := Checked{OK: len(left) == 0, Organizations: []CheckedOrganization{}, Leftovers: left}
	for _, o := range orgs {
		who, err := s.operatorOf(ctx, string(o.ID))
		if err != nil {
			return Checked{}, err
		}
		sums, err := s.Posting.Recompute(ctx, who)
		if err != nil {
			return Checked{}, err
		}
		chain, err := s.Audit.Verify(ctx, who)
		if err != nil {
			return Checked{}, err
		}
		licences, miscounted, err := s.Licences.Recount(ctx, who)
		if err != nil {
			return Checked{}, err
		}
		one := CheckedOrganization{Slug: o.Slug, Flights: sums.Flights, Sums: "agree", Differences: sums.Differences,
			Licences: licences, Devices: "agree", Miscounted: miscounted, AuditEntries: chain.Entries, Chain: "holds", Head: chain.Head}
		if !sums.Clean() {
			one.Sums = fmt.Sprintf("%d differ", len(sums.Differences))
		}
		if !chain.OK {
			one.Chain = fmt.Sprintf("breaks at entry %d", chain.FirstBad)
		}
		if len(miscounted) > 0 {
			one.Devices = fmt.Sprintf("%d differ", len(miscounted))
		}
		all.OK = all.OK && sums.Clean() && chain.OK && len(miscounted) == 0
		all.Organizations = append(all.Organizations, one)
	}
	return all, nil
})
