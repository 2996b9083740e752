package manageapi

import (
	"context"

	"airside/internal/base/merge"
	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// licenceCatalogue is what the organization sells licences of.
func (s surface) licenceCatalogue(a *httpx.API) {
	read, manage := scope.LicencesRead, scope.LicencesManage
	a.Resource("licence-products", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Licences.GetProduct(ctx, who, licence.ProductID(id))
	})
	a.Resource("licence-editions", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Licences.GetEdition(ctx, who, licence.EditionID(id))
	})
	product, edition := licence.Product{}, licence.Edition{}
	httpx.Handle(a, listing(op("listLicenceProducts", "GET licence-products", "licence_product", "Products", read), product), s.listLicenceProducts)
	httpx.Handle(a, conflicts(answering(op("createLicenceProduct", "POST licence-products", "licence_product", "Claim a product, in the whole deployment", manage), statusCreated, product), "Somebody has claimed the code (`product_taken`)."), s.createLicenceProduct)
	httpx.Handle(a, answering(op("getLicenceProduct", "GET licence-products/{id}", "licence_product", "One product", read), 200, product), s.getLicenceProduct)
	httpx.Handle(a, matching(answering(op("updateLicenceProduct", "PATCH licence-products/{id}", "licence_product", "Rename a product; its code stays", manage), 200, product)), s.updateLicenceProduct)
	httpx.Handle(a, listing(op("listLicenceEditions", "GET licence-editions", "licence_edition", "Editions of products", read), edition), s.listLicenceEditions)
	httpx.Handle(a, conflicts(answering(op("createLicenceEdition", "POST licence-editions", "licence_edition", "Add an edition to a product", manage), statusCreated, edition), "The product has an edition of that code (`edition_taken`)."), s.createLicenceEdition)
	httpx.Handle(a, answering(op("getLicenceEdition", "GET licence-editions/{id}", "licence_edition", "One edition", read), 200, edition), s.getLicenceEdition)
	httpx.Handle(a, matching(answering(op("updateLicenceEdition", "PATCH licence-editions/{id}", "licence_edition", "Change an edition: features, quota and term for licences issued from then on, the days of grace and of files and the releases for all", manage), 200, edition)), s.updateLicenceEdition)
}

func (s surface) listLicenceProducts(ctx context.Context, who scope.Principal, in *httpx.ListQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Licences.ListProducts(ctx, who, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, *in, p, of, licence.Product.Position, httpx.AsJSON)
}

type licenceProductDraft struct{ Body licence.NewProduct }

func (s surface) createLicenceProduct(ctx context.Context, who scope.Principal, in *licenceProductDraft) (httpx.Answer, error) {
	p, err := s.Licences.CreateProduct(ctx, who, in.Body)
	return httpx.Created(p, string(p.ID)).Tagged(p.ChangeNo), err
}

func (s surface) getLicenceProduct(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	p, err := s.Licences.GetProduct(ctx, who, licence.ProductID(in.ID))
	return httpx.One(p).Tagged(p.ChangeNo), err
}

type licenceProductChange struct {
	ByID
	httpx.IfMatch
	Body licence.ProductPatch
}

func (s surface) updateLicenceProduct(ctx context.Context, who scope.Principal, in *licenceProductChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	p, err := s.Licences.UpdateProduct(ctx, who, licence.ProductID(in.ID), in.Body, seen)
	return httpx.One(p).Tagged(p.ChangeNo), err
}

type licenceEditionsQuery struct {
	httpx.ListQuery
	ProductID string `query:"product_id" format:"uuid" doc:"Of this product"`
}

func (s surface) listLicenceEditions(ctx context.Context, who scope.Principal, in *licenceEditionsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Licences.ListEditions(ctx, who, licence.EditionFilter{ProductID: licence.ProductID(in.ProductID)}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, licence.Edition.Position, httpx.AsJSON)
}

type licenceEditionDraft struct{ Body licence.NewEdition }

func (s surface) createLicenceEdition(ctx context.Context, who scope.Principal, in *licenceEditionDraft) (httpx.Answer, error) {
	e, err := s.Licences.CreateEdition(ctx, who, in.Body)
	return httpx.Created(e, string(e.ID)).Tagged(e.ChangeNo), err
}

func (s surface) getLicenceEdition(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	e, err := s.Licences.GetEdition(ctx, who, licence.EditionID(in.ID))
	return httpx.One(e).Tagged(e.ChangeNo), err
}

// LicenceEditionPatch is a merge patch of an edition.
type LicenceEditionPatch struct {
	Name           *string               `json:"name,omitempty"`
	Features       merge.Field[[]string] `json:"features,omitzero" doc:"All of them anew; null: none"`
	MaxActivations *int                  `json:"max_activations,omitempty"`
	Trial          *bool                 `json:"trial,omitempty"`
	TermDays       merge.Field[int]      `json:"term_days,omitzero" doc:"null or 0: for ever"`
	TermFrom       *string               `json:"term_from,omitempty" enum:"creation,activation"`
	GraceDays      *int                  `json:"grace_days,omitempty"`
	FileDays       *int                  `json:"file_days,omitempty"`
	ReleasesAYear  *int                  `json:"releases_a_year,omitempty"`
}

type licenceEditionChange struct {
	ByID
	httpx.IfMatch
	Body LicenceEditionPatch
}

func (s surface) updateLicenceEdition(ctx context.Context, who scope.Principal, in *licenceEditionChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	b := in.Body
	e, err := s.Licences.UpdateEdition(ctx, who, licence.EditionID(in.ID), licence.EditionPatch{Name: b.Name, Features: pointer(b.Features), MaxActivations: b.MaxActivations,
		Trial: b.Trial, TermDays: pointer(b.TermDays), TermFrom: b.TermFrom, GraceDays: b.GraceDays, FileDays: b.FileDays, ReleasesAYear: b.ReleasesAYear}, seen)
	return httpx.One(e).Tagged(e.ChangeNo), err
}
