import { mkdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Bundles parts of the gateway's sources for a script: `{ './store/open': ['openStore'] }`, and returns their exports. */
export async function sources(parts) {
  const folder = at('../../node_modules/.cache')
  mkdirSync(folder, { recursive: true })
  const outfile = `${folder}/rows-${process.pid}.mjs`
  await build({
    stdin: {
      contents: Object.entries(parts)
        .map(([file, names]) => `export { ${names.join(', ')} } from '${file}'`)
        .join('\n'),
      resolveDir: at('../../src'),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'error',
  })
  return await import(pathToFileURL(outfile).href)
}

/** The command line: `--name=value`. */
export const flag = (name, fallback) =>
  process.argv.find((entry) => entry.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback
