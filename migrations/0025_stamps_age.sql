-- Stamps are purged by their age.
create index stamps_created on stamps (created_at_ms);
