import { escapeText } from '../../report/escape.js';
import { UsageError } from '../errors.js';

/** The flag, for the commands that have it. */
export const OTLP_OPTION = {
  type: 'string',
  nargs: 1,
  describe: 'Send syncs as traces, and metrics, to this OpenTelemetry collector (http://HOST:4318)',
} as const;

export interface OtlpArguments {
  otlp: string | undefined;
}

/** Where a collector takes OTLP over HTTP. */
export interface OtlpEndpoint {
  /** As messages name it. */
  readonly shown: string;
  readonly traces: string;
  readonly metrics: string;
}

/** Characters of what was typed that a message repeats. */
const MAX_SHOWN = 200;

/** Reads the base URL of a collector, to which the paths of OTLP are added. @throws UsageError */
export function parseOtlpEndpoint(text: string): OtlpEndpoint {
  const url = URL.canParse(text) ? new URL(text) : null;
  const complaint = complaintAbout(text, url);
  if (url === null || complaint !== null) throw new UsageError(`--otlp: ${complaint}`);
  const base = url.href.replace(/\/+$/, '');
  return {
    shown: escapeText(base, MAX_SHOWN),
    traces: `${base}/v1/traces`,
    metrics: `${base}/v1/metrics`,
  };
}

function complaintAbout(text: string, url: URL | null): string | null {
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return `not a URL of http or https: ${escapeText(text, MAX_SHOWN)}; as in http://127.0.0.1:4318`;
  // What stands in a command line is seen by all users of the machine.
  if (url.username !== '' || url.password !== '')
    return 'no user or password in the URL: OTEL_EXPORTER_OTLP_HEADERS=authorization=... has them';
  if (url.search !== '' || url.hash !== '') return 'nothing behind ? or # in the URL';
  if (/\/v1\/(traces|metrics)\/*$/.test(url.pathname))
    return 'leave out /v1/traces and /v1/metrics: they are added';
  return null;
}
