import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const from = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: from('.'),
  resolve: {
    // the sources, so that a test needs no build of the SDK
    alias: [
      { find: /^llmux$/, replacement: from('../src/index.ts') },
      { find: /^llmux\/server$/, replacement: from('../src/server/index.ts') },
      { find: /^llmux\/testing$/, replacement: from('../simulator/index.ts') },
      { find: /^llmux\/(langfuse|helicone|lunary|otel)$/, replacement: `${from('../src/integrations')}/$1.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'dashboard/test/**/*.test.ts'],
    testTimeout: 30_000,
    // many files start servers and processes of their own
    maxWorkers: 1,
  },
})
