import { type AssertionSources, check, checkText } from 'psyncscope';
import { expect } from 'vitest';

/**
 * `await expect('cap.pcap').toSatisfyAssertions({ files: ['replication.yaml'] })`. When it fails, its message is what `psyncscope check`
 * prints. For jest take `expect` from '@jest/globals', and leave the declaration below to its own types.
 */
expect.extend({
  async toSatisfyAssertions(captures: string | string[], sources: AssertionSources) {
    const report = await check(captures, sources);
    return {
      pass: report.passed,
      message: () => (report.passed ? 'every assertion holds' : checkText(report)),
    };
  },
});

declare module 'vitest' {
  interface Assertion {
    toSatisfyAssertions(sources: AssertionSources): Promise<void>;
  }
}
