-- The ground: the embedded event log, the read model of runs and approvals, watermarks, dead letters, idempotency keys, server keys.
-- Times are nanoseconds since the epoch in bigint columns that end in _ns. Payloads are kept as the exact text.

-- Embedded event log, with the sequence semantics of a JetStream stream. Unused when NATS is connected.
create table log_streams (
  stream          text primary key,
  epoch           text not null,
  last_sequence   bigint not null default 0
);
create table log_messages (
  stream          text not null references log_streams (stream),
  sequence        bigint not null,
  subject         text not null,
  message_id      text,
  payload         bytea not null,
  recorded_at_ns  bigint not null,
  primary key (stream, sequence)
);
create index log_messages_subject on log_messages (stream, subject, sequence);
create index log_messages_message_id on log_messages (stream, message_id, sequence) where message_id is not null;

-- Read model. `run_seq` is the sequence of the run's first event: the same on every rebuild.
create table runs (
  run_seq            bigint primary key,
  tenant_id          text not null,
  system             text not null,
  ritual_id          text not null,
  run_id             text not null,
  status             text not null,
  raw_status         text,
  -- the lifecycle terminal, if any; `status` also knows pending gates
  lifecycle          text,
  state              text,
  started_at_ns      bigint,
  first_seen_at_ns   bigint not null,
  -- start time, or first-seen time where there is none: the order of lists
  order_at_ns        bigint not null,
  ended_at_ns        bigint,
  updated_at_ns      bigint not null,
  last_sequence      bigint not null,
  spec               text,
  outputs            text,
  failure            text,
  legacy             boolean not null,
  terminal_count     integer not null,
  pending_gates      integer not null,
  payload_tenant_id  text,
  payload_ritual_id  text,
  unique (tenant_id, system, ritual_id, run_id)
);
create index runs_order on runs (tenant_id, order_at_ns, run_seq);
create index runs_status_order on runs (tenant_id, status, order_at_ns, run_seq);
create index runs_ritual_order on runs (tenant_id, ritual_id, order_at_ns, run_seq);
create index runs_updated on runs (tenant_id, last_sequence);
create index runs_durations on runs (tenant_id, ritual_id, ended_at_ns) where ended_at_ns is not null and started_at_ns is not null;

create table run_events (
  sequence        bigint primary key,
  run_seq         bigint not null,
  tenant_id       text not null,
  type            text not null,
  at_ns           bigint not null,
  recorded_at_ns  bigint not null,
  legacy          boolean not null,
  payload         text not null
);
create index run_events_run on run_events (run_seq, sequence);

create table run_transitions (
  sequence    bigint primary key,
  run_seq     bigint not null,
  tenant_id   text not null,
  from_state  text not null,
  to_state    text not null,
  at_ns       bigint not null
);
create index run_transitions_run on run_transitions (run_seq, sequence);

create table policy_decisions (
  sequence        bigint primary key,
  run_seq         bigint not null,
  tenant_id       text not null,
  at_ns           bigint not null,
  allowed         boolean,
  capability      text,
  reason          text,
  quota_limit     bigint,
  quota_window_s  bigint,
  quota_remaining bigint,
  validation      text,
  details         text
);
create index policy_decisions_run on policy_decisions (run_seq, sequence);
create index policy_decisions_quota on policy_decisions (tenant_id, capability, sequence) where quota_limit is not null;

create table approvals (
  run_seq           bigint not null,
  gate_id           text not null,
  -- sequence of the first event that names the gate
  first_sequence    bigint not null unique,
  last_sequence     bigint not null,
  tenant_id         text not null,
  system            text not null,
  ritual_id         text not null,
  run_id            text not null,
  state             text not null,
  requester         text,
  reason            text,
  requested_at_ns   bigint,
  -- request time, or the first event's time where there is none: the order of lists
  order_at_ns       bigint not null,
  decision_kind     text,
  approver          text,
  note              text,
  decision_reason   text,
  decided_at_ns     bigint,
  decided_sequence  bigint,
  -- JSON array of decisions after the first
  later_terminals   text not null default '[]',
  expires_at_ns     bigint,
  -- JSON of the newest escalation state
  escalation        text,
  primary key (run_seq, gate_id)
);
create index approvals_order on approvals (tenant_id, order_at_ns, first_sequence);
create index approvals_state_order on approvals (tenant_id, state, order_at_ns, first_sequence);
-- gates without expiry come last
create index approvals_expires on approvals (tenant_id, state, coalesce(expires_at_ns, 9223372036854775807), first_sequence);

-- The newest approval timer of a gate that has no event yet; consumed when the gate appears.
create table pending_timers (
  run_seq        bigint not null,
  gate_id        text not null,
  sequence       bigint not null,
  expires_at_ns  bigint not null,
  primary key (run_seq, gate_id)
);

-- One row a ritual and status, kept by the projector as runs change.
create table ritual_counts (
  tenant_id  text not null,
  ritual_id  text not null,
  status     text not null,
  runs       bigint not null,
  primary key (tenant_id, ritual_id, status)
);

create table scale_hints (
  sequence        bigint primary key,
  tenant_id       text not null,
  at_ns           bigint not null,
  recommendation  text not null,
  reason          text,
  payload         text not null
);
create index scale_hints_tenant on scale_hints (tenant_id, sequence);

create table projection_watermarks (
  projection     text not null,
  stream         text not null,
  sequence       bigint not null,
  epoch          text not null,
  updated_at_ns  bigint not null,
  primary key (projection, stream)
);

-- What could not be read, with its reason. Nothing read from a log is thrown away.
create table dead_letters (
  stream          text not null,
  sequence        bigint not null,
  -- null where the subject names no tenant that we could trust
  tenant_id       text,
  subject         text not null,
  reason          text not null,
  received_at_ns  bigint not null,
  payload         text not null,
  primary key (stream, sequence)
);
create index dead_letters_tenant on dead_letters (stream, tenant_id, sequence);

create table idempotency_keys (
  tenant_id      text not null,
  actor_id       text not null,
  key            text not null,
  request_hash   text not null,
  -- null while the first request is still running
  result         text,
  created_at_ns  bigint not null,
  expires_at_ns  bigint not null,
  primary key (tenant_id, actor_id, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at_ns);

-- Keys that every replica must share when the settings give none, such as the one that signs cursors.
create table server_keys (
  name           text primary key,
  secret         bytea not null,
  created_at_ns  bigint not null
);

create table api_keys (
  key_id         text primary key,
  tenant_id      text not null,
  name           text not null,
  -- SHA-256 of the secret part; the key itself is shown once and never stored
  secret_hash    bytea not null,
  roles          text not null,
  created_at_ns  bigint not null,
  expires_at_ns  bigint,
  revoked_at_ns  bigint
);
