import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputProblem } from '../errors.js';
import { type MetricsAddress, metricsUrl } from './metrics-address.js';

/** Serves metrics to Prometheus: `GET /metrics`, and a short page at `/`. */

/** Connections at once, and how long a client may take to ask, ms: a scraper needs one, for an instant. */
const MAX_CONNECTIONS = 32;
const REQUEST_MS = 10_000;

/** Bytes of a request's headers. */
const MAX_HEADER_BYTES = 8 * 1024;

export interface MetricsSource {
  /** Content-Type of the text. */
  contentType: string;
  /** The metrics as of now. */
  text: () => Promise<string>;
}

export interface MetricsServer {
  /** Where it listens; the port is the real one when 0 was asked for. */
  address: MetricsAddress;
  url: string;
  close: () => Promise<void>;
}

/**
 * Starts to listen. The server does not keep the program running.
 * @throws InputProblem when the address cannot be used.
 */
export async function startMetricsServer(
  wanted: MetricsAddress,
  source: MetricsSource,
): Promise<MetricsServer> {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_MS },
    (request, response) => {
      answer(request, response, source).catch((error: Error) => {
        if (response.headersSent) response.destroy();
        else
          send(
            request,
            response,
            500,
            'text/plain; charset=utf-8',
            `metrics cannot be made: ${error.message}\n`,
          );
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new InputProblem(complaint(wanted, error))),
    );
    server.listen(wanted.port, wanted.host, resolve);
  });
  server.unref();
  const address = { host: wanted.host, port: (server.address() as AddressInfo).port };
  return {
    address,
    url: metricsUrl(address),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: MetricsSource,
): Promise<void> {
  // Bodies are of no interest; unread ones would hold the connection.
  request.resume();
  const path = (request.url ?? '/').replace(/[?#].*$/s, '');
  if (path !== '/metrics' && path !== '/')
    return send(request, response, 404, 'text/plain; charset=utf-8', 'not found: metrics are at /metrics\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return send(request, response, 405, 'text/plain; charset=utf-8', 'only GET and HEAD\n');
  }
  if (path === '/') return send(request, response, 200, 'text/html; charset=utf-8', PAGE);
  send(request, response, 200, source.contentType, await source.text());
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const PAGE = `<!doctype html>
<html lang="en">
<head><title>psyncscope</title></head>
<body>
<h1>psyncscope</h1>
<p>Replication of Redis and Valkey as seen on the wire: <a href="/metrics">metrics</a> for Prometheus.</p>
</body>
</html>
`;

function complaint({ host, port }: MetricsAddress, error: NodeJS.ErrnoException): string {
  const where = `--metrics: cannot listen on ${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where}: another program uses this port; choose another one`;
    case 'EACCES':
      return `${where}: no permission; ports below 1024 are for root, choose a higher one`;
    case 'EADDRNOTAVAIL':
      return `${where}: this machine has no such address`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${where}: no such host`;
    default:
      return `${where}: ${error.message}`;
  }
}
