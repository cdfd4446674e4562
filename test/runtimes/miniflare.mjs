// Bundles worker.mjs and runs it in workerd. Arguments: the folder of miniflare, and JSON with the addresses.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [folder, at] = process.argv.slice(2)
const { kCurrentWorker, Miniflare } = createRequire(join(folder, 'package.json'))(folder)
const { build } = createRequire(import.meta.url)(process.env.ESBUILD)

const { outputFiles } = await build({
  entryPoints: ['worker.mjs'],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['workerd', 'worker', 'browser'],
  write: false,
  logLevel: 'error',
  // optional packages, which are not installed
  external: ['redis', 'tiktoken', 'tiktoken/*', '@azure/identity', '@aws-sdk/*', 'google-auth-library', 'zod'],
})
const miniflare = new Miniflare({
  modules: [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0].text }],
  // without nodejs_compat: no module of Node.js is needed
  compatibilityDate: '2026-06-01',
  serviceBindings: { SELF: kCurrentWorker },
})
try {
  const response = await miniflare.dispatchFetch('http://worker/', { method: 'POST', body: at })
  console.log(await response.text())
} finally {
  await miniflare.dispose()
}
