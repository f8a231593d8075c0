import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { PeekSource } from '../capture/byte-source.js';
import { GunzipSource, isGzip } from '../capture/gzip-source.js';
import { readCaptures } from '../capture/merge.js';
import { isRegularFile, openSource } from '../capture/open.js';
import { countText, plural } from '../report/units.js';
import { copyCapture } from '../scrub/copy.js';
import { findSecrets } from '../scrub/find.js';
import type { SecretFinder } from '../scrub/finder.js';
import { TooManyPatches } from '../scrub/patches.js';
import { PcapngMetadata } from '../scrub/pcapng-metadata.js';
import type { Policy } from '../scrub/policy.js';
import { PacketRewriter } from '../scrub/rewriter.js';
import { InputProblem, UsageError } from './errors.js';
import { STANDARD_INPUT_TOKEN } from './flags.js';
import { RecordedFile } from './recorded-file.js';
import type { ScrubArguments } from './scrub-flags.js';

const SECRET_BYTES = 32;

/** `psyncscope scrub`: the same capture with passwords, and if asked keys and values, overwritten. */
export async function scrub(args: ScrubArguments): Promise<void> {
  const { input, output, redact, redactWith } = args;
  if ([input, output].some((path) => path === '-' || path === STANDARD_INPUT_TOKEN))
    throw new UsageError('scrub reads a file three times: name one, and one to write');
  if (redact === undefined && redactWith !== undefined)
    throw new UsageError('--redact-with needs --redact keys, values or all');
  if (!(await isRegularFile(input))) throw new InputProblem(`${input}: not a file`);
  if (existsSync(output) && realpathSync(output) === realpathSync(input))
    throw new UsageError('scrub does not overwrite its input: name another file');
  const policy: Policy = {
    keys: redact === 'keys' || redact === 'all',
    values: redact === 'values' || redact === 'all',
    secret: redactWith === undefined ? randomBytes(SECRET_BYTES) : Buffer.from(redactWith),
  };
  const finder = await find(input, policy);
  const rewriter = new PacketRewriter(finder.flows);
  const metadata = new PcapngMetadata();
  const problem = await rewrite(input, output, rewriter, metadata);
  tell(finder, rewriter, metadata, output, policy);
  if (problem !== null) process.stderr.write(`psyncscope: ${problem}\n`);
}

/** Looks through the capture for what is to be overwritten. @throws CaptureError, InputProblem */
async function find(path: string, policy: Policy): Promise<SecretFinder> {
  try {
    return await findSecrets((onPackets) => readCaptures([path], {}, onPackets), policy);
  } catch (error) {
    if (!(error instanceof TooManyPatches)) throw error;
    throw new InputProblem(`${path}: too much to overwrite at once: cut it into smaller files (editcap -c)`);
  }
}

/** Writes the capture anew. @returns why it is not all of it, or null. @throws InputProblem when it cannot be written. */
async function rewrite(
  input: string,
  output: string,
  rewriter: PacketRewriter,
  metadata: PcapngMetadata,
): Promise<string | null> {
  const packed = new PeekSource(await openSource(input));
  const source = isGzip(await packed.peek(2)) ? new PeekSource(new GunzipSource(packed)) : packed;
  const temporary = `${output}.${process.pid}.part${output.endsWith('.gz') ? '.gz' : ''}`;
  try {
    const file = new RecordedFile(temporary);
    const problem = await copyCapture(source, (bytes) => file.write(bytes), rewriter, metadata);
    file.close();
    if (file.bytes === 0) throw new InputProblem(`${input}: nothing of it can be read: ${problem}`);
    renameSync(temporary, output);
    return problem;
  } catch (error) {
    rmSync(temporary, { force: true });
    // Only files have codes: anything else is no matter of writing.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new InputProblem(`${output}: cannot be written: ${(error as Error).message}`);
  } finally {
    await source.close();
  }
}

function tell(
  finder: SecretFinder,
  rewriter: PacketRewriter,
  metadata: PcapngMetadata,
  output: string,
  policy: Policy,
): void {
  const { secrets, payloads, partPayloads, unreadPayloads } = finder.counts;
  const lines = [
    `${output}: ${plural(rewriter.changed, 'packet')} overwritten, ${plural(secrets, 'secret')} among them`,
  ];
  if (policy.keys || policy.values) {
    lines.push(`${plural(payloads, 'payload')} overwritten key by key`);
    if (partPayloads > 0)
      lines.push(
        `${plural(partPayloads, 'payload')} not whole: as far as they can be read; the rest as a whole`,
      );
  }
  if (unreadPayloads > 0)
    lines.push(
      `${plural(unreadPayloads, 'payload')} not whole: scripts in them were not looked at (--redact values overwrites them)`,
    );
  if (metadata.keyBlocks > 0) lines.push(`${plural(metadata.keyBlocks, 'block')} of TLS keys overwritten`);
  if (metadata.texts > 0)
    lines.push(`${plural(metadata.texts, 'comment')}, names of hosts and the like overwritten`);
  if (rewriter.fragments > 0)
    lines.push(`${countText(rewriter.fragments)} IP fragments overwritten as a whole`);
  for (const line of lines) process.stderr.write(`psyncscope: ${line}\n`);
}
