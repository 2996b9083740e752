package account_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/job"
	"airside/internal/base/logtest"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
	"airside/internal/base/text"
	"airside/internal/platform/account"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

var ctx = context.Background()

const good = "hamster quay violin 88"

// house is a deployment with one school, whose owner has a password.
type house struct {
	t        *testing.T
	db       *db.DB
	clock    *clock.Fake
	orgs     *org.Service
	accounts *account.Service
	mails    *postbox
	log      *logtest.Buffer
	org      org.Organization
	owner    org.Member
	secrets  []string // that must stand nowhere
	box      *secret.Box
	keyFile  string
}

// postbox gets what the demo's mail writes to its log.
type postbox struct {
	mu  sync.Mutex
	all []letter
}

type letter struct{ to, subject, text string }

func (p *postbox) Enabled(context.Context, slog.Level) bool { return true }
func (p *postbox) WithAttrs([]slog.Attr) slog.Handler       { return p }
func (p *postbox) WithGroup(string) slog.Handler            { return p }
func (p *postbox) Handle(_ context.Context, r slog.Record) error {
	var l letter
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "to":
			l.to = a.Value.String()
		case "subject":
			l.subject = a.Value.String()
		case "text":
			l.text = a.Value.String()
		}
		return true
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, l)
	return nil
}

func (p *postbox) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

// build makes the services on a fresh store, on each engine. Without mail no queue runs.
func build(t *testing.T, withMail bool, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		h := &house{t: t, clock: fake, mails: &postbox{}, log: &logtest.Buffer{}}
		log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Clock, o.Log = fake, log
		h.db = dbtest.Open(t, o)
		h.keyFile = filepath.Join(t.TempDir(), "master.key")
		box, err := secret.Open(ctx, h.db, secret.Options{File: h.keyFile})
		if err != nil {
			t.Fatal(err)
		}
		h.box = box
		node := job.NewNode(h.db, log)
		queue := job.New(h.db, node, log)
		mo := mail.Options{DB: h.db, Box: box, Queue: queue, Errs: log}
		if withMail {
			mo.Log = slog.New(h.mails)
		}
		h.orgs = org.New(org.Options{DB: h.db})
		h.accounts = account.New(account.Options{DB: h.db, Box: box, Orgs: h.orgs, Mail: mail.New(mo), Log: log,
			BaseURL: func() string { return "https://airside.example" }})
		h.accounts.RegisterJobs(queue)
		if withMail {
			if err := node.Join(ctx); err != nil {
				t.Fatal(err)
			}
			life, stop := context.WithCancel(ctx)
			var wg sync.WaitGroup
			wg.Go(func() { node.Run(life) })
			wg.Go(func() { queue.Run(life) })
			t.Cleanup(func() { stop(); wg.Wait(); node.Leave(ctx) })
		}
		test(h)
	})
}

// each is build with a school in it.
func each(t *testing.T, test func(h *house)) {
	build(t, true, func(h *house) {
		h.org, h.owner = h.found("aero-club-bern", "claire@bern.example", "Claire Aubry")
		h.choose("claire@bern.example", good)
		test(h)
	})
}

func (h *house) found(slug, email, name string) (org.Organization, org.Member) {
	h.t.Helper()
	o, m, err := h.orgs.Create(ctx, scope.Operator(""), org.NewOrganization{Slug: slug, Name: "Aéro-Club " + slug, OwnerEmail: email, OwnerName: name})
	h.must(err)
	return o, m
}

// choose gives somebody a password, with the operator's link.
func (h *house) choose(email, password string) account.SignedIn {
	h.t.Helper()
	url, err := h.accounts.ResetLink(ctx, email)
	h.must(err)
	in, err := h.accounts.UseLink(ctx, h.keep(path.Base(url)), h.keep(password), client())
	h.must(err)
	h.keep(in.Token)
	return in
}

// keep notes a secret that must stand nowhere afterwards.
func (h *house) keep(s string) string {
	h.secrets = append(h.secrets, s)
	return s
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) want(err error, code string) {
	h.t.Helper()
	if err == nil {
		h.t.Fatalf("no error, want %s", code)
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		h.t.Fatalf("%v, want %s", err, code)
	}
	if f.Code == code {
		return
	}
	for _, field := range f.Fields {
		if field.Code == code {
			return
		}
	}
	h.t.Fatalf("%v, want %s", err, code)
}

func client() account.Client {
	return account.Client{Address: netip.MustParseAddr("192.0.2.7"), Agent: "Browser/1", Lang: text.EN}
}

func from(n int) account.Client {
	return account.Client{Address: netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)}), Agent: "x"}
}

func (h *house) signIn(email, password string) account.SignedIn {
	h.t.Helper()
	in, err := h.accounts.SignIn(ctx, email, password, client())
	h.must(err)
	h.keep(in.Token)
	return in
}

// session is a full one of who has no second factor.
func (h *house) session(email, password string) account.Session {
	h.t.Helper()
	sess, err := h.accounts.Authenticate(ctx, h.signIn(email, password).Token)
	h.must(err)
	return sess
}

// who is the owner, signed in.
func (h *house) who() scope.Principal {
	h.t.Helper()
	p, _, err := h.accounts.Membership(ctx, h.session("claire@bern.example", good), "aero-club-bern")
	h.must(err)
	return p
}

// mail waits for the n-th mail.
func (h *house) mail(n int) letter {
	h.t.Helper()
	for range 1000 {
		if h.mails.count() >= n {
			h.mails.mu.Lock()
			defer h.mails.mu.Unlock()
			return h.mails.all[n-1]
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.t.Fatalf("mail %d did not come; log:\n%s", n, h.log)
	return letter{}
}

// idle waits until no job is left but the nightly ones.
func (h *house) idle() {
	h.t.Helper()
	for range 1000 {
		n, err := db.One(ctx, h.db, db.Scalar[int64], `SELECT count(*) FROM jobs WHERE key <> ''`)
		h.must(err)
		if n == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.t.Fatalf("jobs are left; log:\n%s", h.log)
}

var linkIn = regexp.MustCompile(`https://airside\.example/account/link/(\S+)`)

// link takes the token out of a mail.
func (h *house) link(l letter) string {
	h.t.Helper()
	m := linkIn.FindStringSubmatch(l.text)
	if m == nil {
		h.t.Fatalf("no link in %q", l.text)
	}
	return h.keep(m[1])
}

// code is what the user's phone shows.
func (h *house) code(key string, off time.Duration) string {
	h.t.Helper()
	c, err := totp.GenerateCode(key, h.clock.Now().Add(off))
	h.must(err)
	return c
}

// secondFactor turns it on.
func (h *house) secondFactor(sess account.Session) (key string, recovery []string) {
	h.t.Helper()
	begun, err := h.accounts.BeginTOTP(ctx, sess)
	h.must(err)
	recovery, err = h.accounts.EnableTOTP(ctx, sess, good, h.code(begun.Secret, 0), client())
	h.must(err)
	h.keep(begun.Secret)
	for _, r := range recovery {
		h.keep(r)
		h.keep(strings.ReplaceAll(r, "-", ""))
	}
	h.clock.Advance(time.Minute) // the code of the enabling is used up
	return begun.Secret, recovery
}

// verbs lists the audit entries of an organization, the first first.
func (h *house) verbs(o org.ID) string {
	h.t.Helper()
	v, err := db.All(ctx, h.db, db.Scalar[string], `SELECT verb FROM audit_entries WHERE org_id = $1 ORDER BY no`, o)
	h.must(err)
	return strings.Join(v, " ")
}

// together runs f n times at once and returns the errors.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errs
}

// tally counts outcomes by their codes; success is "".
func tally(errs []error) map[string]int {
	n := map[string]int{}
	for _, err := range errs {
		var f *fault.Error
		switch {
		case err == nil:
			n[""]++
		case errors.As(err, &f):
			n[f.Code]++
		default:
			n[fmt.Sprint(err)]++
		}
	}
	return n
}
