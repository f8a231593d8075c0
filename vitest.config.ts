import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Many tests wait for real servers: on two cores, vitest's own choice of one worker leaves one idle.
    maxWorkers: 2,
  },
});
