package licence

import "airside/internal/base/db"

const (
	productColumns = `id, code, name, created_at, created_by, updated_at, change_no, org_id`
	selectProduct  = `SELECT ` + productColumns + ` FROM licence_products WHERE org_id = $1 AND id = $2`
	selectProducts = `SELECT ` + productColumns + ` FROM licence_products WHERE org_id = $1 AND (change_no, id) > ($2, $3) ORDER BY change_no, id LIMIT $4`
	selectByFolded = `SELECT id, org_id, code FROM licence_products WHERE folded = $1`
	insertProduct  = `INSERT INTO licence_products (id, org_id, code, folded, name, created_by, created_at, updated_at, change_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
		ON CONFLICT (folded) DO NOTHING`
	updateProduct   = `UPDATE licence_products SET name = $3, updated_at = $4, change_no = $5 WHERE org_id = $1 AND id = $2`
	selectEditionOf = `SELECT id, trial, term_days, term_from, grace_days, max_activations, features FROM licence_editions WHERE product_id = $1 AND code = $2`
	insertEdition   = `INSERT INTO licence_editions (id, org_id, product_id, code, name, features, max_activations, trial, term_days, term_from, grace_days, file_days,
		releases_a_year, created_by, created_at, updated_at, change_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)
		ON CONFLICT (product_id, code) DO NOTHING`
	updateEdition = `UPDATE licence_editions SET name = $3, features = $4, max_activations = $5, trial = $6, term_days = $7, term_from = $8, grace_days = $9,
		file_days = $10, releases_a_year = $11, updated_at = $12, change_no = $13 WHERE org_id = $1 AND id = $2`
	selectEditions = `SELECT e.id, e.product_id, p.code, e.code, e.name, e.features, e.max_activations, e.trial, e.term_days, e.term_from, e.grace_days, e.file_days,
		e.releases_a_year, e.created_at, e.created_by, e.updated_at, e.change_no FROM licence_editions e JOIN licence_products p ON p.id = e.product_id`
	selectEdition = selectEditions + ` WHERE e.org_id = $1 AND e.id = $2`
	orderEditions = ` ORDER BY e.change_no, e.id LIMIT `
)

func scanProduct(row db.Scanner) (p Product, err error) {
	err = row.Scan(&p.ID, &p.Code, &p.Name, &p.CreatedAt, &p.CreatedBy, &p.UpdatedAt, &p.ChangeNo, &p.org)
	return p, err
}

// scanTaken reads whose a code is.
func scanTaken(row db.Scanner) (p Product, err error) {
	err = row.Scan(&p.ID, &p.org, &p.Code)
	return p, err
}

func scanEdition(row db.Scanner) (e Edition, err error) {
	err = row.Scan(&e.ID, &e.ProductID, &e.Product, &e.Code, &e.Name, listOf(&e.Features), &e.MaxActivations, &e.Trial, orZero(&e.TermDays), &e.TermFrom,
		&e.GraceDays, &e.FileDays, &e.ReleasesAYear, &e.CreatedAt, &e.CreatedBy, &e.UpdatedAt, &e.ChangeNo)
	return e, err
}
