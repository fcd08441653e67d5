-- Lines about a person that count no version are readings of their data. They are paged newest first, and counted; both
-- without reading the lines themselves. Nobody asks for other lines by their subject.
drop index journal.event_subject;
create index event_access on journal.event (subject, occurred_at desc, id desc) include (type, actor)
  where version is null and subject is not null;
create index event_access_count on journal.event (subject, type) where version is null and subject is not null;
