package licence

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Product is what a vendor sells licences of.
type Product struct {
	ID        ProductID  `json:"id" format:"uuid"`
	Code      string     `json:"code" doc:"As it stands in tokens. It is the vendor's in the whole deployment, and never changes" example:"XP-FlightDeck"`
	Name      string     `json:"name" doc:"Shown to customers" example:"XP FlightDeck"`
	CreatedAt clock.Time `json:"created_at"`
	CreatedBy string     `json:"created_by"`
	UpdatedAt clock.Time `json:"updated_at"`
	ChangeNo  int64      `json:"-"`

	org scope.OrgID
}

// When a term begins to count.
const (
	FromCreation   = "creation"
	FromActivation = "activation"
)

// Edition is what a product is sold as, and what its licences get: new ones its features, quota and term; all of them its
// days of grace and what customers may do alone.
type Edition struct {
	ID             EditionID  `json:"id" format:"uuid"`
	ProductID      ProductID  `json:"product_id" format:"uuid"`
	Product        string     `json:"product" example:"XP-FlightDeck"`
	Code           string     `json:"code" doc:"As it stands in tokens; never changes" example:"Pro"`
	Name           string     `json:"name" doc:"Shown to customers" example:"Professional"`
	Features       []string   `json:"features" nullable:"false"`
	MaxActivations int        `json:"max_activations"`
	Trial          bool       `json:"trial" doc:"Its licences are trials: one a product for an e-mail address"`
	TermDays       int        `json:"term_days" doc:"How many days a licence lasts; 0: for ever"`
	TermFrom       string     `json:"term_from" enum:"creation,activation" doc:"What the term counts from"`
	GraceDays      int        `json:"grace_days" doc:"For how many days a device goes on after the end, and for how many with a licence file from its last activation while the server cannot be reached"`
	FileDays       int        `json:"file_days" doc:"For how many days a licence file lasts that was carried by hand"`
	ReleasesAYear  int        `json:"releases_a_year" doc:"How many devices a customer may release alone within a year, of each licence"`
	CreatedAt      clock.Time `json:"created_at"`
	CreatedBy      string     `json:"created_by"`
	UpdatedAt      clock.Time `json:"updated_at"`
	ChangeNo       int64      `json:"-"`
}

// UsualEdition is an edition of which nothing else was said.
func UsualEdition() Edition {
	return Edition{Name: "", Features: []string{}, MaxActivations: 3, TermFrom: FromCreation, GraceDays: 14, FileDays: 90, ReleasesAYear: 4}
}

// shelf finds products and editions, and makes those that are not there, if it has a transaction to do it in.
type shelf struct {
	look     db.View
	tx       *db.Tx // nil: it only looks
	who      scope.Principal
	change   *db.Change
	products map[string]Product
	editions map[string]Edition
}

func newShelf(look db.View, tx *db.Tx, who scope.Principal, change *db.Change) *shelf {
	return &shelf{look: look, tx: tx, who: who, change: change, products: map[string]Product{}, editions: map[string]Edition{}}
}

func (f *shelf) product(code string) (Product, error) {
	if p, ok := f.products[code]; ok {
		return p, nil
	}
	p, err := db.One(f.look.Context(), f.look, scanTaken, selectByFolded, strings.ToLower(code))
	switch {
	case db.NoRows(err):
		p, err = f.claim(Product{Code: code, Name: code})
	case err == nil && p.org != f.who.Org:
		err = fault.New(fault.Conflict, "product_taken", "product", code)
	case err == nil && p.Code != code:
		err = fault.InvalidFields(fault.Field{Name: "product", Where: "body", Code: "product_spelling", Args: []any{"product", p.Code}})
	}
	if err == nil {
		f.products[code] = p
	}
	return p, err
}

// claim makes a product, whose code nobody has yet.
func (f *shelf) claim(p Product) (Product, error) {
	p.ID, p.CreatedAt, p.UpdatedAt, p.CreatedBy, p.ChangeNo, p.org = ProductID(id.New()), f.change.At, f.change.At, f.who.Label, f.change.No, f.who.Org
	if f.tx == nil {
		return p, nil
	}
	made, err := f.tx.ExecOne(insertProduct, p.ID, f.who.Org, p.Code, strings.ToLower(p.Code), p.Name, p.CreatedBy, p.CreatedAt, p.ChangeNo)
	if err != nil {
		return p, err
	}
	if !made { // claimed by another vendor at the same moment
		return p, fault.New(fault.Conflict, "product_taken", "product", p.Code)
	}
	return p, audit.Append(f.tx, f.who, "licence_product.create", "licence_product", string(p.ID), map[string]any{"code": p.Code, "name": p.Name})
}

// edition finds the edition that a licence is of. One that is made here has the quota and features of that licence.
func (f *shelf) edition(n NewLicence) (Edition, error) {
	place := n.Product + "\x00" + n.Edition
	if e, ok := f.editions[place]; ok {
		return e, nil
	}
	p, err := f.product(n.Product)
	if err != nil {
		return Edition{}, err
	}
	e, err := db.One(f.look.Context(), f.look, func(row db.Scanner) (e Edition, err error) {
		err = row.Scan(&e.ID, &e.Trial, orZero(&e.TermDays), &e.TermFrom, &e.GraceDays, &e.MaxActivations, listOf(&e.Features))
		return e, err
	}, selectEditionOf, p.ID, n.Edition)
	if db.NoRows(err) {
		e = UsualEdition()
		e.Code, e.Name, e.ProductID, e.Product = n.Edition, n.Edition, p.ID, p.Code
		if n.MaxActivations != nil {
			e.MaxActivations = *n.MaxActivations
		}
		if n.Features != nil {
			e.Features = once(*n.Features)
		}
		e, err = f.add(e)
	}
	e.Code, e.ProductID, e.Product = n.Edition, p.ID, p.Code
	if err == nil {
		f.editions[place] = e
	}
	return e, err
}

// add stores a new edition.
func (f *shelf) add(e Edition) (Edition, error) {
	e.ID, e.CreatedAt, e.UpdatedAt, e.CreatedBy, e.ChangeNo = EditionID(id.New()), f.change.At, f.change.At, f.who.Label, f.change.No
	if f.tx == nil {
		return e, nil
	}
	made, err := f.tx.ExecOne(insertEdition, e.ID, f.who.Org, e.ProductID, e.Code, e.Name, db.AsJSON(e.Features), e.MaxActivations, e.Trial, orNull(e.TermDays), e.TermFrom,
		e.GraceDays, e.FileDays, e.ReleasesAYear, e.CreatedBy, e.CreatedAt, e.ChangeNo)
	if err != nil {
		return e, err
	}
	if !made {
		return e, fault.New(fault.Conflict, "edition_taken", "edition", e.Code)
	}
	return e, audit.Append(f.tx, f.who, "licence_edition.create", "licence_edition", string(e.ID), map[string]any{"product": e.Product, "code": e.Code})
}

// trialOnce refuses a second trial of a product to the same address.
func trialOnce(look db.View, org scope.OrgID, e Edition, email string) error {
	if !e.Trial {
		return nil
	}
	had, err := db.One(look.Context(), look, db.Scalar[bool], selectHadTrial, email, org, e.ProductID)
	if err == nil && had {
		err = fault.New(fault.Conflict, "trial_used", "email", email)
	}
	return err
}

const selectHadTrial = `SELECT count(*) > 0 FROM licences WHERE email = $1 AND org_id = $2 AND product_id = $3 AND trial`

// legible tells whether a text can be shown on one line.
func legible(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) })
}
