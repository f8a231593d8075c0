import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Api from '@opentelemetry/api';
import type * as MetricsExporter from '@opentelemetry/exporter-metrics-otlp-proto';
import type * as TraceExporter from '@opentelemetry/exporter-trace-otlp-proto';
import type * as Resources from '@opentelemetry/resources';
import type * as SdkMetrics from '@opentelemetry/sdk-metrics';
import type * as SdkTrace from '@opentelemetry/sdk-trace';
import { InputProblem } from '../errors.js';
import { withRemedies } from '../remedies.js';

/**
 * OpenTelemetry's own packages: optional peers of this one (docs/decisions/0014-opentelemetry.md), loaded only where `--otlp` is given.
 * They are looked for beside this program, then in the project it is called in.
 */
export interface OtlpPackages {
  readonly api: typeof Api;
  readonly trace: typeof SdkTrace;
  readonly metrics: typeof SdkMetrics;
  readonly resources: typeof Resources;
  readonly traceExporter: typeof TraceExporter;
  readonly metricsExporter: typeof MetricsExporter;
}

/** The packages, and from which version on (up to the next that may differ, as ^ has it). */
const WANTED: Readonly<Record<string, string>> = {
  '@opentelemetry/api': '1.9',
  '@opentelemetry/sdk-trace': '2.12',
  '@opentelemetry/sdk-metrics': '2.12',
  '@opentelemetry/resources': '2.12',
  '@opentelemetry/exporter-trace-otlp-proto': '0.223',
  '@opentelemetry/exporter-metrics-otlp-proto': '0.223',
};

/** What a place lacks. */
interface Lack {
  readonly text: string;
  readonly isOfVersion: boolean;
}

/** @throws InputProblem naming the command that installs them. */
export function loadOtlpPackages(): OtlpPackages {
  const places = [createRequire(import.meta.url), createRequire(join(process.cwd(), 'package.json'))];
  const lacks = places.map(lackOf);
  const place = places[lacks.indexOf(null)];
  if (place === undefined) {
    // Where there are some, these are what is to be mended.
    const { text } = lacks.find((lack) => lack?.isOfVersion === true) ?? lacks[0]!;
    throw new InputProblem(withRemedies(text, [installCommand()]));
  }
  return {
    api: place('@opentelemetry/api') as typeof Api,
    trace: place('@opentelemetry/sdk-trace') as typeof SdkTrace,
    metrics: place('@opentelemetry/sdk-metrics') as typeof SdkMetrics,
    resources: place('@opentelemetry/resources') as typeof Resources,
    traceExporter: place('@opentelemetry/exporter-trace-otlp-proto') as typeof TraceExporter,
    metricsExporter: place('@opentelemetry/exporter-metrics-otlp-proto') as typeof MetricsExporter,
  };
}

function installCommand(): string {
  const packages = Object.entries(WANTED).map(([name, version]) => `${name}@^${version}.0`);
  return `npm install ${packages.join(' ')}`;
}

/** null: it has all. */
function lackOf(place: NodeJS.Require): Lack | null {
  for (const [name, wanted] of Object.entries(WANTED)) {
    const version = versionOf(place, name);
    if (version === null)
      return { text: `--otlp needs packages that are not installed: ${name}`, isOfVersion: false };
    if (!fits(version, wanted))
      return { text: `--otlp needs ${name} ${wanted}, and ${version} is installed`, isOfVersion: true };
  }
  return null;
}

/** Of the package that this place would load. Not all of them let their package.json be asked for by name. */
function versionOf(place: NodeJS.Require, name: string): string | null {
  for (const folder of place.resolve.paths(name) ?? [])
    try {
      return (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string })
        .version;
    } catch {
      // It is not in this one.
    }
  return null;
}

/** As `^wanted` has it. */
function fits(version: string, wanted: string): boolean {
  const [major, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor = 0] = wanted.split('.').map(Number);
  if (major !== wantedMajor) return false;
  return major === 0 ? minor === wantedMinor : minor >= wantedMinor;
}
