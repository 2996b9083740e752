package event

// InstallationData is what every event about an installation tells its app's builder.
type InstallationData struct {
	InstallationID string          `json:"installation_id" doc:"Identifier of the installation" example:"0195b4c0-5555-7c3a-9f10-2b7e5a9c0d41"`
	AppID          string          `json:"app_id" doc:"Identifier of the app" example:"0195b4c0-6666-7c3a-9f10-2b7e5a9c0d41"`
	ListingID      string          `json:"listing_id" doc:"Identifier of the listing that it was installed from" example:"0195b4c0-7777-7c3a-9f10-2b7e5a9c0d41"`
	Organization   OrganizationRef `json:"organization" doc:"Organization that installed the app: what X-Org-Id names"`
	Scopes         []string        `json:"scopes" nullable:"false" doc:"Scopes that it grants"`
	Status         string          `json:"status" enum:"active,suspended,uninstalled" doc:"Status that the installation now has" example:"active"`
	Reason         *string         `json:"reason" enum:"consumer,builder,app_revoked" doc:"Who suspended, resumed or ended it, or that the app was revoked; null otherwise" example:"consumer"`
}

// OrganizationRef names an organization.
type OrganizationRef struct {
	ID   string `json:"id" doc:"Identifier of the organization" example:"0195b4c0-1111-7c3a-9f10-2b7e5a9c0d42"`
	Slug string `json:"slug" doc:"Its short name in addresses" example:"aero-club"`
	Name string `json:"name" doc:"Name to show" example:"Aero-Club"`
}

// The payloads of installation.*.
type (
	InstallationCreatedData     struct{ InstallationData }
	InstallationConsentedData   struct{ InstallationData }
	InstallationSuspendedData   struct{ InstallationData }
	InstallationResumedData     struct{ InstallationData }
	InstallationUninstalledData struct{ InstallationData }
)

// Of is the payload of an event about an installation, of the type that the catalogue holds.
func (d InstallationData) Of(t Type) any {
	switch t {
	case InstallationCreated:
		return InstallationCreatedData{d}
	case InstallationConsented:
		return InstallationConsentedData{d}
	case InstallationSuspended:
		return InstallationSuspendedData{d}
	case InstallationResumed:
		return InstallationResumedData{d}
	default:
		return InstallationUninstalledData{d}
	}
}

func exampleInstallation(status string, reason *string) InstallationData {
	return InstallationData{
		InstallationID: "0195b4c0-5555-7c3a-9f10-2b7e5a9c0d41", AppID: "0195b4c0-6666-7c3a-9f10-2b7e5a9c0d41",
		ListingID:    "0195b4c0-7777-7c3a-9f10-2b7e5a9c0d41",
		Organization: OrganizationRef{ID: "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d42", Slug: "aero-club", Name: "Aero-Club"},
		Scopes:       []string{"public.flights:read"}, Status: status, Reason: reason,
	}
}
