import { type Fields, fieldsIn, isFields } from '../../../providers/fields.js'
import type { WireName } from '../../../simulator/index.js'
import { type Target, targets } from '../../matrix/targets.js'

/** An API behind the handler. */
export interface Upstream extends Target {
  readonly wire: WireName
  /** Settings of a request, in one form. */
  settings(body: Fields): {
    readonly limit: unknown
    readonly temperature: unknown
    readonly stop: unknown
    readonly tool: unknown
  }
  /** Whether signed reasoning of an earlier answer is in the request; undefined if the API takes none back. */
  thinks?(body: Fields): boolean
  /** Whether streams have no usage here: this host counts without being asked to, and the simulator only if it is asked. */
  readonly uncounted?: boolean
}

const inner = (fields: unknown, name: string): Fields => {
  const value = isFields(fields) ? fields[name] : undefined
  return isFields(value) ? value : {}
}

const functionName = (body: Fields): unknown => inner(fieldsIn(body.tools)[0], 'function').name

const blocksOf = (body: Fields): Fields[] => fieldsIn(body.messages).flatMap(({ content }) => fieldsIn(content))

/** Google's placeholder for a missing signature. */
const placeholder = 'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I='

function upstream(
  name: string,
  wire: WireName,
  rest: Pick<Upstream, 'settings'> & Partial<Pick<Upstream, 'thinks' | 'turns' | 'tools' | 'uncounted'>>,
): Upstream {
  return { ...targetOf(name), wire, ...rest }
}

function targetOf(name: string): Target {
  const target = targets.find((one) => one.name === name)
  if (!target) throw new Error(`no target ${name}`)
  return target
}

const responses = targetOf('OpenAI over Responses')

export const upstreams: readonly Upstream[] = [
  upstream('OpenAI', 'openai', {
    // its own Responses API gets the requests of that API
    settings: (body) => ({
      limit: body.max_output_tokens ?? body.max_completion_tokens ?? body.max_tokens,
      temperature: body.temperature,
      stop: body.stop,
      tool: functionName(body) ?? fieldsIn(body.tools)[0]?.name,
    }),
    turns: (body) => fieldsIn(body.input ?? body.messages),
    tools(turn) {
      const { calls, results } = responses.tools(turn)
      const chat = targetOf('Mistral').tools(turn)
      return { calls: [...calls, ...chat.calls], results: [...results, ...chat.results] }
    },
  }),
  upstream('Mistral', 'openai', {
    uncounted: true,
    settings: (body) => ({
      limit: body.max_tokens,
      temperature: body.temperature,
      stop: body.stop,
      tool: functionName(body),
    }),
  }),
  upstream('Claude', 'anthropic', {
    settings: (body) => ({
      limit: body.max_tokens,
      temperature: body.temperature,
      stop: body.stop_sequences,
      tool: fieldsIn(body.tools)[0]?.name,
    }),
    thinks: (body) =>
      blocksOf(body).some(({ type, signature }) => type === 'thinking' && typeof signature === 'string'),
  }),
  upstream('Gemini 3', 'gemini', {
    settings(body) {
      const { maxOutputTokens, temperature, stopSequences } = inner(body, 'generationConfig')
      const [tool] = fieldsIn(fieldsIn(body.tools)[0]?.functionDeclarations)
      return { limit: maxOutputTokens, temperature, stop: stopSequences, tool: tool?.name }
    },
    thinks: (body) =>
      fieldsIn(body.contents)
        .flatMap(({ parts }) => fieldsIn(parts))
        .some(({ thoughtSignature: signed }) => typeof signed === 'string' && signed !== placeholder),
  }),
  upstream('Claude on Bedrock', 'converse', {
    settings(body) {
      const { maxTokens, temperature, stopSequences } = inner(body, 'inferenceConfig')
      const [tool] = fieldsIn(inner(body, 'toolConfig').tools)
      return { limit: maxTokens, temperature, stop: stopSequences, tool: inner(tool, 'toolSpec').name }
    },
    thinks: (body) => blocksOf(body).some((block) => isFields(block.reasoningContent)),
  }),
  upstream('a Cohere model that reasons', 'cohere', {
    settings: (body) => ({
      limit: body.max_tokens,
      temperature: body.temperature,
      stop: body.stop_sequences,
      tool: functionName(body),
    }),
  }),
  upstream('Ollama', 'ollama', {
    settings(body) {
      const { num_predict: limit, temperature, stop } = inner(body, 'options')
      return { limit, temperature, stop, tool: functionName(body) }
    },
  }),
]
