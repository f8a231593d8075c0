import { chooseBackend } from '../capture/live/choose-backend.js';
import { type InterfaceFacts, listInterfaces } from '../capture/live/interfaces.js';
import { LiveError } from '../capture/live/types.js';
import { interfaceTable } from '../report/interface-table.js';
import { safeJson } from '../report/json.js';
import type { InterfacesArguments } from './other-flags.js';
import { Output } from './output.js';
import { withRemedies } from './remedies.js';
import { textOptions } from './selection.js';

/** `psyncscope interfaces`: where this user may capture, and with what. */
export async function interfaces(args: InterfacesArguments): Promise<void> {
  const facts: InterfaceFacts[] = await listInterfaces();
  const output = new Output();
  output.line(args.json ? safeJson(facts, 2) : interfaceTable(facts, textOptions(args)));
  output.flush();
  if (facts.every(({ backends }) => backends.length === 0)) await tellWhy(facts);
}

/** On standard error: why this user may capture nowhere, and what mends it. */
async function tellWhy(facts: readonly InterfaceFacts[]): Promise<void> {
  const { name } = facts.find(({ isUp }) => isUp !== false) ?? facts[0]!;
  try {
    await chooseBackend('auto', name);
  } catch (error) {
    if (!(error instanceof LiveError)) throw error;
    process.stderr.write(`psyncscope: ${withRemedies(error.message, error.problem.remedies)}\n`);
  }
}
