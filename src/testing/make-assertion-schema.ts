import { writeFileSync } from 'node:fs';
import { ASSERTION_SCHEMA_PATH, assertionSchemaText } from './assertion-schema.js';

writeFileSync(ASSERTION_SCHEMA_PATH, assertionSchemaText());
