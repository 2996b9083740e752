package tenantfile

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Source says how a document came to be as it is.
type Source string

const (
	FromAPI     Source = "api"     // the administration, in the console or by program
	FromOutside Source = "outside" // by hand, or by a change that a crash kept from being entered
	FromImport  Source = "import"  // airside security import
)

// note is the entry of the audit log for a change by the API.
type note struct {
	verb, name string
	detail     map[string]any
	also       func(*db.Tx) error // in the same transaction; nil: nothing
}

// record stores a changed document and enters the change in the audit log. A change by the API brings its note; kept are
// keys whose change outlived a save.
func (s *Service) record(ctx context.Context, who scope.Principal, was known, before, now *Document, source Source, n *note, kept []string) (known, error) {
	var is known
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		stored, err := s.known(tx.Context(), tx, who.Org)
		if err != nil {
			return err
		}
		if stored.Version != was.Version {
			return errChanged // by another process
		}
		is, err = s.store(tx, who, was, before, now, source, c.At)
		if err != nil {
			return err
		}
		return enter(tx, who, before, now, source, n, kept)
	})
	return is, err
}

// store writes the row of a document. What was noted of the use of keys that are others now is forgotten.
func (s *Service) store(tx *db.Tx, who scope.Principal, was known, before, now *Document, source Source, at clock.Time) (known, error) {
	is := known{Document: string(now.Text()), Previous: was.Document, Version: was.Version + 1, Source: source, ChangedBy: who.Label, ChangedAt: at}
	if s.files != nil {
		is.Home = s.files.mark
	}
	is.Recent.V = recentAfter(was.Recent.V, before, now, source, tx.Now())
	for _, c := range Changes(before, now) {
		old, _ := before.Find(c.Name)
		if e, ok := now.Find(c.Name); !ok || e.Hash != old.Hash {
			if _, err := tx.Exec(deleteUse, who.Org, c.Name); err != nil {
				return is, err
			}
			tx.OnCommit(func() { s.uses.forget(who.Org, c.Name) })
		}
	}
	tx.ChangeAuthority()
	_, err := tx.Exec(upsertSecurity, who.Org, is.Document, is.Version, is.Previous, db.AsJSON(is.Recent.V), is.Home, is.Source, is.ChangedBy, is.ChangedAt)
	return is, err
}

// enter writes the entry of the audit log.
func enter(tx *db.Tx, who scope.Principal, before, now *Document, source Source, n *note, kept []string) error {
	if n != nil {
		if n.also != nil {
			if err := n.also(tx); err != nil {
				return err
			}
		}
		return audit.Append(tx, who, n.verb, "tenant_key", n.name, n.detail)
	}
	names := map[ChangeKind][]string{Added: {}, Removed: {}, Changed: {}}
	for _, c := range Changes(before, now) {
		names[c.Kind] = append(names[c.Kind], c.Name)
	}
	detail := map[string]any{"source": source, "added": names[Added], "removed": names[Removed], "changed": names[Changed]}
	if len(kept) > 0 {
		detail["kept"] = kept // changes of the API that the save would have undone
	}
	return audit.Append(tx, who, "security_file.change", "security_file", string(who.Org), detail)
}
