-- Whose dead letter it is: several projections follow one stream, and one that begins anew takes back its own only.

-- Empty for those that an older version writes, as long as one still runs beside.
alter table dead_letters add column projection text not null default '';

-- until now each stream had one reader that reports what it cannot read
update dead_letters
   set projection = case stream when 'ritual' then 'runs' when 'graph' then 'graph' when 'scale' then 'scale_hints' else stream || '_timeline' end;

-- two projections may fail on the same message, each for its own reason
alter table dead_letters drop constraint dead_letters_pkey;
alter table dead_letters add primary key (stream, sequence, projection);
