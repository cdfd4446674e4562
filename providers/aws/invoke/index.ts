import { BadRequestError } from '../../../src/errors.js'
import type { ChatDialect, Dialect, Operation, Provider } from '../../contract.js'
import { converse } from '../../dialects/converse/index.js'
import { defaultQuirks } from '../../dialects/openai/index.js'
import { encodeSegment } from '../../shared/path.js'
import { modelId } from '../model.js'
import { claudeChat, claudeQuirks, completionsOverInvoke } from './chat.js'
import { llama, mistralText, textChat, titanText } from './text.js'

/** InvokeModel of Amazon Bedrock: one path, and a body for each model family. */

interface Family {
  readonly chat: ChatDialect
  readonly quirks?: unknown
}

const openaiQuirks = Object.freeze({ ...defaultQuirks, streamOptions: false, unsupported: Object.freeze(['top_k']) })
const families = {
  claude: { chat: claudeChat as ChatDialect, quirks: claudeQuirks },
  openai: { chat: completionsOverInvoke as ChatDialect, quirks: openaiQuirks },
  llama: { chat: textChat(llama) },
  mistral: { chat: textChat(mistralText) },
  titan: { chat: textChat(titanText) },
} as const satisfies Readonly<Record<string, Family>>

const byName: readonly (readonly [RegExp, keyof typeof families])[] = [
  [/(?:^|[./])(?:anthropic\.|claude-)/, 'claude'],
  [/(?:^|[./])meta\.llama/, 'llama'],
  // Mistral's chat models (Pixtral, Large 3) are called by Converse
  [/(?:^|[./])mistral\.(?:mistral-7b|mixtral-8x7b|mistral-large-2402|mistral-small-2402)/, 'mistral'],
  [/(?:^|[./])amazon\.titan-text/, 'titan'],
  [/(?:^|[./])openai\.gpt-oss|(?:^|[./])ai21\.jamba/, 'openai'],
]

/** `invoke/<model>`; `llama/<arn>` and `openai/<arn>` for imported models. */
const prefix = /^(invoke|llama|openai)\/(?:(llama|openai|claude|mistral|titan)\/)?/

const stripPrefix = (model: string): string => modelId(model.replace(prefix, ''))

const familyOf = (name: string) => byName.find(([pattern]) => pattern.test(name))?.[1]

/**
 * The provider of a model over InvokeModel.
 * @param baseModel the model behind the name, if the caller gave one
 * @throws {BadRequestError} for models of unknown families
 */
export function invokeProvider(base: Provider, model: string, baseModel: string | undefined): Provider {
  const [, marker, second] = prefix.exec(model) ?? []
  const id = stripPrefix(model)
  const named = second ?? (marker === 'invoke' ? (familyOf(id) ?? familyOf(baseModel ?? '')) : marker)
  if (named === undefined || !Object.hasOwn(families, named)) {
    throw new BadRequestError(
      `bedrock/invoke supports Claude, Llama, Mistral's text models, Titan Text, gpt-oss and Jamba; got '${id}'. ` +
        `Use 'bedrock/${id}' for Converse, or 'bedrock/llama/<arn>' or 'bedrock/openai/<arn>' for an imported model.`,
      { provider: base.id, model: id, param: 'model' },
    )
  }
  const { chat, ...family }: Family = families[named as keyof typeof families]
  const known = built.get(named)
  if (known) return known
  const { count: _, route: __, ...shared } = base
  const dialect: Dialect = Object.freeze({ ...converse, chat })
  const provider: Provider = Object.freeze({
    ...shared,
    dialect,
    address: Object.freeze({
      ...base.address,
      path: (operation: Operation, name: string, stream: boolean) =>
        `/model/${encodeSegment(name, base.id)}/${stream && operation === 'chat' ? 'invoke-with-response-stream' : 'invoke'}`,
    }),
    modelName: stripPrefix,
    quirks: family.quirks,
  })
  built.set(named, provider)
  return provider
}

const built = new Map<string, Provider>()
