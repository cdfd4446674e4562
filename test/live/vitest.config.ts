import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/live/**/*.test.ts'],
    testTimeout: 60_000,
    fileParallelism: false,
    retry: 0,
  },
})
