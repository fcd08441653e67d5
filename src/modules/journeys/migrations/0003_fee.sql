-- A fee to be paid before the application is sent: since when its payment is under way, for which amount. The answers
-- stand still meanwhile, and the application is sent as it stood then.
alter table journeys.journey
  add column fee_since timestamptz,
  add column fee_amount bigint,
  add column fee_currency text,
  add check ((fee_since is null) = (fee_amount is null) and (fee_since is null) = (fee_currency is null));
