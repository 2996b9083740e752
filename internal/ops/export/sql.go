package export

import "airside/internal/base/db"

const (
	personOf = `SELECT display_name, given_name, family_name, opening FROM people WHERE id = $1 AND org_id = $2 AND NOT deleted`
	namesOf  = `SELECT id, display_name FROM people WHERE org_id = $1`
	fleetOf  = `SELECT id, registration, facts FROM aircraft WHERE org_id = $1`
	orgOf    = `SELECT name, slug FROM organizations WHERE id = $1`

	postedHead = `SELECT flight_id, flight_s, night_s, ifr_s, landings_day, landings_night FROM pilot_postings`
)

func scanHolder(s db.Scanner) (h holder, err error) {
	var opening db.JSON[balance]
	err = s.Scan(&h.display, &h.given, &h.family, &opening)
	h.opening = opening.V
	return h, err
}

type pair struct{ id, name string }

func scanPair(s db.Scanner) (p pair, err error) { return p, s.Scan(&p.id, &p.name) }

func scanCraft(s db.Scanner) (c craft, err error) {
	facts := db.JSON[craft]{}
	var id, registration string
	err = s.Scan(&id, &registration, &facts)
	c = facts.V
	c.ID, c.Registration = id, registration
	return c, err
}

func scanPosted(s db.Scanner) (p posted, err error) {
	return p, s.Scan(&p.flight, &p.Flight, &p.Night, &p.IFR, &p.LandingsDay, &p.LandingsNight)
}

// The tables of an organization's archive. Columns are named one by one: what is secret is not among them.
const (
	organizationTable = `SELECT o.id, o.slug, o.name, o.kind, o.authority, o.time_zone, o.currency, o.lock_date, o.allow_sole_pic,
	o.created_at, o.updated_at, c.change_no, c.audit_no, c.audit_head
	FROM organizations o JOIN org_counters c ON c.org_id = o.id WHERE o.id = $1`

	peopleTable = `SELECT p.id, p.external_ref, p.member_no, p.display_name, p.given_name, p.family_name, p.roles, p.status,
	p.licences, p.ratings, p.home_base, p.opening, t.flight_s, t.pic_s, t.dual_s, t.night_s, t.ifr_s, t.landings_day, t.landings_night,
	t.flights, p.import_id, p.created_at, p.updated_at, p.change_no
	FROM people p LEFT JOIN person_totals t ON t.person_id = p.id WHERE p.org_id = $1 AND NOT p.deleted ORDER BY p.change_no, p.id`

	aircraftTable = `SELECT a.id, a.external_ref, a.registration, a.status, a.facts, t.airframe_s, t.landings, t.cycles, t.flights,
	a.unverified, a.import_id, a.created_at, a.updated_at, a.change_no
	FROM aircraft a LEFT JOIN aircraft_totals t ON t.aircraft_id = a.id WHERE a.org_id = $1 AND NOT a.deleted ORDER BY a.change_no, a.id`

	// The ledgers are read along the list of flights, whose index knows the organization.
	aircraftPostingsTable = `SELECT p.flight_id, p.entry, p.aircraft_id, p.seconds, p.landings, p.cycles, p.hobbs_meter, p.hobbs_start,
	p.hobbs_end, p.tacho_meter, p.tacho_start, p.tacho_end, p.reversed, p.flown_at, p.posted_at, p.change_no
	FROM flights f JOIN aircraft_postings p ON p.flight_id = f.id WHERE f.org_id = $1 ORDER BY f.change_no, f.id, p.entry`

	pilotPostingsTable = `SELECT p.flight_id, p.person_id, p.entry, p.flight_s, p.pic_s, p.dual_s, p.night_s, p.ifr_s, p.takeoffs_day,
	p.takeoffs_night, p.landings_day, p.landings_night, p.flown_at, p.posted_at, p.change_no
	FROM flights f JOIN pilot_postings p ON p.flight_id = f.id WHERE f.org_id = $1 ORDER BY f.change_no, f.id, p.person_id, p.entry`

	importsTable = `SELECT id, file_name, format, status, mode, pilot_id, match_people, choices, report, created, unchanged, created_by,
	created_at, updated_at, change_no FROM imports WHERE org_id = $1 ORDER BY change_no, id`

	mappingsTable = `SELECT id, name, mapping, created_by, created_at, updated_at, change_no
	FROM import_mappings WHERE org_id = $1 ORDER BY change_no, id`

	eventsTable = `SELECT body FROM events WHERE org_id = $1 ORDER BY change_no, ordinal`

	auditTable = `SELECT no, at, change_no, verb, subject_type, subject_id, actor_kind, actor_id, detail, salt, digest, hash
	FROM audit_entries WHERE org_id = $1 ORDER BY no`

	membersTable = `SELECT m.id, u.email, m.display_name, m.role, m.person_id, m.status, m.created_at, m.updated_at, m.change_no
	FROM members m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 ORDER BY m.change_no, m.id`

	keysTable = `SELECT k.id, k.kind, k.name, k.prefix, k.last_four, k.scopes, k.allowed_ips, k.member_id, k.status, k.expires_at,
	k.rotated_from, k.created_by, k.created_at, k.updated_at, k.revoked_at, u.last_used_at, u.calls, k.change_no
	FROM api_keys k LEFT JOIN api_key_uses u ON u.key_id = k.id WHERE k.org_id = $1 ORDER BY k.change_no, k.id`

	endpointsTable = `SELECT id, url, description, event_types, filter, ordered, rate_limit, concurrency, ed25519, active, disabled_reason,
	disabled_at, created_by, created_at, updated_at, change_no FROM webhook_endpoints WHERE org_id = $1 AND NOT deleted ORDER BY change_no, id`
)

type called struct{ name, slug string }

func scanCalled(s db.Scanner) (c called, err error) { return c, s.Scan(&c.name, &c.slug) }
