import { UsageError } from '../errors.js';

export interface MetricsAddress {
  host: string;
  port: number;
}

/** Metrics name the hosts of a network: nobody else reads them unless told so. */
const DEFAULT_HOST = '127.0.0.1';

const SHAPE = /^(?:(?<host>\[[0-9A-Fa-f:.%\w]+\]|[^:[\]]+):)?(?<port>\d{1,5})$/;

/**
 * Reads `[ADDR:]PORT`: `9400`, `0.0.0.0:9400`, `localhost:9400`, `[::1]:9400`.
 * @throws UsageError
 */
export function parseMetricsAddress(text: string): MetricsAddress {
  const groups = SHAPE.exec(text)?.groups;
  const port = Number(groups?.port);
  if (groups === undefined || port > 65_535) throw new UsageError(`--metrics: ${complaint(text)}`);
  return { host: (groups.host ?? DEFAULT_HOST).replace(/^\[|\]$/g, ''), port };
}

function complaint(text: string): string {
  const example = 'give a port, as in 9400, or an address and a port, as in 0.0.0.0:9400 or [::1]:9400';
  if (/^:\d+$/.test(text))
    return `no address before the colon in ${text}: for all addresses say 0.0.0.0${text}`;
  if (/^[^[]*:.*:/.test(text)) return `an IPv6 address stands in brackets: ${example}`;
  return `not an address and a port: ${example}`;
}

/** `http://127.0.0.1:9400/metrics` */
export function metricsUrl({ host, port }: MetricsAddress): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`;
}
