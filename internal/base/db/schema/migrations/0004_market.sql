-- Apps, what they ask for, how they are offered, and where they are installed. Statuses and reasons are those of the
-- contract; texts that somebody agreed to are kept as they were then.

-- +goose Up

-- An app belongs to the organization that builds it. successor_id is the organization that is asked to take it over.
CREATE TABLE apps (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  homepage TEXT NOT NULL,
  support TEXT NOT NULL,
  logo_url TEXT NOT NULL,
  webhook_url TEXT NOT NULL,
  event_types TEXT NOT NULL,
  status TEXT NOT NULL,
  successor_id TEXT REFERENCES organizations (id),
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  activated_at BIGINT,
  revoked_at BIGINT,
  change_no BIGINT NOT NULL
);
CREATE INDEX apps_page ON apps (org_id, change_no, id);
CREATE INDEX apps_successor ON apps (successor_id) WHERE successor_id IS NOT NULL;

-- Each row is one declaration of a scope with its justification, and what was decided about it. Of an app and a scope at
-- most one is pending and at most one approved; the others are history. decided_… is the first decision; ended_… is how a
-- pending or approved one ceased: superseded, withdrawn, or denied later, with end_reason.
CREATE TABLE scope_reviews (
  id TEXT NOT NULL PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps (id),
  org_id TEXT NOT NULL REFERENCES organizations (id),
  scope TEXT NOT NULL,
  justification TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  declared_by TEXT NOT NULL,
  declared_at BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT,
  ended_by TEXT NOT NULL,
  ended_at BIGINT,
  end_reason TEXT,
  change_no BIGINT NOT NULL
);
CREATE UNIQUE INDEX scope_reviews_pending ON scope_reviews (app_id, scope) WHERE status = 'pending';
CREATE UNIQUE INDEX scope_reviews_approved ON scope_reviews (app_id, scope) WHERE status = 'approved';
CREATE INDEX scope_reviews_app ON scope_reviews (app_id, declared_at, id);
CREATE INDEX scope_reviews_queue ON scope_reviews (declared_at, id);
CREATE INDEX scope_reviews_status ON scope_reviews (status, declared_at, id);

-- A listing offers an app. draft is what its builder edits, published what everybody sees, both JSON of one form.
-- revision is where a change of a published listing stands: empty, draft, in_review or rejected.
CREATE TABLE addon_listings (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  app_id TEXT NOT NULL REFERENCES apps (id),
  status TEXT NOT NULL,
  revision TEXT NOT NULL,
  draft TEXT NOT NULL,
  published TEXT,
  category TEXT NOT NULL,
  search TEXT NOT NULL,
  published_at BIGINT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  change_no BIGINT NOT NULL
);
CREATE INDEX addon_listings_page ON addon_listings (org_id, change_no, id);
CREATE UNIQUE INDEX addon_listings_app ON addon_listings (app_id) WHERE status <> 'deprecated';
CREATE INDEX addon_listings_public ON addon_listings (published_at, id) WHERE status = 'published';

-- What was handed in for review, what it changes, and what came of it.
CREATE TABLE listing_reviews (
  id TEXT NOT NULL PRIMARY KEY,
  listing_id TEXT NOT NULL REFERENCES addon_listings (id),
  app_id TEXT NOT NULL REFERENCES apps (id),
  org_id TEXT NOT NULL REFERENCES organizations (id),
  content TEXT NOT NULL,
  diff TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  submitted_by TEXT NOT NULL,
  submitted_at BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT,
  change_no BIGINT NOT NULL
);
CREATE UNIQUE INDEX listing_reviews_pending ON listing_reviews (listing_id) WHERE status = 'pending';
CREATE INDEX listing_reviews_listing ON listing_reviews (listing_id, submitted_at, id);
CREATE INDEX listing_reviews_queue ON listing_reviews (submitted_at, id);
CREATE INDEX listing_reviews_status ON listing_reviews (status, submitted_at, id);

-- An installation is of the organization that consented (org_id); builder_id is the app's organization. Either side
-- suspends it, and each lifts only its own suspension.
CREATE TABLE app_installations (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  app_id TEXT NOT NULL REFERENCES apps (id),
  listing_id TEXT NOT NULL REFERENCES addon_listings (id),
  builder_id TEXT NOT NULL REFERENCES organizations (id),
  status TEXT NOT NULL,
  suspended_by_consumer BOOLEAN NOT NULL,
  suspended_by_builder BOOLEAN NOT NULL,
  event_types TEXT NOT NULL,
  endpoint_id TEXT REFERENCES webhook_endpoints (id),
  secret_revealed_at BIGINT,
  ended_reason TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  ended_at BIGINT,
  change_no BIGINT NOT NULL,
  builder_change_no BIGINT NOT NULL
);
CREATE INDEX app_installations_page ON app_installations (org_id, change_no, id);
CREATE INDEX app_installations_builder ON app_installations (builder_id, builder_change_no, id);
CREATE INDEX app_installations_listing ON app_installations (listing_id);
CREATE UNIQUE INDEX app_installations_live ON app_installations (app_id, org_id) WHERE status <> 'uninstalled';

-- The scopes that an installation granted, with the justification that was read then. removed_at ends one.
CREATE TABLE installation_scopes (
  installation_id TEXT NOT NULL REFERENCES app_installations (id),
  scope TEXT NOT NULL,
  justification TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  removed_by TEXT,
  removed_at BIGINT,
  PRIMARY KEY (installation_id, scope)
);

-- What an installation read: by scope and day, and from where. Counted apart, so that reading changes no record.
CREATE TABLE installation_uses (
  installation_id TEXT NOT NULL REFERENCES app_installations (id),
  scope TEXT NOT NULL,
  day TEXT NOT NULL,
  calls BIGINT NOT NULL,
  records BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (installation_id, scope, day)
);
CREATE TABLE installation_addresses (
  installation_id TEXT NOT NULL REFERENCES app_installations (id),
  address TEXT NOT NULL,
  calls BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (installation_id, address)
);

-- A key may be an app's; an endpoint may be one that an installation provisioned.
ALTER TABLE api_keys ADD COLUMN app_id TEXT;
CREATE INDEX api_keys_app ON api_keys (app_id) WHERE app_id IS NOT NULL;
ALTER TABLE webhook_endpoints ADD COLUMN installation_id TEXT;
CREATE INDEX webhook_endpoints_installation ON webhook_endpoints (installation_id) WHERE installation_id IS NOT NULL;
