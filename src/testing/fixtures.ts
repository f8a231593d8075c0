import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Expectation } from './compare-facts.js';

/** The recorded captures of fixtures/: where they are and what is known of them. See fixtures/README.md. */

const FIXTURES = new URL('../../fixtures/', import.meta.url);

/** A capture that was recorded, with what it must show. */
export interface Fixture {
  /** File name without `.gz`. */
  readonly name: string;
  readonly path: string;
  readonly expectation: Expectation;
}

/** Captures of real replication links, each with an expectation. */
export function replicationFixtures(): Fixture[] {
  const folder = fileURLToPath(new URL('captures/', FIXTURES));
  return readdirSync(folder)
    .filter((file) => file.endsWith('.expect.json'))
    .sort()
    .map((file) => {
      const expectation = JSON.parse(readFileSync(folder + file, 'utf8')) as Expectation;
      return {
        name: basename(file, '.expect.json'),
        path: folder + expectation.capture,
        expectation,
      };
    });
}

/** Captures of other people's Redis (and other) traffic, none of which holds a replication link. */
export function publicFixtures(): string[] {
  const folder = fileURLToPath(new URL('public/', FIXTURES));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.pcap(ng)?(\.gz)?$/.test(file))
    .sort()
    .map((file) => folder + file);
}

/** A fixture by its name, e.g. `backlog-overflow-redis-7.2.6.pcap`. */
export function fixture(name: string): Fixture {
  const found = replicationFixtures().find((each) => each.name === name);
  if (found === undefined) throw new Error(`no such fixture: ${name}`);
  return found;
}

/** The bytes of a capture, uncompressed. */
export function captureBytes(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}
