import { writeFixtures } from './embedded-fixtures.js';

await writeFixtures();
