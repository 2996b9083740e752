package mail_test

import (
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
)

// TestWaitingMailsOutliveTheMasterKey: a mail that was queued before it was replaced is sent by who has the new key alone.
func TestWaitingMailsOutliveTheMasterKey(t *testing.T) {
	s := serve(t)
	each(t, mail.Options{SMTP: smtp(s)}, func(f *office) {
		before, _ := s.state()
		old, next := strings.Repeat("07", 32), strings.Repeat("5a", 32)
		f.build(mail.Options{SMTP: smtp(s)}, open(t, f.db, secret.Options{Key: old}))
		if err := f.send(mail.Message{To: "zoe@voile.example", Subject: "Vorher", Text: "gaf_al_SECRET"}); err != nil {
			t.Fatal(err)
		}
		err := f.db.Write(ctx, func(tx *db.Tx) error { // not ours, and left alone
			_, err := tx.Exec(`INSERT INTO jobs (id, kind, key, payload, run_at, attempts, node_id, again, error, created_at)
				VALUES ('0', 'other', '', '{"Sealed":"AQ=="}', $1, 0, NULL, FALSE, NULL, $1)`, tx.Now().Add(1<<50))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		counts, err := open(t, f.db, secret.Options{Key: next + "," + old}).Reseal(ctx, f.db, mail.Sealed())
		if err != nil || len(counts) != 1 || counts[0] != (secret.Count{Table: "jobs", Column: "payload", Texts: 1, Resealed: 1}) {
			t.Fatalf("%+v, %v", counts, err)
		}
		f.build(mail.Options{SMTP: smtp(s)}, open(t, f.db, secret.Options{Key: next}))
		f.run()
		f.until("the mail did not arrive", func() bool { got, _ := s.state(); return len(got) > len(before) && f.waiting() == 1 })
		got, _ := s.state()
		if m := got[len(got)-1]; !strings.Contains(m.data, "gaf_al_SECRET") {
			t.Errorf("%q", m.data)
		}
	})
}

func open(t *testing.T, d *db.DB, o secret.Options) *secret.Box {
	t.Helper()
	b, err := secret.Open(ctx, d, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
