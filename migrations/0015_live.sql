-- How far entity stubs have been published: beside the watermarks of the projections, since nothing waits for it.
create table entity_relay (
  stream          text primary key,
  epoch           text not null,
  sequence        bigint not null
);
