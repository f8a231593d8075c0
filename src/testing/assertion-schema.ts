import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { ASSERTION_FILE } from '../check/file/schema.js';

/** Where the JSON Schema of assertion files is: a part of the package, for editors. */
export const ASSERTION_SCHEMA_PATH = fileURLToPath(
  new URL('../../schema/assertions.schema.json', import.meta.url),
);

/** The JSON Schema of assertion files, made of the schema that reads them. Draft 7: what editors of YAML know best. */
export function assertionSchemaText(): string {
  const schema = z.toJSONSchema(ASSERTION_FILE, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify(schema, null, 1)}\n`;
}
