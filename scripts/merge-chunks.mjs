// Merges the ES modules in dist that load together. `npm run build` runs it after tsup, which makes a chunk of every set of modules that
// entries share: more than 40 files for `import 'llmux'`, and more than 30 for the first call of OpenAI. Loading a file takes 0.3 to 0.7 ms of CPU, more
// than most of them take to run. CommonJS files load faster and stay as they are.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { rollup } from 'rollup'

/**
 * Sources with a chunk for each row: what the import loads, the first call of a client, and of a Router. A chunk has what is in no row above.
 * The other entries load the first one too, since their programs import llmux as well.
 */
const loads = [
  ['core', ['src/index.ts']],
  ['calls', ['src/client-calls.ts']],
  ['router', ['src/router/calls.ts']],
]
/** A page loads llmux/browser alone, and a platform must run before the code that needs it. */
const platforms = ['platform-node', 'platform-web']
const apart = ['browser', ...platforms]
/** Providers that use one dialect. The first call of one must not load the code of another. */
const families = [
  ['openai', ['openai']],
  ['anthropic', ['anthropic', 'bedrock']],
  ['gemini', ['gemini']],
  ['cohere', ['cohere']],
]

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const hash = /-[A-Z0-9]{8}(?=\.js$|$)/
const scripts = readdirSync(dist).filter((name) => name.endsWith('.js'))
const entries = scripts.filter((name) => !hash.test(name)).map((name) => basename(name, '.js'))
const pathOf = (entry) => join(dist, `${entry}.js`)
const entryPaths = new Set(entries.map(pathOf))

/** The files that a file imports statically, itself included. */
function closure(path, found = new Set()) {
  if (found.has(path)) return found
  found.add(path)
  const imports = /^(?:import|export)\b[^;'"]*['"](\.[^'"]+|#platform)['"]/gm
  for (const [, name] of readFileSync(path, 'utf8').matchAll(imports)) {
    closure(name === '#platform' ? pathOf('platform-node') : resolve(dirname(path), name), found)
  }
  return found
}

const loadedBy = (names) => new Set(names.flatMap((name) => [...closure(pathOf(name))]))
/** The files that the chunk with a source imports. A comment names each source. */
function loadedWith(...sources) {
  const lines = sources.map((source) => `// ${source}`)
  const name = scripts.find((script) =>
    readFileSync(join(dist, script), 'utf8')
      .split('\n')
      .some((line) => lines.includes(line)),
  )
  if (!name) throw new Error(`No chunk has ${sources.join(' or ')}; update scripts/merge-chunks.mjs.`)
  return closure(join(dist, name))
}

const ofProvider = (name) => loadedWith(`providers/${name}.ts`, `providers/${name}/index.ts`)
const alone = loadedBy(apart)
const ofPlatforms = loadedBy(platforms)
/** The repair of arguments, which llmux/tools loads with a call that needs it. */
const ofArguments = loadedWith('providers/shared/calls.ts')
const loaded = loads.map(([chunk, sources]) => [chunk, loadedWith(...sources)])
const dialects = families.map(([chunk, names]) => [chunk, names.map(ofProvider)])

function chunkOf(path) {
  if (entryPaths.has(path)) return undefined
  if (ofPlatforms.has(path)) return 'platform'
  if (alone.has(path)) return undefined
  const load = loaded.find(([, paths]) => paths.has(path))
  if (load) return load[0]
  if (ofArguments.has(path)) return 'arguments'
  const users = dialects.filter(([, closures]) => closures.some((paths) => paths.has(path)))
  if (users.length > 1) return 'dialects'
  // a provider's own files, with those that others of its family share
  return users.find(([, [paths]]) => paths.has(path))?.[0]
}

const bundle = await rollup({
  input: Object.fromEntries(entries.map((entry) => [entry, pathOf(entry)])),
  external: (id) => !id.startsWith('.') && !id.startsWith(dist),
  // tsup has done it
  treeshake: false,
  onwarn: (warning) => {
    if (warning.code !== 'CIRCULAR_DEPENDENCY') throw new Error(warning.message)
  },
})
// rollup has read them all
for (const name of scripts) rmSync(join(dist, name))
await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: ({ name }) => `${name.replace(hash, '')}-[hash].js`,
  manualChunks: chunkOf,
  onlyExplicitManualChunks: true,
  hoistTransitiveImports: false,
})
await bundle.close()

// The files that both platforms share go into that of Node.js too, which every import loads: they have no state, and are 65 KB, most of it the
// price table.
await build({
  entryPoints: [pathOf('platform-node')],
  outfile: pathOf('platform-node'),
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
  plugins: [
    {
      name: 'one file',
      setup({ onResolve }) {
        onResolve({ filter: /./ }, ({ path, kind }) => ({
          path: kind === 'import-statement' && path.startsWith('.') ? join(dist, path) : path,
          external: kind !== 'entry-point' && !(kind === 'import-statement' && path.startsWith('.')),
        }))
      },
    },
  ],
})
