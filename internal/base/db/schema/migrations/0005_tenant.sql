-- Keys of tenants' security.yml, and the authorization server before their administration.

-- +goose Up

-- A tenant's security.yml as it was when the audit log last heard of it. Where the deployment keeps the documents in the
-- database, document is the truth; where it keeps them as files, it is what a file is compared with, so that what changed
-- by other hands than ours is found. version counts the changes. previous is the document before the last change, for its
-- diff. recent is what the API changed within the last moments, as JSON: what a hand edit begun before them does not undo.
-- home is the folder that the file was in, by its mark, and empty where the database had the document.
CREATE TABLE tenant_security (
  org_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  document TEXT NOT NULL,
  version BIGINT NOT NULL,
  previous TEXT NOT NULL,
  recent TEXT NOT NULL,
  home TEXT NOT NULL,
  source TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);

-- When a key was last used.
CREATE TABLE tenant_key_uses (
  org_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  calls BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  last_address TEXT NOT NULL,
  PRIMARY KEY (org_id, name)
);

-- A client of the authorization server, of the organization that its tokens open. Lists are JSON. Secrets are kept as
-- SHA-256 only; the previous one counts until previous_until.
CREATE TABLE oauth_clients (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  client_id TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  secret_hash BLOB,
  secret_last_four TEXT NOT NULL,
  previous_hash BLOB,
  previous_until BIGINT,
  redirect_uris TEXT NOT NULL,
  grant_types TEXT NOT NULL,
  scopes TEXT NOT NULL,
  status TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  revoked_at BIGINT,
  last_used_at BIGINT,
  change_no BIGINT NOT NULL
);
CREATE UNIQUE INDEX oauth_clients_client_id ON oauth_clients (client_id);
CREATE INDEX oauth_clients_secret ON oauth_clients (secret_hash) WHERE secret_hash IS NOT NULL;
CREATE INDEX oauth_clients_previous ON oauth_clients (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX oauth_clients_page ON oauth_clients (org_id, change_no, id);

-- An authorization request that waits for somebody's consent, in the browser whose cookie hashes to browser.
CREATE TABLE oauth_requests (
  id TEXT NOT NULL PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES oauth_clients (id),
  browser BLOB NOT NULL,
  redirect_uri TEXT NOT NULL,
  scopes TEXT NOT NULL,
  data TEXT NOT NULL,
  member_id TEXT REFERENCES members (id),
  granted TEXT,
  decided_at BIGINT,
  expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_requests_expiry ON oauth_requests (expires_at);
CREATE INDEX oauth_requests_client ON oauth_requests (client_id);

-- What somebody, or a client for itself (member_id is null), was granted. Codes and tokens are kept as hashes only. kind is
-- the grant type that it came by.
CREATE TABLE oauth_grants (
  id TEXT NOT NULL PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES oauth_clients (id),
  org_id TEXT NOT NULL REFERENCES organizations (id),
  kind TEXT NOT NULL,
  member_id TEXT REFERENCES members (id),
  scopes TEXT NOT NULL,
  data TEXT NOT NULL,
  code_hash BLOB,
  code_expires_at BIGINT,
  code_used_at BIGINT,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoked_for TEXT
);
CREATE UNIQUE INDEX oauth_grants_code ON oauth_grants (code_hash) WHERE code_hash IS NOT NULL;
CREATE INDEX oauth_grants_client ON oauth_grants (client_id, id);
CREATE INDEX oauth_grants_member ON oauth_grants (member_id, id) WHERE member_id IS NOT NULL;
CREATE INDEX oauth_grants_expiry ON oauth_grants (expires_at);

-- Each refresh token that was given out. One that comes back after it was used ends its grant.
CREATE TABLE oauth_refresh_tokens (
  hash BLOB NOT NULL PRIMARY KEY,
  grant_id TEXT NOT NULL REFERENCES oauth_grants (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX oauth_refresh_tokens_grant ON oauth_refresh_tokens (grant_id);
CREATE INDEX oauth_refresh_tokens_expiry ON oauth_refresh_tokens (expires_at);

-- The keys that access tokens are signed with: public is the JWK, sealed the private part in PKCS #8.
CREATE TABLE oauth_signing_keys (
  id TEXT NOT NULL PRIMARY KEY,
  public TEXT NOT NULL,
  sealed BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  signs_from BIGINT NOT NULL,
  ends_at BIGINT
);
