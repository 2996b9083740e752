package export

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/text"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Organization writes all records of the organization as a ZIP of CSV, for people, and of JSON (one object a line), for
// programs. All of it is of one state of the store: the change that manifest.json names. Nothing in it is secret, but
// everything personal that the organization keeps is.
func (s *Service) Organization(ctx context.Context, who scope.Principal, w io.Writer) (Produced, error) {
	if err := who.Need(scope.OrganizationExport); err != nil {
		return Produced{}, err
	}
	var p Produced
	err := s.read(ctx, func(read reader) error {
		school, err := db.One(ctx, read, scanCalled, orgOf, who.Org)
		if err != nil {
			return err
		}
		p = Produced{plain(school.slug) + "-" + s.now().Date() + ".zip", "application/zip"}
		a := &archive{ctx: ctx, read: read, org: who.Org, zip: zip.NewWriter(w), at: s.now()}
		return a.write()
	}, func(tx *db.Tx) error {
		return audit.Append(tx, who, "organization.export", "organization", string(who.Org), nil)
	})
	return p, err
}

// archive is a ZIP that is being written.
type archive struct {
	ctx    context.Context
	read   reader
	org    scope.OrgID
	zip    *zip.Writer
	at     clock.Time
	files  []archived
	change int64
	chain  chainHead
	people map[string]string
	crafts map[string]flight.Aircraft
}

// archived is a file of the archive as its manifest lists it.
type archived struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
}

// manifest says what the archive holds, and of which moment.
type manifest struct {
	Archive      string      `json:"archive"` // form of the archive, not of the program
	CreatedAt    clock.Time  `json:"created_at"`
	Organization scope.OrgID `json:"organization_id"`
	ChangeNo     int64       `json:"change_no"`
	Audit        chainHead   `json:"audit"`
	Files        []archived  `json:"files"`
}

// chainHead is the last entry of the audit chain; whoever has kept it elsewhere can tell that nothing was taken off.
type chainHead struct {
	No   int64  `json:"no"`
	Hash string `json:"hash"`
}

func (a *archive) write() error {
	steps := []func() error{
		func() error {
			return a.text("README.txt", text.Get(text.EN, "export_readme")+"\n\n"+text.Get(text.FR, "export_readme")+"\n")
		},
		a.organization,
		func() error { return a.table("people", peopleTable, peopleFields) },
		func() error { return a.table("aircraft", aircraftTable, aircraftFields) },
		a.names,
		a.flightsCSV, a.flightsJSON, a.crew,
		func() error { return a.csv("aircraft_postings", aircraftPostingsTable, aircraftPostingsFields) },
		func() error { return a.csv("pilot_postings", pilotPostingsTable, pilotPostingsFields) },
		func() error { return a.json("imports", importsTable, importsFields) },
		func() error { return a.json("import_mappings", mappingsTable, mappingsFields) },
		func() error { return a.table("members", membersTable, membersFields) },
		func() error { return a.table("api_keys", keysTable, keysFields) },
		func() error { return a.table("webhook_endpoints", endpointsTable, endpointsFields) },
		a.events,
		func() error { return a.json("audit", auditTable, auditFields) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	m, err := json.MarshalIndent(manifest{"airside organization 1", a.at, a.org, a.change, a.chain, a.files}, "", "  ")
	if err != nil {
		return err
	}
	if err := a.text("manifest.json", string(m)+"\n"); err != nil {
		return err
	}
	return a.zip.Close()
}

// entry is a file of the archive that is being written.
type entry struct {
	io.Writer
	hash  hash.Hash
	bytes int64
	rows  int64
}

func (e *entry) Write(b []byte) (int, error) {
	n, err := e.Writer.Write(b)
	e.hash.Write(b[:n])
	e.bytes += int64(n)
	return n, err
}

// file writes one file and notes it for the manifest.
func (a *archive) file(name string, write func(e *entry) error) error {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.at.Std().Truncate(2 * time.Second)})
	if err != nil {
		return err
	}
	e := &entry{Writer: w, hash: sha256.New()}
	if err := write(e); err != nil {
		return err
	}
	a.files = append(a.files, archived{name, hex.EncodeToString(e.hash.Sum(nil)), e.bytes, e.rows})
	return nil
}

func (a *archive) text(name, s string) error {
	return a.file(name, func(e *entry) error {
		_, err := io.WriteString(e, s)
		return err
	})
}

// table writes a table in both forms.
func (a *archive) table(name, query string, fields []field) error {
	if err := a.csv(name, query, fields); err != nil {
		return err
	}
	return a.json(name, query, fields)
}

func (a *archive) csv(name, query string, fields []field) error {
	return a.file(name+".csv", func(e *entry) error {
		out := csv.NewWriter(e)
		if err := out.Write(titles(fields)); err != nil {
			return err
		}
		row := make([]string, len(fields))
		err := a.rows(query, fields, func(values []any) error {
			for i, f := range fields {
				row[i] = f.cell(values[i])
			}
			e.rows++
			return out.Write(row)
		})
		out.Flush()
		if err == nil {
			err = out.Error()
		}
		return err
	})
}

func (a *archive) json(name, query string, fields []field) error {
	return a.file(name+".jsonl", func(e *entry) error {
		return a.rows(query, fields, func(values []any) error {
			b, err := object(fields, values)
			if err != nil {
				return err
			}
			e.rows++
			_, err = e.Write(append(b, '\n'))
			return err
		})
	})
}

// rows reads a table row by row.
func (a *archive) rows(query string, fields []field, visit func([]any) error) error {
	rows, err := a.read.Query(a.ctx, query, a.org)
	if err != nil {
		return err
	}
	defer rows.Close()
	values, into := make([]any, len(fields)), make([]any, len(fields))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := visit(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (a *archive) organization() error {
	return a.file("organization.json", func(e *entry) error {
		return a.rows(organizationTable, organizationFields, func(values []any) error {
			a.change, a.chain.No = values[changeAt].(int64), values[changeAt+1].(int64)
			a.chain.Hash = hex.EncodeToString(values[changeAt+2].([]byte))
			b, err := object(organizationFields[:changeAt+1], values)
			if err != nil {
				return err
			}
			e.rows++
			_, err = e.Write(append(b, '\n'))
			return err
		})
	})
}

// events are written as they were signed and sent.
func (a *archive) events() error {
	return a.file("events.jsonl", func(e *entry) error {
		return a.rows(eventsTable, []field{{"body", asJSON}}, func(values []any) error {
			e.rows++
			_, err := io.WriteString(e, textOf(values[0])+"\n")
			return err
		})
	})
}
