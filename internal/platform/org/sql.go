package org

import (
	"context"
	"database/sql"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

const orgColumns = `id, slug, name, kind, authority, time_zone, currency, lock_date, allow_sole_pic, created_at, updated_at, change_no`

const insertOrg = `INSERT INTO organizations (` + orgColumns + `)
	VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, $9, 1) ON CONFLICT (slug) DO NOTHING`

const insertCounter = `INSERT INTO org_counters (org_id, change_no, changed_at, audit_no, audit_head) VALUES ($1, 0, $2, 0, $3)`

const selectOrg = `SELECT ` + orgColumns + ` FROM organizations WHERE id = $1`

const selectOrgBySlug = `SELECT ` + orgColumns + ` FROM organizations WHERE slug = $1`

const selectOrgs = `SELECT ` + orgColumns + ` FROM organizations ORDER BY slug`

const countOrgs = `SELECT count(*) FROM organizations`

// lockFirst has two who would both found the first organization wait for each other.
const lockFirst = `UPDATE authority SET epoch = epoch WHERE id = 1`

const updateOrg = `UPDATE organizations SET name = $2, authority = $3, time_zone = $4, currency = $5, lock_date = $6,
	allow_sole_pic = $7, updated_at = $8, change_no = $9 WHERE id = $1`

func scanOrg(s db.Scanner) (o Organization, err error) {
	var lock sql.NullString
	err = s.Scan(&o.ID, &o.Slug, &o.Name, &o.Kind, &o.Authority, &o.TimeZone, &o.Currency, &lock, &o.AllowSolePIC,
		&o.CreatedAt, &o.UpdatedAt, &o.ChangeNo)
	o.LockDate = lock.String
	return o, err
}

// loadOrg reads an organization by its id; not found is a fault.
func loadOrg(ctx context.Context, q db.Q, id ID) (Organization, error) {
	o, err := db.One(ctx, q, scanOrg, selectOrg, id)
	if db.NoRows(err) {
		return o, fault.NotFoundFor("organization")
	}
	return o, err
}

const insertUser = `INSERT INTO users (id, email, created_at, updated_at) VALUES ($1, $2, $3, $3)
	ON CONFLICT (email) DO NOTHING`

const selectUser = `SELECT id FROM users WHERE email = $1`

const memberColumns = `m.id, u.email, m.display_name, m.role, m.person_id, m.status, m.created_at, m.updated_at, m.change_no, m.user_id`

const selectMembers = `SELECT ` + memberColumns + ` FROM members m JOIN users u ON u.id = m.user_id`

const selectMember = selectMembers + ` WHERE m.org_id = $1 AND m.id = $2`

const insertMember = `INSERT INTO members (id, org_id, user_id, display_name, role, person_id, status, created_at, updated_at, change_no)
	VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $7, $8) ON CONFLICT (org_id, user_id) WHERE status = 'active' DO NOTHING`

const updateMember = `UPDATE members SET role = $3, person_id = $4, updated_at = $5, change_no = $6
	WHERE org_id = $1 AND id = $2 AND status = 'active'`

const removeMember = `UPDATE members SET status = 'removed', updated_at = $3, change_no = $4
	WHERE org_id = $1 AND id = $2 AND status = 'active'`

const countOtherOwners = `SELECT count(*) FROM members WHERE org_id = $1 AND id <> $2 AND role = 'owner' AND status = 'active'`

// A member may be linked to a person of the same organization only. The table is package ops/person's; that it
// exists is all that is asked of it.
const selectPerson = `SELECT id FROM people WHERE org_id = $1 AND id = $2 AND NOT deleted`

func scanMember(s db.Scanner) (m Member, err error) {
	var person sql.NullString
	err = s.Scan(&m.ID, &m.Email, &m.DisplayName, &m.Role, &person, &m.Status, &m.CreatedAt, &m.UpdatedAt, &m.ChangeNo, &m.UserID)
	m.PersonID = person.String
	return m, err
}

const selectPlacesOf = `SELECT o.slug, o.name, o.kind, m.role FROM members m JOIN organizations o ON o.id = m.org_id
	WHERE m.user_id = $1 AND m.status = 'active' ORDER BY o.name, o.slug`

func scanPlace(s db.Scanner) (p Place, err error) {
	err = s.Scan(&p.Slug, &p.Name, &p.Kind, &p.Role)
	return p, err
}

const selectPlace = `SELECT o.id, o.slug, o.name, o.kind, o.authority, o.time_zone, o.currency, o.lock_date, o.allow_sole_pic,
	o.created_at, o.updated_at, o.change_no, ` + memberColumns + `
	FROM organizations o JOIN members m ON m.org_id = o.id AND m.user_id = $2 AND m.status = 'active' JOIN users u ON u.id = m.user_id
	WHERE (o.slug = $1 OR o.id = $1)`

// inOrg is a member with their organization.
type inOrg struct {
	o Organization
	m Member
}

func scanInOrg(s db.Scanner) (x inOrg, err error) {
	var lock, person sql.NullString
	o, m := &x.o, &x.m
	err = s.Scan(&o.ID, &o.Slug, &o.Name, &o.Kind, &o.Authority, &o.TimeZone, &o.Currency, &lock, &o.AllowSolePIC,
		&o.CreatedAt, &o.UpdatedAt, &o.ChangeNo,
		&m.ID, &m.Email, &m.DisplayName, &m.Role, &person, &m.Status, &m.CreatedAt, &m.UpdatedAt, &m.ChangeNo, &m.UserID)
	o.LockDate, m.PersonID = lock.String, person.String
	return x, err
}

// loadMember reads a member of the organization, removed ones too; not found is a fault.
func loadMember(ctx context.Context, q db.Q, org ID, member MemberID) (Member, error) {
	m, err := db.One(ctx, q, scanMember, selectMember, org, member)
	if db.NoRows(err) {
		return m, fault.NotFoundFor("member")
	}
	return m, err
}

// userOf returns the id of the user with this address, who is made if there is none.
func userOf(tx *db.Tx, newID, email string) (string, error) {
	if _, err := tx.Exec(insertUser, newID, email, tx.Now()); err != nil {
		return "", err
	}
	return db.One(tx.Context(), tx, db.Scalar[string], selectUser, email)
}

// personExists checks the link of a member to a person.
func personExists(ctx context.Context, q db.Q, org scope.OrgID, person string) (bool, error) {
	_, err := db.One(ctx, q, db.Scalar[string], selectPerson, org, person)
	if db.NoRows(err) {
		return false, nil
	}
	return err == nil, err
}
