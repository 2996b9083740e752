package licenceapi

import (
	"context"
	"io"
	"net/url"
	"strconv"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// NewLicense is the body of a new licence.
type NewLicense struct {
	Email          string   `json:"email" example:"pilot@example.com"`
	Product        string   `json:"product" doc:"1 to 64 letters, digits, spaces and . _ : + -; the vendor's own in the whole deployment" example:"XP-FlightDeck"`
	Edition        string   `json:"edition" example:"Pro"`
	MaxActivations int      `json:"max_activations" minimum:"1" maximum:"1000000" example:"3"`
	Features       []string `json:"features,omitempty" doc:"[] if left out"`
}

// Created is a new licence with its key.
type Created struct {
	LicenseKey     string     `json:"license_key" doc:"Nothing shows it again" example:"ABCD-EF23-GH45"`
	LicenseRef     string     `json:"license_ref" example:"GH45"`
	Email          string     `json:"email"`
	MaxActivations int        `json:"max_activations"`
	CreatedAt      clock.Time `json:"created_at"`
	Product        string     `json:"product"`
	Edition        string     `json:"edition"`
	Features       []string   `json:"features" nullable:"false"`
}

// Row is a licence in the list.
type Row struct {
	LicenseKeyHash string     `json:"license_key_hash" doc:"The stored handle of the key, which /deactivate takes"`
	LicenseRef     string     `json:"license_ref"`
	Email          string     `json:"email"`
	Product        string     `json:"product"`
	Edition        string     `json:"edition"`
	Features       []string   `json:"features" nullable:"false"`
	Enabled        bool       `json:"enabled"`
	ActiveDevices  int        `json:"active_devices_count"`
	MaxActivations int        `json:"max_activations"`
	CreatedAt      clock.Time `json:"created_at"`
	Activations    []Device   `json:"activations" nullable:"false"`
}

// Device is an activation in the list.
type Device struct {
	DeviceHash  string     `json:"device_hash"`
	DeviceName  string     `json:"device_name"`
	Deactivated bool       `json:"deactivated"`
	ActivatedAt clock.Time `json:"activated_at"`
}

func (s surface) create(ctx context.Context, who scope.Principal, in *struct{ Body NewLicense }) (httpx.Answer, error) {
	b := in.Body
	features := b.Features
	if features == nil {
		features = []string{}
	}
	l, key, err := s.licences.Create(ctx, who, licence.NewLicence{Email: b.Email, Product: b.Product, Edition: b.Edition, MaxActivations: &b.MaxActivations, Features: &features})
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.One(Created{key, l.LicenseRef, l.Email, l.MaxActivations, l.CreatedAt, l.Product, l.Edition, l.Features}), nil
}

// Filters are the parameters of the list.
type Filters struct {
	Email   string `query:"email" doc:"Whom they were issued to, in any case"`
	Product string `query:"product" doc:"Code of the product"`
	Edition string `query:"edition" doc:"Code of the edition"`
	Enabled string `query:"enabled" enum:"true,false" doc:"Only those that are, or are not"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" doc:"How many rows at most; left out: all of them"`
	Cursor  string `query:"cursor" maxLength:"200" doc:"Where to go on, from the Link header"`
}

func (s surface) list(ctx context.Context, who scope.Principal, in *Filters) (httpx.Answer, error) {
	f := licence.Filter{Email: in.Email, Product: in.Product, Edition: in.Edition}
	if in.Enabled != "" {
		on := in.Enabled == "true"
		f.Enabled = &on
	}
	filters := url.Values{"email": {in.Email}, "product": {in.Product}, "edition": {in.Edition}, "enabled": {in.Enabled}}.Encode()
	p := page.Page{Limit: in.Limit, Filter: "licenses " + string(who.Org) + " " + filters}
	if in.Cursor != "" {
		if in.Limit == 0 {
			p.Limit = page.DefaultLimit
		}
		var err error
		if p.After, err = page.Parse(in.Cursor, p.Filter); err != nil {
			return httpx.Answer{}, fault.New(fault.BadRequest, "invalid_cursor").Because(err)
		}
	}
	if p.Limit > 0 {
		of, err := s.licences.List(ctx, who, f, p, true)
		if err != nil {
			return httpx.Answer{}, err
		}
		answer := httpx.One(rowsOf(of.Rows))
		if of.More {
			answer = answer.Next(ctx, p.Cursor(of.Rows[len(of.Rows)-1].Position()))
		}
		return answer, nil
	}
	return httpx.Stream(func(w io.Writer) error {
		before := "["
		err := s.licences.Each(ctx, who, f, func(some []licence.Licence) error {
			err := writeRows(w, rowsOf(some), before)
			before = ","
			return err
		})
		if err != nil {
			return err
		}
		end := "]"
		if before == "[" {
			end = "[]"
		}
		_, err = io.WriteString(w, end)
		return err
	}), nil
}

// writeRows writes a part of the array, behind what stands before it.
func writeRows(w io.Writer, rows []Row, before string) error {
	b := []byte(before)
	var err error
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = httpx.AsJSON(b, row); err != nil {
			return err
		}
	}
	_, err = w.Write(b)
	return err
}

func rowsOf(licences []licence.Licence) []Row {
	rows := make([]Row, len(licences))
	for i, l := range licences {
		rows[i] = Row{l.LicenseKeyHash, l.LicenseRef, l.Email, l.Product, l.Edition, l.Features, l.Enabled, l.ActiveDevices, l.MaxActivations, l.CreatedAt, []Device{}}
		for _, d := range l.Devices {
			rows[i].Activations = append(rows[i].Activations, Device{d.DeviceHash, d.DeviceName, !d.Active(), d.ActivatedAt})
		}
	}
	return rows
}

// Enabling is the body of /admin/licenses/enable.
type Enabling struct {
	LicenseKey string `json:"license_key" example:"ABCD-EF23-GH45"`
	Enabled    bool   `json:"enabled"`
	Email      string `json:"email" doc:"That the licence was issued to"`
}

// Enabled is what a licence is now.
type Enabled struct {
	Message    string `json:"message" enum:"license enabled,license disabled,already enabled,already disabled"`
	Enabled    bool   `json:"enabled"`
	LicenseRef string `json:"license_ref" example:"GH45"`
}

func (s surface) enable(ctx context.Context, who scope.Principal, in *struct{ Body Enabling }) (httpx.Answer, error) {
	l, changed, err := s.licences.EnableByKey(ctx, who, in.Body.LicenseKey, in.Body.Email, in.Body.Enabled)
	if err != nil {
		return httpx.Answer{}, keyed(err)
	}
	message := map[string]string{"true true": "license enabled", "true false": "license disabled", "false true": "already enabled", "false false": "already disabled"}
	return httpx.One(Enabled{message[strconv.FormatBool(changed)+" "+strconv.FormatBool(l.Enabled)], l.Enabled, l.LicenseRef}), nil
}

// DeviceEnding is the body of /admin/deactivate-device.
type DeviceEnding struct {
	LicenseKey string `json:"license_key" example:"ABCD-EF23-GH45"`
	DeviceHash string `json:"device_hash"`
	Email      string `json:"email" doc:"That the licence was issued to"`
}

func (s surface) deactivateDevice(ctx context.Context, who scope.Principal, in *struct{ Body DeviceEnding }) (httpx.Answer, error) {
	l, done, err := s.licences.DeactivateDevice(ctx, who, in.Body.LicenseKey, in.Body.Email, in.Body.DeviceHash)
	return httpx.One(ended(l, done)), keyed(err)
}

// Carry is the body of /admin/offline-activations.
type Carry struct {
	Request string `json:"request" doc:"The request file: -----BEGIN LICENCE REQUEST-----, or its JSON as text"`
}

// Carried is a licence file.
type Carried struct {
	LicenceFile string `json:"licence_file" doc:"To carry back: airside licence verify checks it"`
}

func (s surface) carry(ctx context.Context, who scope.Principal, in *struct{ Body Carry }) (httpx.Answer, error) {
	file, err := s.licences.ActivateFile(ctx, who, []byte(in.Body.Request), httpx.Address(ctx))
	return httpx.One(Carried{string(file)}), err
}
