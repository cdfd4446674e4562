// Builds test/runtimes/app.mjs with the common bundlers. A bundle for workers or browsers must contain neither undici nor an import of
// a module of Node.js, must run, and must stay below its limit.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const packages = { vite: '8.4.0', webpack: '5.113.0', wrangler: '4.164.0' }

/** Optional packages, which are not installed. Other bundlers treat an import in a `try` as optional by themselves. */
const optional = ['redis', 'tiktoken', 'tiktoken/*', '@azure/identity', '@aws-sdk/*', 'google-auth-library', 'zod']

/** The bundle for workers had 1,459,000 bytes with undici, before the transport over `fetch`: half of that is the limit. */
const limits = { workers: 729_500, wrangler: 729_500, browsers: 1_030_000, webpack: 1_170_000, node: 1_900_000 }

/** A text of undici that minification leaves, and llmux doesn't contain. */
const undici = 'UND_ERR_INFO'

const withEsbuild = async (project, name, options) => {
  const outfile = join(project, 'out', name, 'app.mjs')
  const fixed = { bundle: true, format: 'esm', target: 'es2022', minify: true, logLevel: 'silent', external: optional }
  await build({ entryPoints: [join(project, 'app.mjs')], outfile, ...fixed, ...options })
}

/** @returns title, bytes, gzipped bytes and limit of each bundle, or its error */
export async function measureBundles({ project, cache, npm, run, node22 }) {
  const tools = join(cache, 'bundlers')
  if (!existsSync(join(tools, 'done'))) {
    mkdirSync(tools, { recursive: true })
    writeFileSync(join(tools, 'package.json'), JSON.stringify({ private: true, dependencies: packages }))
    await npm(['install', '--ignore-scripts', '--no-package-lock'], tools)
    writeFileSync(join(tools, 'done'), '')
  }
  const bin = (...path) => join(tools, 'node_modules', ...path)
  const worker = ['workerd', 'worker', 'browser']

  const bundles = [
    ['esbuild, for workers', 'workers', limits.workers, () => withEsbuild(project, 'workers', { conditions: worker })],
    [
      'esbuild, for browsers',
      'browsers',
      limits.browsers,
      () => withEsbuild(project, 'browsers', { platform: 'browser' }),
    ],
    [
      'wrangler, `deploy --dry-run --minify`',
      'wrangler',
      limits.wrangler,
      async () => {
        const config = { name: 'app', main: 'app.mjs', compatibility_date: '2026-06-01', send_metrics: false }
        writeFileSync(join(project, 'wrangler.json'), JSON.stringify(config))
        const args = ['deploy', '--dry-run', '--minify', '--outdir', 'out/wrangler']
        const env = { CI: '1', WRANGLER_SEND_METRICS: 'false', XDG_CONFIG_HOME: join(project, 'config') }
        await run([node22, bin('wrangler', 'bin', 'wrangler.js'), ...args], { cwd: project, env })
      },
    ],
    [
      'Vite, for browsers',
      'vite',
      limits.browsers,
      () => runTool(bin('vite', 'dist', 'node', 'index.js'), 'vite', { run, project, node22 }),
    ],
    [
      'webpack, for workers',
      'webpack',
      limits.webpack,
      () => runTool(bin('webpack', 'lib', 'index.js'), 'webpack', { run, project, node22 }),
    ],
    [
      'esbuild, for Node.js, with undici',
      'node',
      limits.node,
      () => withEsbuild(project, 'node', { platform: 'node' }),
    ],
  ]
  const sizes = []
  for (const [title, name, limit, make] of bundles) {
    try {
      await make()
      sizes.push({ title, limit, ...(await inspect(join(project, 'out', name), name, run)) })
    } catch (error) {
      sizes.push({ title, limit, error: error.message.slice(0, 2000) })
    }
  }
  return sizes
}

/** Vite and webpack run in a process of their own, from the folder of the project. */
async function runTool(library, name, { run, project, node22 }) {
  const scripts = {
    vite: `const { build } = await import(process.argv[2])
      const rollupOptions = { input: 'app.mjs', preserveEntrySignatures: 'strict', output: { entryFileNames: 'app.mjs', chunkFileNames: '[name].mjs' } }
      await build({ logLevel: 'silent', configFile: false, build: { outDir: 'out/vite', minify: true, modulePreload: false, rollupOptions } })`,
    webpack: `const { default: webpack } = await import(process.argv[2])
      const output = { path: process.cwd() + '/out/webpack', filename: 'app.mjs', module: true, library: { type: 'module' } }
      const options = { mode: 'production', target: 'webworker', entry: './app.mjs', output, experiments: { outputModule: true }, plugins: [new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 })] }
      const stats = await new Promise((resolve, reject) => webpack(options, (error, stats) => (error ? reject(error) : resolve(stats))))
      if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))`,
  }
  const file = join(project, `build-${name}.mjs`)
  writeFileSync(file, scripts[name])
  await run([node22, file, library], { cwd: project, seconds: 300 })
}

async function inspect(folder, name, run) {
  const files = readdirSync(folder).filter((file) => /\.m?js$/.test(file))
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8'))
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const gzip = texts.reduce((sum, text) => sum + gzipSync(text).length, 0)
  if (name === 'node') return { bytes, gzip }
  const found = texts.some((text) => text.includes(undici))
  if (found) return { bytes, gzip, error: 'contains undici' }
  const imports = texts.flatMap((text) => [
    ...text.matchAll(/\b(?:from|import|require)\s*\(?\s*["'`](node:[\w/]+)["'`]/g),
  ])
  if (imports.length > 0) return { bytes, gzip, error: `imports ${imports.map(([, module]) => module).join(', ')}` }
  // wrangler's output has another name and no command line
  const entry = files.find((file) => file.startsWith('app.'))
  const out = await run([process.execPath, join(folder, entry ?? files[0]), 'run'], { cwd: folder })
  return { bytes, gzip, ...(out.trim() !== 'bundled true' && { error: `printed '${out}'` }) }
}
