package licence

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/job"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Batch is licences that were issued together, from a CSV. What is to be issued is fixed, with its keys, in one transaction;
// the licences follow in short ones by a job, which goes on where it was when the process was killed. So a batch is issued
// wholly or not at all, and nobody waits long for it.
type Batch struct {
	ID           BatchID    `json:"id,omitempty" format:"uuid"`
	Name         string     `json:"name" example:"Shop, November"`
	Status       string     `json:"status" enum:"checked,issuing,issued" doc:"checked: of a dry run, which nothing is kept of"`
	Rows         int        `json:"rows" doc:"In the file"`
	Licences     int        `json:"licences" doc:"Issued so far"`
	KeysUntil    clock.Time `json:"keys_until" doc:"Until when the keys can be downloaded, once; null when they were or it is over"`
	DownloadedAt clock.Time `json:"downloaded_at"`
	CreatedAt    clock.Time `json:"created_at"`
	CreatedBy    string     `json:"created_by"`
	Findings     []Finding  `json:"findings,omitempty" doc:"What is wrong with the file, at most 1,000; in the answer to its upload"`
	ChangeNo     int64      `json:"-"`
}

const (
	Issuing   = "issuing"
	AllIssued = "issued"

	batchJob   = "licence.batch"
	batchChunk = 100            // licences in a transaction
	keysKept   = 24 * time.Hour // for the download
)

// order is a licence to be issued with its key.
type order struct {
	NewLicence
	Key string
}

// Issue reads a CSV of licences (see readOrders) and issues all of them, unless dry: then it only says what it found. A file
// in which anything is wrong is Invalid batch_invalid, with the findings as a member. It needs LicencesManage.
func (s *Service) Issue(ctx context.Context, who scope.Principal, name string, file []byte, dry bool) (Batch, error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return Batch{}, err
	}
	name = strings.TrimSpace(name)
	var c fault.Check
	if checkTitle(&c, name); c.Err() != nil {
		return Batch{}, c.Err()
	}
	orders, findings := readOrders(file)
	b := Batch{Name: name, Status: "checked", Rows: len(orders), Findings: findings, CreatedBy: who.Label}
	wrong := func() bool { return len(b.Findings) > 0 && b.Findings[0].Severity == Wrong }
	if !wrong() {
		err := s.db.View(ctx, func(v db.View) error {
			found, err := shelve(newShelf(v, nil, who, &db.Change{}), orders)
			b.Findings = append(found, b.Findings...)
			b.Findings = b.Findings[:min(len(b.Findings), maxFindings)]
			return err
		})
		if err != nil {
			return Batch{}, err
		}
	}
	if dry {
		return b, nil
	}
	if wrong() {
		return b, fault.New(fault.Invalid, "batch_invalid", "n", len(b.Findings)).With("findings", b.Findings)
	}
	for i := range orders {
		orders[i].Key = newKey()
	}
	if err := s.fix(ctx, who, &b, orders); err != nil {
		return b, err
	}
	if err := s.jobs.RunNow(ctx, batchJob, string(b.ID)); err != nil {
		return b, nil // it is issued later: its status says so
	}
	done, err := loadBatch(ctx, s.db, who.Org, b.ID)
	done.Findings = b.Findings
	return done, err
}

// fix stores what a batch is to issue, claims its products and makes its editions.
func (s *Service) fix(ctx context.Context, who scope.Principal, b *Batch, orders []order) error {
	plain, err := json.Marshal(orders)
	if err != nil {
		return err
	}
	b.ID, b.Status = BatchID(id.New()), Issuing
	return s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		found, err := shelve(newShelf(tx, tx, who, change), orders)
		if err != nil {
			return err
		}
		if len(found) > 0 { // since it was checked
			b.Findings = found
			return fault.New(fault.Invalid, "batch_invalid", "n", len(found)).With("findings", found)
		}
		b.CreatedAt, b.ChangeNo, b.KeysUntil = change.At, change.No, change.At.Add(keysKept)
		if _, err := tx.Exec(insertBatch, b.ID, who.Org, b.Name, b.Status, b.Rows, s.box.Seal(plain, batchTable, string(b.ID), "keys"), b.KeysUntil, b.CreatedBy,
			b.CreatedAt, b.ChangeNo); err != nil {
			return err
		}
		tx.Created("licence-batches", string(b.ID))
		if err := audit.Append(tx, who, "licence_batch.issue", "licence_batch", string(b.ID), map[string]any{"name": b.Name, "rows": b.Rows}); err != nil {
			return err
		}
		return job.Enqueue(tx, batchJob, string(b.ID), issueBatch{b.ID, who.Org, who.Kind, who.ID, who.Label, who.MemberID}, 0)
	})
}

// issueBatch is the payload of the job that issues a batch: what the audit log says of who asked for it.
type issueBatch struct {
	ID                  BatchID
	Org                 scope.OrgID
	Kind                scope.Kind
	By, Label, MemberID string
}

// shelve finds a product and an edition for each order, and what cannot be issued because of what there is. Without a
// transaction it only looks.
func shelve(f *shelf, orders []order) (found []Finding, err error) {
	trials := map[string]bool{}
	for i, o := range orders {
		if len(found) >= maxFindings {
			break
		}
		e, err := f.edition(o.NewLicence)
		if err == nil {
			err = trialOnce(f.look, f.who.Org, e, o.Email)
		}
		if err == nil && e.Trial {
			if trials[o.Email+"\x00"+o.Product] {
				err = fault.New(fault.Conflict, "trial_used", "email", o.Email)
			}
			trials[o.Email+"\x00"+o.Product] = true
		}
		if err == nil && e.Trial && f.tx != nil && len(trials) == 1 {
			// What another batch is to issue is no licence yet that would tell whose trial was used.
			running, err := db.One(f.look.Context(), f.look, db.Scalar[bool], selectIsIssuing, f.who.Org)
			if err != nil {
				return nil, err
			}
			if running {
				return nil, fault.New(fault.Conflict, "batch_running")
			}
		}
		switch k := fault.KindOf(err); {
		case err == nil:
		case k == fault.Conflict || k == fault.Invalid:
			found = append(found, findingOf(i+2, err))
		default:
			return nil, err
		}
	}
	return found, nil
}

// issueRest is the job that issues what is left of a batch.
func (s *Service) issueRest(ctx context.Context, payload []byte) error {
	var p issueBatch
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	who := scope.Principal{Kind: p.Kind, Org: p.Org, ID: p.By, Label: p.Label, MemberID: p.MemberID}
	b, sealed, err := loadSealed(ctx, s.db, who.Org, p.ID)
	if err != nil || b.Status != Issuing {
		return err
	}
	orders, err := s.unseal(b.ID, sealed) // once: it is long
	for err == nil && b.Status == Issuing {
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			change, err := tx.Change(string(who.Org))
			if err != nil {
				return err
			}
			if b, err = loadBatch(tx.Context(), tx, who.Org, p.ID); err != nil || b.Status != Issuing {
				return err
			}
			end := min(b.Licences+batchChunk, len(orders))
			if _, err := s.issue(tx, who, orders[b.Licences:end], b.ID); err != nil {
				return err
			}
			if b.Licences = end; end == len(orders) {
				b.Status = AllIssued
			}
			_, err = tx.Exec(moveBatch, who.Org, b.ID, b.Status, b.Licences, change.No)
			return err
		})
	}
	return err
}

func (s *Service) unseal(id BatchID, sealed []byte) (orders []order, err error) {
	plain, err := s.box.Open(sealed, batchTable, string(id), "keys")
	if err != nil {
		return nil, fmt.Errorf("open the batch %s: %w", id, err)
	}
	return orders, json.Unmarshal(plain, &orders)
}

// BatchKeys are the keys of a batch as CSV, once: Gone batch_keys_gone after that, and a day after it was made. It is
// Conflict while the batch is being issued. It needs LicencesManage.
func (s *Service) BatchKeys(ctx context.Context, who scope.Principal, id BatchID) (text []byte, err error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		b, sealed, err := loadSealed(tx.Context(), tx, who.Org, id)
		switch {
		case err != nil:
			return err
		case b.Status == Issuing:
			return fault.New(fault.Conflict, "state_conflict", "state", b.Status).With("state", b.Status)
		case sealed == nil || b.KeysUntil <= change.At:
			return fault.New(fault.Gone, "batch_keys_gone")
		}
		orders, err := s.unseal(id, sealed)
		if err != nil {
			return err
		}
		text = keysOf(orders)
		if _, err := tx.Exec(takeBatchKeys, who.Org, id, change.At, change.No); err != nil {
			return err
		}
		return audit.Append(tx, who, "licence_batch.download_keys", "licence_batch", string(id), nil)
	})
	return text, err
}

func keysOf(orders []order) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"license_key", "license_ref", "email", "product", "edition", "note"})
	for _, o := range orders {
		w.Write([]string{o.Key, refOf(o.Key), harmless(o.Email), harmless(o.Product), harmless(o.Edition), harmless(o.Note)})
	}
	w.Flush()
	return b.Bytes()
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// GetBatch returns a batch of the vendor. It needs LicencesRead.
func (s *Service) GetBatch(ctx context.Context, who scope.Principal, id BatchID) (Batch, error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return Batch{}, err
	}
	return loadBatch(ctx, s.db, who.Org, id)
}

// ListBatches returns the vendor's batches. It needs LicencesRead.
func (s *Service) ListBatches(ctx context.Context, who scope.Principal, p page.Page) (page.Of[Batch], error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return page.Of[Batch]{}, err
	}
	rows, err := db.All(ctx, s.db, scanBatch, selectBatches, who.Org, p.After.ChangeNo, p.After.ID, p.Limit+1)
	return page.Cut(rows, p.Limit), err
}

// Position is the batch's place in a list.
func (b Batch) Position() page.Position { return page.Position{ChangeNo: b.ChangeNo, ID: string(b.ID)} }

func loadBatch(ctx context.Context, q db.Q, org scope.OrgID, id BatchID) (Batch, error) {
	b, err := db.One(ctx, q, scanBatch, selectBatch, org, id)
	if db.NoRows(err) {
		err = fault.NotFoundFor("licence_batch")
	}
	return b, err
}

// loadSealed reads a batch with what it issues; nil where that is gone.
func loadSealed(ctx context.Context, q db.Q, org scope.OrgID, id BatchID) (b Batch, sealed []byte, err error) {
	err = q.QueryRow(ctx, selectSealedBatch, org, id).Scan(append(b.columns(), &sealed)...)
	if db.NoRows(err) {
		err = fault.NotFoundFor("licence_batch")
	}
	return b, sealed, err
}
