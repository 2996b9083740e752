package console

import (
	"errors"
	"io"
	"time"

	"airside/internal/base/fault"
	"airside/internal/licence"
	"airside/internal/web/httpx"
)

// day is how long so many days are.
func day(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// errNoDevice says that the visit names no device.
var errNoDevice = errors.New("console: no device is named")

// device finds the device of a licence that the visit is about, among those that are active.
func (v *visit) device(all []licence.Device) (licence.Device, error) {
	hash := v.query("device")
	if v.posted() {
		hash = v.value("device")
	}
	if hash == "" {
		return licence.Device{}, errNoDevice
	}
	for _, d := range all {
		if d.Active() && d.DeviceHash == hash {
			return d, nil
		}
	}
	return licence.Device{}, fault.NotFoundFor("licence_device")
}

// renameForm gives a device another name. The page of the licence sends it; what does not fit is repaired here.
func (v *visit) renameForm(all []licence.Device, page string, trail []link, rename func(device, name string) error) error {
	d, err := v.device(all)
	if errors.Is(err, errNoDevice) {
		return v.redirect(page, "")
	}
	if err != nil {
		return err
	}
	f := form{Title: v.T("bought.rename_title", "name", deviceName(d)), Intro: v.T("bought.rename_intro"), Submit: v.T("bought.rename"), Cancel: page, Back: trail,
		Hidden: []hidden{{"device", d.DeviceHash}}, Fields: []field{{Name: "name", Label: v.T("bought.device_name"), Value: d.DeviceName, Required: true, Max: 200, Focus: true}}}
	if !v.posted() {
		return v.form(f)
	}
	if err := rename(d.DeviceHash, v.value("name")); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(page, "done.renamed")
}

// releaseForm frees the place of a device. bound says how often that can be done; it may be empty.
func (v *visit) releaseForm(all []licence.Device, page string, trail []link, bound string, release func(device string) error) error {
	d, err := v.device(all)
	if errors.Is(err, errNoDevice) {
		return v.redirect(page, "")
	}
	if err != nil {
		return err
	}
	f := form{Title: v.T("licences.release_title", "name", deviceName(d)), Points: []string{v.T("licences.release_stops"), v.T("licences.release_frees")},
		Danger: true, Submit: v.T("licences.release"), Cancel: page, Back: trail, Hidden: []hidden{{"device", d.DeviceHash}}}
	if bound != "" {
		f.Points = append(f.Points, bound)
	}
	if !v.posted() {
		return v.form(f)
	}
	if err := release(d.DeviceHash); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(page, "done.released")
}

func (v *visit) renameBought() error {
	b, err := v.getBought()
	if err != nil {
		return err
	}
	return v.renameForm(b.Devices, boughtPath(b.ID), v.oneBoughtTrail(b), func(device, name string) error {
		return v.c.Licences.CustomerRename(v.ctx(), v.Buyer, b.ID, device, name)
	})
}

func (v *visit) releaseBought() error {
	b, err := v.getBought()
	if err != nil {
		return err
	}
	return v.releaseForm(b.Devices, boughtPath(b.ID), v.oneBoughtTrail(b), v.releasesLeft(b), func(device string) error {
		return v.c.Licences.CustomerRelease(v.ctx(), v.Buyer, b.ID, device)
	})
}

// replaceBought gives a licence another key, and shows it.
func (v *visit) replaceBought() error {
	b, err := v.getBought()
	if err != nil {
		return err
	}
	f := form{Title: v.T("bought.replace_title", "product", b.ProductName), Points: []string{v.T("licences.replace_old", "ref", b.LicenseRef), v.T("licences.replace_devices"), v.T("bought.replace_daily")},
		Danger: true, Submit: v.T("bought.replace"), Cancel: boughtPath(b.ID), Back: v.oneBoughtTrail(b)}
	if !v.posted() {
		return v.form(f)
	}
	key, err := v.c.Licences.CustomerReplaceKey(v.ctx(), v.Buyer, b.ID)
	if err != nil {
		return v.refuse(f, err)
	}
	return v.detail(detail{Title: v.T("licences.replaced"), Back: v.oneBoughtTrail(b), Sections: []section{
		{Secret: &secret{Label: v.T("licences.key"), Value: key, Warning: v.T("secret.once")}, Wide: true},
		{Intro: v.T("bought.replaced_next"), Wide: true, Actions: []action{{Label: v.T("bought.to_licence"), Href: boughtPath(b.ID)}}}}})
}

// boughtFile answers a request that was carried by hand with a licence file.
func (v *visit) boughtFile() error {
	f := v.offlineForm()
	f.Cancel, f.Back = "/licences", v.boughtTrail()
	if !v.posted() {
		return v.form(f)
	}
	request, err := v.sentRequest()
	if err != nil {
		return v.refuse(f, err)
	}
	file, err := v.c.Licences.CustomerFile(v.ctx(), v.Buyer, request, httpx.Address(v.ctx()))
	if fault.Is(err, "license_not_found") || fault.Is(err, "license_not_linked_to_email") {
		err = fault.InvalidFields(fault.Field{Name: "file", Where: "body", Code: "request_not_yours", Args: []any{"email", v.Buyer}})
	}
	if err != nil {
		return v.refuse(f, err, "request", "file")
	}
	return v.sendLicenceFile(file)
}

// offlineForm asks for a request file, or for the text in it.
func (v *visit) offlineForm() form {
	return form{Title: v.T("bought.offline"), Submit: v.T("bought.offline_submit"), File: true, Download: true,
		Points: []string{v.T("bought.offline_first"), v.T("bought.offline_then"), v.T("bought.offline_last")},
		Fields: []field{{Name: "file", Label: v.T("bought.request"), Kind: "file"},
			{Name: "text", Label: v.T("bought.request_text"), Kind: "textarea", Rows: 6, Placeholder: "-----BEGIN LICENCE REQUEST-----"}}}
}

// sentRequest is what offlineForm was given.
func (v *visit) sentRequest() ([]byte, error) {
	if text := v.value("text"); text != "" {
		return []byte(text), nil
	}
	_, data, err := v.sentFile()
	return data, err
}

// sendLicenceFile sends a licence file to be kept.
func (v *visit) sendLicenceFile(file []byte) error {
	return httpx.SendFile(v.w, func(w io.Writer) (string, string, error) {
		_, err := w.Write(file)
		return "licence.lic", "application/x-pem-file", err
	})
}
