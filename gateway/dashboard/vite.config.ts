import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Address of a running gateway for `npm run dev`. */
const gateway = process.env.LLMUX_GATEWAY_URL ?? 'http://127.0.0.1:4000'

export default defineConfig({
  root: here('.'),
  base: '/ui/',
  plugins: [react()],
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
