package demo

import (
	"context"
	"net/netip"

	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/server"
)

// A vendor of add-ons with its licences; the school has some of its own, for a kneeboard that it gives its pilots.

const (
	vendorSlug  = "glasskit"
	vendorOwner = "nora.frei@glasskit.example"
)

// vendorState is what a later start needs to know of the vendor.
type vendorState struct {
	VendorID      string `json:"vendor_id"`
	VendorToken   string `json:"vendor_token"`
	LicenceClient string `json:"licence_client_token"`
	LicenceAdmin  string `json:"licence_admin_token"`
}

// foundVendor makes the vendor and its tokens, as the operator would at the command line.
func foundVendor(ctx context.Context, s *server.Server) (v vendorState, err error) {
	o, err := server.CreateOrganization.On(ctx, s, server.NewOrganization{Slug: vendorSlug, Name: "Glasskit Avionics", Kind: "vendor", Authority: "EASA",
		TimeZone: "Europe/Zurich", Currency: "CHF", OwnerEmail: vendorOwner, OwnerName: "Nora Frei"})
	if err != nil {
		return v, err
	}
	v.VendorID = string(o.ID)
	t, err := server.MintToken.On(ctx, s, server.NewToken{Organization: vendorSlug, Member: vendorOwner, Name: "demo"})
	if err != nil {
		return v, err
	}
	v.VendorToken = t.Token
	who := scope.Operator(o.ID)
	if _, v.LicenceClient, err = s.Licences.MintToken(ctx, who, licence.NewVendorToken{Role: licence.ClientRole, Name: "Glasskit 3"}); err != nil {
		return v, err
	}
	_, v.LicenceAdmin, err = s.Licences.MintToken(ctx, who, licence.NewVendorToken{Role: licence.AdminRole, Name: "Shop"})
	return v, err
}

// sold is what the demo's licences are of, and for whom; names are of the devices that they run on.
type sold struct {
	product, edition, email string
	devices                 int
	names                   []string
}

// sell issues licences and activates some of them, as the vendor's shop and its customers' programs do.
func sell(ctx context.Context, s *server.Server, org string, all []sold) error {
	shop := scope.Operator(scope.OrgID(org))
	for _, x := range all {
		l, key, err := s.Licences.Create(ctx, shop, licence.NewLicence{Email: x.email, Product: x.product, Edition: x.edition, MaxActivations: &x.devices, Features: &[]string{"charts"}})
		if err != nil {
			return err
		}
		program := scope.Principal{Kind: scope.KindAddon, Org: shop.Org, ID: string(l.ID), Label: "Glasskit 3"}
		for _, name := range x.names {
			_, err := s.Licences.Activate(ctx, program, licence.Activation{Email: x.email, LicenseKey: key, DeviceHash: l.LicenseKeyHash[:8] + " " + name, DeviceName: name}, netip.Addr{})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// openShop sells what the demo shows.
func openShop(ctx context.Context, s *server.Server, vendor, school string) error {
	err := sell(ctx, s, vendor, []sold{
		{"Glasskit", "Pro", "ruth.saegesser@example.com", 3, []string{"Cockpit PC", "Ruths Laptop"}},
		{"Glasskit", "Pro", "paolo.ferrari@example.com", 1, []string{"PAOLO-PC"}},
		{"Glasskit", "Basic", "anton.keller@example.com", 2, nil},
	})
	if err != nil {
		return err
	}
	who := scope.Operator(scope.OrgID(school))
	if _, _, err := s.Licences.MintToken(ctx, who, licence.NewVendorToken{Role: licence.ClientRole, Name: "Kneeboard 1"}); err != nil {
		return err
	}
	err = sell(ctx, s, school, []sold{{"Club Kneeboard", "Pilot", "ruth.saegesser@example.com", 2, []string{"Ruths iPad"}}})
	if err != nil {
		return err
	}
	for _, x := range []struct{ org, file string }{
		{school, "email,product,edition\nclaire.aubry@example.com,Club Kneeboard,Pilot\n"},
		{vendor, "email;product;edition;note\nzoe.mueller@example.com;Glasskit;Basic;Fly-in 2026\nremo.koch@example.com;Glasskit;Basic;Fly-in 2026\n"},
	} {
		if _, err := s.Licences.Issue(ctx, scope.Operator(scope.OrgID(x.org)), "Fly-in", []byte(x.file), false); err != nil {
			return err
		}
	}
	return nil
}
