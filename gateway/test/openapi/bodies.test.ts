import { expect, it } from 'vitest'
import { z } from 'zod'
import { operations } from '../../src/openapi/document.js'
import { llmOperations } from '../../src/openapi/llm.js'
import { caller, startGateway } from '../http/start.js'
import { steps } from './steps.js'

const config = {
  model_list: [
    { model_name: 'large', litellm_params: { model: 'openai/gpt-5.5', api_key: 'sk-x', mock_response: 'Hi' } },
  ],
  general_settings: { store_model_in_db: true },
}

const samples: readonly unknown[] = ['word', 'nul\0', -1, 1.5, true, ['word'], [3], {}, null]

/** Texts that have a form of their own, checked after their type. */
const formed: Readonly<Record<string, string>> = {
  key: 'sk-0123456789',
  new_key: 'sk-0123456789',
  duration: '1h',
  grace_period: '1h',
  team_member_key_duration: '1h',
}

/** Fields that are checked deeper than by their type, or read only if another one is missing. */
const deep = new Set([
  ...['member', 'members', 'members_with_roles', 'aliases', 'completion_response'],
  ...[
    '/model/new litellm_params',
    '/model/update model_info',
    '/spend/calculate model',
    '/utils/token_counter messages',
    '/user/bulk_update users',
    '/key/bulk_update keys',
    '/user/block user_id',
    '/user/unblock user_id',
  ],
])
const isForm = (value: unknown) => typeof value === 'string' && value !== 'nul\0' && value.length <= 2_000

it('has bodies whose types are those that the handlers accept', async () => {
  const gateway = await startGateway({ config })
  const ask = caller(gateway)
  const values: Record<string, string> = {}
  const problems: string[] = []
  let compared = 0
  try {
    for (const step of steps) {
      const [method = '', path = '', query = ''] = step.request.split(' ')
      const operation = operations[`${method} ${path}`]
      if (!operation || llmOperations[`${method} ${path}`]) continue
      const fill = (text: string) => text.replace(/\$(\w+)/g, (_, name: string) => values[name] ?? 'missing')
      const url = fill(`${path.replace(/:(\w+)/g, (whole, name: string) => step.path?.[name] ?? whole)}${query}`)
      const base = step.body === undefined ? undefined : JSON.parse(fill(JSON.stringify(step.body)))
      if (
        operation.body instanceof z.ZodObject &&
        base &&
        !/\/delete$|^\/end_user\/|^\/spend\/(prices|re)/.test(path)
      ) {
        const { shape } = operation.body
        for (const field of Object.keys(shape)) {
          if (deep.has(field) || deep.has(`${path} ${field}`)) continue
          for (const sample of samples) {
            const value = isForm(sample) && formed[field] !== undefined ? formed[field] : sample
            const body = { ...base, [field]: value }
            const accepted = shape[field]?.safeParse(value).success
            const { status, json, text } = await ask(method, url, body)
            const refused = status >= 400 && status < 500
            const byType =
              (status === 400 || status === 422) &&
              json?.error?.param === field &&
              /must|required/.test(json.error.message)
            compared++
            const shown = `${method} ${path} ${field}=${JSON.stringify(value)?.slice(0, 20)}: ${status} ${text.slice(0, 120)}`
            if (status >= 500) problems.push(`fails inside: ${shown}`)
            if (accepted && byType) problems.push(`the schema accepts, the handler refuses: ${shown}`)
            if (!accepted && !refused) problems.push(`the schema refuses, the handler accepts: ${shown}`)
          }
        }
      }
      const { json } = await ask(method, url, base)
      for (const [variable, read] of Object.entries(step.keep ?? {})) values[variable] = read(json)
    }
  } finally {
    await gateway.stop()
  }
  expect(problems).toEqual([])
  expect(compared).toBeGreaterThan(1_500)
}, 120_000)
