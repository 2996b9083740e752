package console

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/licence"
	"airside/internal/platform/scope"
)

func (v *visit) getLicence() (licence.Licence, error) {
	return v.c.Licences.Get(v.ctx(), v.Who, licence.ID(v.id()))
}

// onePath is the address of a licence's page, or of one below it.
func (v *visit) onePath(l licence.Licence, verb ...string) string {
	return v.licencePath(append([]string{"issued", string(l.ID)}, verb...)...)
}

func (v *visit) issuedTrail(more ...link) []link {
	return v.licencesTrail(append([]link{{Label: v.T("licences.issued"), Href: v.licencePath("issued")}}, more...)...)
}

func (v *visit) oneLicenceTrail(l licence.Licence) []link {
	return v.issuedTrail(link{Label: l.Email + " · " + l.LicenseRef, Href: v.onePath(l)})
}

// shownDevices is how many devices a page shows of a licence.
const shownDevices = 200

// licencePage is the page of one licence.
func (v *visit) licencePage() error {
	l, err := v.getLicence()
	if err != nil {
		return err
	}
	may := v.Can(scope.LicencesManage)
	devices := section{Title: v.T("licences.devices"), Intro: v.T("licences.devices_intro", "n", v.Number(int64(l.ActiveDevices)), "max", v.Number(int64(l.MaxActivations))), Wide: true,
		Table: v.deviceTable(l.Devices, v.onePath(l), may, may, true)}
	if len(l.Devices) > shownDevices {
		devices.Intro += " " + v.T("licences.devices_more", "n", shownDevices, "all", v.Number(int64(len(l.Devices))))
	}
	d := detail{Title: l.Email, Badges: []cell{v.licenceState(l)}, Back: v.issuedTrail(), Sections: []section{devices,
		{Title: v.T("keys.about"), Facts: v.licenceFacts(l)},
		{Title: v.T("licences.terms"), Facts: v.termFacts(l)}}}
	if may {
		d.Actions = v.licenceActions(l)
	}
	if v.Can(scope.AuditRead) {
		d.Sections[1].Actions = []action{{Label: v.T("licences.history"), Href: v.auditPath() + "?subject=" + string(l.ID)}}
	}
	if !l.Enabled {
		d.Notices = []notice{{"warn", v.T("licences.disabled_notice")}}
	}
	return v.detail(d)
}

func (v *visit) licenceActions(l licence.Licence) []action {
	all := []action{{Label: v.T("form.edit"), Href: v.onePath(l, "edit")}, {Label: v.T("licences.change_edition"), Href: v.onePath(l, "change-edition")}}
	if l.ExpiresAt != 0 || l.TermDays > 0 {
		all = append(all, action{Label: v.T("licences.renew"), Href: v.onePath(l, "renew")})
	}
	all = append(all, action{Label: v.T("bought.replace"), Href: v.onePath(l, "replace-key")})
	if l.Enabled {
		return append(all, action{Label: v.T("licences.disable"), Href: v.onePath(l, "disable"), Danger: true})
	}
	return append(all, press(v.T("licences.enable"), v.onePath(l, "enable")))
}

func (v *visit) licenceFacts(l licence.Licence) []fact {
	all := []fact{isA(v.T("licences.product"), to(l.Product, v.licencePath("products", string(l.ProductID)))), isA(v.T("licences.edition"), to(l.Edition, v.licencePath("editions", string(l.EditionID)))),
		isA(v.T("licences.ref"), mono(l.LicenseRef)), isA(v.T("licences.handle"), cell{Text: l.LicenseKeyHash, Copy: true}), is(v.T("licences.note"), l.Note)}
	if l.BatchID != "" {
		all = append(all, isA(v.T("batches.one"), to(v.T("licences.with_others"), v.licencePath("batches", string(l.BatchID)))))
	}
	return append(all, is(v.T("licences.created"), v.Time(l.CreatedAt)), is(v.T("licences.created_by"), l.CreatedBy), is(v.T("licences.changed"), v.Time(l.UpdatedAt)))
}

// termFacts are what a licence gives.
func (v *visit) termFacts(l licence.Licence) []fact {
	return []fact{is(v.T("licences.quota"), v.Number(int64(l.MaxActivations))), isA(v.T("licences.features"), mono(strings.Join(l.Features, "\n"))), is(v.T("licences.is_a_trial"), v.Yes(l.Trial)),
		is(v.T("licences.ends"), v.ending(l)), is(v.T("licences.grace_days"), v.Number(int64(l.GraceDays)))}
}

// deviceTable shows devices, with what may be done to those that are active; ended shows the others too.
func (v *visit) deviceTable(all []licence.Device, path string, rename, release, ended bool) *table {
	t := &table{Caption: v.T("licences.devices"), Empty: v.T("licences.no_devices"), Columns: []column{{Label: v.T("licences.device")}, {Label: v.T("licences.activated")},
		{Label: v.T("licences.seen")}, {Label: v.T("list.actions"), Kind: "actions"}}}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b licence.Device) int { return cmp.Compare(order(a), order(b)) })
	for _, d := range all[:min(len(all), shownDevices)] {
		name := txt(deviceName(d))
		if !d.Active() {
			if ended {
				t.Rows = append(t.Rows, row{Cells: []cell{name, txt(v.Day(d.ActivatedAt)), txt(v.Ago(d.LastSeenAt)), {Text: v.T("licences.ended_by." + d.EndedBy), Tone: "quiet", Sub: v.Day(d.EndedAt)}}})
			}
			continue
		}
		if rename {
			name.Edit = &edit{Href: path + "/rename", Name: "name", Label: v.T("bought.device_name"), Button: v.T("bought.rename"), Max: 200, Fields: []hidden{{"device", d.DeviceHash}}}
		}
		last := cell{}
		if release {
			last.Actions = []action{{Label: v.T("licences.release"), About: deviceName(d), Danger: true, Href: path + "/release?device=" + url.QueryEscape(d.DeviceHash)}}
		}
		t.Rows = append(t.Rows, row{Cells: []cell{name, txt(v.Day(d.ActivatedAt)), txt(v.Ago(d.LastSeenAt)), last}})
	}
	return t
}

// order puts active devices first, and those that ended last before the others.
func order(d licence.Device) clock.Time {
	if d.Active() {
		return -1
	}
	return 1<<62 - d.EndedAt
}

// deviceName is what a device is called, or its hash.
func deviceName(d licence.Device) string { return cmp.Or(d.DeviceName, d.DeviceHash) }
