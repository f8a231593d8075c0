import { createHash } from 'node:crypto';
import { safeJson } from '../json.js';
import type { ReportModel } from './model.js';

/** The page's own code and style, as built from page/. */
export interface PageAssets {
  script: string;
  style: string;
}

/** Ids that page/main.ts looks for. */
export const MODEL_ID = 'model';

/**
 * One HTML page with everything in it. Nothing is loaded and nothing may run but the two inline parts, whose hashes the policy
 * names; what came from the wire is in a block of JSON, which no parser takes for markup.
 */
export function reportPage(model: ReportModel, { script, style }: PageAssets): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="${htmlText(model.madeBy)}">
<title>${htmlText(`${model.title}: replication report`)}</title>
<style>${style}</style>
</head>
<body>
<noscript><p>This report is drawn by a script within this page; without it nothing is shown. Nothing is loaded from anywhere.</p></noscript>
<script type="application/json" id="${MODEL_ID}">${jsonText(model)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** As Content-Security-Policy names an inline part: base64 SHA-256 of its text in UTF-8. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** JSON that cannot end the element it stands in: every `<` is written as an escape. */
function jsonText(model: ReportModel): string {
  return safeJson(model).replaceAll('<', '\\u003c');
}

function htmlText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
