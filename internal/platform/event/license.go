package event

import "airside/internal/base/clock"

// LicenseData is what every event about a licence tells its vendor. It has neither the key nor a hash of it.
type LicenseData struct {
	LicenseID      string     `json:"license_id" doc:"Identifier of the licence" example:"0195b4c0-8888-7c3a-9f10-2b7e5a9c0d41"`
	LicenseRef     string     `json:"license_ref" doc:"The last group of its key, to know it by; not unique" example:"GH45"`
	Product        string     `json:"product" doc:"Code of the product" example:"XP-FlightDeck"`
	Edition        string     `json:"edition" doc:"Code of the edition" example:"Pro"`
	Email          string     `json:"email" doc:"Whom it was issued to" example:"pilot@example.com"`
	Features       []string   `json:"features" nullable:"false" doc:"What it switches on"`
	Enabled        bool       `json:"enabled" doc:"Whether it gives out tokens"`
	MaxActivations int        `json:"max_activations" doc:"How many devices it is for" example:"3"`
	ActiveDevices  int        `json:"active_devices_count" doc:"How many devices it is active on now" example:"1"`
	ExpiresAt      clock.Time `json:"expires_at" doc:"When it ends, or null" example:"2027-11-22T09:00:00Z"`
}

// DeviceRef names a device of a licence.
type DeviceRef struct {
	Hash string `json:"hash" doc:"What the program knows the device by" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Name string `json:"name" doc:"Its name as it was sent" example:"My PC"`
}

// The payloads of license.*.
type (
	LicenseCreatedData      struct{ LicenseData }
	LicenseDisabledData     struct{ LicenseData }
	LicenseQuotaReachedData struct{ LicenseData }
	LicenseActivatedData    struct {
		LicenseData
		Device DeviceRef `json:"device" doc:"The device"`
	}
	LicenseDeactivatedData struct {
		LicenseData
		Device DeviceRef `json:"device" doc:"The device"`
		By     string    `json:"by" enum:"client,vendor,customer" doc:"Who ended it: the program on the device, the vendor, or the customer on their own page" example:"client"`
	}
)

func exampleLicense(active int) LicenseData {
	return LicenseData{LicenseID: "0195b4c0-8888-7c3a-9f10-2b7e5a9c0d41", LicenseRef: "GH45", Product: "XP-FlightDeck", Edition: "Pro", Email: "pilot@example.com",
		Features: []string{"charts"}, Enabled: true, MaxActivations: 3, ActiveDevices: active}
}

func exampleDisabled() LicenseData {
	d := exampleLicense(1)
	d.Enabled = false
	return d
}

func exampleDevice() DeviceRef {
	return DeviceRef{Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Name: "My PC"}
}
