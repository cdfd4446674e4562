import { digest } from '../../platform/index.js'
import type { DeploymentConfig } from '../types.js'

/**
 * An id that is the same in every process and after every start. It covers the keys, because two deployments may differ in nothing
 * else, but only as part of a hash.
 */
export function deploymentId({ id, modelName, params }: DeploymentConfig): string {
  if (id !== undefined) return id
  const hash = digest('sha256', canonical([modelName, params]), 'hex')
  return `${modelName.replaceAll(/[^\w.*/-]/g, '-')}-${hash.slice(0, 8)}`
}

/** JSON with sorted keys, without functions and dispatchers. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined && typeof item !== 'function')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${isDispatcher(item) ? '' : canonical(item)}`).join(',')}}`
}

const isDispatcher = (value: unknown) => typeof value === 'object' && value !== null && 'dispatch' in value
