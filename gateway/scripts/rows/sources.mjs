import { mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Bundles parts of the gateway's sources for a script: `{ './store/open': ['openStore'] }`, and returns their exports. */
export async function sources(parts) {
  // beside the build: the sources read the package.json above them
  const folder = at('../../dist')
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
    // the sources of the SDK, so that no build is needed
    alias: {
      llmux: at('../../../src/index.ts'),
      'llmux/server': at('../../../src/server/index.ts'),
      'llmux/testing': at('../../../simulator/index.ts'),
      'llmux/otel': at('../../../src/integrations/otel.ts'),
      'llmux/langfuse': at('../../../src/integrations/langfuse.ts'),
      'llmux/helicone': at('../../../src/integrations/helicone.ts'),
      'llmux/lunary': at('../../../src/integrations/lunary.ts'),
    },
    outfile,
    logLevel: 'error',
  })
  process.once('exit', () => rmSync(outfile, { force: true }))
  return await import(pathToFileURL(outfile).href)
}

/** The command line: `--name=value`. */
export const flag = (name, fallback) =>
  process.argv.find((entry) => entry.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback
