package audit

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// Append adds an entry to the chain of who's organization, in the transaction of the change. detail is any value
// that can be JSON; nil is an entry without.
func Append(tx *db.Tx, who scope.Principal, verb, subjectType, subjectID string, detail any) error {
	r, c, err := next(tx, Note{who, verb, subjectType, subjectID, detail})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(insertEntry, r.args(who.Org)...); err != nil {
		return fmt.Errorf("audit %s: %w", verb, err)
	}
	if _, err := tx.Exec(moveHead, who.Org, r.no, r.hash); err != nil {
		return fmt.Errorf("audit %s: %w", verb, err)
	}
	c.AuditNo, c.AuditHead = r.no, r.hash
	return nil
}

// Note is an entry to be appended to the chain of Who's organization; see Append.
type Note struct {
	Who                    scope.Principal
	Verb                   string
	SubjectType, SubjectID string
	Detail                 any
}

// AppendAll adds many entries, to the chains of many organizations, with few statements. The changes of the organizations
// have begun.
func AppendAll(tx *db.Tx, notes []Note) error {
	rows := make([][]any, len(notes))
	heads := map[string]bool{}
	for i, n := range notes {
		r, c, err := next(tx, n)
		if err != nil {
			return err
		}
		rows[i] = r.args(n.Who.Org)
		c.AuditNo, c.AuditHead = r.no, r.hash
		heads[string(n.Who.Org)] = true
	}
	// In the order of their keys, so that neighbours are written together.
	slices.SortStableFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(scope.OrgID), b[0].(scope.OrgID)) })
	if err := db.Bulk(tx, insertEntries, "", rows); err != nil {
		return fmt.Errorf("append audit entries: %w", err)
	}
	return tx.MoveHeads(slices.Sorted(maps.Keys(heads)))
}

// next is the entry that follows in a chain; whoever stores it moves the head.
func next(tx *db.Tx, n Note) (row, *db.Change, error) {
	c, err := tx.Change(string(n.Who.Org))
	if err != nil {
		return row{}, nil, err
	}
	what, err := describe(n.Who, n.Detail)
	if err != nil {
		return row{}, nil, fmt.Errorf("audit %s: %w", n.Verb, err)
	}
	r := row{
		no: c.AuditNo + 1, at: c.At, changeNo: c.No, verb: n.Verb, subjectType: n.SubjectType, subject: n.SubjectID,
		actorKind: string(n.Who.Kind), actor: n.Who.ID, detail: &what, salt: make([]byte, saltLen), member: db.Null(n.Who.MemberID),
	}
	rand.Read(r.salt)
	r.digest = digestOf(r.salt, what)
	r.hash = hashOf(c.AuditHead, n.Who.Org, r)
	return r, c, nil
}

// args are the values of a fresh row.
func (r row) args(org scope.OrgID) []any {
	return []any{org, r.no, r.at, r.changeNo, r.verb, r.subjectType, r.subject, r.actorKind, r.actor, *r.detail, r.salt, r.digest, r.hash, r.member}
}

func describe(who scope.Principal, detail any) (string, error) {
	d, err := json.Marshal(detail)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(record{Label: who.Label, MemberID: who.MemberID, Detail: d})
	return string(b), err
}

// Erase takes the detail out of an entry, for a person who wants to be forgotten. The chain still verifies. It
// tells whether there was something to erase.
func Erase(tx *db.Tx, org scope.OrgID, no int64) (bool, error) {
	return tx.ExecOne(eraseDetail, org, no)
}
