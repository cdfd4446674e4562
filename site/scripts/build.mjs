// Builds the site into dist/: `npm run site`. Needs the built packages, for the OpenAPI document of the gateway.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vitepress'
import { checkLinks } from './links.mjs'
import { pages, preparePages, repository, site } from './pages.mjs'
import { referencePages } from './reference.mjs'

async function openApi() {
  const entry = join(repository, 'gateway/dist/index.js')
  if (!existsSync(entry)) throw new Error('The gateway must be built first: npm run build.')
  const { createGateway } = await import(entry)
  const data = mkdtempSync(join(tmpdir(), 'llmux-site-'))
  const gateway = await createGateway({ data, environment: {}, config: { model_list: [] } })
  try {
    return await (await gateway.fetch(new Request('http://gateway/openapi.json'))).json()
  } finally {
    await gateway.close()
    rmSync(data, { recursive: true, force: true })
  }
}

const from = Date.now()
const document = await openApi()
const sidebar = preparePages(referencePages(document))
await build(site)
const out = join(site, 'dist')
writeFileSync(join(out, 'openapi.json'), JSON.stringify(document, undefined, 2))

// each page as Markdown beside its HTML, and the list of them for machines
const markdown = (folder, prefix = '') =>
  readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = join(prefix, entry.name)
    return entry.isDirectory() ? markdown(folder, path) : path.endsWith('.md') ? [path] : []
  })
const names = markdown(pages).filter((name) => name !== 'index.md')
for (const name of names) {
  const text = readFileSync(join(pages, name), 'utf8')
    .replace(/^---\n[\s\S]*?\n---\n+/, '')
    .replaceAll('&#123;', '{')
  cpSync(join(pages, name), join(out, name))
  writeFileSync(
    join(out, name),
    text.replace(/\]\(\/([\w/-]+)(#[^)]*)?\)/g, (whole, page, hash = '') =>
      names.includes(`${page}.md`) ? `](/${page}.md${hash})` : whole,
    ),
  )
}
const [head] = readFileSync(join(repository, 'llms.txt'), 'utf8').split('\n## ')
const lists = sidebar.map(
  ({ text, items }) =>
    `## ${text}\n\n${items.map((item) => `- [${item.text}](${item.link.endsWith('/') ? `${item.link}index` : item.link}.md)`).join('\n')}`,
)
writeFileSync(join(out, 'llms.txt'), `${head.trim()}\n\n${lists.join('\n\n')}\n`)

const { problems, count, files } = checkLinks(out, process.env.SITE_BASE ?? '/')
const size = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce(
    (sum, entry) =>
      sum + (entry.isDirectory() ? size(join(folder, entry.name)) : statSync(join(folder, entry.name)).size),
    0,
  )
console.log(
  `${files} pages, ${count} links, ${Math.round(size(out) / 1e6)} MB, ${((Date.now() - from) / 1000).toFixed(1)} s`,
)
for (const problem of problems) console.error(problem)
process.exit(problems.length === 0 ? 0 : 1)
