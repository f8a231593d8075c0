import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'examples/**/*.test.ts'],
    // The examples import the package by its name, as its users do.
    alias: { psyncscope: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Many tests wait for real servers: on two cores, vitest's own choice of one worker leaves one idle.
    maxWorkers: 2,
  },
});
