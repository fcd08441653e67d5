-- The queues of those who see every agency: open cases by deadline, closed ones newest first.
create index case_open on cases.case (deadline, id) where closed_at is null;
create index case_recent on cases.case (submitted_at desc, id desc);
