import { describe, expect, it } from 'vitest';
import { parseOtlpEndpoint } from './endpoint.js';
import { complaint } from './exporters.js';

const ENDPOINT = parseOtlpEndpoint('http://127.0.0.1:4318');

/** An error as Node's sockets and the exporters make them. */
function failure(message: string, code?: string | number): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('what a collector does wrong', () => {
  it.each<[Error, string, RegExp | null]>([
    [failure('Not Found', 404), 'it answers 404 Not Found', /base of an OTLP receiver/],
    [failure('Unauthorized', 401), 'it answers 401 Unauthorized', /OTEL_EXPORTER_OTLP_HEADERS/],
    [failure('Forbidden', 403), 'it answers 403 Forbidden', /OTEL_EXPORTER_OTLP_HEADERS/],
    [failure('Bad Request', 400), 'it answers 400 Bad Request', null],
    [failure('connect ECONNREFUSED 127.0.0.1:4318', 'ECONNREFUSED'), 'connect ECONNREFUSED', /port 4318/],
    [
      failure('Parse Error: Expected HTTP/', 'HPE_INVALID_CONSTANT'),
      'Parse Error',
      /4317 is the port of gRPC/,
    ],
    [failure('socket hang up', 'ECONNRESET'), 'socket hang up', /4317 is the port of gRPC/],
    [failure('', 'ENOTFOUND'), 'ENOTFOUND', null],
    [failure('Request timed out'), 'Request timed out', null],
  ])('%s', (error, told, remedy) => {
    const [first, second] = complaint(ENDPOINT, error).split('\n');
    expect(first).toMatch(/^--otlp http:\/\/127\.0\.0\.1:4318: \S/);
    expect(first).toContain(told);
    if (remedy === null) expect(second).toBeUndefined();
    else expect(second).toMatch(remedy);
  });

  it('is escaped: a collector may say what it likes', () => {
    expect(complaint(ENDPOINT, failure('\x1b[31mBOO', 500))).not.toContain('\x1b');
  });
});
