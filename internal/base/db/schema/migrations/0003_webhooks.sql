-- Webhooks: several signing keys an endpoint, filters, order, limits, recoveries, and how fast receivers answer.

-- +goose Up

-- What deliveries to an endpoint are signed with: every key that has not expired. scheme is that of Standard Webhooks: v1
-- is an HMAC secret, v1a the seed of an Ed25519 key. place names the column of webhook_endpoints that a key was sealed
-- for before this table was; NULL means this table.
CREATE TABLE webhook_secrets (
  id TEXT NOT NULL PRIMARY KEY,
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
  scheme TEXT NOT NULL,
  sealed BLOB NOT NULL,
  place TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
);
CREATE INDEX webhook_secrets_endpoint ON webhook_secrets (endpoint_id);
INSERT INTO webhook_secrets (id, endpoint_id, scheme, sealed, place, created_at, expires_at)
SELECT id, id, 'v1', secret, 'secret', secret_set_at, NULL FROM webhook_endpoints;
INSERT INTO webhook_secrets (id, endpoint_id, scheme, sealed, place, created_at, expires_at)
SELECT id || '-previous', id, 'v1', previous_secret, 'previous_secret', created_at, previous_until FROM webhook_endpoints
WHERE previous_secret IS NOT NULL AND previous_until IS NOT NULL;
ALTER TABLE webhook_endpoints DROP COLUMN secret;
ALTER TABLE webhook_endpoints DROP COLUMN secret_set_at;
ALTER TABLE webhook_endpoints DROP COLUMN previous_secret;
ALTER TABLE webhook_endpoints DROP COLUMN previous_until;

-- filter is JSON: paths in the envelope and the values that let an event through. rate_limit is deliveries a second,
-- concurrency requests at once; NULL leaves both to the deployment. warned_at is when its owners were told that it only
-- fails, blocked_since since when the first delivery of an ordered endpoint holds up the rest.
ALTER TABLE webhook_endpoints ADD COLUMN filter TEXT;
ALTER TABLE webhook_endpoints ADD COLUMN ordered BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE webhook_endpoints ADD COLUMN ed25519 BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE webhook_endpoints ADD COLUMN rate_limit BIGINT;
ALTER TABLE webhook_endpoints ADD COLUMN concurrency BIGINT;
ALTER TABLE webhook_endpoints ADD COLUMN disabled_at BIGINT;
ALTER TABLE webhook_endpoints ADD COLUMN warned_at BIGINT;
ALTER TABLE webhook_endpoints ADD COLUMN blocked_since BIGINT;
UPDATE webhook_endpoints SET disabled_at = updated_at WHERE NOT active;

-- Rows of ordered endpoints are sent one after the other in the order of the changes, all others when they are due.
ALTER TABLE deliveries_due ADD COLUMN ordered BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX deliveries_due_next;
CREATE INDEX deliveries_due_next ON deliveries_due (endpoint_id, due_at, id) WHERE NOT ordered;
CREATE INDEX deliveries_due_order ON deliveries_due (endpoint_id, change_no, id) WHERE ordered;

DROP INDEX deliveries_again;
DROP INDEX deliveries_due_again;
CREATE INDEX deliveries_again ON deliveries (event_id) WHERE origin IN ('resend', 'replay', 'recovery');
CREATE INDEX deliveries_due_again ON deliveries_due (event_id) WHERE origin IN ('resend', 'replay', 'recovery');
CREATE INDEX deliveries_filtered ON deliveries (org_id, change_no, id) WHERE status = 'filtered';

-- Where the time of an attempt went, in microseconds: name resolution, connecting, TLS, waiting for the answer.
ALTER TABLE delivery_attempts ADD COLUMN timing TEXT;

-- The last attempt of a delivery stands with the delivery, because most have only that one: delivery_attempts has the ones
-- before, and all of those made before this column was.
ALTER TABLE deliveries ADD COLUMN attempt_at BIGINT;
ALTER TABLE deliveries ADD COLUMN duration_us BIGINT;
ALTER TABLE deliveries ADD COLUMN request_headers TEXT;
ALTER TABLE deliveries ADD COLUMN response_status BIGINT;
ALTER TABLE deliveries ADD COLUMN response_headers TEXT;
ALTER TABLE deliveries ADD COLUMN response_body BLOB;
ALTER TABLE deliveries ADD COLUMN error_code TEXT;
ALTER TABLE deliveries ADD COLUMN error_detail TEXT;
ALTER TABLE deliveries ADD COLUMN timing TEXT;

-- Sending again what an endpoint missed: 'failed' makes what was given up, 'missed' all that it should have and has not.
-- at_change and at_id are how far it has come.
CREATE TABLE webhook_recoveries (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
  kind TEXT NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT NOT NULL,
  status TEXT NOT NULL,
  made BIGINT NOT NULL,
  at_change BIGINT NOT NULL,
  at_id TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX webhook_recoveries_page ON webhook_recoveries (org_id, change_no, id);
CREATE UNIQUE INDEX webhook_recoveries_running ON webhook_recoveries (endpoint_id) WHERE status = 'running';

-- How attempts went, by the hour (UTC, counted from 1970): a histogram of how long they took, whose buckets grow by a
-- quarter of an octave.
CREATE TABLE webhook_endpoint_hours (
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
  hour BIGINT NOT NULL,
  ok BOOLEAN NOT NULL,
  bucket BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  PRIMARY KEY (endpoint_id, hour, ok, bucket)
);

-- The last event of an organization that is no longer kept, and when it happened. What is before it is deleted, or about to be.
CREATE TABLE event_horizons (
  org_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  change_no BIGINT NOT NULL,
  ordinal BIGINT NOT NULL,
  at BIGINT NOT NULL
);

-- The last change of which nobody can tell any more to whom its events were delivered: deliveries that ended before at are
-- deleted, or about to be.
CREATE TABLE delivery_horizons (
  org_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  change_no BIGINT NOT NULL,
  at BIGINT NOT NULL
);
