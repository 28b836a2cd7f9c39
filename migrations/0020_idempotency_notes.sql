-- What a keyed request noted before its deed: whoever repeats it while nobody knows how it ended looks there first.
alter table idempotency_keys add column note text;
