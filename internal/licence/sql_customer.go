package licence

import "airside/internal/base/db"

const (
	selectIsCustomer      = `SELECT count(*) > 0 FROM licences WHERE email = $1`
	insertCustomerLink    = `INSERT INTO licence_links (hash, email, created_at, expires_at) VALUES ($1, $2, $3, $4)`
	selectCustomerLink    = `SELECT email FROM licence_links WHERE hash = $1 AND used_at IS NULL AND expires_at > $2`
	useCustomerLink       = `UPDATE licence_links SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING email`
	purgeCustomerLinks    = `DELETE FROM licence_links WHERE expires_at < $1`
	insertCustomerSession = `INSERT INTO licence_customer_sessions (hash, email, created_at, expires_at) VALUES ($1, $2, $3, $4)`
	selectCustomerSession = `SELECT email FROM licence_customer_sessions WHERE hash = $1 AND expires_at > $2`
	endCustomerSession    = `DELETE FROM licence_customer_sessions WHERE hash = $1`
	purgeCustomerSessions = `DELETE FROM licence_customer_sessions WHERE expires_at < $1`
)

const (
	selectBought = `SELECT ` + licenceColumns + `, o.name, p.name, e.name, l.key_replaced_at FROM licences l JOIN licence_editions e ON e.id = l.edition_id
		JOIN licence_products p ON p.id = l.product_id JOIN organizations o ON o.id = l.org_id`
	boughtBy       = ` WHERE l.email = $1 ORDER BY l.created_at DESC, l.id LIMIT 200`
	boughtOne      = ` WHERE l.email = $1 AND l.id = $2`
	selectReleases = `SELECT released_at FROM licence_releases WHERE licence_id = $1 AND released_at > $2 ORDER BY released_at`
	insertRelease  = `INSERT INTO licence_releases (id, licence_id, device, released_at) VALUES ($1, $2, $3, $4)`
	// A licence that a vendor's customer is shown by its key and address, whoever's it is.
	selectVendorOf  = `SELECT org_id FROM licences WHERE handle = $1 AND email = $2`
	noteReplacement = `UPDATE licences SET key_replaced_at = $2 WHERE id = $1`
)

func scanBought(row db.Scanner) (b Bought, err error) {
	err = row.Scan(append(b.columns(), &b.Vendor, &b.ProductName, &b.EditionName, &b.ReplacedAt)...)
	return b, err
}
