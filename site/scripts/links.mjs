// Checks the built site: every link and anchor leads somewhere, and nothing is loaded from elsewhere.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

const htmlIn = (folder, prefix = '') =>
  readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(prefix, entry.name)
    if (entry.isDirectory()) return htmlIn(folder, path)
    return path.endsWith('.html') ? [path] : []
  })

const unescaped = (text) => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"')

/** @returns problems, and the number of links */
export function checkLinks(folder, base = '/') {
  const problems = []
  let count = 0
  const files = htmlIn(folder)
  const anchors = new Map(
    files.map((file) => [
      file,
      new Set([...readFileSync(join(folder, file), 'utf8').matchAll(/\sid="([^"]+)"/g)].map(([, id]) => unescaped(id))),
    ]),
  )
  const fileOf = (path) => {
    const plain = decodeURIComponent(path).replace(/^\//, '')
    return (
      [plain, `${plain}.html`, posix.join(plain, 'index.html')].find(
        (name) => name !== '' && existsSync(join(folder, name)) && statSync(join(folder, name)).isFile(),
      ) ?? (plain === '' ? 'index.html' : undefined)
    )
  }
  for (const file of files) {
    const html = readFileSync(join(folder, file), 'utf8')
    for (const [, tag, attribute, raw] of html.matchAll(/<(a|link|script|img|source)\b[^>]*?\s(href|src)="([^"]*)"/g)) {
      const link = unescaped(raw)
      if (/^(mailto|data):/.test(link) || link === '') continue
      if (/^(https?:)?\/\//.test(link)) {
        if (tag !== 'a') problems.push(`${file}: ${tag} ${attribute} loads ${link}`)
        continue
      }
      count++
      const [path, anchor] = link.split('#')
      const absolute =
        path === ''
          ? `/${file}`
          : path.startsWith('/')
            ? path.replace(base, '/')
            : posix.join('/', posix.dirname(file), path)
      const target = fileOf(absolute)
      if (!target) problems.push(`${file}: ${link} leads nowhere`)
      else if (anchor && anchors.has(target) && !anchors.get(target).has(decodeURIComponent(anchor)))
        problems.push(`${file}: ${link} has no such heading`)
    }
  }
  return { problems: [...new Set(problems)], count, files: files.length }
}
