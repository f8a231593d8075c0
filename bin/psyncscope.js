#!/usr/bin/env node
'use strict';
// Starts the program: the one file that `npm run build` makes of it, or its modules where they are newer.
const { readFileSync, statSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const modules = join(__dirname, '../dist/cli/main.js');
const bundle = join(__dirname, '../dist/bundle/psyncscope.cjs');

function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** V8's compiled code of the bundle; V8 itself refuses that of another version. */
function compiledCode() {
  try {
    return readFileSync(`${bundle}.cache`);
  } catch {
    return undefined;
  }
}

function loadBundle() {
  const script = new Script(readFileSync(bundle, 'utf8'), { filename: bundle, cachedData: compiledCode() });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
  return module.exports;
}

async function run() {
  const args = process.argv.slice(2);
  // What scripts ask often needs nothing of the program.
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${require('../package.json').version}\n`);
    return;
  }
  const { main } =
    changedAt(bundle) >= changedAt(modules) ? loadBundle() : await import('../dist/cli/main.js');
  await main(args);
}

run();
