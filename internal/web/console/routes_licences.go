package console

import (
	"airside/internal/licence"
	"airside/internal/platform/scope"
)

// licenceRoutes lists the pages of vendors about what they sell.
func (c *Console) licenceRoutes() {
	c.in("GET /o/{org}/settings/licences", (*visit).licences)
	c.in("GET /o/{org}/settings/licences/export", (*visit).exportLicences)
	c.form("/o/{org}/settings/licences/offline", (*visit).offline)

	c.in("GET /o/{org}/settings/licences/issued", (*visit).issued)
	c.form("/o/{org}/settings/licences/issued/new", (*visit).newLicence)
	c.in("GET /o/{org}/settings/licences/issued/{id}", (*visit).licencePage)
	c.form("/o/{org}/settings/licences/issued/{id}/edit", (*visit).editLicence)
	c.form("/o/{org}/settings/licences/issued/{id}/change-edition", (*visit).changeEdition)
	c.form("/o/{org}/settings/licences/issued/{id}/renew", (*visit).renewLicence)
	c.form("/o/{org}/settings/licences/issued/{id}/disable", (*visit).disableLicence)
	c.in("POST /o/{org}/settings/licences/issued/{id}/enable", (*visit).enableLicence)
	c.form("/o/{org}/settings/licences/issued/{id}/replace-key", (*visit).replaceKey)
	c.form("/o/{org}/settings/licences/issued/{id}/rename", (*visit).renameDevice)
	c.form("/o/{org}/settings/licences/issued/{id}/release", (*visit).releaseDevice)

	c.in("GET /o/{org}/settings/licences/products", (*visit).products)
	c.form("/o/{org}/settings/licences/products/new", (*visit).newProduct)
	c.in("GET /o/{org}/settings/licences/products/{id}", (*visit).product)
	c.form("/o/{org}/settings/licences/products/{id}/edit", (*visit).editProduct)
	c.form("/o/{org}/settings/licences/products/{id}/editions/new", (*visit).newEdition)
	c.in("GET /o/{org}/settings/licences/editions/{id}", (*visit).edition)
	c.form("/o/{org}/settings/licences/editions/{id}/edit", (*visit).editEdition)

	c.in("GET /o/{org}/settings/licences/batches", (*visit).batches)
	c.in("GET /o/{org}/settings/licences/batches/new", (*visit).newBatch)
	c.upload("POST /o/{org}/settings/licences/batches/new", 2*licence.MaxOrderFile, scope.LicencesManage, (*visit).newBatch)
	c.in("GET /o/{org}/settings/licences/batches/{id}", (*visit).batch)
	c.in("POST /o/{org}/settings/licences/batches/{id}/keys", (*visit).batchKeys)

	c.in("GET /o/{org}/settings/licences/vendor-tokens", (*visit).vendorTokens)
	c.form("/o/{org}/settings/licences/vendor-tokens/new", (*visit).newVendorToken)
	c.in("GET /o/{org}/settings/licences/vendor-tokens/{id}", (*visit).vendorToken)
	c.form("/o/{org}/settings/licences/vendor-tokens/{id}/revoke", (*visit).revokeVendorToken)

	c.in("GET /o/{org}/settings/licences/signing-keys", (*visit).signingKeys)
	c.form("/o/{org}/settings/licences/signing-keys/rotate", (*visit).rotateSigningKey)
}
