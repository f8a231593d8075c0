import { describe, expect, it } from 'vitest';
import { parseOtlpEndpoint } from './endpoint.js';

describe('--otlp', () => {
  it.each([
    ['http://127.0.0.1:4318', 'http://127.0.0.1:4318/v1/traces'],
    ['http://127.0.0.1:4318/', 'http://127.0.0.1:4318/v1/traces'],
    ['https://otlp.example/tenant/7/', 'https://otlp.example/tenant/7/v1/traces'],
    ['http://[::1]:4318', 'http://[::1]:4318/v1/traces'],
  ])('%s sends to %s', (text, traces) => {
    expect(parseOtlpEndpoint(text)).toMatchObject({ traces, metrics: traces.replace('traces', 'metrics') });
  });

  it.each([
    ['', /^--otlp: not a URL/],
    ['localhost:4318', /^--otlp: not a URL of http or https: localhost:4318; as in/],
    ['grpc://localhost:4317', /not a URL of http or https/],
    ['http://', /not a URL/],
    ['http://user:pass@localhost:4318', /OTEL_EXPORTER_OTLP_HEADERS/],
    ['http://localhost:4318?token=x', /nothing behind \? or #/],
    ['http://localhost:4318/v1/traces', /leave out \/v1\/traces/],
    ['http://localhost:4318/v1/metrics/', /leave out \/v1\/traces/],
  ])('%s is refused', (text, complaint) => {
    expect(() => parseOtlpEndpoint(text)).toThrow(complaint);
  });

  it('a password in the URL is not repeated', () => {
    expect(() => parseOtlpEndpoint('http://u:hunter2@localhost:4318')).toThrow(/^(?!.*hunter2)/);
  });
});
