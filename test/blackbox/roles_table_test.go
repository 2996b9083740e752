package blackbox_test

import (
	"slices"
	"strings"
	"testing"
)

// The table below is written from docs/rights.md, docs/apps.md, docs/marketplace.md and the contract, by hand: it is not to
// follow from the product's own table, which is what it is held against. Each operation of the document has a row at least.
//
//   - who: O owner, A admin, I instructor, M mechanic, C accountant, P member. A small letter may with what is its own, and is
//     refused with what is somebody else's. Behind "platform:" it is who may in the platform's organization, and nobody else
//     may whatever their role.
//   - right: what opens it to a token, any one of them; "-": nothing but to be a member.
//   - record: what it is done to, in a state that allows it; see stage.make. "-": nothing.
//   - refused: the code for who has the right and yet may not, where it is not the usual one.
//
// What follows an "@" tells rows of one operation apart.
const roleTable = `
listAircraft                OAIMCP   fleet:read                           aircraft
createAircraft              OAM      fleet:write                          -
getAircraft                 OAIMCP   fleet:read                           aircraft
updateAircraft              OAM      fleet:write                          aircraft
deleteAircraft              OAM      fleet:write                          aircraft

listApiKeys                 OA       keys:manage                          api-keys
createApiKey                OA       keys:manage                          -
getApiKey                   OA       keys:manage                          api-keys
updateApiKey                OA       keys:manage                          api-keys
deleteApiKey                OA       keys:manage                          api-keys
revokeApiKey                OA       keys:manage                          api-keys
rotateApiKey                OA       keys:manage                          api-keys
getApiKeyUsage              OA       keys:manage                          api-keys
getApiKey@app               OA       apps:manage                          app-key
updateApiKey@app            OA       apps:manage                          app-key
deleteApiKey@app            OA       apps:manage                          app-key
revokeApiKey@app            OA       apps:manage                          app-key
rotateApiKey@app            OA       apps:manage                          app-key
getApiKeyUsage@app          OA       apps:manage                          app-key

listApps                    OA       apps:manage                          app:draft
createApp                   OA       apps:manage                          -
getApp                      OA       apps:manage                          app:draft
updateApp                   OA       apps:manage                          app:draft
deleteApp                   OA       apps:manage                          app:draft
activateApp                 OA       apps:manage                          app:draft
revokeApp                   OA       apps:manage                          app:active
listAppScopes               OA       apps:manage                          app:declared
declareAppScope             OA       apps:manage                          app:draft
withdrawAppScope            OA       apps:manage                          app:declared
listAppScopeHistory         OA       apps:manage                          app:declared
listAppKeys                 OA       apps:manage                          app:active
createAppKey                OA       apps:manage                          app:active
getAppManifest              OA       apps:manage                          app:declared
putAppManifest              OA       apps:manage                          app:draft
offerApp                    OA       apps:manage                          app:draft
cancelAppTransfer           OA       apps:manage                          app:offered
acceptAppTransfer           OA       apps:manage                          app:offered-here

listListings                OA       apps:manage                          listing:draft
createListing               OA       apps:manage                          app:draft
getListing                  OA       apps:manage                          listing:draft
updateListing               OA       apps:manage                          listing:draft
deleteListing               OA       apps:manage                          listing:draft
submitListing               OA       apps:manage                          listing:ready
withdrawListing             OA       apps:manage                          listing:in_review
deprecateListing            OA       apps:manage                          listing:published
previewListingConsent       OA       apps:manage                          listing:published

listMarketplace             OAIMCP   organization:read                    shelf
getMarketplaceListing       OAIMCP   organization:read                    shelf

listInstallations           OA       installations:manage                 here:active
createInstallation          OA       installations:manage                 shelf
getInstallation             OA       installations:manage                 here:active
deleteInstallation          OA       installations:manage                 here:active
consentInstallation         OA       installations:manage                 here:asked
suspendInstallation         OA       installations:manage                 here:active
resumeInstallation          OA       installations:manage                 here:suspended
uninstallInstallation       OA       installations:manage                 here:active
dropUnusedScopes            OA       installations:manage                 here:active
removeInstallationScope     OA       installations:manage                 here:active
revealInstallationSecret    -        apps:manage                          here:active      builder_only
rotateInstallationSecret    -        apps:manage                          here:active      builder_only
listInstallations@builder   OA       apps:manage                          abroad:active
getInstallation@builder     OA       apps:manage                          abroad:active
deleteInstallation@builder  OA       apps:manage                          abroad:active
suspendInstallation@builder OA       apps:manage                          abroad:active
resumeInstallation@builder  OA       apps:manage                          abroad:suspended
uninstallInstallation@builder OA     apps:manage                          abroad:active
revealInstallationSecret@builder OA  apps:manage                          abroad:active
rotateInstallationSecret@builder OA  apps:manage                          abroad:active
consentInstallation@builder -        installations:manage                 abroad:asked     consumer_only
dropUnusedScopes@builder    -        installations:manage                 abroad:active    consumer_only
removeInstallationScope@builder -    installations:manage                 abroad:active    consumer_only
resumeInstallation@others   -        installations:manage                 here:held        state_conflict

listScopeReviews            platform:OAIMCP reviews:manage                scope-review
getScopeReview              platform:OAIMCP reviews:manage                scope-review
approveScopeReview          platform:OAIMCP reviews:manage                scope-review
denyScopeReview             platform:OAIMCP reviews:manage                scope-review
listListingReviews          platform:OAIMCP reviews:manage                listing-review
getListingReview            platform:OAIMCP reviews:manage                listing-review
approveListingReview        platform:OAIMCP reviews:manage                listing-review
denyListingReview           platform:OAIMCP reviews:manage                listing-review

listAuditEntries            OA       audit:read                           -
verifyAuditEntries          OA       audit:read                           -
listEvents                  OAIMC    events:read                          events
getEvent                    OAIMC    events:read                          events
replayEvent                 OA       webhooks:manage                      events

listFlights                 OAIMCp   flights:read|flights:read-own        flight:draft
createFlight                OAImcp   flights:write|flights:write-own      crew             invalid_body
getFlight                   OAIMCp   flights:read|flights:read-own        flight:draft
updateFlight                OAImcp   flights:write|flights:write-own      flight:draft
deleteFlight                OAImcp   flights:write|flights:write-own      flight:draft
submitFlight                OAImcp   flights:write|flights:write-own      flight:draft
withdrawFlight              OAImcp   flights:write|flights:write-own      flight:submitted
approveFlight               OAI      flights:approve                      flight:submitted
rejectFlight                OAI      flights:approve                      flight:submitted
reverseFlight               OA       flights:reverse                      flight:approved
exportLogbook               OAIMCp   flights:read|flights:read-own        people

inspectImport               OA       imports:manage                       -
listImportMappings          OA       imports:manage                       import-mappings
saveImportMapping           OA       imports:manage                       -
getImportMapping            OA       imports:manage                       import-mappings
updateImportMapping         OA       imports:manage                       import-mappings
deleteImportMapping         OA       imports:manage                       import-mappings
listImports                 OA       imports:manage                       imports
createImport                OA       imports:manage                       -
getImport                   OA       imports:manage                       imports
updateImport                OA       imports:manage                       imports
commitImport                OA       imports:manage                       imports
inspectUploadedImport       OA       imports:manage                       imports
listImportNames             OA       imports:manage                       imports
undoImport                  OA       imports:manage                       import:committed

listManagementTokens        OAimcp   -                                    token
createManagementToken       OAIMCP   -                                    -
getManagementToken          OAimcp   -                                    token            insufficient_scope
revokeManagementToken       OAimcp   -                                    token            insufficient_scope
rotateManagementToken       oaimcp   -                                    token            own_tokens_only|insufficient_scope

listOAuthClients            OA       keys:manage                          oauth-client
createOAuthClient           OA       keys:manage                          -
getOAuthClient              OA       keys:manage                          oauth-client
updateOAuthClient           OA       keys:manage                          oauth-client
rotateOAuthClientSecret     OA       keys:manage                          oauth-client
revokeOAuthClient           OA       keys:manage                          oauth-client
listOAuthGrants             OA       keys:manage                          oauth-client
revokeOAuthGrant            OA       keys:manage                          oauth-grants
getSecurityFile             OA       tenant.apiKey:read                   -

listLicences                OA       licences:read                        licences
createLicence               OA       licences:manage                      -
exportLicences              OA       licences:read                        licences
getLicence                  OA       licences:read                        licences
updateLicence               OA       licences:manage                      licences
enableLicence               OA       licences:manage                      licence:disabled
disableLicence              OA       licences:manage                      licences
renewLicence                OA       licences:manage                      licence:term
replaceLicenceKey           OA       licences:manage                      licences
releaseLicenceDevice        OA       licences:manage                      licence:active
renameLicenceDevice         OA       licences:manage                      licence:active
createLicenceFile           OA       licences:manage                      licence:key
getLicenceStatistics        OA       licences:read                        licences
listLicenceProducts         OA       licences:read                        licence-products
createLicenceProduct        OA       licences:manage                      -
getLicenceProduct           OA       licences:read                        licence-products
updateLicenceProduct        OA       licences:manage                      licence-products
listLicenceEditions         OA       licences:read                        licence-editions
createLicenceEdition        OA       licences:manage                      licence-products
getLicenceEdition           OA       licences:read                        licence-editions
updateLicenceEdition        OA       licences:manage                      licence-editions
listLicenceTokens           OA       licences:read                        licence-tokens
createLicenceToken          OA       licences:manage                      licence-token:none
getLicenceToken             OA       licences:read                        licence-tokens
revokeLicenceToken          OA       licences:manage                      licence-tokens
listLicenceBatches          OA       licences:read                        licence-batches
createLicenceBatch          OA       licences:manage                      -
checkLicenceBatch           OA       licences:manage                      -
getLicenceBatch             OA       licences:read                        licence-batches
downloadLicenceKeys         OA       licences:manage                      licence-batches
getLicenceSigningKeys       OA       licences:read                        -
createLicenceSigningKey     -        licences:manage                      -                platform_only

listMembers                 OAIMC    members:read                         members
addMember                   OA       members:write                        -
getMember                   OAIMC    members:read                         members
updateMember                OA       members:write                        members
removeMember                OA       members:write                        members
addMember@owner             O        members:write                        -                only_owner
updateMember@to-owner       O        members:write                        members          only_owner
updateMember@owner          O        members:write                        an-owner         only_owner
removeMember@owner          O        members:write                        an-owner         only_owner
getOrganization             OAIMCP   organization:read                    -
updateOrganization          OA       organization:write                   -
exportOrganization          OA       organization:export                  -
listPeople                  OAIMCP   people:read                          people
createPerson                OA       people:write                         -
getPerson                   OAIMCP   people:read                          people
updatePerson                OA       people:write                         people
deletePerson                OA       people:write                         people

listWebhookDeliveries       OA       webhooks:manage                      webhook-deliveries
getWebhookDelivery          OA       webhooks:manage                      webhook-deliveries
resendWebhookDelivery       OA       webhooks:manage                      webhook-deliveries
listWebhookEndpoints        OA       webhooks:manage                      webhook-endpoints
createWebhookEndpoint       OA       webhooks:manage                      -
tryWebhookFilter            OA       webhooks:manage                      -
getWebhookEndpoint          OA       webhooks:manage                      webhook-endpoints
updateWebhookEndpoint       OA       webhooks:manage                      webhook-endpoints
deleteWebhookEndpoint       OA       webhooks:manage                      webhook-endpoints
disableWebhookEndpoint      OA       webhooks:manage                      webhook-endpoints
enableWebhookEndpoint       OA       webhooks:manage                      endpoint:disabled
getWebhookEndpointHealth    OA       webhooks:manage                      webhook-endpoints
getWebhookEndpointStatistics OA      webhooks:manage                      webhook-endpoints
pingWebhookEndpoint         OA       webhooks:manage                      webhook-endpoints
recoverWebhookEndpoint      OA       webhooks:manage                      webhook-endpoints
resendFailedDeliveries      OA       webhooks:manage                      webhook-endpoints
rotateWebhookSecret         OA       webhooks:manage                      webhook-endpoints
listWebhookRecoveries       OA       webhooks:manage                      webhook-recoveries
getWebhookRecovery          OA       webhooks:manage                      webhook-recoveries
cancelWebhookRecovery       OA       webhooks:manage                      webhook-recoveries
`

// letters are the roles in the order of the table, with what they are there.
var letters = []struct{ role, letter string }{
	{"owner", "O"}, {"admin", "A"}, {"instructor", "I"}, {"mechanic", "M"}, {"accountant", "C"}, {"member", "P"},
}

// answers are those of who may, where POST does not create (201) or is a verb (200), GET and PATCH do not read (200) and
// DELETE does not remove (204).
var answers = map[string]int{
	"withdrawAppScope": 200, "removeInstallationScope": 200, "verifyAuditEntries": 200, "inspectImport": 200, "checkLicenceBatch": 200, "tryWebhookFilter": 200,
	"pingWebhookEndpoint": 202, "recoverWebhookEndpoint": 202, "resendFailedDeliveries": 202, "resendWebhookDelivery": 202, "replayEvent": 202,
	"createAppKey":          201,
	"cancelWebhookRecovery": 409, // it is done before anybody can cancel it: that is only said to who may
}

// row is a row of the table.
type row struct {
	name, op string
	who      string // the letters
	platform bool   // who are of the platform's organization
	rights   []string
	record   string
	because  []string
}

func (r row) may(letter string) bool    { return strings.Contains(r.who, letter) }
func (r row) mayOwn(letter string) bool { return strings.Contains(r.who, strings.ToLower(letter)) }

// rows reads the table. An operation of the document without a row is an error, and so is a row without an operation.
func rows(t *testing.T, ops []operation) (all []row, of map[string]operation) {
	t.Helper()
	of = map[string]operation{}
	for _, o := range ops {
		of[o.id] = o
	}
	seen, names := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(roleTable) {
		cells := strings.Fields(line)
		if len(cells) == 0 {
			continue
		}
		r := row{name: cells[0], who: cells[1], record: cells[3]}
		r.op, _, _ = strings.Cut(r.name, "@")
		r.who, r.platform = strings.CutPrefix(r.who, "platform:")
		if cells[2] != "-" {
			r.rights = strings.Split(cells[2], "|")
		}
		if len(cells) > 4 {
			r.because = strings.Split(cells[4], "|")
		}
		if _, ok := of[r.op]; !ok || names[r.name] {
			t.Errorf("the table has a row %s, which is no operation or there twice", r.name)
			continue
		}
		seen[r.op], names[r.name] = true, true
		all = append(all, r)
	}
	for _, o := range ops {
		if !seen[o.id] {
			t.Errorf("%s (%s) has no row in the table: say who may", o.id, o)
		}
	}
	return all, of
}

// allRights are those that the table names.
func allRights(all []row) (names []string) {
	for _, r := range all {
		for _, n := range r.rights {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}
