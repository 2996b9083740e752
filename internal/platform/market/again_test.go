package market_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/platform/app"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// TestVerbsThatConcernOthersThanWasThought hands an app over and back, publishes less and more, takes a scope from it and
// has it approved again, and at last revokes it, while ever other organizations install it and leave it: whom such a verb concerns changes while it waits for them.
// Nobody is told to come back later, and nothing is left of the app.
func TestVerbsThatConcernOthersThanWasThought(t *testing.T) {
	const workers, each = 12, 8
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(start)
		o.Clock = fake
		f := open(t, dbtest.Open(t, o))
		f.clock = fake
		l := f.publish(f.list(pilots, flights, fleet))
		token := f.mint(flights)
		schools := make([][]scope.Principal, workers)
		for n := range schools {
			for k := range each {
				schools[n] = append(schools[n], f.found(fmt.Sprintf("school-%d-%d", n, k), "school"))
			}
		}
		b := &busy{fair: f, apps: app.New(app.Options{DB: f.db}), l: l, builders: []scope.Principal{f.builder, f.found("other", "builder")}}
		ctx, stop := context.WithCancel(f.ctx)
		var all sync.WaitGroup
		for _, of := range schools {
			all.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					b.visit(of[n%len(of)], n)
				}
			})
		}
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				b.publishAgain([][]string{{flights, fleet}, {flights, fleet, pilots}}[n%2])
				b.askAgain()
				b.handOver(n % 2)
			}
		})
		for b.installed.Load() < 100 || b.moved.Load() < 4 || b.published.Load() < 4 || b.taken.Load() < 2 {
			if t.Failed() {
				break
			}
			time.Sleep(time.Millisecond)
		}
		began, r := time.Now(), b.revoke()
		t.Logf("%d installations, %d transfers, %d revisions and %d ends of a scope before; the revocation took %v and ended %d",
			b.installed.Load(), b.moved.Load(), b.published.Load(), b.taken.Load(), time.Since(began), r.Installations.Count)
		stop()
		all.Wait()
		if left := must(f.Leftovers(f.ctx))(t); len(left) > 0 {
			t.Errorf("left: %+v", left)
		}
		for _, who := range slices.Concat(append(schools, b.builders)...) {
			f.wantMay(token, who, notAccepted, "revoked")
			if v := must(f.audit.Verify(f.ctx, who))(t); !v.OK {
				t.Errorf("%+v", v)
			}
		}
	})
}

// busy is a fair where much happens at once.
type busy struct {
	*fair
	apps     *app.Service
	l        market.Listing
	builders []scope.Principal

	installed, moved, published, taken atomic.Int64
}

// said counts what went well, and refuses errors that nobody can make sense of.
func (b *busy) said(what string, of *atomic.Int64, err error) bool {
	if err == nil && of != nil {
		of.Add(1)
	}
	if err != nil && !slices.Contains([]fault.Kind{fault.Conflict, fault.Invalid, fault.NotFound}, fault.KindOf(err)) {
		b.t.Errorf("%s: %v", what, err)
	}
	return err == nil
}

// visit installs the app; every third leaves it installed.
func (b *busy) visit(who scope.Principal, n int) {
	e, err := b.Install(b.ctx, who, b.l.ID, market.Consent{Scopes: []string{flights, fleet}})
	if !b.said("install", &b.installed, err) || n%3 == 0 {
		return
	}
	_, err = b.Suspend(b.ctx, who, e.ID)
	b.said("suspend", nil, err)
	_, err = b.Uninstall(b.ctx, who, e.ID)
	b.said("uninstall", nil, err)
}

func (b *busy) handOver(from int) {
	_, err := b.apps.Offer(b.ctx, b.builders[from], app.ID(b.app), string(b.builders[1-from].Org))
	if b.said("offer", nil, err) {
		_, err = b.apps.Accept(b.ctx, b.builders[1-from], app.ID(b.app))
		b.said("accept", &b.moved, err)
	}
}

// publishAgain has a revision published, by whoever builds the app at the moment.
func (b *busy) publishAgain(scopes []string) {
	for _, who := range b.builders {
		_, err := b.Update(b.ctx, who, b.l.ID, market.ContentPatch{Scopes: &scopes}, 0)
		if !b.said("update", nil, err) {
			continue
		}
		_, err = b.Submit(b.ctx, who, b.l.ID)
		b.said("submit", nil, err)
		of, err := b.ListReviews(b.ctx, b.reviewer, market.ReviewFilter{Status: market.Pending, ListingID: b.l.ID}, all)
		if b.said("reviews", nil, err) && len(of.Rows) > 0 {
			_, err = b.Approve(b.ctx, b.reviewer, of.Rows[0].ID, "")
			b.said("approve", &b.published, err)
		}
	}
}

// askAgain takes a scope from the app, as its builder or as the platform, and has it approved again.
func (b *busy) askAgain() {
	review := func(of app.ReviewStatus) string {
		for _, r := range must(b.apps.Reviews(b.ctx, b.reviewer, app.ReviewFilter{Status: of}, all))(b.t).Rows {
			if r.Scope == fleet {
				return r.ID
			}
		}
		return ""
	}
	for _, who := range b.builders {
		var err error
		if b.taken.Load()%2 == 0 {
			_, err = b.apps.Withdraw(b.ctx, who, app.ID(b.app), fleet)
		} else {
			_, err = b.apps.Deny(b.ctx, b.reviewer, review(app.Approved), "Not for now.")
		}
		if !b.said("end a scope", &b.taken, err) {
			continue
		}
		for _, who := range b.builders {
			_, err = b.apps.Declare(b.ctx, who, app.ID(b.app), fleet, fmt.Sprintf("%s This was said %d times before.", why, b.taken.Load()))
			b.said("declare", nil, err)
		}
		_, err = b.apps.Approve(b.ctx, b.reviewer, review(app.Pending), "")
		b.said("approve a scope", nil, err)
		return
	}
}

// revoke revokes the app, by whoever builds it at the moment.
func (b *busy) revoke() market.Revocation {
	for n := 0; ; n++ {
		r, err := b.RevokeApp(b.ctx, b.builders[n%2], b.app)
		if err == nil || fault.KindOf(err) != fault.NotFound {
			b.said("revoke", nil, err)
			return r
		}
	}
}
