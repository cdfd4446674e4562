import { defineConfig } from 'tsup'

// `splitting` is on for both formats, so that a provider's code stays in a chunk of its own and
// loads with its first call, from ESM and from CommonJS alike.
export default defineConfig({
  entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  splitting: true,
  dts: true,
  clean: true,
  treeshake: true,
  sourcemap: false,
  // packages that a user installs where they want them: theirs, not a copy of ours
  external: ['zod', 'tiktoken', /^@azure\//, /^@aws-sdk\//, 'google-auth-library'],
  // ESM only upstream: bundled, so that CommonJS callers on Node 20.18 need no require(esm).
  noExternal: ['p-retry', 'is-network-error'],
})
