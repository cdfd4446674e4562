import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Address of a running gateway for `npm run dev`. */
const gateway = process.env.LLMUX_GATEWAY_URL ?? 'http://127.0.0.1:4000'

const place = '{} /* files of each page */'

/** Writes the files of each page into index.html, so that they load beside the program. */
const pageFiles = (): Plugin => ({
  name: 'page-files',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle, chunk: entry }) {
      if (!bundle || !entry) return html
      const importsOf = (name: string, found = new Set<string>()): Set<string> => {
        const file = bundle[name]
        if (file?.type !== 'chunk' || found.has(name)) return found
        found.add(name)
        for (const next of file.imports) importsOf(next, found)
        return found
      }
      const loaded = importsOf(entry.fileName)
      const pages = Object.values(bundle).flatMap((file) => {
        const page = file.type === 'chunk' && /\/pages\/(\w+)\/\w+-page\.tsx$/.exec(file.facadeModuleId ?? '')?.[1]
        return page ? [[page, [...importsOf(file.fileName)].filter((name) => !loaded.has(name))]] : []
      })
      if (!html.includes(place)) throw new Error('index.html has no place for the files of each page.')
      return html.replace(place, JSON.stringify(Object.fromEntries(pages)))
    },
  },
})

export default defineConfig({
  root: here('.'),
  base: '/ui/',
  plugins: [react(), pageFiles()],
  // the gateway replaces it in each copy of the page that it sends
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir: here('../dist/ui'),
    emptyOutDir: true,
    target: 'es2022',
    // browsers with light-dark()
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '^/(?!ui/)': { target: gateway, changeOrigin: false } } },
})
