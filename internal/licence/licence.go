// Package licence is the licence server: vendors' products and editions, the licences they issue, the devices that those
// run on, and the signed tokens that a device proves it with. A vendor is an organization.
//
// A licence key is never stored, nor anything that leads back to it; see handle.go. What is signed is written by its own
// encoder, once, and never marshalled again; see canonical.go. The quota of a licence is held by one statement; see
// activate.go.
package licence

import (
	"cmp"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/job"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// The ids of the nouns here are UUIDs.
type (
	ID        string
	ProductID string
	EditionID string
	TokenID   string
	BatchID   string
)

// Licence is what a customer bought, as its vendor sees it. The key is not among it: it is shown once, by Create.
type Licence struct {
	ID             ID         `json:"id" format:"uuid"`
	LicenseKeyHash string     `json:"license_key_hash" doc:"The stored handle of the key; not a hash of it alone" example:"5f0c2c8f6d2b7a4e9c1d3b5a7f9e8d6c4b2a1908f7e6d5c4b3a291807f6e5d4c"`
	LicenseRef     string     `json:"license_ref" doc:"The last group of the key, to know it by. Not unique" example:"GH45"`
	Email          string     `json:"email" doc:"Whom it was issued to" example:"pilot@example.com"`
	Product        string     `json:"product" example:"XP-FlightDeck"`
	ProductID      ProductID  `json:"product_id" format:"uuid"`
	Edition        string     `json:"edition" example:"Pro"`
	EditionID      EditionID  `json:"edition_id" format:"uuid"`
	Features       []string   `json:"features" nullable:"false"`
	Enabled        bool       `json:"enabled"`
	Trial          bool       `json:"trial" doc:"Issued as a trial"`
	ActiveDevices  int        `json:"active_devices_count"`
	MaxActivations int        `json:"max_activations"`
	TermDays       int        `json:"term_days" doc:"Days that it lasts from its first activation on, until that; 0: none"`
	ExpiresAt      clock.Time `json:"expires_at" doc:"When it ends; null: never"`
	GraceDays      int        `json:"grace_days" doc:"For how many days devices go on after that; of the edition"`
	Note           string     `json:"note" doc:"The vendor's own: an order number"`
	BatchID        BatchID    `json:"batch_id,omitempty" format:"uuid" doc:"With which others it was issued"`
	CreatedAt      clock.Time `json:"created_at"`
	CreatedBy      string     `json:"created_by"`
	UpdatedAt      clock.Time `json:"updated_at"`
	Devices        []Device   `json:"devices,omitempty" doc:"Its devices, those that ended too; where one licence is asked for"`
	ChangeNo       int64      `json:"-"`
	ActivityNo     int64      `json:"-"`

	Org       scope.OrgID `json:"-"`
	fileDays  int         // of the edition
	releases  int         // of the edition: that a customer may make a year
	quotaTold clock.Time
}

// Device is what a licence was activated on.
type Device struct {
	DeviceHash  string     `json:"device_hash" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	DeviceName  string     `json:"device_name" doc:"As it was sent last" example:"My PC"`
	ActivatedAt clock.Time `json:"activated_at"`
	EndedAt     clock.Time `json:"ended_at" doc:"When it was deactivated, or null while it is active"`
	EndedBy     string     `json:"ended_by,omitempty" enum:"client,vendor,customer" doc:"Who deactivated it"`
	LastSeenAt  clock.Time `json:"last_seen_at" doc:"When it last asked for a token, to the minute or so"`

	licence ID
	folded  string
}

// Active tells whether the device takes a place.
func (d Device) Active() bool { return d.EndedAt == 0 }

// Who ended an activation.
const (
	ByClient   = "client"
	ByVendor   = "vendor"
	ByCustomer = "customer"
)

// graceEnds is when devices get no more tokens; 0: never.
func (l Licence) graceEnds() clock.Time {
	if l.ExpiresAt == 0 {
		return 0
	}
	return l.ExpiresAt.Add(days(l.GraceDays))
}

// Mode says how a licence runs at a time: full, trial, or grace when its time is over.
func (l Licence) Mode(now clock.Time) string {
	switch {
	case l.ExpiresAt != 0 && l.ExpiresAt <= now:
		return "grace"
	case l.Trial:
		return "trial"
	}
	return "full"
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// Options are what a Service needs.
type Options struct {
	DB     *db.DB
	Box    *secret.Box
	Events *event.Service
	Mail   *mail.Service
	// BaseURL is the address of the deployment, without a slash at the end, for links in mails.
	BaseURL func() string
	// OnLeak passes on that an admin token was revoked because it had leaked, in the transaction that revokes it; nil tells nobody.
	OnLeak func(*db.Tx, Leak) error
	// FailuresPerAddress and the others replace the limits of wrong keys a minute; 0 means the default. See guess.go.
	FailuresPerAddress, FailuresPerToken, FailuresPerEmail int
	// FlushEvery is how long it may be known to this process only when a device was last seen; 0 means half a minute.
	FlushEvery time.Duration
}

// Service is the licence server.
type Service struct {
	db      *db.DB
	events  *event.Service
	mail    *mail.Service
	baseURL func() string
	clock   clock.Clock
	box     *secret.Box
	pepper  []byte
	ring    ring
	vendors vendors
	guesses guesses
	seen    seen
	jobs    *job.Queue
	leaks   func(*db.Tx, Leak) error
	every   time.Duration
}

// New returns a service.
func New(o Options) *Service {
	c := o.DB.Clock()
	return &Service{
		db: o.DB, leaks: o.OnLeak, events: o.Events, mail: o.Mail, baseURL: o.BaseURL, clock: c, box: o.Box, pepper: o.Box.Derive("licence handles"),
		vendors: newVendors(), guesses: newGuesses(o, c), every: cmp.Or(o.FlushEvery, usualFlush),
	}
}

func (s *Service) now() clock.Time { return clock.Of(s.clock.Now()) }
