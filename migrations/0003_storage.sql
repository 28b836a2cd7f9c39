-- Native record streams: append-only, hash-chained (contract: craton 3.1). Pins are kept outside the rows they protect.

create table record_streams (
  stream_key      bigint generated always as identity primary key,
  tenant_id       text not null,
  name            text not null,
  data_class      text not null,
  -- tells this stream from a later one of the same name
  epoch           text not null,
  created_at_ns   bigint not null,
  retention_days  integer,
  -- the next offset to write
  length          bigint not null default 0,
  -- hash of the newest record; null while there is none
  head_hash       bytea,
  -- newest ingest time: within a stream times never run backwards, so that a time is found by halving
  last_at_ns      bigint not null default 0,
  -- records before this offset were cut by retention; anchor_hash is the hash of the last of them
  first_offset    bigint not null default 0,
  anchor_hash     bytea,
  unique (tenant_id, name)
);

create table records (
  stream_key      bigint not null,
  record_offset   bigint not null,
  kind            smallint not null,
  payload         bytea not null,
  hash            bytea not null,
  recorded_at_ns  bigint not null,
  -- by what the record is about: half a SHA-256 of the run that the payload names, or of a receipt's subject; null where there is none
  about           bytea,
  primary key (stream_key, record_offset)
);
create index records_about on records (about, stream_key, record_offset) where about is not null;
alter table records alter column payload set storage external;

-- Why a stream can be trusted: what its length and head hash were at a moment.
create table record_pins (
  stream_key      bigint not null,
  length          bigint not null,
  head_hash       bytea,
  pinned_at_ns    bigint not null,
  reason          text not null,
  pinned_by       text not null,
  primary key (stream_key, length, pinned_at_ns)
);

-- Outbox: written in the transaction of the append, removed when the event log has it.
create table record_outbox (
  outbox_id       bigint generated always as identity primary key,
  stream_key      bigint not null,
  first_offset    bigint not null,
  record_count    integer not null,
  head_hash       bytea not null,
  at_ns           bigint not null
);

-- Idempotency keys of appends: written in the transaction of the append, so that a crash cannot part them.
create table record_append_keys (
  tenant_id       text not null,
  actor_id        text not null,
  key             text not null,
  request_hash    text not null,
  stream_key      bigint not null,
  first_offset    bigint not null,
  record_count    integer not null,
  head_hash       bytea not null,
  created_at_ns   bigint not null,
  primary key (tenant_id, actor_id, key)
);
create index record_append_keys_age on record_append_keys (created_at_ns);

-- Craton streams that were made through us, beside those of the configuration: the server itself can list neither names nor classes.
create table craton_streams (
  tenant_id       text not null,
  name            text not null,
  stream_id       numeric(20) not null,
  data_class      text not null,
  -- start of the server that gave the id: after another start it may belong to another name
  epoch           text not null,
  created_at_ns   bigint not null,
  primary key (tenant_id, name)
);
