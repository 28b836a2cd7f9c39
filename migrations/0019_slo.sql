-- Groups of objectives that count for themselves, and how appends to record streams ended.

-- As slo_slots, for each value of the label an objective is grouped by: ring 1 = 5 min, 2 = 1 h. An empty group holds what did not fit.
create table slo_group_slots (
  tenant_id   text not null,
  slo_name    text not null,
  ring        smallint not null,
  slot        bigint not null,
  group_name  text not null,
  good        bigint not null,
  total       bigint not null,
  primary key (tenant_id, slo_name, ring, slot, group_name)
);
create index slo_group_slots_age on slo_group_slots (ring, slot);

-- One row a stream and minute, all replicas together. A refused append was asked for rightly and not stored.
create table append_slots (
  tenant_id    text not null,
  stream_name  text not null,
  at_ns        bigint not null,
  accepted     bigint not null,
  refused      bigint not null,
  primary key (tenant_id, at_ns, stream_name)
);
create index append_slots_age on append_slots (at_ns);

-- Grows with every change of slo_states and slo_alerts, so that a process knows when to read them again.
create table slo_evaluations (
  id        smallint primary key check (id = 1),
  revision  bigint not null
);
insert into slo_evaluations (id, revision) values (1, 0);
