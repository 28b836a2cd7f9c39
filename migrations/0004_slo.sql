-- Objectives, what was counted for them, the state of their alerts, incidents, tickets and nonces, invariants, security events.
-- Times end in _ns (nanoseconds since the epoch) or _ms (milliseconds: tickets sign these numbers).

create table slos (
  tenant_id      text not null,
  name           text not null,
  service        text not null,
  -- JSON, as the parser of objectives gives it
  spec           text not null,
  target_ppm     integer not null check (target_ppm >= 0 and target_ppm < 1000000),
  revision       bigint not null,
  created_at_ns  bigint not null,
  updated_at_ns  bigint not null,
  updated_by     text not null,
  primary key (tenant_id, name)
);
-- One row a tenant: grows with every change of its objectives, so that a process knows when to read them again.
create table slo_revisions (
  tenant_id  text primary key,
  revision   bigint not null
);
create table slo_corrections (
  id             text primary key,
  tenant_id      text not null,
  slo_name       text not null,
  starts_at_ns   bigint not null,
  ends_at_ns     bigint not null,
  reason         text not null,
  author         text not null,
  created_at_ns  bigint not null
);
create index slo_corrections_slo on slo_corrections (tenant_id, slo_name, starts_at_ns);
-- Who changed what: never updated, never deleted.
create table slo_changes (
  id          bigint generated always as identity primary key,
  tenant_id   text not null,
  slo_name    text not null,
  action      text not null,
  actor       text not null,
  spec        text,
  at_ns       bigint not null
);
create index slo_changes_slo on slo_changes (tenant_id, slo_name, id);

-- Counters of our own, added up over all replicas: ring 0 = 10 s, 1 = 5 min, 2 = 1 h.
create table slo_slots (
  tenant_id  text not null,
  slo_name   text not null,
  ring       smallint not null,
  slot       bigint not null,
  good       bigint not null,
  total      bigint not null,
  primary key (tenant_id, slo_name, ring, slot)
);
create index slo_slots_age on slo_slots (ring, slot);
-- Slots in which some process was there to count.
create table slo_alive (
  ring  smallint not null,
  slot  bigint not null,
  primary key (ring, slot)
);

-- What the evaluator remembers: status and tiers have hysteresis.
create table slo_states (
  tenant_id        text not null,
  slo_name         text not null,
  status           text not null,
  since_ns         bigint not null,
  -- a status that has not lasted long enough to be told
  candidate        text,
  candidate_since_ns bigint,
  remaining        double precision,
  evaluated_at_ns  bigint not null,
  primary key (tenant_id, slo_name)
);
create table slo_alerts (
  id             text primary key,
  tenant_id      text not null,
  slo_name       text not null,
  tier           text not null,
  severity       text not null,
  state          text not null,
  -- since when the state holds
  since_ns       bigint not null,
  starts_at_ns   bigint not null,
  ends_at_ns     bigint,
  -- since when the condition has been clear, while it still fires
  clear_since_ns bigint,
  burn_long      double precision,
  burn_short     double precision,
  factor         double precision not null,
  updated_at_ns  bigint not null
);
create index slo_alerts_tenant on slo_alerts (tenant_id, starts_at_ns, id);
create unique index slo_alerts_live on slo_alerts (tenant_id, slo_name, tier) where ends_at_ns is null;

create table incidents (
  id             text primary key,
  tenant_id      text not null,
  -- what it is about: one open incident per subject
  subject        text not null,
  title          text not null,
  status         text not null,
  severity       text not null,
  started_at_ns  bigint not null,
  ended_at_ns    bigint,
  clear_since_ns bigint,
  -- JSON arrays
  alerts         text not null default '[]',
  timeline       text not null default '[]',
  updated_at_ns  bigint not null
);
create index incidents_tenant on incidents (tenant_id, started_at_ns, id);
create unique index incidents_open on incidents (tenant_id, subject) where ended_at_ns is null;

-- Announcements of what these tables own, published in order and then removed.
create table slo_outbox (
  id       bigint generated always as identity primary key,
  subject  text not null,
  message_id text not null,
  payload  text not null
);

-- Alerts that Alertmanager sent to our webhook, once each.
create table received_alerts (
  tenant_id     text not null,
  fingerprint   text not null,
  starts_at     text not null,
  status        text not null,
  name          text not null,
  labels        text not null,
  annotations   text not null,
  ends_at       text,
  received_at_ns bigint not null,
  primary key (tenant_id, fingerprint, starts_at)
);
create index received_alerts_age on received_alerts (tenant_id, received_at_ns);

create table security_events (
  id          text primary key,
  tenant_id   text not null,
  type        text not null,
  severity    text not null,
  at_ns       bigint not null,
  ip          text,
  user_agent  text,
  repo_id     text,
  -- JSON; never a nonce, MAC or key
  details     text not null,
  blocked     boolean not null
);
create index security_events_tenant on security_events (tenant_id, at_ns);

create table tickets (
  id             text primary key,
  tenant_id      text not null,
  repo_id        text not null,
  base_commit    text not null,
  plan_hash      text not null,
  kid            text not null,
  nonce          text not null,
  -- JSON array, sorted
  scopes         text not null,
  patch_sha256   text not null,
  mac            text not null,
  issued_at_ms   bigint not null,
  expires_at_ms  bigint not null,
  issued_by      text not null,
  run_system     text,
  run_ritual_id  text,
  run_id         text,
  consumed_at_ms bigint,
  revoked_at_ms  bigint,
  revoke_reason  text
);
create index tickets_tenant on tickets (tenant_id, issued_at_ms, id);
create index tickets_run on tickets (tenant_id, run_system, run_ritual_id, run_id) where run_id is not null;
create index tickets_expiry on tickets (expires_at_ms);

-- A plain index on expires_at: a predicate with now() would be refused.
create table nonces (
  repo_id     text not null,
  nonce       text not null,
  ticket_id   text not null,
  used_at     bigint not null,
  expires_at  bigint not null,
  primary key (repo_id, nonce)
);
create index nonces_expiry on nonces (expires_at);

-- Keys that sign tickets where the settings give none; older ones verify until verify_until_ms.
create table ticket_keys (
  kid              text primary key,
  secret           bytea not null,
  created_at_ms    bigint not null,
  verify_until_ms  bigint
);

create table stamps (
  stamp_id    text primary key,
  tenant_id   text not null,
  ticket_id   text not null,
  repo_sha    text not null,
  plan_hash   text not null,
  file_path   text not null,
  stamp       text not null,
  created_at_ms bigint not null
);
create index stamps_ticket on stamps (tenant_id, ticket_id);

-- Reads of objectives over our own log.
create index runs_ended on runs (tenant_id, ended_at_ns) where ended_at_ns is not null;
create index approvals_requested on approvals (tenant_id, requested_at_ns) where requested_at_ns is not null;
