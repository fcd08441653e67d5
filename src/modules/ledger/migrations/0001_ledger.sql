-- What an entry is booked on: an agency's account of a kind, in one currency; `part` tells several of a kind apart.
create table ledger.account (
  id integer generated always as identity primary key,
  agency text not null check (agency ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'),
  kind text not null check (kind ~ '^[a-z][a-z_]{0,39}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  part text not null default '' check (part ~ '^[A-Za-z0-9_.:-]{0,80}$'),
  made_in xid8 not null default pg_current_xact_id(),
  unique (agency, kind, currency, part)
);
comment on table ledger.account is 'append-only: accounts are opened and stay';

-- The months that are closed, each with the day it ends on; nothing is booked in them any more.
create table ledger.month (
  last_day date primary key check (last_day = (date_trunc('month', last_day::timestamp) + interval '1 month - 1 day')::date),
  closed_at timestamptz not null,
  closed_by text not null,
  cause uuid not null
);
comment on table ledger.month is 'append-only: a closed month stays closed';

-- A posting: what happened, once (`key`), and the line of the journal that caused it. `day` is where it is booked,
-- `value_day` where it belongs: they differ when it came after the month was closed.
create table ledger.posting (
  id uuid primary key,
  key text not null unique,
  kind text not null,
  day date not null,
  value_day date not null,
  cause uuid not null,
  lines smallint not null,
  made_at timestamptz not null
);
comment on table ledger.posting is 'append-only: a posting is corrected by another one';
create index posting_day on ledger.posting (day, id);

-- One line of a posting: a debit is above zero, a credit below. `day` is its posting's.
create table ledger.entry (
  posting_id uuid not null,
  line smallint not null,
  seq bigint generated always as identity,
  account_id integer not null,
  day date not null,
  amount bigint not null check (amount <> 0),
  subject uuid,
  primary key (posting_id, line)
);
comment on table ledger.entry is 'append-only: the entries of postings';
create index entry_seq on ledger.entry (account_id, seq) include (amount);
create index entry_day on ledger.entry (account_id, day, seq) include (amount);
create index entry_subject on ledger.entry (subject) where subject is not null;

-- Balances of accounts over all entries up to and with a number, so that a balance does not add up everything again.
create table ledger.checkpoint (
  account_id integer not null,
  until_seq bigint not null,
  balance bigint not null,
  made_at timestamptz not null,
  primary key (account_id, until_seq)
);
comment on table ledger.checkpoint is 'append-only: balances up to an entry';

-- Balances of accounts at the end of a closed month.
create table ledger.closing (
  last_day date not null,
  account_id integer not null,
  balance bigint not null,
  primary key (last_day, account_id)
);
comment on table ledger.closing is 'append-only: balances at the end of closed months';

-- Lines belong to a posting that has room for them, and stand on its day.
create function ledger.belongs() returns trigger language plpgsql as $$
begin
  -- a subquery for each line, not a join: the plan is kept, and was made when the table was small
  if exists (select 1 from added e where
      (select line between 1 and p.lines and p.day = e.day from ledger.posting p where p.id = posting_id) is not true) then
    raise exception 'entries without room in their posting' using errcode = 'LG002';
  end if;
  return null;
end $$;
create trigger belongs after insert on ledger.entry referencing new table as added
  for each statement execute function ledger.belongs();

-- A posting is whole when all its lines are there, at least two, on known accounts, and add up to zero in each currency;
-- when its month is open; and when the line of the journal is there that caused it. It is looked at before its transaction
-- commits. A whole posting has no room for another line, so that it needs no second look. Whoever books holds a lock here
-- that is shared with others who book and not with the closing of a month, so that a month never closes over a posting that
-- is under way; what reads an old snapshot would not see that a month was closed meanwhile, and may not book. Words are
-- checked here and not by constraints, which cost each statement anew.
create function ledger.whole() returns trigger language plpgsql as $$
declare held text; found_lines bigint; known boolean; balanced boolean; caused boolean; late boolean;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a posting needs a transaction that reads what is committed' using errcode = 'LG004';
  end if;
  held := pg_advisory_xact_lock_shared(7480011); -- an assignment costs less than a query
  select sum(n), bool_and(currency is not null), bool_and(total = 0), exists (select 1 from journal.event where id = new.cause),
      new.day <= (select max(last_day) from ledger.month)
    into found_lines, known, balanced, caused, late
    from (select currency, count(*) as n, sum(amount) as total
          from (select (select currency from ledger.account where id = account_id) as currency, amount
                from ledger.entry where posting_id = new.id) lines
          group by currency) sums;
  if late then
    raise exception 'posting % is in a month that is closed', new.key using errcode = 'LG003';
  elsif new.lines < 2 or found_lines is distinct from new.lines then
    raise exception 'posting % has % of its % lines, and needs two', new.key, coalesce(found_lines, 0), new.lines using errcode = 'LG002';
  elsif not known then
    raise exception 'posting % is on an account that does not exist', new.key using errcode = 'LG002';
  elsif not balanced then
    raise exception 'posting % is not balanced', new.key using errcode = 'LG001';
  elsif not caused then
    raise exception 'posting % names no line of the journal', new.key using errcode = 'LG005';
  elsif new.kind !~ '^[a-z0-9][a-z0-9_.:-]{0,79}$' or length(new.key) not between 1 and 200 then
    raise exception 'posting % has a kind or key that cannot be', new.key using errcode = 'LG002';
  end if;
  return null;
end $$;
create constraint trigger whole after insert on ledger.posting deferrable initially deferred
  for each row execute function ledger.whole();

-- The rows above are never changed by anybody, whatever their rights.
create function ledger.stays() returns trigger language plpgsql as $$
begin
  raise exception 'what is booked stays' using errcode = 'LG006';
end $$;
create trigger stays before update or delete or truncate on ledger.posting for each statement execute function ledger.stays();
create trigger stays before update or delete or truncate on ledger.entry for each statement execute function ledger.stays();
create trigger stays before update or delete or truncate on ledger.month for each statement execute function ledger.stays();
create trigger stays before update or delete or truncate on ledger.account for each statement execute function ledger.stays();
