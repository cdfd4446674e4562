import { expect, it } from 'vitest'
import { ConfigError } from '../../src/config/checker.js'
import { parseConfig } from '../../src/config/config.js'

const withParams = (more: string) =>
  parseConfig(`model_list:\n  - model_name: a\n    litellm_params: { model: openai/gpt-4o, api_key: x${more} }\n`, {})

it('reads numbers and booleans in the forms of YAML 1.1', () => {
  const { models } = withParams(', tpm: 20_000, timeout: 1_000.5, drop_params: yes')
  expect(models[0]?.config.params).toMatchObject({ tpm: 20_000, timeout: 1_000_500, dropParams: true })
  expect(withParams(', drop_params: Off').models[0]?.config.params.dropParams).toBe(false)
})

it('reads limits beside the parameters of a deployment, which go before them', () => {
  const params = (text: string) => parseConfig(text, {}).models[0]?.config.params
  const entry = 'model_list:\n  - model_name: a\n    tpm: 100\n    model_info: { tpm: 50, rpm: 5 }\n'
  expect(params(`${entry}    litellm_params: { model: openai/gpt-4o }\n`)).toMatchObject({ tpm: 100, rpm: 5 })
  expect(params(`${entry}    litellm_params: { model: openai/gpt-4o, rpm: 9 }\n`)).toMatchObject({ tpm: 100, rpm: 9 })
})

it('sends no parameter of LiteLLM itself to a provider', () => {
  const { models, lines } = withParams(', s3_access_key_id: secret, tag_regex: [a], model_info: { id: b }')
  expect(Object.keys(models[0]?.config.params ?? {}).sort()).toEqual(['apiKey', 'model'])
  expect(lines.filter(({ treatment }) => treatment === 'ignored')).toHaveLength(3)
})

it.each([
  'litellm_settings: { tag_budget_config: { prod: { max_budget: 1 } } }',
  'litellm_settings: { blocked_user_list: [a] }',
  'general_settings: { custom_key_update: a.b }',
  'litellm_settings: { key_generation_settings: { personal_key_generation: { allowed_user_roles: proxy_admin } } }',
])('refuses a rule that it would not keep: %s', (text) => {
  expect(() => parseConfig(`model_list: []\n${text}\n`, {})).toThrow(ConfigError)
})

it.each(['', '\n', '# only a comment\n'])('refuses an empty file, which would take away all models: %j', (text) => {
  expect(() => parseConfig(text, {})).toThrow('The file is empty')
  expect(parseConfig('{}', {}).models).toEqual([])
})
