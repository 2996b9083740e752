package licence

import (
	"context"
	"fmt"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// NewLicence is what Create is told. A product and an edition that are not there yet are made: the product is claimed for the
// vendor in the whole deployment.
type NewLicence struct {
	Email          string     `json:"email" doc:"Whom it is for" example:"pilot@example.com"`
	Product        string     `json:"product" doc:"Code of the product" example:"XP-FlightDeck"`
	Edition        string     `json:"edition" doc:"Code of the edition" example:"Pro"`
	MaxActivations *int       `json:"max_activations,omitempty" doc:"How many devices; left out: the edition's"`
	Features       *[]string  `json:"features,omitempty" doc:"Left out: the edition's"`
	ExpiresAt      clock.Time `json:"expires_at,omitzero" doc:"When it ends; left out: as the edition says"`
	Note           string     `json:"note,omitempty" doc:"The vendor's own: an order number"`
}

// Limits of a licence.
const (
	maxActivations = 1_000_000
	maxFeatures    = 64
	maxNote        = 200
)

// check tidies what was sent, and names what does not fit. prefix is that of the fields' names.
func (n *NewLicence) check(c *fault.Check, prefix string) {
	email, ok := readEmail(n.Email)
	c.Require(ok, prefix+"email", "not_an_email")
	n.Email = email
	c.Require(isCode(n.Product), prefix+"product", "not_a_code")
	c.Require(isCode(n.Edition), prefix+"edition", "not_a_code")
	if n.MaxActivations != nil {
		checkMax(c, prefix+"max_activations", *n.MaxActivations)
	}
	if n.Features != nil {
		checkFeatures(c, prefix+"features", *n.Features)
	}
	checkEnd(c, prefix+"expires_at", n.ExpiresAt)
	n.Note = strings.TrimSpace(n.Note)
	checkNote(c, prefix+"note", n.Note)
}

func checkMax(c *fault.Check, field string, n int) {
	c.Require(n >= 1 && n <= maxActivations, field, "out_of_range", "min", 1, "max", maxActivations)
}

// The years between which a licence may end: what can be written in RFC 3339, with room for grace.
var (
	firstEnd = clock.Of(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	lastEnd  = clock.Of(time.Date(9990, 1, 1, 0, 0, 0, 0, time.UTC))
)

func checkEnd(c *fault.Check, field string, at clock.Time) {
	c.Require(at == never || at >= firstEnd && at <= lastEnd, field, "out_of_range", "min", firstEnd.Date(), "max", lastEnd.Date())
}

func checkNote(c *fault.Check, field, note string) {
	c.Require(len([]rune(note)) <= maxNote, field, "too_long", "max", maxNote)
	c.Require(legible(note), field, "not_legible")
}

func checkFeatures(c *fault.Check, field string, features []string) {
	if len(features) > maxFeatures {
		c.Bad(field, "too_many", "max", maxFeatures)
		return
	}
	for i, f := range features {
		c.Require(isCode(f), fmt.Sprintf("%s[%d]", field, i), "not_a_code")
	}
}

// Create issues a licence, and returns it with its key, which nothing shows again. It needs LicencesManage. A product that
// another vendor has claimed is Conflict.
func (s *Service) Create(ctx context.Context, who scope.Principal, n NewLicence) (Licence, string, error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return Licence{}, "", err
	}
	var c fault.Check
	if n.check(&c, ""); c.Err() != nil {
		return Licence{}, "", c.Err()
	}
	var l Licence
	var key string
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		made, err := s.issue(tx, who, []order{{n, newKey()}}, "")
		if err != nil {
			return err
		}
		l, key = made[0].Licence, made[0].key
		tx.Created("licences", string(l.ID))
		return nil
	})
	return l, key, err
}

// issued is a licence with its key.
type issued struct {
	Licence
	key string
}

// issue makes licences in the transaction, each with its event and its entry in the audit log.
func (s *Service) issue(tx *db.Tx, who scope.Principal, all []order, batch BatchID) ([]issued, error) {
	change, err := tx.Change(string(who.Org))
	if err != nil {
		return nil, err
	}
	shelf := newShelf(tx, tx, who, change)
	made := make([]issued, len(all))
	var rows, handles [][]any
	var notes []audit.Note
	for i, o := range all {
		n, key := o.NewLicence, o.Key
		e, err := shelf.edition(n)
		if err != nil {
			return nil, err
		}
		if batch == "" { // of a batch it was asked when it was fixed
			if err := trialOnce(tx, who.Org, e, n.Email); err != nil {
				return nil, err
			}
		}
		l := licenceOf(n, e, change)
		l.BatchID, l.CreatedBy, l.Org = batch, who.Label, who.Org
		l.LicenseKeyHash, l.LicenseRef = s.handleOf(hashOf(key)), refOf(key)
		made[i] = issued{l, key}
		rows = append(rows, []any{l.ID, l.Org, l.ProductID, l.EditionID, db.Null(string(batch)), l.Product, l.Edition, l.LicenseKeyHash, l.LicenseRef, l.Email,
			l.Note, db.AsJSON(l.Features), l.MaxActivations, 0, true, l.Trial, orNull(l.TermDays), l.ExpiresAt, l.CreatedBy, l.CreatedAt, l.UpdatedAt, l.ChangeNo, l.ActivityNo})
		for _, handle := range s.otherHandles(key) {
			handles = append(handles, []any{handle, l.ID})
		}
		notes = append(notes, audit.Note{Who: who, Verb: "licence.create", SubjectType: "licence", SubjectID: string(l.ID),
			Detail: map[string]any{"product": l.Product, "edition": l.Edition, "license_ref": l.LicenseRef, "max_activations": l.MaxActivations, "batch_id": batch}})
	}
	if err := db.Bulk(tx, insertLicences, "", rows); err != nil {
		return nil, err // a key that exists already is one in 10^12 with a million of them: the caller asks again
	}
	if err := db.Bulk(tx, insertHandles, "", handles); err != nil {
		return nil, err
	}
	for _, l := range made {
		if _, err := s.events.Append(tx, who.Org, event.LicenseCreated, event.LicenseCreatedData{LicenseData: l.data()}); err != nil {
			return nil, err
		}
	}
	return made, audit.AppendAll(tx, notes)
}

func licenceOf(n NewLicence, e Edition, change *db.Change) Licence {
	l := Licence{
		ID: ID(id.New()), Email: n.Email, Product: e.Product, ProductID: e.ProductID, Edition: e.Code, EditionID: e.ID, Features: e.Features,
		Enabled: true, Trial: e.Trial, MaxActivations: e.MaxActivations, ExpiresAt: n.ExpiresAt, GraceDays: e.GraceDays, Note: n.Note,
		CreatedAt: change.At, UpdatedAt: change.At, ChangeNo: change.No, ActivityNo: change.No,
	}
	if n.MaxActivations != nil {
		l.MaxActivations = *n.MaxActivations
	}
	if n.Features != nil {
		l.Features = *n.Features
	}
	l.Features = once(l.Features)
	if n.ExpiresAt == 0 && e.TermDays > 0 {
		if e.TermFrom == FromActivation {
			l.TermDays = e.TermDays
		} else {
			l.ExpiresAt = change.At.Add(days(e.TermDays))
		}
	}
	return l
}

// once is a list in its order, without repetitions, and never nil.
func once(list []string) []string {
	kept, seen := []string{}, map[string]bool{} // it may be as long as a body
	for _, x := range list {
		if !seen[x] {
			seen[x] = true
			kept = append(kept, x)
		}
	}
	return kept
}

func orNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// data is what events tell of a licence.
func (l Licence) data() event.LicenseData {
	return event.LicenseData{LicenseID: string(l.ID), LicenseRef: l.LicenseRef, Product: l.Product, Edition: l.Edition, Email: l.Email, Features: l.Features,
		Enabled: l.Enabled, MaxActivations: l.MaxActivations, ActiveDevices: l.ActiveDevices, ExpiresAt: l.ExpiresAt}
}

func (d Device) data() event.DeviceRef {
	return event.DeviceRef{Hash: d.DeviceHash, Name: d.DeviceName}
}
