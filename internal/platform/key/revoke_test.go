package key_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// TestNoCheckAfterARevocation: while many check a token in a loop, it is revoked. A check that began after Revoke
// returned must fail; those before must succeed. On one node of each engine, and on two over PostgreSQL, where one
// revokes and both check.
func TestNoCheckAfterARevocation(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		h := open(t, dbtest.Open(t, dbtest.SQLite(t)))
		revocations(h, h.keys)
	})
	t.Run("postgres", func(t *testing.T) {
		h := open(t, dbtest.Open(t, dbtest.Postgres(t)))
		revocations(h, h.keys)
	})
	t.Run("two nodes", func(t *testing.T) {
		url := dbtest.PostgresURL(t)
		h := open(t, dbtest.Open(t, db.Options{URL: url}))
		other := key.New(key.Options{DB: dbtest.Open(t, db.Options{URL: url})})
		revocations(h, h.keys, other)
	})
}

// revocations ends a token in each of the ways there are, a few rounds each.
func revocations(h *house, nodes ...*key.Service) {
	h.t.Helper()
	const rounds = 4
	for round := range rounds {
		k, token := h.mint()
		around(h, nodes, token, func() error { _, err := h.keys.Revoke(h.ctx, h.operator(), k.ID); return err })

		k, token = h.mint()
		around(h, nodes, token, func() error {
			no := false
			_, err := h.keys.Update(h.ctx, h.operator(), k.ID, key.Patch{Enabled: &no}, 0)
			return err
		})

		k, token = h.mint()
		around(h, nodes, token, func() error { _, _, err := h.keys.Rotate(h.ctx, h.operator(), k.ID, 0); return err })

		m := h.member(scope.Admin, fmt.Sprintf("m%d@example.org", round))
		_, token = h.token(m.ID)
		around(h, nodes, token, func() error { return h.orgs.RemoveMember(h.ctx, h.operator(), m.ID, 0) })
	}
}

// around checks the token from eight goroutines on all nodes, ends it in the middle, and judges every check.
func around(h *house, nodes []*key.Service, token string, end func() error) {
	h.t.Helper()
	const readers, before, after = 8, 25, 25
	prefix, _ := key.Check(token)
	var ended atomic.Bool // set once the revocation has returned
	var began sync.WaitGroup
	var wg sync.WaitGroup
	var refusedEarly, late, checks atomic.Int64
	began.Add(readers)
	ending := make(chan struct{})
	for i := range readers {
		wg.Go(func() {
			keys := nodes[i%len(nodes)]
			for n, left := 0, after; left > 0; n++ {
				if n == before {
					began.Done()
				}
				checks.Add(1)
				over := ended.Load() // before the check begins
				_, err := keys.Verify(context.Background(), token, prefix, somewhere, "")
				switch {
				case over:
					left--
					if err == nil {
						late.Add(1)
					}
				case err != nil:
					select {
					case <-ending:
					default:
						refusedEarly.Add(1)
					}
				}
				if err != nil && !fault.Is(err, "invalid_token") {
					h.t.Errorf("a check failed: %v", err)
					return
				}
			}
		})
	}
	began.Wait()
	close(ending)
	err := end()
	ended.Store(true)
	wg.Wait()
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Logf("%d checks around the end of a token", checks.Load())
	if n := late.Load(); n > 0 {
		h.t.Fatalf("%d checks passed that began after the token had been revoked", n)
	}
	if n := refusedEarly.Load(); n > 0 {
		h.t.Fatalf("%d checks were refused before the token was revoked", n)
	}
}

func TestRevoke(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint()
		other, otherToken := h.mint()
		got, err := h.keys.Revoke(h.ctx, h.operator(), k.ID)
		if err != nil || got.Status != key.Revoked || got.ChangeNo <= k.ChangeNo {
			h.t.Fatalf("%+v, %v", got, err)
		}
		h.bad(token, "revoked")
		h.good(otherToken, "another one")
		_, err = h.keys.Revoke(h.ctx, h.operator(), k.ID)
		wantCode(h.t, err, "state_conflict")
		yes := true
		_, err = h.keys.Update(h.ctx, h.operator(), k.ID, key.Patch{Enabled: &yes}, 0)
		wantCode(h.t, err, "state_conflict")

		foreign, _ := h.found("other-club")
		_, err = h.keys.Revoke(h.ctx, scope.Operator(foreign.ID), other.ID)
		wantCode(h.t, err, "api_key_not_found")
		_, err = h.keys.Get(h.ctx, scope.Operator(foreign.ID), other.ID)
		wantCode(h.t, err, "api_key_not_found")
		h.good(otherToken, "after somebody else tried to revoke it")
	})
}

func TestDisableAndEnable(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint()
		set := func(enabled bool, ifMatch int64) (key.Key, error) {
			return h.keys.Update(h.ctx, h.operator(), k.ID, key.Patch{Enabled: &enabled}, ifMatch)
		}
		got, err := set(false, k.ChangeNo)
		if err != nil || got.Status != key.Disabled {
			h.t.Fatalf("%+v, %v", got, err)
		}
		h.bad(token, "disabled")
		_, err = set(true, k.ChangeNo)
		wantCode(h.t, err, "precondition_failed")
		if _, err = set(true, got.ChangeNo); err != nil {
			h.t.Fatal(err)
		}
		h.good(token, "enabled again")
	})
}

// TestMembersChangesHoldAtOnce: what a role change takes away is gone with the next check, on another node too.
func TestMembersChangesHoldAtOnce(t *testing.T) {
	url := dbtest.PostgresURL(t)
	h := open(t, dbtest.Open(t, db.Options{URL: url}))
	far := key.New(key.Options{DB: dbtest.Open(t, db.Options{URL: url})})
	m := h.member(scope.Admin, "beat@example.org")
	_, token := h.token(m.ID)
	for i := range 20 {
		role := []scope.Role{scope.Member, scope.Admin}[i%2]
		if _, err := h.orgs.ChangeRole(h.ctx, h.operator(), m.ID, org.MemberPatch{Role: &role}, 0); err != nil {
			t.Fatal(err)
		}
		who, err := far.Verify(h.ctx, token, key.ManagementPrefix, somewhere, "")
		if err != nil || who.Role != role {
			t.Fatalf("%s, %v: want %s", who.Role, err, role)
		}
	}
}
