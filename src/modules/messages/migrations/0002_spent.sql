create index message_spent on messages.message (sent_at) where about is null and sent_at is not null;
-- Whoever sees that a message was opened wants to know what it was about.
create index message_record on messages.message (record_id);
