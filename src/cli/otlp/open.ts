import { type OtlpEndpoint, parseOtlpEndpoint } from './endpoint.js';
import type { OtlpFile } from './file.js';
import type { OtlpFeed, OtlpInput } from './live.js';

/** What `--otlp` asks for; without it nothing of it is loaded, and there is null. */

/** Of a command that reads files: to be called before it does. @throws UsageError, InputProblem where packages are not installed */
export async function openOtlpFile(url: string | undefined): Promise<OtlpFile | null> {
  if (url === undefined) return null;
  const endpoint = parseOtlpEndpoint(url);
  return (await import('./file.js')).otlpFile(endpoint);
}

/** Of a live capture. @throws InputProblem where packages are not installed */
export async function startOtlp(endpoint: OtlpEndpoint | null, input: OtlpInput): Promise<OtlpFeed | null> {
  return endpoint === null ? null : (await import('./live.js')).otlpFeed(endpoint, input);
}
