-- The event lines of `psyncscope replay --json --jobs FOLDER`. Fields of an event that are no column here are left out, columns that an
-- event has not are NULL. `file` is the capture; of a sniffer's lines, which have none, the file that they are in.
CREATE TABLE events AS
SELECT
  * REPLACE (coalesce(file, filename) AS file),
  split_part(link, '<-', 1) AS master,
  split_part(link, '<-', 2) AS replica
FROM read_json(
  getvariable('events'),
  format = 'newline_delimited',
  filename = true,
  maximum_object_size = 16777216,
  columns = {
    "time": 'TIMESTAMPTZ',
    "file": 'VARCHAR',
    "packet": 'BIGINT',
    "link": 'VARCHAR',
    "session": 'INTEGER',
    "event": 'VARCHAR',
    "decision": 'VARCHAR',
    "cause": 'VARCHAR',
    "why": 'STRUCT(code VARCHAR)',
    "missedBytes": 'BIGINT',
    "bytes": 'BIGINT',
    "waitMs": 'DOUBLE',
    "transferMs": 'DOUBLE',
    "code": 'VARCHAR',
    "advice": 'VARCHAR'
  }
);
