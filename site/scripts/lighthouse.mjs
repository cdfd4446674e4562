// The built site in a browser: performance and accessibility of each kind of page must reach 95, and the search must find pages.
//
//     npm run site && node site/scripts/lighthouse.mjs [--cache=FOLDER]
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { createGzip } from 'node:zlib'
import { chromium } from 'playwright-core'
import { openAudit } from '../../gateway/dashboard/e2e/audit.mjs'
import { findChromium } from '../../gateway/dashboard/e2e/chromium.mjs'
import { site } from './pages.mjs'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}
const compressed = new Set(['.html', '.js', '.css', '.svg', '.json'])
const out = join(site, 'dist')
if (!existsSync(out)) throw new Error('The site must be built first: npm run site.')

// as a host of static files does: compressed, and with a long life for names that change with their content
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://site').pathname)
  const file = [join(out, path), join(out, `${path}.html`), join(out, path, 'index.html')].find(
    (name) => name.startsWith(out) && existsSync(name) && statSync(name).isFile(),
  )
  if (!file) return response.writeHead(404).end('Not found')
  const kind = extname(file)
  response.setHeader('content-type', types[kind] ?? 'application/octet-stream')
  response.setHeader('cache-control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (!compressed.has(kind)) return createReadStream(file).pipe(response)
  response.setHeader('content-encoding', 'gzip')
  createReadStream(file).pipe(createGzip()).pipe(response)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}`
const cache = process.argv.find((text) => text.startsWith('--cache='))?.slice('--cache='.length)
const { audit, close } = await openAudit({ cache })
const results = []
for (const path of ['/', '/guide', '/providers', '/gateway-config', '/examples/', '/examples/tools', '/api/'])
  results.push(await audit(path, `${url}${path}`))
await close()
results.push(await searches())
server.close()
server.closeAllConnections()
const failed = results.filter((isGood) => !isGood).length
console.log(`\n${results.length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

/** Searches with the keyboard, and opens the first result. */
async function searches() {
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    await page.goto(`${url}/`)
    await page.keyboard.press('Control+k')
    await page.getByRole('searchbox').fill('cooldown')
    await page.locator('.VPLocalSearchBox .result').first().waitFor()
    const count = await page.locator('.VPLocalSearchBox .result').count()
    await page.keyboard.press('Enter')
    await page.waitForURL((address) => address.pathname !== '/')
    const title = await page.title()
    console.log(`search          ${count} results for cooldown, the first is '${title}'`)
    return true
  } catch (error) {
    console.log(`search          failed: ${error.message.split('\n', 1)[0]}`)
    return false
  } finally {
    await browser.close()
  }
}
