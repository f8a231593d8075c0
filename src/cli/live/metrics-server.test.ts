import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../report/live/metrics.js';
import { LIVE_NOW, liveDocument } from '../../testing/sample-live.js';
import { metricsUrl, parseMetricsAddress } from './metrics-address.js';
import { type MetricsServer, startMetricsServer } from './metrics-server.js';

describe('[ADDR:]PORT', () => {
  it.each([
    ['9400', '127.0.0.1', 9400],
    ['0', '127.0.0.1', 0],
    ['0.0.0.0:9400', '0.0.0.0', 9400],
    ['localhost:65535', 'localhost', 65535],
    ['[::1]:9400', '::1', 9400],
    ['[fe80::1%eth0]:9400', 'fe80::1%eth0', 9400],
  ])('%s', (text, host, port) => {
    expect(parseMetricsAddress(text)).toEqual({ host, port });
  });

  it.each([
    ['', 'not an address and a port'],
    ['x', 'not an address and a port'],
    ['70000', 'not an address and a port'],
    ['127.0.0.1', 'not an address and a port'],
    ['127.0.0.1:', 'not an address and a port'],
    [':9400', 'for all addresses say 0.0.0.0:9400'],
    ['::1:9400', 'an IPv6 address stands in brackets'],
  ])('not %s', (text, complaint) => {
    expect(() => parseMetricsAddress(text)).toThrow(complaint);
  });

  it('as a URL', () => {
    expect(metricsUrl({ host: '::1', port: 9400 })).toBe('http://[::1]:9400/metrics');
  });
});

describe('server', () => {
  const servers: MetricsServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function start(host = '127.0.0.1', text?: () => Promise<string>): Promise<MetricsServer> {
    const metrics = new Metrics({ version: '1', nodeVersion: 'v20', backend: 'cap' });
    const source = {
      contentType: metrics.contentType,
      text:
        text ??
        (() => {
          metrics.update(liveDocument(LIVE_NOW), LIVE_NOW);
          return metrics.text();
        }),
    };
    const server = await startMetricsServer({ host, port: 0 }, source);
    servers.push(server);
    return server;
  }

  it('serves metrics as of now', async () => {
    const { url } = await start();
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toMatch(/^psyncscope_links 6$/m);
    expect((await fetch(`${url}?x=1`)).status).toBe(200);
  });

  it('serves on IPv6', async () => {
    const { url } = await start('::1');
    expect(url).toContain('[::1]');
    expect((await fetch(url)).status).toBe(200);
  });

  it('has a page for people', async () => {
    const { url } = await start();
    const response = await fetch(new URL('/', url));
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await response.text()).toContain('<a href="/metrics">');
  });

  it.each([
    ['GET', '/metric', 404],
    ['GET', '/metrics/', 404],
    ['POST', '/metrics', 405],
    ['DELETE', '/', 405],
    ['HEAD', '/metrics', 200],
  ])('%s %s: %i', async (method, path, status) => {
    const { url } = await start();
    const response = await fetch(new URL(path, url), { method });
    expect(response.status).toBe(status);
    if (status === 405) expect(response.headers.get('allow')).toBe('GET, HEAD');
    if (method === 'HEAD') expect(await response.text()).toBe('');
  });

  it('goes on after metrics could not be made', async () => {
    let fail = true;
    const { url } = await start('127.0.0.1', async () => {
      if (fail) throw new Error('broken');
      return 'fine 1\n';
    });
    const response = await fetch(url);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('broken');
    fail = false;
    expect(await (await fetch(url)).text()).toBe('fine 1\n');
  });

  it('closes although a client keeps its connection', async () => {
    const { url, close } = await start();
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(url, { headers: { Connection: 'keep-alive' } }, (response) => {
        response.resume().on('end', resolve);
      });
      request.on('error', reject).end();
    });
    await close();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('says in plain words why it cannot listen', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const source = { contentType: 'text/plain', text: async () => '' };
    await expect(startMetricsServer({ host: '127.0.0.1', port }, source)).rejects.toThrow(
      `--metrics: cannot listen on 127.0.0.1:${port}: another program uses this port; choose another one`,
    );
    other.close();
    await expect(startMetricsServer({ host: '192.0.2.1', port: 0 }, source)).rejects.toThrow(
      'this machine has no such address',
    );
  });
});
