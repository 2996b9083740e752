-- The first house: organizations and who acts in them, the flight records, events and their deliveries.
-- One text for both engines: BIGINT, BOOLEAN, BLOB and TEXT are mapped by package schema.
-- Times are microseconds since 1970 in UTC, durations seconds, meters hundredths of an hour, JSON is text.

-- +goose Up

-- The epoch of authority: bumped by every change of what somebody may do (see db.Tx.ChangeAuthority).
CREATE TABLE authority (
  id BIGINT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL
);
INSERT INTO authority (id, epoch) VALUES (1, 2);

-- A known text sealed under the master key, so that a wrong key is refused at start.
CREATE TABLE secret_canary (
  id BIGINT NOT NULL PRIMARY KEY,
  sealed BLOB NOT NULL
);

-- Running processes; beat moves while one lives, and a deleted row fences it.
CREATE TABLE nodes (
  id TEXT NOT NULL PRIMARY KEY,
  beat BIGINT NOT NULL,
  started_at BIGINT NOT NULL
);

CREATE TABLE jobs (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  payload TEXT NOT NULL,
  run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  node_id TEXT,
  again BOOLEAN NOT NULL,
  error TEXT,
  created_at BIGINT NOT NULL,
  UNIQUE (kind, key)
);
CREATE INDEX jobs_due ON jobs (run_at, id);

CREATE TABLE organizations (
  id TEXT NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  authority TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  currency TEXT NOT NULL,
  lock_date TEXT,
  allow_sole_pic BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);

-- One row an organization: its change counter and the head of its audit chain.
CREATE TABLE org_counters (
  org_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  change_no BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  audit_no BIGINT NOT NULL,
  audit_head BLOB NOT NULL
);

-- Running numbers such as F-2026-00413; name is 'flight/2026'.
CREATE TABLE org_sequences (
  org_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (org_id, name)
);

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE members (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  display_name TEXT NOT NULL,
  role TEXT NOT NULL,
  person_id TEXT,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX members_page ON members (org_id, change_no, id);
-- Who is removed and comes back is a new member, so that nothing of the old one comes back.
CREATE UNIQUE INDEX members_user ON members (org_id, user_id) WHERE status = 'active';

CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  last_four TEXT NOT NULL,
  scopes TEXT NOT NULL,
  allowed_ips TEXT NOT NULL,
  member_id TEXT REFERENCES members (id),
  status TEXT NOT NULL,
  expires_at BIGINT,
  rotated_from TEXT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  revoked_at BIGINT,
  change_no BIGINT NOT NULL
);
CREATE INDEX api_keys_page ON api_keys (org_id, change_no, id);

-- Use is counted apart from the key, so that reading never changes a record.
CREATE TABLE api_key_uses (
  key_id TEXT NOT NULL PRIMARY KEY REFERENCES api_keys (id),
  last_used_at BIGINT NOT NULL,
  last_address TEXT NOT NULL,
  calls BIGINT NOT NULL
);

CREATE TABLE idempotency_keys (
  org_id TEXT NOT NULL,
  principal TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  resource TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, principal, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE audit_entries (
  org_id TEXT NOT NULL REFERENCES organizations (id),
  no BIGINT NOT NULL,
  at BIGINT NOT NULL,
  change_no BIGINT NOT NULL,
  verb TEXT NOT NULL,
  subject_type TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  detail TEXT,
  salt BLOB,
  digest BLOB NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (org_id, no)
);
CREATE INDEX audit_entries_subject ON audit_entries (org_id, subject_id, no);

-- Reference data that the operator imports.
CREATE TABLE aerodromes (
  scheme TEXT NOT NULL,
  code TEXT NOT NULL,
  icao TEXT,
  ident TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (scheme, code)
);
CREATE INDEX aerodromes_code ON aerodromes (code);
CREATE TABLE aircraft_types (
  designator TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  wake TEXT NOT NULL
);

CREATE TABLE people (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  external_ref TEXT,
  member_no TEXT,
  display_name TEXT NOT NULL,
  given_name TEXT NOT NULL,
  family_name TEXT NOT NULL,
  roles TEXT NOT NULL,
  status TEXT NOT NULL,
  licences TEXT NOT NULL,
  ratings TEXT NOT NULL,
  home_base TEXT,
  opening TEXT NOT NULL,
  search TEXT NOT NULL,
  import_id TEXT,
  deleted BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX people_page ON people (org_id, change_no, id);
CREATE INDEX people_since ON people (org_id, updated_at, change_no);
CREATE UNIQUE INDEX people_member_no ON people (org_id, member_no) WHERE member_no IS NOT NULL AND NOT deleted;
CREATE UNIQUE INDEX people_external_ref ON people (org_id, external_ref) WHERE external_ref IS NOT NULL AND NOT deleted;

-- What the flights posted to a person add up to; the ledger is pilot_postings.
CREATE TABLE person_totals (
  person_id TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
  org_id TEXT NOT NULL,
  flight_s BIGINT NOT NULL,
  pic_s BIGINT NOT NULL,
  dual_s BIGINT NOT NULL,
  night_s BIGINT NOT NULL,
  ifr_s BIGINT NOT NULL,
  landings_day BIGINT NOT NULL,
  landings_night BIGINT NOT NULL,
  flights BIGINT NOT NULL,
  posted_at BIGINT NOT NULL
);

CREATE TABLE aircraft (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  external_ref TEXT,
  registration TEXT NOT NULL,
  registration_key TEXT NOT NULL,
  status TEXT NOT NULL,
  facts TEXT NOT NULL,
  hobbs_meter BIGINT NOT NULL,
  tacho_meter BIGINT NOT NULL,
  unverified BOOLEAN NOT NULL,
  import_id TEXT,
  deleted BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX aircraft_page ON aircraft (org_id, change_no, id);
CREATE INDEX aircraft_since ON aircraft (org_id, updated_at, change_no);
CREATE UNIQUE INDEX aircraft_registration ON aircraft (org_id, registration_key) WHERE NOT deleted;

-- What the flights posted to an aircraft add up to; the ledger is aircraft_postings.
CREATE TABLE aircraft_totals (
  aircraft_id TEXT NOT NULL PRIMARY KEY REFERENCES aircraft (id),
  org_id TEXT NOT NULL,
  airframe_s BIGINT NOT NULL,
  landings BIGINT NOT NULL,
  cycles BIGINT NOT NULL,
  flights BIGINT NOT NULL,
  posted_at BIGINT NOT NULL
);

CREATE TABLE flights (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  number TEXT NOT NULL,
  external_ref TEXT,
  status TEXT NOT NULL,
  kind TEXT NOT NULL,
  aircraft_id TEXT,
  off_block_at BIGINT,
  facts TEXT NOT NULL,
  doc TEXT NOT NULL,
  reverses_id TEXT,
  reversed_by_id TEXT,
  import_id TEXT,
  created_by TEXT NOT NULL,
  deleted BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL,
  UNIQUE (org_id, number)
);
CREATE INDEX flights_page ON flights (org_id, change_no, id);
CREATE INDEX flights_since ON flights (org_id, updated_at, change_no);
CREATE INDEX flights_status ON flights (org_id, status, change_no, id);
CREATE INDEX flights_aircraft ON flights (org_id, aircraft_id, change_no, id);
CREATE INDEX flights_flown ON flights (org_id, off_block_at);
CREATE INDEX flights_author ON flights (org_id, created_by);
CREATE INDEX flights_import ON flights (import_id) WHERE import_id IS NOT NULL;

-- Who flew, for the filters; the names and times are in the flight's facts.
CREATE TABLE flight_crew (
  flight_id TEXT NOT NULL REFERENCES flights (id),
  position BIGINT NOT NULL,
  org_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  function TEXT NOT NULL,
  PRIMARY KEY (flight_id, position)
);
CREATE INDEX flight_crew_person ON flight_crew (org_id, person_id, flight_id);

-- The ledgers are append-only: an approval adds rows, a reversal adds their negatives.
CREATE TABLE aircraft_postings (
  flight_id TEXT NOT NULL REFERENCES flights (id),
  entry TEXT NOT NULL,
  org_id TEXT NOT NULL,
  aircraft_id TEXT NOT NULL REFERENCES aircraft (id),
  seconds BIGINT NOT NULL,
  landings BIGINT NOT NULL,
  cycles BIGINT NOT NULL,
  hobbs_meter BIGINT NOT NULL,
  hobbs_start BIGINT,
  hobbs_end BIGINT,
  tacho_meter BIGINT NOT NULL,
  tacho_start BIGINT,
  tacho_end BIGINT,
  arrival TEXT,
  reversed BOOLEAN NOT NULL,
  flown_at BIGINT NOT NULL,
  posted_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL,
  PRIMARY KEY (flight_id, entry)
);
CREATE INDEX aircraft_postings_sum ON aircraft_postings (aircraft_id, flown_at);
CREATE INDEX aircraft_postings_hobbs ON aircraft_postings (aircraft_id, hobbs_meter, hobbs_start) WHERE hobbs_start IS NOT NULL AND NOT reversed;
CREATE INDEX aircraft_postings_tacho ON aircraft_postings (aircraft_id, tacho_meter, tacho_start) WHERE tacho_start IS NOT NULL AND NOT reversed;

CREATE TABLE pilot_postings (
  flight_id TEXT NOT NULL REFERENCES flights (id),
  person_id TEXT NOT NULL REFERENCES people (id),
  entry TEXT NOT NULL,
  org_id TEXT NOT NULL,
  flight_s BIGINT NOT NULL,
  pic_s BIGINT NOT NULL,
  dual_s BIGINT NOT NULL,
  night_s BIGINT NOT NULL,
  ifr_s BIGINT NOT NULL,
  takeoffs_day BIGINT NOT NULL,
  takeoffs_night BIGINT NOT NULL,
  landings_day BIGINT NOT NULL,
  landings_night BIGINT NOT NULL,
  flown_at BIGINT NOT NULL,
  posted_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL,
  PRIMARY KEY (flight_id, person_id, entry)
);
CREATE INDEX pilot_postings_recent ON pilot_postings (person_id, flown_at);

CREATE TABLE imports (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  file_name TEXT NOT NULL,
  format TEXT NOT NULL,
  status TEXT NOT NULL,
  mode TEXT,
  pilot_id TEXT,
  match_people BOOLEAN NOT NULL,
  report TEXT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  created BIGINT NOT NULL,
  unchanged BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX imports_page ON imports (org_id, change_no, id);

-- The file itself, apart from the row that every step of the import writes again.
CREATE TABLE import_files (
  import_id TEXT NOT NULL PRIMARY KEY REFERENCES imports (id),
  org_id TEXT NOT NULL,
  content BLOB NOT NULL
);

-- Every row that is in the records, known by its content and its number among equal rows.
CREATE TABLE import_rows (
  org_id TEXT NOT NULL,
  pilot_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  occurrence BIGINT NOT NULL,
  import_id TEXT NOT NULL REFERENCES imports (id),
  flight_id TEXT NOT NULL,
  PRIMARY KEY (org_id, pilot_id, fingerprint, occurrence)
);
CREATE INDEX import_rows_import ON import_rows (import_id, flight_id);

CREATE TABLE events (
  org_id TEXT NOT NULL,
  change_no BIGINT NOT NULL,
  ordinal BIGINT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, change_no, ordinal)
);
CREATE INDEX events_type ON events (org_id, type, change_no, ordinal);
CREATE INDEX events_at ON events (org_id, at, change_no);

CREATE TABLE webhook_endpoints (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  event_types TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  disabled_reason TEXT,
  secret BLOB NOT NULL,
  secret_set_at BIGINT NOT NULL,
  previous_secret BLOB,
  previous_until BIGINT,
  failing_since BIGINT,
  node_id TEXT,
  deleted BOOLEAN NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX webhook_endpoints_page ON webhook_endpoints (org_id, change_no, id);

-- Deliveries that have still to be made; small, and read by when they are due.
CREATE TABLE deliveries_due (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  origin TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX deliveries_due_next ON deliveries_due (endpoint_id, due_at, id);
CREATE INDEX deliveries_due_page ON deliveries_due (org_id, change_no, id);

-- Deliveries that have ended.
CREATE TABLE deliveries (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  origin TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX deliveries_page ON deliveries (org_id, change_no, id);
CREATE INDEX deliveries_endpoint ON deliveries (endpoint_id, change_no, id);
CREATE INDEX deliveries_failed ON deliveries (endpoint_id, change_no, id) WHERE status = 'failed';

CREATE TABLE delivery_attempts (
  delivery_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  at BIGINT NOT NULL,
  duration_us BIGINT NOT NULL,
  request_headers TEXT NOT NULL,
  response_status BIGINT,
  response_headers TEXT,
  response_body BLOB,
  error_code TEXT,
  error_detail TEXT,
  PRIMARY KEY (delivery_id, n)
);
