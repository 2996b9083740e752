-- People sign in: passwords, second factors, sessions and links by mail. Mappings of logbooks that a user made, and sums
-- for the pages of the console.

-- +goose Up

-- What a user signs in with, and how they like to read. The password is an argon2id hash in its usual text form, the
-- second factor is sealed and counts once totp_at is set, recovery codes are HMACs in hex under the master key.
CREATE TABLE accounts (
  user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
  password TEXT,
  password_at BIGINT,
  totp BLOB,
  totp_at BIGINT,
  totp_step BIGINT NOT NULL,
  recovery TEXT NOT NULL,
  language TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX members_places ON members (user_id);

-- Who is signed in. Only the SHA-256 of a token is kept; stage is 'code' while the second factor is awaited, failures
-- counts wrong codes. language is what the browser asked for.
CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id),
  stage TEXT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  language TEXT NOT NULL,
  failures BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE INDEX sessions_age ON sessions (expires_at);

-- Links sent by mail: to accept an invitation or to set a new password. role is that of somebody whose invitation was
-- handed over instead, so that nobody has proved the address: it opens this role and nothing more.
CREATE TABLE account_links (
  id TEXT NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  org_id TEXT,
  role TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX account_links_user ON account_links (user_id);
CREATE INDEX account_links_age ON account_links (expires_at);

-- Failed attempts, by a hash of the account or the address that they came to or from.
CREATE TABLE throttles (
  subject TEXT NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  since BIGINT NOT NULL
);
CREATE INDEX throttles_age ON throttles (since);

-- How the columns of a file become a logbook, as a user has said it once.
CREATE TABLE import_mappings (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  mapping TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE UNIQUE INDEX import_mappings_name ON import_mappings (org_id, name);
CREATE INDEX import_mappings_page ON import_mappings (org_id, change_no, id);

-- What the user chose for an import besides whose logbook it is: the mapping, and which names are which people.
ALTER TABLE imports ADD COLUMN choices TEXT;

-- Calls of each key by day (UTC), for the chart of its use.
CREATE TABLE api_key_days (
  key_id TEXT NOT NULL REFERENCES api_keys (id),
  day TEXT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (key_id, day)
);

-- Deliveries to each endpoint by the day (in UTC, counted from 1970) on which they ended.
CREATE TABLE webhook_endpoint_days (
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
  day BIGINT NOT NULL,
  succeeded BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  PRIMARY KEY (endpoint_id, day)
);
INSERT INTO webhook_endpoint_days (endpoint_id, day, succeeded, failed)
SELECT endpoint_id, finished_at / 86400000000, CAST(SUM(CASE WHEN status = 'succeeded' THEN 1 ELSE 0 END) AS BIGINT),
  CAST(SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS BIGINT)
FROM deliveries WHERE status <> 'cancelled' GROUP BY endpoint_id, finished_at / 86400000000;

-- Deliveries of an event that were made by hand; the others are of the event's own change.
CREATE INDEX deliveries_again ON deliveries (event_id) WHERE origin IN ('resend', 'replay');
CREATE INDEX deliveries_due_again ON deliveries_due (event_id) WHERE origin IN ('resend', 'replay');
CREATE INDEX deliveries_failed_page ON deliveries (org_id, change_no, id) WHERE status = 'failed';

CREATE INDEX audit_entries_verb ON audit_entries (org_id, verb, no);

-- Who did it: a credential, or the member behind it, who has several and signs in ever anew. The member stands in the
-- detail, which the chain covers, and here so that it is found; until now only tokens had one. It is erased with the detail.
ALTER TABLE audit_entries ADD COLUMN member_id TEXT;
UPDATE audit_entries SET member_id = (SELECT k.member_id FROM api_keys k WHERE k.id = audit_entries.actor_id)
WHERE actor_kind = 'management' AND detail IS NOT NULL;
CREATE INDEX audit_entries_actor ON audit_entries (org_id, actor_id, no);
CREATE INDEX audit_entries_member ON audit_entries (org_id, member_id, no) WHERE member_id IS NOT NULL;

-- Who flew knows of the flight what the pages of somebody's flights are found by, so that one index answers them.
-- flown_at is NULL for a flight without a date and for a removed one.
ALTER TABLE flight_crew ADD COLUMN flown_at BIGINT;
ALTER TABLE flight_crew ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE flight_crew ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE flight_crew ADD COLUMN aircraft_id TEXT;
UPDATE flight_crew SET
  flown_at = (SELECT CASE WHEN f.deleted THEN NULL ELSE f.off_block_at END FROM flights f WHERE f.id = flight_crew.flight_id),
  status = (SELECT f.status FROM flights f WHERE f.id = flight_crew.flight_id),
  kind = (SELECT f.kind FROM flights f WHERE f.id = flight_crew.flight_id),
  aircraft_id = (SELECT f.aircraft_id FROM flights f WHERE f.id = flight_crew.flight_id);
CREATE INDEX flight_crew_flown ON flight_crew (org_id, person_id, flown_at, flight_id, status, kind, aircraft_id) WHERE flown_at IS NOT NULL;

-- The pages of flights, newest first, by what they are filtered by. What stands behind the id is only looked at.
DROP INDEX flights_flown;
DROP INDEX flights_author;
DROP INDEX flights_import;
CREATE INDEX flights_flown ON flights (org_id, off_block_at, id, deleted);
CREATE INDEX flights_author ON flights (org_id, created_by, off_block_at, id);
CREATE INDEX flights_import ON flights (org_id, import_id, off_block_at, id, deleted, status, kind) WHERE import_id IS NOT NULL;
CREATE INDEX flights_decided ON flights (org_id, status, kind, off_block_at, id) WHERE NOT deleted;
CREATE INDEX flights_craft ON flights (org_id, aircraft_id, off_block_at, id, status, kind) WHERE NOT deleted;
CREATE INDEX flights_ref ON flights (org_id, external_ref) WHERE external_ref IS NOT NULL;

-- What the posted flights of a month (UTC) add up to, as the ledger of the aircraft has it. Sessions in a training
-- device are no flights.
CREATE TABLE flight_months (
  org_id TEXT NOT NULL REFERENCES organizations (id),
  month TEXT NOT NULL,
  flights BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  landings BIGINT NOT NULL,
  PRIMARY KEY (org_id, month)
);
-- The day is counted from 1 March of the year 0, in eras of 400 years, because neither engine's calendar is the other's.
INSERT INTO flight_months (org_id, month, flights, seconds, landings)
SELECT org_id, CASE WHEN mp < 10 THEN y ELSE y + 1 END || CASE WHEN mp < 7 THEN '-0' WHEN mp < 10 THEN '-' ELSE '-0' END
    || CASE WHEN mp < 10 THEN mp + 3 ELSE mp - 9 END,
  CAST(SUM(flights) AS BIGINT), CAST(SUM(seconds) AS BIGINT), CAST(SUM(landings) AS BIGINT)
FROM (SELECT org_id, flights, seconds, landings, y, (5 * doy + 2) / 153 AS mp
  FROM (SELECT org_id, flights, seconds, landings, yoe + 400 * era AS y, doe - (365 * yoe + yoe / 4 - yoe / 100) AS doy
    FROM (SELECT org_id, flights, seconds, landings, era, doe, (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365 AS yoe
      FROM (SELECT org_id, flights, seconds, landings, z / 146097 AS era, z - z / 146097 * 146097 AS doe
        FROM (SELECT p.org_id, CASE p.entry WHEN 'post' THEN 1 ELSE -1 END AS flights, p.seconds, p.landings,
            (p.flown_at + 62162035200000000) / 86400000000 AS z
          FROM aircraft_postings p JOIN flights f ON f.id = p.flight_id WHERE f.kind <> 'fstd') a) b) c) d) e
GROUP BY org_id, 2;

-- People are listed by name, without regard to capitals and accents. What was there before is sorted by what it is
-- searched by, which begins with the name too, until it is next saved.
ALTER TABLE people ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
UPDATE people SET sort_name = search;
CREATE INDEX people_name ON people (org_id, sort_name, id) WHERE NOT deleted;

-- What was given up lately, for the day board.
CREATE INDEX deliveries_given_up ON deliveries (org_id, finished_at, id) WHERE status = 'failed';
