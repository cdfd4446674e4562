// In the repository llmux-gateway depends on the folder above; a published package depends on a range of versions.
//
//     node scripts/manifest.mjs pack|restore     (npm calls it before and after packing)
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package.json', import.meta.url)
const sdk = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const text = readFileSync(file, 'utf8')
const [from, to] = ['"llmux": "file:.."', `"llmux": "^${sdk.version}"`]
const wanted = process.argv[2] === 'restore' ? text.replace(to, from) : text.replace(from, to)
if (wanted === text)
  throw new Error(`gateway/package.json has no dependency ${process.argv[2] === 'restore' ? to : from}`)
writeFileSync(file, wanted)
