-- What is due soon because its service says so, before it is by the days that all share; few cases, also of all agencies together.
create index case_warned on cases.case (agency, deadline, id) where closed_at is null and warned;
