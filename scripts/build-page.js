// Builds the code and the style of the HTML report into dist/report/html/client.js and client.css, which `psyncscope report` puts into
// each page. uPlot is part of both.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

await build({
  entryPoints: { client: path('src/report/html/page/main.ts') },
  outdir: path('dist/report/html'),
  bundle: true,
  format: 'iife',
  target: 'es2022',
  minify: true,
  charset: 'ascii',
  legalComments: 'inline',
  tsconfigRaw: '{}',
  logLevel: 'warning',
});
