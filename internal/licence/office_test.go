package licence_test

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/job"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
	"airside/internal/base/text"
	"airside/internal/licence"
)

// office is a house with a queue of jobs, which its mails and batches need.
type office struct {
	*house
	queue *job.Queue
	mails bytes.Buffer
}

func eachOffice(t *testing.T, test func(o *office)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, o db.Options) { test(newOffice(t, o)) })
}

func newOffice(t testing.TB, o db.Options) *office {
	t.Helper()
	f := &office{}
	f.house = newHouse(t, o, licence.Options{})
	log := slog.New(slog.NewTextHandler(&f.mails, nil))
	node := job.NewNode(f.db, log)
	if err := node.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.Leave(context.Background()) })
	f.queue = job.New(f.db, node, log)
	box, err := secret.Open(t.Context(), f.db, secret.Options{Key: masterKey})
	if err != nil {
		t.Fatal(err)
	}
	m := mail.New(mail.Options{DB: f.db, Box: box, Queue: f.queue, Log: log, Errs: log})
	f.Service = licence.New(licence.Options{DB: f.db, Box: box, Events: f.events, Mail: m, BaseURL: func() string { return "https://school.example" }})
	f.RegisterJobs(f.queue)
	return f
}

var linkIn = regexp.MustCompile(`/licences/open/([A-Z0-9]+)`)

// link asks for a link, and returns what of it was mailed: nothing for who has no licence.
func (o *office) link(email string) string {
	o.t.Helper()
	o.mails.Reset()
	if err := o.SendLink(o.t.Context(), email, text.EN, home); err != nil {
		o.t.Fatal(err)
	}
	for range 2 { // the job that finds out, and the mail that it queues
		rows, err := db.All(o.t.Context(), o.db, func(s db.Scanner) (k [2]string, err error) { err = s.Scan(&k[0], &k[1]); return k, err }, `SELECT kind, key FROM jobs ORDER BY kind`)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, k := range rows {
			if err := o.queue.RunNow(o.t.Context(), k[0], k[1]); err != nil {
				o.t.Fatal(err)
			}
		}
	}
	if m := linkIn.FindStringSubmatch(o.mails.String()); m != nil {
		return m[1]
	}
	return ""
}

const day = 24 * time.Hour
