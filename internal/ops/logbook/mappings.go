package logbook

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// MappingID identifies a saved mapping.
type MappingID string

// SavedMapping is a mapping that an organization keeps for the next file of the same sort.
type SavedMapping struct {
	ID        string     `json:"id" format:"uuid"`
	Name      string     `json:"name" example:"Club spreadsheet"`
	Mapping   Mapping    `json:"mapping"`
	CreatedBy string     `json:"created_by" doc:"Member, or the kind of whoever else saved it"`
	CreatedAt clock.Time `json:"created_at" format:"date-time"`
	UpdatedAt clock.Time `json:"updated_at" format:"date-time"`
	ChangeNo  int64      `json:"-"` // place in lists, and the ETag
}

// maxSavedMappings bounds what one organization keeps.
const maxSavedMappings = 200

// SaveMapping keeps a mapping under a name; one of that name is replaced.
func (s *Service) SaveMapping(ctx context.Context, who scope.Principal, name string, m Mapping) (SavedMapping, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return SavedMapping{}, err
	}
	name = strings.Join(strings.Fields(name), " ")
	if err := checkSaved(&name, &m); err != nil {
		return SavedMapping{}, err
	}
	fresh := SavedMapping{ID: id.New(), Name: name, Mapping: m, CreatedBy: enteredBy(who)}
	var saved SavedMapping
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		before, err := db.One(tx.Context(), tx, scanMapping, mappingCalled, who.Org, name)
		if err == nil {
			saved, before.Mapping = before, m
			saved, err = before.write(tx, who, c)
			tx.Created("import-mappings", saved.ID)
			return err
		}
		if !db.NoRows(err) {
			return err
		}
		if n, err := db.One(tx.Context(), tx, db.Scalar[int64], countMappings, who.Org); err != nil || n >= maxSavedMappings {
			return cmp.Or[error](err, fault.New(fault.Conflict, "too_many_mappings", "max", maxSavedMappings))
		}
		saved = fresh
		saved.CreatedAt, saved.UpdatedAt, saved.ChangeNo = c.At, c.At, c.No
		if _, err := tx.Exec(insertMapping, saved.ID, who.Org, saved.Name, db.AsJSON(saved.Mapping), saved.CreatedBy, c.At, c.No); err != nil {
			return err
		}
		tx.Created("import-mappings", saved.ID)
		return audit.Append(tx, who, "import_mapping.create", "import_mapping", saved.ID, map[string]any{"name": saved.Name})
	})
	return saved, err
}

func checkSaved(name *string, m *Mapping) error {
	var c fault.Check
	if name != nil {
		c.Require(*name != "", "name", "required")
		c.Require(len([]rune(*name)) <= 100, "name", "too_long", "max", 100)
	}
	if m != nil {
		m.check(&c, "mapping.")
	}
	return c.Err()
}

func (m SavedMapping) write(tx *db.Tx, who scope.Principal, c *db.Change) (SavedMapping, error) {
	m.UpdatedAt, m.ChangeNo = c.At, c.No
	if _, err := tx.Exec(updateMapping, m.ID, who.Org, m.Name, db.AsJSON(m.Mapping), c.At, c.No); err != nil {
		return m, err
	}
	return m, audit.Append(tx, who, "import_mapping.update", "import_mapping", m.ID, map[string]any{"name": m.Name})
}

// MappingPatch changes a saved mapping; nil members stay.
type MappingPatch struct {
	Name    *string
	Mapping *Mapping
}

// UpdateMapping changes a saved mapping. ifMatch is the change number that the caller saw, or 0.
func (s *Service) UpdateMapping(ctx context.Context, who scope.Principal, id MappingID, p MappingPatch, ifMatch int64) (SavedMapping, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return SavedMapping{}, err
	}
	if p.Name != nil {
		name := strings.Join(strings.Fields(*p.Name), " ")
		p.Name = &name
	}
	if err := checkSaved(p.Name, p.Mapping); err != nil {
		return SavedMapping{}, err
	}
	var saved SavedMapping
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if saved, err = loadMapping(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		if ifMatch != 0 && ifMatch != saved.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		if p.Name != nil && *p.Name != saved.Name {
			if _, err := db.One(tx.Context(), tx, scanMapping, mappingCalled, who.Org, *p.Name); err == nil {
				return fault.InvalidFields(fault.Field{Name: "name", Where: "body", Code: "already_in_use"})
			} else if !db.NoRows(err) {
				return err
			}
			saved.Name = *p.Name
		}
		if p.Mapping != nil {
			saved.Mapping = *p.Mapping
		}
		saved, err = saved.write(tx, who, c)
		return err
	})
	return saved, err
}

// ListMappings lists the saved mappings by their last change.
func (s *Service) ListMappings(ctx context.Context, who scope.Principal, p page.Page) (page.Of[SavedMapping], error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return page.Of[SavedMapping]{}, err
	}
	rows, err := db.All(ctx, s.db, scanMapping, mappingsPage, who.Org, p.After.ChangeNo, p.After.ID, p.Limit+1)
	return page.Cut(rows, p.Limit), err
}

// GetMapping returns a saved mapping.
func (s *Service) GetMapping(ctx context.Context, who scope.Principal, id MappingID) (SavedMapping, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return SavedMapping{}, err
	}
	return loadMapping(ctx, s.db, who.Org, id)
}

// DeleteMapping forgets a saved mapping. Imports that were read through it keep their own copy.
func (s *Service) DeleteMapping(ctx context.Context, who scope.Principal, id MappingID) error {
	if err := who.Need(scope.ImportsManage); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Change(string(who.Org)); err != nil {
			return err
		}
		m, err := loadMapping(tx.Context(), tx, who.Org, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(deleteMapping, id, who.Org); err != nil {
			return err
		}
		return audit.Append(tx, who, "import_mapping.delete", "import_mapping", string(id), map[string]any{"name": m.Name})
	})
}

func loadMapping(ctx context.Context, q db.Q, org scope.OrgID, id MappingID) (SavedMapping, error) {
	m, err := db.One(ctx, q, scanMapping, getMapping, id, org)
	if db.NoRows(err) {
		return m, fault.NotFoundFor("import_mapping")
	}
	return m, err
}

// fitting finds the saved mappings whose columns a header has: first those made for the same header, then those that
// read most of it.
func (s *Service) fitting(ctx context.Context, org scope.OrgID, header []string, signature string) ([]SavedMapping, error) {
	fit := []SavedMapping{}
	if len(header) == 0 {
		return fit, nil
	}
	all, err := db.All(ctx, s.db, scanMapping, mappingsPage, org, 0, "", maxSavedMappings)
	for _, m := range all {
		if len(m.Mapping.named()) > 0 && m.Mapping.fits(header) {
			fit = append(fit, m)
		}
	}
	same := func(m SavedMapping) int {
		if m.Mapping.Signature == signature {
			return 0
		}
		return 1
	}
	slices.SortFunc(fit, func(a, b SavedMapping) int {
		return cmp.Or(same(a)-same(b), len(b.Mapping.Columns)-len(a.Mapping.Columns), strings.Compare(a.Name, b.Name))
	})
	return fit, err
}
