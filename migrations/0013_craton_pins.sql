-- Length and head hash of Craton streams at earlier moments: the server itself keeps and tells no hashes over the wire.
create table craton_pins (
  tenant_id       text not null,
  stream_id       numeric(20) not null,
  length          bigint not null,
  head_hash       bytea,
  pinned_at_ns    bigint not null,
  reason          text not null,
  pinned_by       text not null,
  primary key (tenant_id, stream_id, length, pinned_at_ns)
);
