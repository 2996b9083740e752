package licence

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"net/netip"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/job"
	"airside/internal/base/mail"
	"airside/internal/base/text"
	"airside/internal/platform/scope"
)

// A customer is whoever reads the mail of an address that licences were issued to. They prove it with a link that is mailed to
// it, and then see what they bought of every vendor here, and do within the vendor's rules what they would else have to ask
// for. Whether an address has licences is told to nobody else.
const (
	linkLife = 30 * time.Minute
	linkJob  = "licence.link"

	linksPerEmail   = 3  // an hour
	linksPerNetwork = 30 // an hour

	keyReplacements = 24 * time.Hour // one within that time
	releaseWindow   = 365 * 24 * time.Hour
)

// SessionLife is how long a customer's session lasts.
const SessionLife = time.Hour

// SendsLinks tells whether the deployment sends mails, without which nobody gets a link.
func (s *Service) SendsLinks() bool { return s.mail.Enabled() }

// linkAsked is the payload of a job that answers SendLink.
type linkAsked struct{ Email, Lang string }

// SendLink has a link to the customer's page mailed to an address, if any licence was issued to it. That is found out later,
// by a job: the answer and the time it takes are the same for every address. Too many links to an address or asked for from
// a network are quietly left out.
func (s *Service) SendLink(ctx context.Context, typed string, lang text.Lang, from netip.Addr) error {
	email, ok := readEmail(typed)
	if !ok {
		return fault.InvalidFields(fault.Field{Name: "email", Where: "body", Code: "not_an_email"})
	}
	if !s.mail.Enabled() || !s.guesses.links.Take(network(from), linksPerNetwork).OK || !s.guesses.links.Take(email, linksPerEmail).OK {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return job.Enqueue(tx, linkJob, id.New(), linkAsked{email, lang.String()}, 0)
	})
}

// RegisterJobs says how the jobs of the licence server are run.
func (s *Service) RegisterJobs(q *job.Queue) {
	s.jobs = q
	q.Handle(linkJob, s.mailLink)
	q.Handle(batchJob, s.issueRest)
	q.Every("licence.purge", 10*time.Minute, func(ctx context.Context, _ []byte) error { return s.Purge(ctx) })
}

// mailLink is the job that SendLink leaves.
func (s *Service) mailLink(ctx context.Context, payload []byte) error {
	var asked linkAsked
	if err := json.Unmarshal(payload, &asked); err != nil {
		return err
	}
	lang := text.EN
	if asked.Lang == text.FR.String() {
		lang = text.FR
	}
	token, hash := newSecret()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		has, err := db.One(tx.Context(), tx, db.Scalar[bool], selectIsCustomer, asked.Email)
		if err != nil || !has {
			return err
		}
		if _, err := tx.Exec(insertCustomerLink, hash, asked.Email, tx.Now(), tx.Now().Add(linkLife)); err != nil {
			return err
		}
		url := s.baseURL() + "/licences/open/" + token
		return s.mail.Send(tx, mail.Message{To: asked.Email, Subject: text.Get(lang, "mail_licences_subject"),
			Text: text.Get(lang, "mail_licences_text", "url", url, "email", asked.Email, "minutes", int(linkLife.Minutes()))})
	})
}

// newSecret makes a text that nobody guesses, and what is stored of it.
func newSecret() (token string, hash []byte) {
	token = rand.Text() + rand.Text()
	return token, secretHash(token)
}

func secretHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// LinkEmail says whose a link is, without using it; one that does not count any more is Gone.
func (s *Service) LinkEmail(ctx context.Context, token string) (string, error) {
	email, err := db.One(ctx, s.db, db.Scalar[string], selectCustomerLink, secretHash(token), s.now())
	if db.NoRows(err) {
		err = fault.New(fault.Gone, "link_expired")
	}
	return email, err
}

// OpenLink uses a link up, and begins a session of an hour, whose token it returns.
func (s *Service) OpenLink(ctx context.Context, token string) (session string, err error) {
	session, hash := newSecret()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		email, err := db.One(tx.Context(), tx, db.Scalar[string], useCustomerLink, secretHash(token), tx.Now())
		if db.NoRows(err) {
			return fault.New(fault.Gone, "link_expired")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(insertCustomerSession, hash, email, tx.Now(), tx.Now().Add(SessionLife))
		return err
	})
	return session, err
}

// CustomerOf returns whose a session is, or Unauthenticated.
func (s *Service) CustomerOf(ctx context.Context, session string) (email string, err error) {
	if session == "" {
		return "", fault.New(fault.Unauthenticated, "credential_required")
	}
	email, err = db.One(ctx, s.db, db.Scalar[string], selectCustomerSession, secretHash(session), s.now())
	if db.NoRows(err) {
		err = fault.New(fault.Unauthenticated, "invalid_token")
	}
	return email, err
}

// EndSession ends a session.
func (s *Service) EndSession(ctx context.Context, session string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(endCustomerSession, secretHash(session))
		return err
	})
}

// Bought is a licence as its customer sees it.
type Bought struct {
	Licence
	Vendor, ProductName, EditionName string

	ReleasesLeft int        // devices that may be released now
	NextRelease  clock.Time // when the next one may be, if none
	ReplacedAt   clock.Time // when the customer last replaced the key
}

// CustomerLicences are the licences that were issued to an address, by every vendor, with their devices. email is that of a
// session, as for all that follows here.
func (s *Service) CustomerLicences(ctx context.Context, email string) ([]Bought, error) {
	all, err := db.All(ctx, s.db, scanBought, selectBought+boughtBy, email)
	for i := range all {
		if err == nil {
			err = s.complete(ctx, s.db, &all[i])
		}
	}
	return all, err
}

// CustomerLicence is one of them; somebody else's is NotFound.
func (s *Service) CustomerLicence(ctx context.Context, email string, id ID) (Bought, error) {
	return s.bought(ctx, s.db, email, id)
}

func (s *Service) bought(ctx context.Context, q db.Q, email string, id ID) (Bought, error) {
	b, err := db.One(ctx, q, scanBought, selectBought+boughtOne, email, id)
	if db.NoRows(err) {
		return b, fault.NotFoundFor("licence")
	}
	if err == nil {
		err = s.complete(ctx, q, &b)
	}
	return b, err
}

// complete reads the devices, and counts what the customer may still do.
func (s *Service) complete(ctx context.Context, q db.Q, b *Bought) (err error) {
	if b.Devices, err = db.All(ctx, q, scanDevice, selectDevices, b.ID); err != nil {
		return err
	}
	released, err := db.All(ctx, q, db.Scalar[clock.Time], selectReleases, b.ID, s.now().Add(-releaseWindow))
	b.ReleasesLeft = max(0, b.releases-len(released))
	if b.ReleasesLeft == 0 && b.releases > 0 && err == nil {
		b.NextRelease = released[len(released)-b.releases].Add(releaseWindow)
	}
	return err
}

// asCustomer changes one of the customer's licences: fn gets it as it is once its vendor's records are held, and who acts
// on it there. The address is in no audit log.
func (s *Service) asCustomer(ctx context.Context, email string, id ID, fn func(*db.Tx, *db.Change, scope.Principal, Bought) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		b, err := s.bought(tx.Context(), tx, email, id)
		if err != nil {
			return err
		}
		who := customerAt(b.Org)
		change, err := tx.Change(string(b.Org))
		if err != nil {
			return err
		}
		if b, err = s.bought(tx.Context(), tx, email, id); err != nil {
			return err
		}
		return fn(tx, change, who, b)
	})
}

func customerAt(org scope.OrgID) scope.Principal {
	return scope.Principal{Kind: scope.KindCustomer, Org: org, Label: "customer"}
}

// CustomerRename names a device.
func (s *Service) CustomerRename(ctx context.Context, email string, id ID, device, name string) error {
	return s.asCustomer(ctx, email, id, func(tx *db.Tx, _ *db.Change, who scope.Principal, _ Bought) error {
		_, err := s.renameIn(tx, who, id, device, name)
		return err
	})
}

// CustomerRelease frees the place of a device, as often a year as the edition says: beyond it is Conflict releases_used_up.
func (s *Service) CustomerRelease(ctx context.Context, email string, licence ID, device string) error {
	folded, err := deviceOf(device)
	if err != nil {
		return err
	}
	return s.asCustomer(ctx, email, licence, func(tx *db.Tx, change *db.Change, who scope.Principal, b Bought) error {
		if b.ReleasesLeft == 0 {
			if b.NextRelease == 0 {
				return fault.New(fault.Conflict, "releases_not_allowed")
			}
			return fault.New(fault.Conflict, "releases_used_up", "from", b.NextRelease.Date()).With("next_at", b.NextRelease)
		}
		_, done, err := s.endIn(tx, who, licence, folded, ByCustomer)
		if err != nil || done != Deactivated {
			return err
		}
		_, err = tx.Exec(insertRelease, id.New(), licence, folded, change.At)
		return err
	})
}

// CustomerReplaceKey gives a licence a new key, which is shown once, for who has lost the old one: that is worth nothing from
// then on. Once a day; sooner is Conflict key_replaced_lately.
func (s *Service) CustomerReplaceKey(ctx context.Context, email string, id ID) (key string, err error) {
	err = s.asCustomer(ctx, email, id, func(tx *db.Tx, change *db.Change, who scope.Principal, b Bought) error {
		if b.ReplacedAt != 0 && b.ReplacedAt > change.At.Add(-keyReplacements) {
			return fault.New(fault.Conflict, "key_replaced_lately", "from", b.ReplacedAt.Add(keyReplacements).Std().Format("2006-01-02 15:04"))
		}
		if !b.Enabled {
			return isDisabled()
		}
		_, key, err = s.replaceIn(tx, who, id)
		if err == nil {
			_, err = tx.Exec(noteReplacement, id, change.At)
		}
		return err
	})
	return key, err
}

// CustomerFile answers an activation request that was carried by hand with a licence file. Its key must be that of a licence
// of the same address, whichever vendor's.
func (s *Service) CustomerFile(ctx context.Context, email string, request []byte, from netip.Addr) ([]byte, error) {
	a, err := ReadRequest(request)
	if err != nil {
		return nil, err
	}
	a.Email = email
	org := scope.OrgID("")
	if key, ok := readKey(a.LicenseKey); ok {
		org, err = db.One(ctx, s.db, db.Scalar[scope.OrgID], selectVendorOf, s.handleOf(hashOf(key)), email)
		if err != nil && !db.NoRows(err) {
			return nil, err
		}
	}
	done, err := s.Activate(ctx, customerAt(org), a, from)
	return done.File, err
}

// Purge deletes links and sessions that are over, and keys of batches that nobody downloaded in time.
func (s *Service) Purge(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(purgeCustomerLinks, tx.Now().Add(-time.Hour)); err != nil {
			return err
		}
		if _, err := tx.Exec(purgeCustomerSessions, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(dropBatchKeys, tx.Now())
		return err
	})
}
