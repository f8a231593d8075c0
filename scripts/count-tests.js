// Prints `<passed> <failed>` from the report of vitest's JSON reporter. Tests that did not run are failures here.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = report.testResults.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === 'passed').length;
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
).length;
for (const test of tests)
  if (test.status !== 'passed') console.error(`not passed (${test.status}): ${test.fullName}`);
console.log(`${passed} ${tests.length - passed + broken}`);
