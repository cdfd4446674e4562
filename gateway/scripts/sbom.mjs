// Writes the list of all packages that an installation of llmux-gateway brings, in CycloneDX's format, by the lock file.
//
//     node scripts/sbom.mjs [dist/sbom.cdx.json]     (npm calls it before packing)
//
// `npm sbom --omit=dev` leaves out what the root has as a development dependency, although the workspace needs it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const gateway = fileURLToPath(new URL('..', import.meta.url))
const out = resolve(process.argv[2] ?? `${gateway}dist/sbom.cdx.json`)
const read = (path) => JSON.parse(readFileSync(resolve(gateway, path), 'utf8'))
const { packages } = read('../package-lock.json')

/** Places of a dependency in the order in which Node looks for it. */
function find(name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (packages[place]) return place
    if (folder === '') return undefined
  }
}

/** The folder behind a link of a workspace. */
const follow = (place) => (packages[place]?.link ? packages[place].resolved : place)
const components = new Map()

function visit(place) {
  const entry =
    place === '' || !place.includes('node_modules/') ? { ...packages[place], ...manifest(place) } : packages[place]
  const name = entry.name ?? place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const ref = `pkg:npm/${name.replace('@', '%40')}@${entry.version}`
  if (components.has(ref)) return ref
  const [algorithm = '', hash = ''] = entry.integrity?.split('-') ?? []
  const component = {
    type: 'library',
    'bom-ref': ref,
    name,
    version: entry.version,
    purl: ref,
    ...(hash && {
      hashes: [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(hash, 'base64').toString('hex') }],
    }),
    ...(entry.license && { licenses: [{ expression: entry.license }] }),
  }
  const found = { component, dependsOn: [] }
  components.set(ref, found)
  const own = entry === packages[place] ? entry : manifest(place)
  for (const dependency of Object.keys({ ...own.dependencies, ...own.optionalDependencies })) {
    const next = dependency === 'llmux' ? '' : find(dependency, place)
    // an optional package of another platform may be absent
    if (next !== undefined) found.dependsOn.push(visit(follow(next)))
  }
  return ref
}

function manifest(place) {
  const { name, version, license, dependencies, optionalDependencies } = read(
    `../${place ? `${place}/` : ''}package.json`,
  )
  return { name, version, license, dependencies, optionalDependencies }
}

const root = visit('gateway')
// no time and no random number, so that the same lock file gives the same list
const sbom = {
  $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { ...components.get(root).component, type: 'application' } },
  components: [...components.values()].slice(1).map(({ component }) => component),
  dependencies: [...components].map(([ref, { dependsOn }]) => ({ ref, dependsOn })),
}
mkdirSync(dirname(out), { recursive: true })
writeFileSync(out, `${JSON.stringify(sbom, null, 2)}\n`)
