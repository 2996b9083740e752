package market_test

import (
	"testing"

	"airside/internal/platform/market"
)

// TestLeftoversAreFound undoes each effect of a revocation by hand, behind the program's back.
func TestLeftoversAreFound(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(pilots, flights))
		i := f.installAt(f.school, l, flights)
		f.mint(flights)
		f.declare(f.app, "public.events:read", "pending")
		must(f.Update(f.ctx, f.builder, l.ID, market.ContentPatch{}, 0))(f.t)
		review := f.review(l)
		f.exec(`INSERT INTO webhook_recoveries (id, org_id, endpoint_id, kind, since, until, status, made, at_change, at_id, created_by, created_at, updated_at, change_no)
			VALUES ('recovery', $1, $2, 'failed', 0, 1, 'running', 0, 0, '', 'Anna', 1, 1, 1)`, f.school.Org, *i.EndpointID)
		if left := must(f.Leftovers(f.ctx))(f.t); len(left) > 0 {
			f.t.Errorf("of an app that is active: %+v", left)
		}
		must(f.RevokeApp(f.ctx, f.builder, f.app))(f.t)
		if left := must(f.Leftovers(f.ctx))(f.t); len(left) > 0 {
			f.t.Errorf("of one that was revoked: %+v", left)
		}
		for _, of := range []struct{ kind, table, key, value, inForce, over string }{
			{"api_key", "api_keys", "app_id", f.app, "status = 'active'", "status = 'revoked'"},
			{"installation", "app_installations", "id", string(i.ID), "status = 'active'", "status = 'uninstalled'"},
			{"listing", "addon_listings", "id", string(l.ID), "status = 'published'", "status = 'deprecated'"},
			{"listing", "addon_listings", "id", string(l.ID), "revision = 'draft'", "revision = ''"},
			{"listing_review", "listing_reviews", "id", string(review.ID), "status = 'pending'", "status = 'withdrawn'"},
			{"scope_review", "scope_reviews", "scope", "public.events:read", "status = 'pending'", "status = 'withdrawn'"},
			{"webhook_endpoint", "webhook_endpoints", "id", *i.EndpointID, "active = TRUE", "active = FALSE"},
			{"webhook_recovery", "webhook_recoveries", "id", "recovery", "status = 'running'", "status = 'cancelled'"},
		} {
			set := func(to string) { f.exec("UPDATE "+of.table+" SET "+to+" WHERE "+of.key+" = $1", of.value) }
			set(of.inForce)
			left := must(f.Leftovers(f.ctx))(f.t)
			if len(left) != 1 || left[0].Kind != of.kind || left[0].AppID != f.app || of.key == "id" && left[0].ID != of.value {
				f.t.Errorf("%s: %+v", of.kind, left)
			}
			set(of.over)
		}
	})
}
