package manageapi

import (
	"context"
	"io"
	"strconv"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/merge"
	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// licences are what the organization, as a vendor of add-ons, sold.
func (s surface) licences(a *httpx.API) {
	const noun = "licence"
	read, manage := scope.LicencesRead, scope.LicencesManage
	a.Resource("licences", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		l, err := s.Licences.Get(ctx, who, licence.ID(id))
		return LicenceWithKey{Licence: l}, err
	})
	one := licence.Licence{}
	list := listing(op("listLicences", "GET licences", noun, "Licences, in the order in which they were last changed; what their devices do does not move them", read), one)
	list.NoTag = true // the devices of a licence are counted, and are no change of it
	httpx.Handle(a, list, s.listLicences)
	httpx.Handle(a, conflicts(answering(op("createLicence", "POST licences", noun, "Issue a licence; only this answer has its key", manage), statusCreated, LicenceWithKey{}),
		"The product is another vendor's (`product_taken`), or the address has had its trial (`trial_used`)."), s.createLicence)
	export := op("exportLicences", "GET licences/export", noun, "Licences as CSV, with the filters of the list; no key is in it", read)
	export.Files = []string{"text/csv"}
	httpx.Handle(a, export, s.exportLicences)
	httpx.Handle(a, answering(op("getLicence", "GET licences/{id}", noun, "One licence with its devices", read), 200, one), s.getLicence)
	httpx.Handle(a, matching(answering(op("updateLicence", "PATCH licences/{id}", noun, "Change a licence; its key stays. With another edition, features and quota become that edition's unless they are given too, and out of a trial its end", manage), 200, one)), s.updateLicence)
	httpx.Handle(a, answering(op("enableLicence", "POST licences/{id}/enable", noun, "Let a licence give out tokens", manage), 200, one), s.enableLicence)
	httpx.Handle(a, answering(op("disableLicence", "POST licences/{id}/disable", noun, "Let a licence give out no more tokens; its devices stay", manage), 200, one), s.disableLicence)
	httpx.Handle(a, conflicts(answering(op("renewLicence", "POST licences/{id}/renew", noun, "Add the term of its edition, from its end on or, if that is over, from now on", manage), 200, one),
		"The edition has no term (`no_term`), or the licence does not end (`never_ends`)."), s.renewLicence)
	httpx.Handle(a, answering(op("replaceLicenceKey", "POST licences/{id}/replace-key", noun, "Make a new key, which only this answer has; the old one is worth nothing at once", manage), 200, LicenceWithKey{}), s.replaceLicenceKey)
	httpx.Handle(a, answering(op("releaseLicenceDevice", "POST licences/{id}/release-device", noun, "Free the place of a device", manage), 200, one), s.releaseLicenceDevice)
	httpx.Handle(a, conflicts(answering(op("renameLicenceDevice", "POST licences/{id}/rename-device", noun, "Name a device, until its program sends a name again", manage), 200, one), "The licence is not active on it (`device_not_active`)."), s.renameLicenceDevice)
	file := conflicts(answering(op("createLicenceFile", "POST licence-files", "", "Answer an activation request that was carried by hand with a licence file", manage), statusCreated, LicenceFile{}),
		"The licence is active on as many devices as it is for (`activation_limit_reached`).")
	file.Faults[404] = "There is no such key (`license_not_found`)."
	file.Text = "It activates the device as `/licenses-api/v1/activate` does."
	httpx.Handle(a, file, s.createLicenceFile)
	stats := answering(op("getLicenceStatistics", "GET licence-statistics", "", "Activations by day, and what there is now", read), 200, licence.Statistics{})
	stats.NoTag = true
	httpx.Handle(a, stats, s.licenceStatistics)
}

// LicenceWithKey is a licence with the key that is shown once.
type LicenceWithKey struct {
	licence.Licence
	LicenseKey string `json:"license_key,omitempty" doc:"Here and never again; absent in the answer to a repeated request" example:"ABCD-EF23-GH45"`
}

// LicenceFile is a licence file.
type LicenceFile struct {
	LicenceFile string `json:"licence_file" doc:"To carry back; airside licence verify checks it"`
}

type licencesQuery struct {
	httpx.ListQuery
	LicenceFilter
}

// LicenceFilter are the filters of lists of licences.
type LicenceFilter struct {
	Email         string        `query:"email" doc:"Issued to this address, in any case"`
	Product       string        `query:"product" doc:"Code of the product"`
	Edition       string        `query:"edition" doc:"Code of the edition"`
	Enabled       string        `query:"enabled" enum:"true,false" doc:"Only those that are, or are not"`
	LicenseRef    string        `query:"license_ref" doc:"The last group of the key"`
	BatchID       string        `query:"batch_id" format:"uuid" doc:"Issued with this batch"`
	ExpiresBefore httpx.Instant `query:"expires_before" doc:"Ending before this time, RFC 3339"`
}

func (f LicenceFilter) filter() licence.Filter {
	filter := licence.Filter{Email: f.Email, Product: f.Product, Edition: f.Edition, LicenseRef: f.LicenseRef, BatchID: licence.BatchID(f.BatchID), ExpiresBefore: f.ExpiresBefore.Time}
	if on, err := strconv.ParseBool(f.Enabled); err == nil {
		filter.Enabled = &on
	}
	return filter
}

func (s surface) listLicences(ctx context.Context, who scope.Principal, in *licencesQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Licences.List(ctx, who, in.filter(), p, false)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, licence.Licence.Position, httpx.AsJSON)
}

func (s surface) exportLicences(ctx context.Context, who scope.Principal, in *LicenceFilter) (httpx.Answer, error) {
	return httpx.File(func(w io.Writer) (string, string, error) {
		return "licences-" + s.today() + ".csv", "text/csv", s.Licences.Export(ctx, who, in.filter(), w)
	}), nil
}

// today is the day in UTC, for names of files.
func (s surface) today() string { return s.Clock.Now().UTC().Format(time.DateOnly) }

// licenceOne answers a licence, which changes with its devices too.
func licenceOne(l licence.Licence) httpx.Answer {
	more := []string{strconv.FormatInt(l.ActivityNo, 10), strconv.Itoa(l.GraceDays)}
	for _, d := range l.Devices { // when one was seen is no change that is numbered
		more = append(more, d.LastSeenAt.String())
	}
	return httpx.One(l).TaggedIn(l.ChangeNo, more...)
}

type licenceDraft struct{ Body licence.NewLicence }

func (s surface) createLicence(ctx context.Context, who scope.Principal, in *licenceDraft) (httpx.Answer, error) {
	l, key, err := s.Licences.Create(ctx, who, in.Body)
	return httpx.Created(LicenceWithKey{l, key}, string(l.ID)), err
}

func (s surface) getLicence(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	l, err := s.Licences.Get(ctx, who, licence.ID(in.ID))
	return licenceOne(l), err
}

// LicencePatch is a merge patch of a licence.
type LicencePatch struct {
	Edition        *string                 `json:"edition,omitempty" doc:"Code of another edition of the same product" example:"Max"`
	MaxActivations *int                    `json:"max_activations,omitempty" doc:"Devices that are active stay so when it is lowered below them"`
	Features       merge.Field[[]string]   `json:"features,omitzero" doc:"All of them anew; null: none"`
	ExpiresAt      merge.Field[clock.Time] `json:"expires_at,omitzero" doc:"When it ends; null: never"`
	Email          *string                 `json:"email,omitempty" doc:"Whom it belongs to now"`
	Note           *string                 `json:"note,omitempty"`
}

type licenceChange struct {
	ByID
	httpx.IfMatch
	Body LicencePatch
}

func (s surface) updateLicence(ctx context.Context, who scope.Principal, in *licenceChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	b := in.Body
	p := licence.Patch{Edition: b.Edition, MaxActivations: b.MaxActivations, Features: pointer(b.Features), Email: b.Email, Note: b.Note}
	if b.ExpiresAt.Set {
		p.ExpiresAt, p.Never = pointer(b.ExpiresAt), b.ExpiresAt.V == 0
	}
	l, err := s.Licences.Update(ctx, who, licence.ID(in.ID), p, seen)
	return licenceOne(l), err
}

func (s surface) enableLicence(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	l, _, err := s.Licences.Enable(ctx, who, licence.ID(in.ID), true)
	return licenceOne(l), err
}

func (s surface) disableLicence(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	l, _, err := s.Licences.Enable(ctx, who, licence.ID(in.ID), false)
	return licenceOne(l), err
}

func (s surface) renewLicence(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	l, err := s.Licences.Renew(ctx, who, licence.ID(in.ID))
	return licenceOne(l), err
}

func (s surface) replaceLicenceKey(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	l, key, err := s.Licences.ReplaceKey(ctx, who, licence.ID(in.ID))
	return httpx.One(LicenceWithKey{l, key}), err
}

// DeviceOf names a device of a licence.
type DeviceOf struct {
	DeviceHash string `json:"device_hash" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

type deviceRelease struct {
	ByID
	Body DeviceOf
}

func (s surface) releaseLicenceDevice(ctx context.Context, who scope.Principal, in *deviceRelease) (httpx.Answer, error) {
	l, _, err := s.Licences.ReleaseDevice(ctx, who, licence.ID(in.ID), in.Body.DeviceHash)
	return licenceOne(l), err
}

type deviceName struct {
	ByID
	Body struct {
		DeviceOf
		Name string `json:"name" minLength:"1" maxLength:"255" example:"Cockpit PC"`
	}
}

func (s surface) renameLicenceDevice(ctx context.Context, who scope.Principal, in *deviceName) (httpx.Answer, error) {
	l, err := s.Licences.RenameDevice(ctx, who, licence.ID(in.ID), in.Body.DeviceHash, in.Body.Name)
	return licenceOne(l), err
}

type licenceRequest struct {
	Body struct {
		Request string `json:"request" maxLength:"16384" doc:"The request file, or its JSON as text" example:"-----BEGIN LICENCE REQUEST-----…"`
	}
}

func (s surface) createLicenceFile(ctx context.Context, who scope.Principal, in *licenceRequest) (httpx.Answer, error) {
	file, err := s.Licences.ActivateFile(ctx, who, []byte(in.Body.Request), httpx.Address(ctx))
	return httpx.One(LicenceFile{string(file)}), err
}

type licenceStatisticsQuery struct {
	ProductID string        `query:"product_id" format:"uuid" doc:"Of this product; left out: of all"`
	From      httpx.Instant `query:"from" doc:"First day, in UTC; left out: 29 days before the last"`
	To        httpx.Instant `query:"to" doc:"Last day; left out: today"`
}

func (s surface) licenceStatistics(ctx context.Context, who scope.Principal, in *licenceStatisticsQuery) (httpx.Answer, error) {
	st, err := s.Licences.Statistics(ctx, who, licence.StatisticsFilter{ProductID: licence.ProductID(in.ProductID), From: in.From.Time, To: in.To.Time})
	return httpx.One(st), err
}
