package market

import (
	"context"

	"airside/internal/base/db"
)

// Leftover is a record that should have ended with the app or the installation that it belongs to.
type Leftover struct {
	Kind  string `json:"kind"` // api_key, listing, listing_review, scope_review, installation, webhook_endpoint, webhook_recovery
	ID    string `json:"id"`
	AppID string `json:"app_id"`
}

// What ends with an app ends in the transaction that revokes it, and what an installation provisioned with the installation.
const selectLeftovers = `SELECT 'api_key', k.id, a.id FROM apps a JOIN api_keys k ON k.app_id = a.id WHERE a.status = 'revoked' AND k.status <> 'revoked'
	UNION ALL SELECT 'listing', l.id, a.id FROM apps a JOIN addon_listings l ON l.app_id = a.id
	WHERE a.status = 'revoked' AND (l.status <> 'deprecated' OR l.revision <> '')
	UNION ALL SELECT 'listing_review', r.id, a.id FROM apps a JOIN listing_reviews r ON r.app_id = a.id WHERE a.status = 'revoked' AND r.status = 'pending'
	UNION ALL SELECT 'scope_review', r.id, a.id FROM apps a JOIN scope_reviews r ON r.app_id = a.id WHERE a.status = 'revoked' AND r.status = 'pending'
	UNION ALL SELECT 'installation', i.id, a.id FROM apps a JOIN app_installations i ON i.app_id = a.id WHERE a.status = 'revoked' AND i.status <> 'uninstalled'
	UNION ALL SELECT 'webhook_endpoint', e.id, i.app_id FROM webhook_endpoints e JOIN app_installations i ON i.id = e.installation_id
	WHERE e.active AND NOT e.deleted AND i.status <> 'active'
	UNION ALL SELECT 'webhook_recovery', r.id, i.app_id FROM webhook_recoveries r JOIN webhook_endpoints e ON e.id = r.endpoint_id
	JOIN app_installations i ON i.id = e.installation_id WHERE r.status = 'running' AND i.status <> 'active'
	ORDER BY 1, 2`

// Leftovers finds what still works and should not: nothing, unless the program or a hand in the database went wrong.
func (s *Service) Leftovers(ctx context.Context) ([]Leftover, error) {
	found, err := db.All(ctx, s.db, func(row db.Scanner) (l Leftover, err error) {
		err = row.Scan(&l.Kind, &l.ID, &l.AppID)
		return l, err
	}, selectLeftovers)
	if found == nil {
		found = []Leftover{}
	}
	return found, err
}
