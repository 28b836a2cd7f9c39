-- Messages of the streams whose events have no table of their own, as they were stored: what `timeline` reads beside `run_events`.
-- One table a stream, since a projection owns its tables alone.
create table stream_events_graph (
  sequence        bigint primary key,
  tenant_id       text not null,
  recorded_at_ns  bigint not null,
  subject         text not null,
  payload         text not null
);
create index stream_events_graph_tenant on stream_events_graph (tenant_id, sequence);

create table stream_events_scale (
  sequence        bigint primary key,
  tenant_id       text not null,
  recorded_at_ns  bigint not null,
  subject         text not null,
  payload         text not null
);
create index stream_events_scale_tenant on stream_events_scale (tenant_id, sequence);

create table stream_events_orrery (
  sequence        bigint primary key,
  tenant_id       text not null,
  recorded_at_ns  bigint not null,
  subject         text not null,
  payload         text not null
);
create index stream_events_orrery_tenant on stream_events_orrery (tenant_id, sequence);

-- All events of a tenant in the order of the log.
create index run_events_tenant on run_events (tenant_id, sequence);
