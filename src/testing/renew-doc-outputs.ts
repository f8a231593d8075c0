import { readFileSync, writeFileSync } from 'node:fs';
import { currentOutput, pagePath, pastedOutputs } from './doc-outputs.js';

// From the last to the first, so that the places of those before stay right.
for (const pasted of pastedOutputs().reverse()) {
  const path = pagePath(pasted.page);
  const source = readFileSync(path, 'utf8');
  writeFileSync(path, source.slice(0, pasted.from) + (await currentOutput(pasted)) + source.slice(pasted.to));
}
