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
	if len(missing) < 4 {
		for _, org := range missing {
			if _, err := tx.Change(org); err != nil {
				return err
			}
		}
		return nil
	}
	if tx.db.engine == Postgres { // an UPDATE locks in the order in which it happens to find
		err := ForEachIn(tx, "org_id", missing, func(cond string, args []any) error {
			_, err := All(tx.ctx, tx, Scalar[string], "SELECT org_id FROM org_counters WHERE "+cond+" ORDER BY org_id FOR NO KEY UPDATE", args...)
			return err
		})
		if err != nil {
			return err
		}
	}
	if tx.orgs == nil {
		tx.orgs = map[string]*Change{}
	}
	err := ForEachIn(tx, "org_id", missing, func(cond string, args []any) error {
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
