package audit

import (
	"crypto/rand"
	"encoding/json"
	"fmt"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// Append adds an entry to the chain of who's organization, in the transaction of the change. detail is any value
// that can be JSON; nil is an entry without.
func Append(tx *db.Tx, who scope.Principal, verb, subjectType, subjectID string, detail any) error {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	what, err := describe(who, detail)
	if err != nil {
		return fmt.Errorf("audit %s: %w", verb, err)
	}
	r := row{
		no: c.AuditNo + 1, at: c.At, changeNo: c.No, verb: verb, subjectType: subjectType, subject: subjectID,
		actorKind: string(who.Kind), actor: who.ID, detail: &what, salt: make([]byte, saltLen),
	}
	rand.Read(r.salt)
	r.digest = digestOf(r.salt, what)
	r.hash = hashOf(c.AuditHead, who.Org, r)
	if _, err := tx.Exec(insertEntry, who.Org, r.no, r.at, r.changeNo, r.verb, r.subjectType, r.subject,
		r.actorKind, r.actor, what, r.salt, r.digest, r.hash, db.Null(who.MemberID)); err != nil {
		return fmt.Errorf("audit %s: %w", verb, err)
	}
	if _, err := tx.Exec(moveHead, who.Org, r.no, r.hash); err != nil {
		return fmt.Errorf("audit %s: %w", verb, err)
	}
	c.AuditNo, c.AuditHead = r.no, r.hash
	return nil
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
