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

/** Plans made so far, by opcode or type byte. */
type Plans = (Plan | undefined)[];

/** Of all decoders: thousands of payloads may be under way at once. */
const MADE = new Map<string, Plans>();

/** The plans of all decoders that want the same (see `makePlan`); who misses one adds it. */
export function sharedPlans(magic: Magic, details: boolean, keys: boolean): Plans {
  const wanted = `${magic} ${details} ${keys}`;
  const known = MADE.get(wanted);
  if (known !== undefined) return known;
  const plans: Plans = [];
  MADE.set(wanted, plans);
  return plans;
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
