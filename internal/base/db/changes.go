package db

import (
	"fmt"
	"slices"
)

// Changes begins the changes of many organizations with few statements, as Change does for one. It takes their locks in the
// order of their ids, so that two who change several of the same wait for each other and are never both stuck.
func (tx *Tx) Changes(orgs []string) error {
	var missing []string
	for _, org := range orgs {
		if _, begun := tx.orgs[org]; !begun {
			missing = append(missing, org)
		}
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	if len(missing) < 4 || tx.db.engine == SQLite { // where a short statement each is faster than a long one for many
		for _, org := range missing {
			if _, err := tx.Change(org); err != nil {
				return err
			}
		}
		return nil
	}
	// An UPDATE locks in the order in which it happens to find.
	err := ForEachIn(tx, "org_id", missing, func(cond string, args []any) error {
		_, err := All(tx.ctx, tx, Scalar[string], "SELECT org_id FROM org_counters WHERE "+cond+" ORDER BY org_id FOR NO KEY UPDATE", args...)
		return err
	})
	if err != nil {
		return err
	}
	if tx.orgs == nil {
		tx.orgs = map[string]*Change{}
	}
	err = ForEachIn(tx, "org_id", missing, func(cond string, args []any) error {
		now := fmt.Sprintf("$%d", len(args)+1)
		_, err := All(tx.ctx, tx, func(s Scanner) (string, error) {
			var org string
			c := &Change{}
			err := s.Scan(&org, &c.No, &c.At, &c.AuditNo, &c.AuditHead)
			tx.orgs[org] = c
			return org, err
		}, "UPDATE org_counters SET change_no = change_no + 1, changed_at = CASE WHEN changed_at > "+now+" THEN changed_at ELSE "+now+
			" END WHERE "+cond+" RETURNING org_id, change_no, changed_at, audit_no, audit_head", append(args, tx.now)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("count the changes of %d organizations: %w", len(missing), err)
	}
	for _, org := range missing {
		if tx.orgs[org] == nil {
			return fmt.Errorf("count the change of organization %s: there is none", org)
		}
	}
	return nil
}

// MoveHeads stores the heads of the audit chains of organizations, as their changes have them now.
func (tx *Tx) MoveHeads(orgs []string) error {
	if tx.db.engine == SQLite {
		for _, org := range orgs {
			c := tx.orgs[org]
			if _, err := tx.Exec("UPDATE org_counters SET audit_no = $2, audit_head = $3 WHERE org_id = $1", org, c.AuditNo, c.AuditHead); err != nil {
				return err
			}
		}
		return nil
	}
	for chunk := range slices.Chunk(orgs, maxArray) {
		ids, numbers, heads := texts{}, integers{}, blobs{}
		for _, org := range chunk {
			c := tx.orgs[org]
			for _, err := range []error{ids.add(org), numbers.add(c.AuditNo), heads.add(c.AuditHead)} {
				if err != nil {
					return err
				}
			}
		}
		_, err := tx.Exec("UPDATE org_counters SET audit_no = v.no, audit_head = v.head FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[]), "+
			"CAST($3 AS bytea[])) AS v (org_id, no, head) WHERE org_counters.org_id = v.org_id", ids.param(), numbers.param(), heads.param())
		if err != nil {
			return err
		}
	}
	return nil
}
