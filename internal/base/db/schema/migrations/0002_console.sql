-- People sign in: passwords, second factors, sessions and links by mail. Mappings of logbooks that a user made, and sums
-- for the pages of the console.

-- +goose Up

-- What a user signs in with, and how they like to read. The password is an argon2id hash in its usual text form, the
-- second factor is sealed, recovery codes are SHA-256 in hex.
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

-- Who is signed in. Only the SHA-256 of a token is kept; stage is 'code' while the second factor is awaited.
CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id),
  stage TEXT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE INDEX sessions_age ON sessions (expires_at);

-- Links sent by mail: to accept an invitation or to set a new password.
CREATE TABLE account_links (
  id TEXT NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  org_id TEXT,
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

-- What the posted flights of a month (UTC) add up to.
CREATE TABLE flight_months (
  org_id TEXT NOT NULL REFERENCES organizations (id),
  month TEXT NOT NULL,
  flights BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  landings BIGINT NOT NULL,
  PRIMARY KEY (org_id, month)
);
