-- Since when the legal clock stands still: for a question to the resident, or in a state that pauses it.
alter table cases.case add column paused_since date;
