package licence

import (
	"context"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows the list of licences.
type Filter struct {
	Email, Product, Edition string
	Enabled                 *bool
	LicenseRef              string
	BatchID                 BatchID
	ExpiresBefore           clock.Time
	Newest                  bool // newest first
}

func (f Filter) where(org scope.OrgID) (w db.Where) {
	w.And("l.org_id = ?", org)
	if f.Email != "" {
		email, ok := readEmail(f.Email)
		if !ok {
			email = strings.ToLower(strings.TrimSpace(f.Email)) // of nobody's
		}
		w.And("l.email = ?", email)
	}
	if f.Product != "" {
		w.And("l.product = ?", f.Product)
	}
	if f.Edition != "" {
		w.And("l.edition = ?", f.Edition)
	}
	if f.LicenseRef != "" {
		w.And("l.license_ref = ?", strings.ToUpper(f.LicenseRef))
	}
	if f.BatchID != "" {
		w.And("l.batch_id = ?", f.BatchID)
	}
	if f.ExpiresBefore != 0 {
		w.And("l.expires_at < ?", f.ExpiresBefore)
	}
	switch {
	case f.Enabled == nil:
	case *f.Enabled:
		w.And("l.enabled")
	default:
		w.And("NOT l.enabled")
	}
	return w
}

// List returns licences of the vendor, in the order in which they were last changed; their devices do not move them. With
// devices, each has its own. It needs LicencesRead.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page, devices bool) (page.Of[Licence], error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return page.Of[Licence]{}, err
	}
	return list(ctx, s.db, who.Org, f, p, devices)
}

// together is how many licences Each hands over at once.
const together = 200

// Each hands over every licence that a filter leaves, with its devices, as they are at one moment. It needs LicencesRead.
func (s *Service) Each(ctx context.Context, who scope.Principal, f Filter, do func([]Licence) error) error {
	if err := who.Need(scope.LicencesRead); err != nil {
		return err
	}
	return s.db.View(ctx, func(v db.View) error {
		p := page.Page{Limit: together}
		for {
			of, err := list(v.Context(), v, who.Org, f, p, true)
			if err == nil && len(of.Rows) > 0 {
				err = do(of.Rows)
			}
			if err != nil || !of.More {
				return err
			}
			p.After = of.Rows[len(of.Rows)-1].Position()
		}
	})
}

func list(ctx context.Context, q db.Q, org scope.OrgID, f Filter, p page.Page, devices bool) (page.Of[Licence], error) {
	w := f.where(org)
	order := oldestFirst
	switch {
	case !f.Newest:
		w.And("(l.change_no, l.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	case !p.After.Zero():
		w.And("(l.change_no, l.id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	if f.Newest {
		order = newestFirst
	}
	rows, err := db.All(ctx, q, scanLicence, selectLicences+w.SQL()+order+w.Next(), w.Args(p.Limit+1)...)
	if err != nil {
		return page.Of[Licence]{}, err
	}
	of := page.Cut(rows, p.Limit)
	if devices {
		err = addDevices(ctx, q, of.Rows)
	}
	return of, err
}

// addDevices reads the devices of some licences.
func addDevices(ctx context.Context, q db.Q, licences []Licence) error {
	if len(licences) == 0 {
		return nil
	}
	ids := make([]ID, len(licences))
	place := make(map[ID]*Licence, len(licences))
	for i := range licences {
		ids[i], place[licences[i].ID] = licences[i].ID, &licences[i]
	}
	var w db.Where
	db.In(&w, "d.licence_id", ids)
	all, err := db.All(ctx, q, scanDevice, selectDevicesOf+w.SQL()+orderDevices, w.Args()...)
	for _, d := range all {
		l := place[d.licence]
		l.Devices = append(l.Devices, d)
	}
	return err
}

// Get returns a licence of the vendor with its devices. It needs LicencesRead.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (Licence, error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return Licence{}, err
	}
	l, err := load(ctx, s.db, who.Org, id)
	if err != nil {
		return l, err
	}
	l.Devices, err = db.All(ctx, s.db, scanDevice, selectDevices, id)
	return l, err
}

// Position is the licence's place in a list.
func (l Licence) Position() page.Position {
	return page.Position{ChangeNo: l.ChangeNo, ID: string(l.ID)}
}
