package event

import (
	"slices"
	"strings"
)

// Type names a kind of event.
type Type string

const (
	FlightSubmitted Type = "flight.submitted"
	FlightApproved  Type = "flight.approved"
	FlightRejected  Type = "flight.rejected"
	WebhookTest     Type = "webhook.test"

	InstallationCreated     Type = "installation.created"
	InstallationConsented   Type = "installation.consented"
	InstallationSuspended   Type = "installation.suspended"
	InstallationResumed     Type = "installation.resumed"
	InstallationUninstalled Type = "installation.uninstalled"

	LicenseCreated      Type = "license.created"
	LicenseActivated    Type = "license.activated"
	LicenseDeactivated  Type = "license.deactivated"
	LicenseDisabled     Type = "license.disabled"
	LicenseQuotaReached Type = "license.quota_reached"
)

// ForBuilders tells whether events of a type happen in the organization that builds an app, and not where the app is installed.
func (t Type) ForBuilders() bool { return strings.HasPrefix(string(t), "installation.") }

// Stability says how far a payload may still change.
type Stability string

const (
	Stable Stability = "stable"
	Beta   Stability = "beta"
)

// Row is one line of the catalogue. Data is a zero value of the payload's Go type, from which its JSON Schema is
// made; Example is a filled one. When has its French under the type's name in package text.
type Row struct {
	Type      Type
	Stability Stability
	When      string
	Data      any
	Example   any
}

// catalogue is the one table of event types: a new type is a row here and its payload struct.
var catalogue = []Row{
	{FlightSubmitted, Stable, "A flight is submitted for approval.", FlightSubmittedData{}, exampleSubmitted()},
	{FlightApproved, Stable, "A flight is approved and posted.", FlightApprovedData{}, exampleApproved()},
	{FlightRejected, Beta, "A flight submission is rejected.", FlightRejectedData{}, exampleRejected()},
	{InstallationCreated, Beta, "One of the organization's apps is installed.", InstallationCreatedData{}, InstallationCreatedData{exampleInstallation("active", nil)}},
	{InstallationConsented, Beta, "An organization grants what a new version of an app asks for.", InstallationConsentedData{}, InstallationConsentedData{exampleInstallation("active", nil)}},
	{InstallationSuspended, Beta, "An installation of one of the organization's apps is suspended.", InstallationSuspendedData{}, InstallationSuspendedData{exampleInstallation("suspended", new("consumer"))}},
	{InstallationResumed, Beta, "A suspended installation may be used again.", InstallationResumedData{}, InstallationResumedData{exampleInstallation("active", new("consumer"))}},
	{InstallationUninstalled, Beta, "An installation of one of the organization's apps ends for good.", InstallationUninstalledData{}, InstallationUninstalledData{exampleInstallation("uninstalled", new("consumer"))}},
	{LicenseCreated, Beta, "A licence is issued.", LicenseCreatedData{}, LicenseCreatedData{exampleLicense(0)}},
	{LicenseActivated, Beta, "A licence becomes active on a device. A device that asks again is none.", LicenseActivatedData{}, LicenseActivatedData{exampleLicense(1), exampleDevice()}},
	{LicenseDeactivated, Beta, "A device of a licence is deactivated.", LicenseDeactivatedData{}, LicenseDeactivatedData{exampleLicense(0), exampleDevice(), "client"}},
	{LicenseDisabled, Beta, "A licence is disabled.", LicenseDisabledData{}, LicenseDisabledData{exampleDisabled()}},
	{LicenseQuotaReached, Beta, "A device is refused because a licence is active on as many as it is for; said once a day.", LicenseQuotaReachedData{}, LicenseQuotaReachedData{exampleLicense(3)}},
	{WebhookTest, Stable, "Ping is clicked on an endpoint.", WebhookTestData{}, exampleTest()},
}

// Catalogue lists every event type in its fixed order.
func Catalogue() []Row { return slices.Clone(catalogue) }

// Find returns the catalogue's row of a type.
func Find(t Type) (Row, bool) {
	for _, r := range catalogue {
		if r.Type == t {
			return r, true
		}
	}
	return Row{}, false
}

// Types lists the names of the catalogue in its order.
func Types() []string {
	names := make([]string, len(catalogue))
	for i, r := range catalogue {
		names[i] = string(r.Type)
	}
	return names
}
