import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

/** `node resyncs.js [events.ndjson]`: loads event lines into DuckDB and prints the answer of resyncs.sql. */

const sql = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run('SET VARIABLE events = $events', { events: process.argv[2] ?? 'events.ndjson' });
await connection.run(sql('load.sql'));
const reader = await connection.runAndReadAll(sql('resyncs.sql'));
const rows = reader.getRowObjectsJson();

for (const { replica, master, why, resyncs, payloadBytes, missedBytes, advice } of rows) {
  const missed = missedBytes === null ? '' : `, ${missedBytes} bytes missed`;
  console.log(`${replica} from ${master}: ${resyncs} × ${why}, ${payloadBytes ?? 0} bytes sent${missed}`);
  if (advice !== null) console.log(`  → ${advice}`);
}
