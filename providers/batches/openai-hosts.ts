import type { Settings } from '../contract.js'
import { openaiHost } from './openai.js'

const mebi = 1024 * 1024

/** https://platform.openai.com/docs/guides/batch */
export const openai = openaiHost({ limits: { most: 50_000, bytes: 200 * mebi } })

/** https://console.groq.com/docs/batch */
export const groq = openaiHost({ limits: { most: 50_000, bytes: 200 * mebi }, operations: ['completion'] })

/** https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/batch */
export const azure = openaiHost({ limits: { most: 100_000, bytes: 200 * mebi }, prefix: '', path: azurePath })

function azurePath(resource: string, { apiVersion = '' }: Settings, basePath: string): string {
  const undated = apiVersion === 'v1' || apiVersion === 'preview' || apiVersion === 'latest'
  const version = apiVersion === 'v1' ? '' : `api-version=${encodeURIComponent(apiVersion)}`
  const query = (wanted: string) => {
    if (wanted === '') return resource
    return `${resource}${resource.includes('?') ? '&' : '?'}${wanted}`
  }
  if (basePath.endsWith('/openai/v1')) return query(undated ? version : '')
  if (undated) return `/openai/v1${query(version)}`
  return `${basePath.endsWith('/openai') ? '' : '/openai'}${query(version)}`
}
