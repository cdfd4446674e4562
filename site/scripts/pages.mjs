// Prepares the pages of the site in .cache/pages: those of docs/ as they are, but for links out of the folder and fields in front.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const site = fileURLToPath(new URL('..', import.meta.url))
export const repository = join(site, '..')
export const pages = join(site, '.cache', 'pages')
const blob = 'https://github.com/llmux/llmux/blob/main'

const groups = [
  [
    'SDK',
    ['guide', 'providers', 'router', 'router-redis', 'limits', 'caching', 'errors', 'usage', 'tokens', 'pricing'],
  ],
  [
    'SDK, further',
    ['observability', 'adapters', 'testing', 'runtimes', 'performance', 'performance-log', 'architecture'],
  ],
  ['Any client', ['server', 'server-matrix', 'clients']],
  ['Gateway', ['gateway', 'gateway-config', 'gateway-keys', 'gateway-sso', 'gateway-hooks', 'moving-from-litellm']],
  ['Deploy', ['deploy-docker', 'deploy-kubernetes', 'deploy-systemd']],
]

/** Pages beside docs/, by their name on the site. */
const others = {
  changelog: 'CHANGELOG.md',
  contributing: 'CONTRIBUTING.md',
  security: 'SECURITY.md',
  readme: 'README.md',
}

const titleOf = (text, name) => /^# (.+)$/m.exec(text)?.[1].replaceAll('`', '') ?? name

/** Points relative links of a file at pages of the site, or at the repository. */
export function withLinks(text, file) {
  const names = new Map(Object.entries(others).map(([name, path]) => [path, `/${name}`]))
  return text.replace(/(\]\()([^)\s]+)(\))/g, (whole, open, link, close) => {
    if (/^(\w+:|#|\/)/.test(link)) return whole
    const [path, anchor] = link.split('#')
    const target = posix.normalize(posix.join(posix.dirname(file), path))
    const hash = anchor === undefined ? '' : `#${anchor}`
    if (/\.(svg|png)$/.test(target)) return whole
    if (target.startsWith('docs/') && target.endsWith('.md')) return `${open}/${target.slice(5, -3)}${hash}${close}`
    return `${open}${names.has(target) ? names.get(target) : `${blob}/${target}`}${hash}${close}`
  })
}

/** Text outside of code must not look like a template of Vue. */
const withoutTemplates = (text) =>
  text
    .split(/(^```[\s\S]*?^```$|`[^`\n]+`)/m)
    .map((part, index) => (index % 2 ? part : part.replaceAll('{{', '&#123;&#123;')))
    .join('')

function write(name, text, source) {
  const file = join(pages, `${name}.md`)
  mkdirSync(dirname(file), { recursive: true })
  const front = source ? `---\nsource: ${source}\n---\n\n` : ''
  writeFileSync(file, `${front}${text}`)
}

/** A page for each example, and their list with the first comment of each. */
function examplePages() {
  const found = ['examples', 'gateway/examples'].flatMap((folder) =>
    readdirSync(join(repository, folder))
      .filter((file) => file.endsWith('.mjs'))
      .map((file) => {
        const code = readFileSync(join(repository, folder, file), 'utf8').trim()
        const about =
          /^(?:#!.*\n)?((?:\/\/ ?.*\n)+)/
            .exec(code)?.[1]
            .replace(/^\/\/ ?/gm, '')
            .trim() ?? ''
        const title = file.replace('.mjs', '')
        const name = `examples/${folder === 'examples' ? title : `gateway-${title}`}`
        const text = `# ${title}\n\n${about.split('\n\n')[0]}\n\n[${folder}/${file}](${blob}/${folder}/${file})\n\n\`\`\`js\n${code}\n\`\`\`\n`
        return { name, title, text, about: about.split(/\n\n|(?<=\.)\s/)[0].replaceAll('\n', ' ') }
      }),
  )
  const rows = found.map(({ name, title, about }) => `- [${title}](/${name})${about && `: ${about}`}`)
  const text = `# Examples\n\nEach file is complete and runs against the simulator or with your key: \`node examples/chat.mjs\`.\n\n${rows.join('\n')}\n`
  return [{ name: 'examples/index', title: 'Examples', text }, ...found]
}

/** Writes all pages. @returns their names with titles, in the order of the sidebar */
export function preparePages(reference) {
  rmSync(pages, { recursive: true, force: true })
  const docs = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md'))
  const known = new Map()
  const add = (name, source) => {
    const text = readFileSync(join(repository, source), 'utf8')
    known.set(name, titleOf(text, name))
    write(name, withoutTemplates(withLinks(text, source)), source)
  }
  for (const name of docs) add(name.slice(0, -3), `docs/${name}`)
  for (const [name, source] of Object.entries(others)) add(name, source)
  for (const picture of readdirSync(join(repository, 'docs')).filter((name) => /\.(svg|png)$/.test(name)))
    writeFileSync(join(pages, picture), readFileSync(join(repository, 'docs', picture)))
  write('index', `---\n${readFileSync(join(site, 'home.yaml'), 'utf8')}---\n`)
  const examples = examplePages()
  for (const { name, text } of examples) write(name, withoutTemplates(text))
  for (const { name, text } of reference) write(name, withoutTemplates(text))

  const listed = new Set(groups.flatMap(([, names]) => names))
  const rest = docs.map((name) => name.slice(0, -3)).filter((name) => !listed.has(name))
  const extra = {
    Gateway: rest.filter((name) => name.startsWith('gateway-')),
    Deploy: rest.filter((name) => name.startsWith('deploy-')),
  }
  const taken = new Set(Object.values(extra).flat())
  extra['SDK, further'] = rest.filter((name) => !taken.has(name))
  const sidebar = groups.map(([text, names]) => ({
    text,
    collapsed: false,
    items: [...names, ...(extra[text] ?? [])]
      .filter((name) => known.has(name))
      .map((name) => ({ text: known.get(name), link: `/${name}` })),
  }))
  sidebar.push({
    text: 'API of the gateway',
    collapsed: true,
    items: reference.map(({ name, title }) => ({ text: title, link: `/${name.replace(/index$/, '')}` })),
  })
  sidebar.push({
    text: 'Examples',
    collapsed: true,
    items: examples.map(({ name, title }) => ({ text: title, link: `/${name.replace(/index$/, '')}` })),
  })
  sidebar.push({
    text: 'More',
    items: [
      { text: 'Changelog', link: '/changelog' },
      { text: 'Contributing', link: '/contributing' },
      { text: 'Security', link: '/security' },
    ],
  })
  writeFileSync(join(site, '.cache', 'sidebar.json'), JSON.stringify({ sidebar }))
  return sidebar
}
