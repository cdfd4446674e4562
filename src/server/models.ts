import { NotFoundError } from '../errors.js'
import { type Action, type ActionInput, json } from './action.js'
import type { ModelListing } from './types.js'

async function listed({ models: given, target, call }: ActionInput): Promise<readonly ModelListing[]> {
  if (given) return given(call.context)
  return (target.modelGroups ?? []).map((id) => ({ id }))
}

/** `GET /v1/models`, in the form of the client's API. */
export const models: Action = {
  async run(input) {
    const all = await listed(input)
    const headers = input.headers(undefined)
    switch (input.call.route.dialect) {
      case 'openai':
        return json(headers, { object: 'list', data: all.map(openaiModel) })
      case 'anthropic': {
        const data = all.map(anthropicModel)
        return json(headers, { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null })
      }
      case 'gemini':
        return json(headers, { models: all.map(geminiModel) })
    }
  },
}

/** `GET /v1/models/{id}` */
export const model: Action = {
  async run(input) {
    const { dialect, model: id = '' } = input.call.route
    const found = (await listed(input)).find((one) => one.id === id)
    if (!found) throw new NotFoundError(`The model '${id.slice(0, 200)}' does not exist.`, { param: 'model' })
    return json(input.headers(undefined), forms[dialect](found))
  },
}

const openaiModel = ({ created = 0, owned_by = 'llmux', ...rest }: ModelListing) => ({
  ...rest,
  object: 'model',
  created,
  owned_by,
})

const anthropicModel = ({ id, created = 0 }: ModelListing) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: new Date(created * 1000).toISOString(),
})

const geminiModel = ({ id }: ModelListing) => ({
  name: `models/${id}`,
  displayName: id,
  supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
})

const forms = { openai: openaiModel, anthropic: anthropicModel, gemini: geminiModel }
