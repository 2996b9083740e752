-- The licence server: what vendors sell, whom they sold it to, and the devices that it runs on.

-- +goose Up

-- Tokens of a vendor, who is an organization: client tokens ship inside its programs, admin tokens do not. Kept as SHA-256
-- only.
CREATE TABLE licence_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  last_four TEXT NOT NULL,
  status TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  last_used_at BIGINT,
  change_no BIGINT NOT NULL
);
CREATE UNIQUE INDEX licence_tokens_hash ON licence_tokens (hash);
CREATE INDEX licence_tokens_page ON licence_tokens (org_id, change_no, id);

-- A product is claimed by the vendor who names it first in the whole deployment, since all share the signing key. folded is
-- the code in lower case: two vendors must not differ by case alone.
CREATE TABLE licence_products (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  code TEXT NOT NULL,
  folded TEXT NOT NULL,
  name TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE UNIQUE INDEX licence_products_code ON licence_products (folded);
CREATE INDEX licence_products_page ON licence_products (org_id, change_no, id);

-- What a product is sold as, and what its licences get. features is JSON. term_days is how long a licence lasts, null for
-- ever; it counts from the first activation where term_from says so. grace_days is for how long a device goes on after the
-- end, and without the server; file_days for how long a licence file lasts that was carried by hand; releases a year are
-- how many devices a customer releases alone.
CREATE TABLE licence_editions (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  product_id TEXT NOT NULL REFERENCES licence_products (id),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  features TEXT NOT NULL,
  max_activations BIGINT NOT NULL,
  trial BOOLEAN NOT NULL,
  term_days BIGINT,
  term_from TEXT NOT NULL,
  grace_days BIGINT NOT NULL,
  file_days BIGINT NOT NULL,
  releases_a_year BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE UNIQUE INDEX licence_editions_code ON licence_editions (product_id, code);
CREATE INDEX licence_editions_page ON licence_editions (org_id, change_no, id);

-- Licences that were issued together: licences of size so far. keys is what is issued, with the licence keys, sealed, until
-- they were downloaded or keys_until is over.
CREATE TABLE licence_batches (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  size BIGINT NOT NULL,
  licences BIGINT NOT NULL,
  keys BLOB,
  keys_until BIGINT,
  downloaded_at BIGINT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX licence_batches_page ON licence_batches (org_id, change_no, id);
CREATE INDEX licence_batches_keys ON licence_batches (keys_until) WHERE keys_until IS NOT NULL;

-- A licence. handle is a keyed hash of its key's SHA-256, whose secret is not in the database: nothing here leads back to
-- the key. active_devices is the number of its activations that are not ended, held against max_activations in one
-- statement. term_days is what is to be added once it is first activated. key_replaced_at is when the
-- customer last asked for another key. change_no is of the licence itself; activity_no
-- also of its devices, and in no index, so that an activation moves none.
CREATE TABLE licences (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  product_id TEXT NOT NULL REFERENCES licence_products (id),
  edition_id TEXT NOT NULL REFERENCES licence_editions (id),
  batch_id TEXT REFERENCES licence_batches (id),
  product TEXT NOT NULL,
  edition TEXT NOT NULL,
  handle TEXT NOT NULL,
  license_ref TEXT NOT NULL,
  email TEXT NOT NULL,
  note TEXT NOT NULL,
  features TEXT NOT NULL,
  max_activations BIGINT NOT NULL,
  active_devices BIGINT NOT NULL,
  enabled BOOLEAN NOT NULL,
  trial BOOLEAN NOT NULL,
  term_days BIGINT,
  expires_at BIGINT,
  quota_told_at BIGINT,
  key_replaced_at BIGINT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL,
  activity_no BIGINT NOT NULL
);
CREATE UNIQUE INDEX licences_handle ON licences (handle);
CREATE INDEX licences_page ON licences (org_id, change_no, id);
CREATE INDEX licences_email ON licences (email, org_id, change_no, id);
CREATE INDEX licences_product ON licences (org_id, product, change_no, id);
CREATE INDEX licences_kind ON licences (org_id, product, edition, change_no, id);
CREATE INDEX licences_edition ON licences (org_id, edition, change_no, id);
CREATE INDEX licences_disabled ON licences (org_id, change_no, id) WHERE NOT enabled;
CREATE INDEX licences_disabled_product ON licences (org_id, product, change_no, id) WHERE NOT enabled;
CREATE INDEX licences_disabled_edition ON licences (org_id, edition, change_no, id) WHERE NOT enabled;
CREATE INDEX licences_disabled_kind ON licences (org_id, product, edition, change_no, id) WHERE NOT enabled;
CREATE INDEX licences_ref ON licences (org_id, license_ref);
CREATE INDEX licences_batch ON licences (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX licences_expiry ON licences (org_id, expires_at) WHERE expires_at IS NOT NULL;

-- The handles of the other ways in which clients write a key before they hash it: without dashes, in lower case, both. They
-- are cut to 128 bits.
CREATE TABLE licence_handles (
  handle TEXT NOT NULL PRIMARY KEY,
  licence_id TEXT NOT NULL REFERENCES licences (id)
);
CREATE INDEX licence_handles_licence ON licence_handles (licence_id);

-- A device of a licence. device is its hash in lower case, device_hash and device_name what was sent last. One row for ever:
-- who comes back gets it again.
CREATE TABLE licence_devices (
  licence_id TEXT NOT NULL REFERENCES licences (id),
  device TEXT NOT NULL,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  device_hash TEXT NOT NULL,
  device_name TEXT NOT NULL,
  activated_at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT,
  last_seen_at BIGINT NOT NULL,
  PRIMARY KEY (licence_id, device)
);

-- Devices that customers released themselves.
CREATE TABLE licence_releases (
  id TEXT NOT NULL PRIMARY KEY,
  licence_id TEXT NOT NULL REFERENCES licences (id),
  device TEXT NOT NULL,
  released_at BIGINT NOT NULL
);
CREATE INDEX licence_releases_licence ON licence_releases (licence_id, released_at);

-- How many devices of a product were activated and ended on a day in UTC, and how many were refused for want of room.
CREATE TABLE licence_days (
  org_id TEXT NOT NULL REFERENCES organizations (id),
  product_id TEXT NOT NULL REFERENCES licence_products (id),
  day TEXT NOT NULL,
  activated BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  PRIMARY KEY (org_id, product_id, day)
);

-- The keys that tokens are signed with, one after the other: version counts them. public is the raw Ed25519 key; sealed the
-- seed of the private part. statement says, in the exact bytes that are signed, which keys there are; it is signed by the
-- key before, so that who knows that one can follow, and by the key itself.
CREATE TABLE licence_signing_keys (
  version BIGINT NOT NULL PRIMARY KEY,
  kid TEXT NOT NULL,
  public BLOB NOT NULL,
  sealed BLOB NOT NULL,
  signs_from BIGINT NOT NULL,
  statement TEXT NOT NULL,
  signature BLOB NOT NULL,
  previous_signature BLOB,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX licence_signing_keys_kid ON licence_signing_keys (kid);

-- A link that was mailed to a customer, and the session that it opened. Kept as SHA-256 only.
CREATE TABLE licence_links (
  hash BLOB NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX licence_links_email ON licence_links (email, created_at);
CREATE INDEX licence_links_expiry ON licence_links (expires_at);

CREATE TABLE licence_customer_sessions (
  hash BLOB NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX licence_customer_sessions_expiry ON licence_customer_sessions (expires_at);
