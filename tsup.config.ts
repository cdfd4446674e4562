import { fileURLToPath } from 'node:url'
import { defineConfig, type Options } from 'tsup'
import { packedTables } from './pricing/table.packed.js'
import { pieces, worker } from './tsup.worker.js'

/** Builds for browsers: those for Node.js differ in imports of its modules only. */
const browserBuilds: Readonly<Record<string, string>> = {
  'lru-cache': 'lru-cache/dist/esm/browser/index.min.js',
  fflate: 'fflate/esm/browser.js',
}

/** The public entries: each needs a line in `exports` of package.json too, and runs on every runtime. */
const entry = {
  index: 'src/index.ts',
  server: 'src/server/index.ts',
  batch: 'src/jobs/index.ts',
  tools: 'src/tools/index.ts',
  mcp: 'src/mcp/index.ts',
  middleware: 'src/middleware/index.ts',
  testing: 'simulator/index.ts',
  otel: 'src/integrations/otel.ts',
  langfuse: 'src/integrations/langfuse.ts',
  helicone: 'src/integrations/helicone.ts',
  lunary: 'src/integrations/lunary.ts',
  prometheus: 'src/integrations/prometheus.ts',
  'ai-sdk': 'src/adapters/ai-sdk/index.ts',
  langchain: 'src/adapters/langchain/index.ts',
  browser: 'src/browser/index.ts',
}

/** `imports` of package.json choose one of them, so that all runtimes share the other files. */
const platforms = { 'platform-node': 'src/platform/node.ts', 'platform-web': 'src/platform/web.ts' }

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const packages: Plugin = {
  name: 'packages',
  setup(build) {
    build.onLoad({ filter: /\/table\.packed\.ts$/ }, () => ({
      contents: `export const packedTables = () => ${JSON.stringify(packedTables())}`,
    }))
    build.onResolve({ filter: /^(?:lru-cache|fflate)$/ }, ({ path }) => ({
      path: fileURLToPath(new URL(`node_modules/${browserBuilds[path]}`, import.meta.url)),
    }))
  },
}

const platform: Plugin = {
  name: 'platform',
  setup(build) {
    build.onResolve({ filter: /\/platform\/index\.js$/ }, () => ({ path: '#platform', external: true }))
  },
}

const common: Options = {
  target: 'node20',
  platform: 'node',
  // for both formats, so that a provider's code stays in a chunk of its own and loads with its first call
  splitting: true,
  // workers and Deno know the modules of Node.js by this name only
  removeNodeProtocol: false,
  treeshake: true,
  // packages that a user installs where they want them: theirs, not a copy of ours
  external: [
    ...[/^zod$/, 'redis', 'tiktoken', /^@azure\//, /^@aws-sdk\//, 'google-auth-library'],
    ...['@opentelemetry/api', 'prom-client', '@ai-sdk/provider', /^@langchain\//],
    '@openredaction/core',
  ],
  noExternal: [
    // ESM only upstream: bundled, so that CommonJS callers on Node 20.18 need no require(esm)
    ...['p-retry', 'is-network-error'],
    // without dependencies of its own, and loaded with the first memoryCache(): one package less to install
    'lru-cache',
    // repairs tool arguments of a history; loaded with the dialects
    'jsonrepair',
    // decodes zstd on versions of Node.js that can't; loaded with the first such response
    'fzstd',
    // unpacks the price table on other runtimes than Node.js
    'fflate',
  ],
}

const { testing: _, ...onWorkers } = entry

// without source maps: the files are readable, and the sources that a map would name are not in the package
export default defineConfig([
  {
    ...common,
    entry: { ...entry, ...platforms },
    format: ['esm', 'cjs'],
    dts: { entry },
    clean: true,
    esbuildPlugins: [platform, packages],
  },
  {
    ...common,
    entry: { ...pieces(), ...onWorkers, server: 'src/worker/server.ts', batch: 'src/worker/batch.ts' },
    outDir: 'dist/worker',
    format: 'esm',
    // wrangler keeps the names of functions as texts: short ones are a tenth less
    minify: true,
    // changes nothing there but the time of the build
    treeshake: false,
    esbuildPlugins: [worker([packages]), packages],
  },
])
