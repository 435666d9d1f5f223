import { defineConfig } from 'vitest/config';

/** The rings, from seconds anywhere to minutes on a throwaway host; one after the other, since the outer ones want the machine. */
export default defineConfig({
  test: {
    restoreMocks: true,
    unstubEnvs: true,
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{unit,contract,property}/**/*.test.ts'],
          sequence: { shuffle: true, groupOrder: 1 },
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'tree',
          include: ['test/tree/**/*.test.ts'],
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          sequence: { groupOrder: 3 },
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 5 },
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 4 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
