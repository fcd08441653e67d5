-- What is due soon because its service says so, before it is by the days that all share.
create index case_warned on cases.case (agency, deadline, id) where closed_at is null and warned;
create index case_all_warned on cases.case (deadline, id) where closed_at is null and warned;
