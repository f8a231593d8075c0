import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EMBEDDED_FIXTURES, makeCapture, storedSummary, summarise } from './testing/embedded-fixtures.js';

/** fixtures/embedded against the scenarios that made them, and against tshark. */

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

describe('fixtures of the scenarios', () => {
  for (const fixture of EMBEDDED_FIXTURES)
    it(`${fixture.scenario.name} is what its scenario makes, and says what it said (npm run fixtures)`, async () => {
      const made = await makeCapture(fixture.scenario);
      expect(made.equals(readFileSync(fixture.pcapPath))).toBe(true);
      expect(await summarise(fixture)).toEqual(storedSummary(fixture));
    });

  it('has no file of a scenario that is gone', () => {
    const known = EMBEDDED_FIXTURES.flatMap(({ pcapPath, summaryPath }) => [pcapPath, summaryPath]);
    const folder = dirname(known[0]!);
    expect(
      readdirSync(folder)
        .map((name) => `${folder}/${name}`)
        .sort(),
    ).toEqual(known.sort());
  });
});

describe('tshark', () => {
  /** What no capture may hold, whatever it lacks. */
  const BROKEN =
    '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || _ws.expert.severity == error';
  /** What a capture without faults may not hold either. */
  const IRREGULAR =
    'tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment || tcp.analysis.retransmission || tcp.analysis.out_of_order';

  function matches(path: string, filter: string): string {
    const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    return execFileSync('tshark', ['-r', path, ...checks, '-Y', filter], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  for (const { scenario, pcapPath } of EMBEDDED_FIXTURES)
    it.skipIf(!hasTshark)(`finds nothing wrong with ${scenario.name}`, () => {
      const isSound = scenario.faults === undefined && scenario.captureFrom === undefined;
      expect(matches(pcapPath, isSound ? `${BROKEN} || ${IRREGULAR}` : BROKEN)).toBe('');
    });

  it.skipIf(!hasTshark)('does see RESP in them, and the filter matches what is irregular', () => {
    const path = (name: string): string =>
      EMBEDDED_FIXTURES.find(({ scenario }) => scenario.name === name)!.pcapPath;
    expect(matches(path('tour'), 'resp').split('\n').length).toBeGreaterThan(50);
    expect(matches(path('bad-network'), IRREGULAR)).not.toBe('');
  });
});
