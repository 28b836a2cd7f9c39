-- Graphs of Demon's capsule: commits as they are in the log, and every version of every node and edge with the commits in which it holds.
-- A version holds at position p when from_pos <= p < to_pos; 2147483647 in to_pos = still open.

-- One row: how far the stream was read, and how many of its messages were gone before we came.
create table graph_stream (
  stream         text primary key,
  last_sequence  bigint not null,
  missed         bigint not null
);

-- `graph_seq` is the sequence of the first event that names the graph: the same on every rebuild.
create table graphs (
  graph_seq        bigint primary key,
  tenant_id        text not null,
  project_id       text not null,
  namespace        text not null,
  graph_id         text not null,
  created_at_ns    bigint not null,
  updated_at_ns    bigint not null,
  last_sequence    bigint not null,
  -- the head's position; 0 = only tags so far
  commits          integer not null,
  -- commits that sorted before one that had come earlier: every one of them moves positions
  late_commits     integer not null,
  unknown_parents  integer not null,
  newest_ts        text not null collate "C",
  node_count       integer not null,
  edge_count       integer not null,
  node_refs        integer not null,
  edge_refs        integer not null,
  unique (tenant_id, project_id, namespace, graph_id)
);
create index graphs_order on graphs (tenant_id, graph_seq);

create table graph_commits (
  sequence        bigint primary key,
  graph_seq       bigint not null,
  -- rank by (ts, sequence), from 1
  position        integer not null,
  commit_id       text not null,
  parent_id       text,
  ts              text not null collate "C",
  at_ns           bigint not null,
  recorded_at_ns  bigint not null,
  mutation_count  integer not null,
  verified        boolean not null,
  -- JSON array of sentences
  warnings        text not null,
  payload         text not null,
  -- of the state after it
  node_count      integer not null,
  edge_count      integer not null
);
create index graph_commits_position on graph_commits (graph_seq, position);
create index graph_commits_id on graph_commits (graph_seq, commit_id, position);
create index graph_commits_time on graph_commits (graph_seq, at_ns, position);

create table graph_tag_events (
  sequence   bigint primary key,
  graph_seq  bigint not null,
  tag        text not null,
  -- null: deleted
  commit_id  text,
  at_ns      bigint not null,
  payload    text not null
);
create index graph_tag_events_tag on graph_tag_events (graph_seq, tag, sequence);

-- Tags as their events tell them. With NATS the bucket GRAPH_TAGS is the truth.
create table graph_tags (
  graph_seq  bigint not null,
  tag        text not null collate "C",
  commit_id  text not null,
  at_ns      bigint not null,
  sequence   bigint not null,
  primary key (graph_seq, tag)
);
create index graph_tags_commit on graph_tags (graph_seq, commit_id);

-- Ids as small numbers, in the order in which the graph first named them. `node_id` is JSON text where the id itself cannot be the key.
create table graph_node_refs (
  graph_seq  bigint not null,
  ref        integer not null,
  node_key   text not null,
  node_id    text,
  primary key (graph_seq, ref),
  unique (graph_seq, node_key)
);
create table graph_edge_refs (
  graph_seq  bigint not null,
  ref        integer not null,
  edge_key   text not null,
  edge_id    text,
  primary key (graph_seq, ref),
  unique (graph_seq, edge_key)
);

create table graph_nodes (
  graph_seq   bigint not null,
  ref         integer not null,
  from_pos    integer not null,
  to_pos      integer not null,
  -- JSON array of strings; label_text holds the same to be searched, each followed by U+0001
  labels      text not null,
  label_text  text not null,
  -- JSON array of {key, value}, numbers as Demon spells them
  properties  text not null,
  run_id      text,
  ritual_id   text,
  primary key (graph_seq, ref, from_pos)
);
create index graph_nodes_opened on graph_nodes (graph_seq, from_pos);
create index graph_nodes_closed on graph_nodes (graph_seq, to_pos) where to_pos < 2147483647;
create index graph_nodes_run on graph_nodes (run_id, graph_seq) where run_id is not null;

create table graph_edges (
  graph_seq   bigint not null,
  ref         integer not null,
  from_pos    integer not null,
  to_pos      integer not null,
  from_ref    integer not null,
  to_ref      integer not null,
  type        text,
  properties  text not null,
  primary key (graph_seq, ref, from_pos)
);
create index graph_edges_from on graph_edges (graph_seq, from_ref, to_pos);
create index graph_edges_to on graph_edges (graph_seq, to_ref, to_pos);
create index graph_edges_opened on graph_edges (graph_seq, from_pos);
create index graph_edges_closed on graph_edges (graph_seq, to_pos) where to_pos < 2147483647;
