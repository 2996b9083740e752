package licence

import (
	"context"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// NewEdition is what CreateEdition is told. What is left out is usual.
type NewEdition struct {
	ProductID      ProductID `json:"product_id" format:"uuid"`
	Code           string    `json:"code" doc:"As it stands in tokens: 1 to 64 letters, digits, spaces and . _ : + -. It never changes" example:"Pro"`
	Name           string    `json:"name,omitempty" doc:"Shown to customers; the code if left out" example:"Professional"`
	Features       []string  `json:"features,omitempty"`
	MaxActivations *int      `json:"max_activations,omitempty" doc:"3 if left out"`
	Trial          bool      `json:"trial,omitempty" doc:"Its licences are trials: one a product for an e-mail address"`
	TermDays       int       `json:"term_days,omitempty" doc:"How many days a licence lasts; 0: for ever"`
	TermFrom       string    `json:"term_from,omitempty" enum:"creation,activation" doc:"What the term counts from; creation if left out"`
	GraceDays      *int      `json:"grace_days,omitempty" doc:"14 if left out"`
	FileDays       *int      `json:"file_days,omitempty" doc:"90 if left out"`
	ReleasesAYear  *int      `json:"releases_a_year,omitempty" doc:"4 if left out"`
}

// EditionPatch is what UpdateEdition changes. Features, quota and term hold for licences issued from then on; the days of
// grace, of files and the releases for all.
type EditionPatch struct {
	Name           *string   `json:"name,omitempty"`
	Features       *[]string `json:"features,omitempty"`
	MaxActivations *int      `json:"max_activations,omitempty"`
	Trial          *bool     `json:"trial,omitempty"`
	TermDays       *int      `json:"term_days,omitempty"`
	TermFrom       *string   `json:"term_from,omitempty" enum:"creation,activation"`
	GraceDays      *int      `json:"grace_days,omitempty"`
	FileDays       *int      `json:"file_days,omitempty"`
	ReleasesAYear  *int      `json:"releases_a_year,omitempty"`
}

// maxTerm is how many days a term has at most.
const maxTerm = 36500

// check names what does not fit.
func (e Edition) check() error {
	var c fault.Check
	c.Require(isCode(e.Code), "code", "not_a_code")
	checkTitle(&c, e.Name)
	checkFeatures(&c, "features", e.Features)
	checkMax(&c, "max_activations", e.MaxActivations)
	c.Require(e.TermFrom == FromCreation || e.TermFrom == FromActivation, "term_from", "one_of", "values", FromCreation+", "+FromActivation)
	for _, n := range []struct {
		field         string
		n, least, max int
	}{{"term_days", e.TermDays, 0, maxTerm}, {"grace_days", e.GraceDays, 0, 365}, {"file_days", e.FileDays, 1, 3650}, {"releases_a_year", e.ReleasesAYear, 0, 1000}} {
		c.Require(n.n >= n.least && n.n <= n.max, n.field, "out_of_range", "min", n.least, "max", n.max)
	}
	return c.Err()
}

func (p EditionPatch) apply(e *Edition) {
	set(&e.MaxActivations, p.MaxActivations)
	set(&e.Trial, p.Trial)
	set(&e.TermDays, p.TermDays)
	set(&e.TermFrom, p.TermFrom)
	set(&e.GraceDays, p.GraceDays)
	set(&e.FileDays, p.FileDays)
	set(&e.ReleasesAYear, p.ReleasesAYear)
	if p.Name != nil {
		e.Name = strings.TrimSpace(*p.Name)
	}
	if p.Features != nil {
		e.Features = once(*p.Features)
	}
}

// set replaces a value by one that was given.
func set[T any](to, given *T) {
	if given != nil {
		*to = *given
	}
}

// CreateEdition adds an edition to a product of the vendor. It needs LicencesManage.
func (s *Service) CreateEdition(ctx context.Context, who scope.Principal, n NewEdition) (e Edition, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return e, err
	}
	e = UsualEdition()
	e.Code, e.Name, e.Features, e.Trial, e.TermDays = n.Code, strings.TrimSpace(n.Name), once(n.Features), n.Trial, n.TermDays
	EditionPatch{MaxActivations: n.MaxActivations, GraceDays: n.GraceDays, FileDays: n.FileDays, ReleasesAYear: n.ReleasesAYear}.apply(&e)
	if e.Name == "" {
		e.Name = e.Code
	}
	if n.TermFrom != "" {
		e.TermFrom = n.TermFrom
	}
	if err := e.check(); err != nil {
		return e, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		p, err := loadProduct(tx.Context(), tx, who.Org, n.ProductID)
		if fault.KindOf(err) == fault.NotFound {
			return fault.InvalidFields(fault.Field{Name: "product_id", Where: "body", Code: "unknown", Args: []any{"noun", "product"}})
		}
		if err != nil {
			return err
		}
		e.ProductID, e.Product = p.ID, p.Code
		f := newShelf(tx, tx, who, change)
		if e, err = f.add(e); err != nil {
			return err
		}
		tx.Created("licence-editions", string(e.ID))
		return nil
	})
	return e, err
}

// UpdateEdition changes an edition. It needs LicencesManage.
func (s *Service) UpdateEdition(ctx context.Context, who scope.Principal, id EditionID, patch EditionPatch, ifMatch int64) (e Edition, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return e, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if e, err = loadEdition(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		if err := mustMatch(ifMatch, e.ChangeNo); err != nil {
			return err
		}
		patch.apply(&e)
		if err := e.check(); err != nil {
			return err
		}
		e.UpdatedAt, e.ChangeNo = change.At, change.No
		if _, err := tx.Exec(updateEdition, who.Org, id, e.Name, db.AsJSON(e.Features), e.MaxActivations, e.Trial, orNull(e.TermDays), e.TermFrom,
			e.GraceDays, e.FileDays, e.ReleasesAYear, e.UpdatedAt, e.ChangeNo); err != nil {
			return err
		}
		return audit.Append(tx, who, "licence_edition.update", "licence_edition", string(id), patch)
	})
	return e, err
}

// EditionFilter narrows the list of editions.
type EditionFilter struct{ ProductID ProductID }

// ListEditions returns the vendor's editions. It needs LicencesRead.
func (s *Service) ListEditions(ctx context.Context, who scope.Principal, f EditionFilter, p page.Page) (page.Of[Edition], error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return page.Of[Edition]{}, err
	}
	var w db.Where
	w.And("e.org_id = ?", who.Org)
	if f.ProductID != "" {
		w.And("e.product_id = ?", f.ProductID)
	}
	w.And("(e.change_no, e.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	rows, err := db.All(ctx, s.db, scanEdition, selectEditions+w.SQL()+orderEditions+w.Next(), w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}

// GetEdition returns an edition of the vendor. It needs LicencesRead.
func (s *Service) GetEdition(ctx context.Context, who scope.Principal, id EditionID) (Edition, error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return Edition{}, err
	}
	return loadEdition(ctx, s.db, who.Org, id)
}

// Position is the edition's place in a list.
func (e Edition) Position() page.Position {
	return page.Position{ChangeNo: e.ChangeNo, ID: string(e.ID)}
}

func loadEdition(ctx context.Context, q db.Q, org scope.OrgID, id EditionID) (Edition, error) {
	e, err := db.One(ctx, q, scanEdition, selectEdition, org, id)
	if db.NoRows(err) {
		return e, fault.NotFoundFor("licence_edition")
	}
	return e, err
}
