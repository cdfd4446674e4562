// Adds entries to package-lock.json that npm omits if a registry lacks packages for other platforms: it writes a lockfile
// without their entries, which `npm ci` then refuses everywhere. Run it after `npm install`:
//
//     npm install && node scripts/complete-lockfile.mjs
//
// Adds only optional dependencies with an exact version, with the platform in their name, as npm would have
// written them. They have no checksum: npm takes that from the registry that it installs from. `--check` changes nothing
// and fails if an entry is missing.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const { packages } = lock

/** Where a package finds another one: in the nearest node_modules above it. */
function find(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (packages[path]) return path
    if (at === '') return undefined
  }
}

const platform =
  /-(?<os>android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(?<cpu>[a-z]+\d*[a-z]*?(?:64|32|390x)?)(?:-(?<abi>[a-z]+))?$/

function entryOf(name, version, parent) {
  const { os, cpu, abi } = platform.exec(name)?.groups ?? {}
  if (!os || !/^\d+\.\d+\.\d+/.test(version)) return undefined
  const entry = { version, cpu: [cpu] }
  if (parent.dev) entry.dev = true
  if (os === 'linux' && /^(musl|gnu)/.test(abi ?? '')) entry.libc = [abi.startsWith('musl') ? 'musl' : 'glibc']
  if (parent.license) entry.license = parent.license
  return { ...entry, optional: true, os: [os] }
}

const missing = []
const unknown = []
for (const [path, entry] of Object.entries(packages)) {
  const optionalPeers = Object.entries(entry.peerDependenciesMeta ?? {}).flatMap(([name, { optional }]) =>
    optional ? [name] : [],
  )
  const wanted = { ...entry.dependencies, ...entry.peerDependencies, ...entry.optionalDependencies }
  for (const [name, version] of Object.entries(wanted)) {
    if (find(path, name) || optionalPeers.includes(name)) continue
    const made = entry.optionalDependencies?.[name] && entryOf(name, version, entry)
    if (made) missing.push([`node_modules/${name}`, made])
    else unknown.push(`${name}@${version}, which ${path || 'the project'} needs`)
  }
}

for (const text of unknown) console.error(`package-lock.json has no entry for ${text}: run npm install`)
if (process.argv.includes('--check')) {
  for (const [path] of missing)
    console.error(`package-lock.json has no entry for ${path}: run node scripts/complete-lockfile.mjs`)
  process.exit(missing.length + unknown.length > 0 ? 1 : 0)
}
if (missing.length > 0) {
  const { '': project, ...rest } = packages
  const all = [...Object.entries(rest), ...missing].sort(([a], [b]) => a.localeCompare(b, 'en'))
  lock.packages = { '': project, ...Object.fromEntries(all) }
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
console.log(`${missing.length} entries added`)
process.exit(unknown.length > 0 ? 1 : 0)
