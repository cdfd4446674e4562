import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/**', '**/node_modules/**'],
    testTimeout: 30_000,
    // one less than the cores is the default: on two cores a single worker, which waits for timers and sockets most of the time
    maxWorkers: 2,
  },
})
