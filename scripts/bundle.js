// Joins the compiled command line and its packages into one file, with V8's compiled code of it beside: docs/decisions/0012-one-file.md.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = `${ROOT}dist/`;
const OUT = `${DIST}bundle/psyncscope.cjs`;
/** Our modules still know where they are: dist/ holds them all, beside the bundle. Those of packages take the bundle's place for theirs. */
const ownUrl = {
  name: 'own-url',
  setup(bundler) {
    bundler.onLoad({ filter: /\/dist\/.*\.js$/ }, ({ path }) => {
      const url = `require('node:url').pathToFileURL(require('node:path').join(__dirname, '..', ${JSON.stringify(relative(DIST, path))})).href`;
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', url) };
    });
  },
};
/**
 * What measures a string's columns for yargs and cli-table3 sets up regular expressions of all of Unicode when it is loaded, which takes longer
 * than anything else of a start, and looks at each character. Most strings are ASCII, as wide as they are long; it is loaded with the first
 * other one.
 */
const lateWidth = {
  name: 'late-width',
  setup(bundler) {
    bundler.onResolve({ filter: /^string-width$/ }, async ({ pluginData, path, resolveDir, kind }) => {
      if (pluginData === lateWidth) return null;
      const real = await bundler.resolve(path, { resolveDir, kind, pluginData: lateWidth });
      return { path: real.path, namespace: 'late-width' };
    });
    bundler.onLoad({ filter: /.*/, namespace: 'late-width' }, ({ path }) => ({
      contents: `const load = () => { const real = require(${JSON.stringify(path)}); return real.default ?? real; };
const ascii = /^[ -~]*$/;
let width;
module.exports = (text, options) => {
  if (typeof text === 'string' && ascii.test(text)) return text.length;
  width ??= load();
  return width(text, options);
};`,
      resolveDir: ROOT,
    }));
  },
};

rmSync(`${DIST}bundle`, { recursive: true, force: true });
mkdirSync(`${DIST}bundle`);
await build({
  entryPoints: [`${DIST}cli/main.js`],
  outfile: OUT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['cap'],
  legalComments: 'eof',
  plugins: [ownUrl, lateWidth],
  define: { 'import.meta.url': 'bundleUrl' },
  banner: {
    js: `(function (exports, require, module, __filename, __dirname) {
const bundleUrl = require('node:url').pathToFileURL(__filename).href;`,
  },
  footer: { js: '})' },
  logLevel: 'warning',
});

execFileSync(process.execPath, [`${ROOT}scripts/compile-ahead.js`, OUT], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
