import { RdbFormatError } from './errors.js';
import { FIRST_OPCODE, isKeyAttribute, opcodeLayout } from './opcodes.js';
import { KEY } from './roles.js';
import { type Layout, string, without, withoutDetails } from './steps.js';
import { type Magic, type ObjectType, objectType } from './types.js';

/** What stands behind one opcode or type byte, as far as the decoder wants it. */
export interface Plan {
  /** null: an opcode. */
  readonly type: ObjectType | null;
  readonly layout: Layout;
  /** Belongs to a key record: the type byte itself, or an attribute before it. */
  readonly ofRecord: boolean;
}

/**
 * @param details whether the elements of values are wanted
 * @param keys whether anyone looks at the keys
 * @throws RdbFormatError for an opcode or type whose layout is not known: nothing behind it can be read
 */
export function makePlan(opcode: number, magic: Magic, details: boolean, keys: boolean): Plan {
  const layout = opcodeLayout(opcode, magic);
  if (layout !== null) return { type: null, layout, ofRecord: isKeyAttribute(opcode, magic) };
  const type = objectType(opcode, magic);
  if (type === null) {
    throw new RdbFormatError(`unknown ${opcode >= FIRST_OPCODE ? 'opcode' : 'object type'} ${opcode}`);
  }
  let whole: Layout = [...string(KEY), ...type.layout];
  if (!details) whole = withoutDetails(whole);
  if (!details && !keys) whole = without(whole, KEY);
  return { type, layout: whole, ofRecord: true };
}
