import { type InterfaceFacts, listInterfaces } from '../capture/live/interfaces.js';
import { interfaceTable } from '../report/interface-table.js';
import { safeJson } from '../report/json.js';
import type { InterfacesArguments } from './other-flags.js';
import { Output } from './output.js';
import { textOptions } from './selection.js';

/** `psyncscope interfaces`: where this user may capture, and with what. */
export async function interfaces(args: InterfacesArguments): Promise<void> {
  const facts: InterfaceFacts[] = await listInterfaces();
  const output = new Output();
  output.line(args.json ? safeJson(facts, 2) : interfaceTable(facts, textOptions(args)));
  output.flush();
}
