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

// NewProduct is what CreateProduct is told.
type NewProduct struct {
	Code string `json:"code" doc:"As it stands in tokens: 1 to 64 letters, digits, spaces and . _ : + -. It never changes" example:"XP-FlightDeck"`
	Name string `json:"name,omitempty" doc:"Shown to customers; the code if left out" example:"XP FlightDeck"`
}

// CreateProduct claims a product for the vendor, in the whole deployment: one that somebody has is Conflict. It needs
// LicencesManage.
func (s *Service) CreateProduct(ctx context.Context, who scope.Principal, n NewProduct) (p Product, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return p, err
	}
	name := strings.TrimSpace(n.Name)
	if name == "" {
		name = n.Code
	}
	var c fault.Check
	c.Require(isCode(n.Code), "code", "not_a_code")
	if checkTitle(&c, name); c.Err() != nil {
		return p, c.Err()
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		f := newShelf(tx, tx, who, change)
		if p, err = f.claim(Product{Code: n.Code, Name: name}); err != nil {
			return err
		}
		tx.Created("licence-products", string(p.ID))
		return nil
	})
	return p, err
}

func checkTitle(c *fault.Check, name string) {
	c.Require(name != "", "name", "required")
	c.Require(len([]rune(name)) <= 100, "name", "too_long", "max", 100)
	c.Require(legible(name), "name", "not_legible")
}

// ProductPatch is what UpdateProduct changes.
type ProductPatch struct {
	Name *string `json:"name,omitempty"`
}

// UpdateProduct renames a product. It needs LicencesManage.
func (s *Service) UpdateProduct(ctx context.Context, who scope.Principal, id ProductID, patch ProductPatch, ifMatch int64) (p Product, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return p, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if p, err = loadProduct(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		if err := mustMatch(ifMatch, p.ChangeNo); err != nil {
			return err
		}
		if patch.Name != nil {
			p.Name = strings.TrimSpace(*patch.Name)
		}
		var c fault.Check
		if checkTitle(&c, p.Name); c.Err() != nil {
			return c.Err()
		}
		p.UpdatedAt, p.ChangeNo = change.At, change.No
		if _, err := tx.Exec(updateProduct, who.Org, id, p.Name, p.UpdatedAt, p.ChangeNo); err != nil {
			return err
		}
		return audit.Append(tx, who, "licence_product.update", "licence_product", string(id), patch)
	})
	return p, err
}

// mustMatch refuses a change of a record that is not what its changer saw; 0 is any.
func mustMatch(ifMatch, changeNo int64) error {
	if ifMatch != 0 && ifMatch != changeNo {
		return fault.New(fault.Precondition, "precondition_failed")
	}
	return nil
}

// GetProduct returns a product of the vendor. It needs LicencesRead.
func (s *Service) GetProduct(ctx context.Context, who scope.Principal, id ProductID) (Product, error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return Product{}, err
	}
	return loadProduct(ctx, s.db, who.Org, id)
}

// ListProducts returns the vendor's products. It needs LicencesRead.
func (s *Service) ListProducts(ctx context.Context, who scope.Principal, p page.Page) (page.Of[Product], error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return page.Of[Product]{}, err
	}
	rows, err := db.All(ctx, s.db, scanProduct, selectProducts, who.Org, p.After.ChangeNo, p.After.ID, p.Limit+1)
	return page.Cut(rows, p.Limit), err
}

// Position is the product's place in a list.
func (p Product) Position() page.Position {
	return page.Position{ChangeNo: p.ChangeNo, ID: string(p.ID)}
}

func loadProduct(ctx context.Context, q db.Q, org scope.OrgID, id ProductID) (Product, error) {
	p, err := db.One(ctx, q, scanProduct, selectProduct, org, id)
	if db.NoRows(err) {
		return p, fault.NotFoundFor("licence_product")
	}
	return p, err
}
