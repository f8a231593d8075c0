-- Which replicas resynced fully last week, and why: the week before the last event, so that it can be asked of any captures. First syncs
-- and dumps, which have no other way, are left out.
WITH resyncs AS (
  SELECT
    master, replica, time, why.code AS why, missedBytes,
    (SELECT sum(bytes) FROM events AS payload
      WHERE payload.event = 'payload.finished' AND payload.file = decided.file
        AND payload.link = decided.link AND payload.session = decided.session) AS payloadBytes,
    (SELECT any_value(advice) FROM events AS finding
      WHERE finding.event = 'finding' AND finding.file = decided.file
        AND finding.link = decided.link AND finding.session = decided.session
        AND finding.code IN ('backlog-overflow', 'failover-cost', 'resync-loop', 'output-buffer-limit')) AS advice
  FROM events AS decided
  WHERE event = 'sync.decided'
    AND decision IN ('FULLRESYNC', 'SYNC')
    AND why.code NOT IN ('first-contact', 'first-attach', 'dump-client')
    AND time > (SELECT max(time) FROM events) - INTERVAL 7 DAYS
)
SELECT
  replica, master, why,
  count(*) AS resyncs,
  sum(payloadBytes) AS payloadBytes,
  max(missedBytes) AS missedBytes,
  any_value(advice) AS advice
FROM resyncs
GROUP BY ALL
ORDER BY resyncs DESC, payloadBytes DESC NULLS LAST, replica, why;
