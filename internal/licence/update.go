package licence

import (
	"context"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Patch is what Update changes. The key stays. With another edition, features and quota become that edition's unless they
// are given too.
type Patch struct {
	Edition        *string     `json:"edition,omitempty" doc:"Code of another edition of the same product"`
	MaxActivations *int        `json:"max_activations,omitempty" doc:"Devices that are active stay so when it is lowered below them"`
	Features       *[]string   `json:"features,omitempty"`
	ExpiresAt      *clock.Time `json:"expires_at,omitempty" doc:"When it ends"`
	Never          bool        `json:"-"` // it does not end: null in JSON
	Email          *string     `json:"email,omitempty"`
	Note           *string     `json:"note,omitempty"`
}

// Update changes a licence. It needs LicencesManage.
func (s *Service) Update(ctx context.Context, who scope.Principal, id ID, p Patch, ifMatch int64) (Licence, error) {
	return s.change(ctx, who, id, "licence.update", func(tx *db.Tx, l *Licence) (any, error) {
		if err := mustMatch(ifMatch, l.ChangeNo); err != nil {
			return nil, err
		}
		if p.Edition != nil && *p.Edition != l.Edition {
			e, err := s.editionOf(tx, *l, *p.Edition)
			if err != nil {
				return nil, err
			}
			if l.Trial && !e.Trial { // whoever bought it is not held to the end of the trial
				l.ExpiresAt, l.TermDays = never, 0
				if e.TermDays > 0 {
					l.ExpiresAt = tx.Now().Add(days(e.TermDays))
				}
			}
			l.EditionID, l.Edition, l.Features, l.MaxActivations, l.GraceDays, l.Trial = e.ID, e.Code, e.Features, e.MaxActivations, e.GraceDays, e.Trial
		}
		return p.described(), p.apply(l)
	})
}

// editionOf finds another edition of the licence's product.
func (s *Service) editionOf(tx *db.Tx, l Licence, code string) (Edition, error) {
	e, err := db.One(tx.Context(), tx, scanEdition, selectEditionByCode, l.Org, l.ProductID, code)
	if db.NoRows(err) {
		err = fault.InvalidFields(fault.Field{Name: "edition", Where: "body", Code: "unknown", Args: []any{"noun", "edition"}})
	}
	return e, err
}

// described is what the audit log says of it: no e-mail address.
func (p Patch) described() map[string]any {
	d := map[string]any{}
	if p.Edition != nil {
		d["edition"] = *p.Edition
	}
	if p.MaxActivations != nil {
		d["max_activations"] = *p.MaxActivations
	}
	if p.Features != nil && len(*p.Features) <= maxFeatures {
		d["features"] = *p.Features
	}
	if p.Never {
		d["expires_at"] = nil
	} else if p.ExpiresAt != nil {
		d["expires_at"] = *p.ExpiresAt
	}
	if p.Email != nil {
		d["email"] = "changed"
	}
	if p.Note != nil {
		d["note"] = "changed"
	}
	return d
}

// apply sets what was given, and names what does not fit.
func (p Patch) apply(l *Licence) error {
	var c fault.Check
	if p.MaxActivations != nil {
		l.MaxActivations = *p.MaxActivations
		checkMax(&c, "max_activations", l.MaxActivations)
	}
	if p.Features != nil {
		checkFeatures(&c, "features", *p.Features)
		l.Features = once(*p.Features)
	}
	if p.ExpiresAt != nil || p.Never {
		l.ExpiresAt, l.TermDays = never, 0
		set(&l.ExpiresAt, p.ExpiresAt)
		checkEnd(&c, "expires_at", l.ExpiresAt)
	}
	if p.Email != nil {
		email, ok := readEmail(*p.Email)
		c.Require(ok, "email", "not_an_email")
		l.Email = email
	}
	if p.Note != nil {
		l.Note = strings.TrimSpace(*p.Note)
		checkNote(&c, "note", l.Note)
	}
	return c.Err()
}

// Renew adds the term of its edition to a licence, from its end or, if that is over, from now on. It is Conflict where the
// edition has none. It needs LicencesManage.
func (s *Service) Renew(ctx context.Context, who scope.Principal, id ID) (Licence, error) {
	return s.change(ctx, who, id, "licence.renew", func(tx *db.Tx, l *Licence) (any, error) {
		e, err := s.editionOf(tx, *l, l.Edition)
		if err != nil {
			return nil, err
		}
		switch {
		case e.TermDays == 0:
			return nil, fault.New(fault.Conflict, "no_term", "edition", e.Code)
		case l.TermDays > 0: // it has not begun yet
			l.TermDays += e.TermDays
		case l.ExpiresAt == 0:
			return nil, fault.New(fault.Conflict, "never_ends")
		default:
			l.ExpiresAt = max(l.ExpiresAt, tx.Now()).Add(days(e.TermDays))
		}
		var c fault.Check
		if checkEnd(&c, "expires_at", l.ExpiresAt); l.TermDays > maxTerm {
			c.Bad("term_days", "out_of_range", "min", 0, "max", maxTerm)
		}
		if c.Err() != nil {
			return nil, c.Err()
		}
		return map[string]any{"expires_at": l.ExpiresAt, "term_days": l.TermDays}, nil
	})
}

// change is a change of a licence with its audit entry, for who has LicencesManage.
func (s *Service) change(ctx context.Context, who scope.Principal, id ID, verb string, fn func(*db.Tx, *Licence) (detail any, err error)) (l Licence, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return l, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if l, err = load(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		detail, err := fn(tx, &l)
		if err != nil {
			return err
		}
		l.UpdatedAt, l.ChangeNo, l.ActivityNo = change.At, change.No, change.No
		if _, err := tx.Exec(updateLicence, who.Org, id, l.EditionID, l.Edition, l.Email, l.Note, db.AsJSON(l.Features), l.MaxActivations, l.Trial, orNull(l.TermDays),
			l.ExpiresAt, l.UpdatedAt, l.ChangeNo); err != nil {
			return err
		}
		return audit.Append(tx, who, verb, "licence", string(id), detail)
	})
	return l, err
}
