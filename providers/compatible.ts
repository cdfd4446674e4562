import { hasHostedTools, isExplicit } from './api-choice.js'
import type { CompatibleRow, RerankHost } from './compatible-row.js'
import type { Dialect, Operation, Provider, RouteRequest } from './contract.js'
import { deepFreeze } from './deep-freeze.js'
import {
  fireworksImageEdits,
  fireworksImages,
  kontextImageEdits,
  kontextImages,
  kontextJob,
  togetherImageEdits,
  togetherImages,
  xaiImageEdits,
  xaiImages,
} from './dialects/openai/image-hosts.js'
import { defaultQuirks, type OpenAIQuirks, openai, openaiPaths } from './dialects/openai/index.js'
import { deepinfraRerank, nvidiaRerank } from './dialects/rerank/hosted.js'
import { defaultShape, rerankDialect } from './dialects/rerank/index.js'
import { responsesOperation } from './dialects/responses/operation.js'
import { fieldsIn, isFields } from './fields.js'

export type { CompatibleRow } from './compatible-row.js'

const rerank = rerankDialect(defaultShape)
/** Forms of images, by the name in a row. */
const imageForms = {
  together: { imageGeneration: togetherImages, imageEdit: togetherImageEdits },
  xai: { imageGeneration: xaiImages, imageEdit: xaiImageEdits },
  fireworks: { imageGeneration: fireworksImages, imageEdit: fireworksImageEdits },
} as const
const rerankForms = { deepinfra: deepinfraRerank, nvidia: nvidiaRerank } as const

const rerankOf = (given: NonNullable<CompatibleRow['rerank']>) =>
  typeof given === 'object' ? rerankForms[given.form] : rerank

/** The provider at the host's own address for rerank. */
function atRerankHost(provider: Provider<OpenAIQuirks>, host: RerankHost): Provider<OpenAIQuirks> {
  const path = (_: unknown, model: string) => {
    const name = host.form === 'nvidia' ? model.replaceAll('.', '_') : model
    return host.path.replace('{model}', name.split('/').map(encodeURIComponent).join('/'))
  }
  return deepFreeze({ ...provider, address: { ...provider.address, base: host.base, path } })
}

/** OpenAI's dialect plus the other operations of the host. */
const dialectOf = (row: CompatibleRow): Dialect<OpenAIQuirks> =>
  row.rerank || row.responses || row.moderation || row.operations || row.images
    ? {
        ...openai,
        ...(row.rerank && { rerank: rerankOf(row.rerank) }),
        ...(row.responses && { responses: responsesOperation }),
        ...(row.storedResponses && { storedResponses: row.storedResponses }),
        ...(row.images && imageForms[row.images]),
        operations: [...(row.operations ?? []), ...(row.moderation ? (['moderation'] as const) : [])],
      }
    : openai

/** Whether a call needs what `betaChatPath` is for. */
const usesBeta = ({ messages, tools }: RouteRequest['params']): boolean =>
  fieldsIn(messages).some(({ prefix }) => prefix === true) ||
  fieldsIn(tools).some((tool) => isFields(tool.function) && tool.function.strict === true)

/** The provider with another path for chat. A base with a path of its own keeps the path that follows it. */
function withChatPath(
  provider: Provider<OpenAIQuirks>,
  chatPath: string | undefined,
): Provider<OpenAIQuirks> | undefined {
  if (chatPath === undefined) return undefined
  const { path } = provider.address
  const address: Provider['address'] = {
    ...provider.address,
    path: (operation, model, stream, settings, basePath, ownHost) =>
      operation === 'chat' && basePath === '' ? chatPath : path(operation, model, stream, settings, basePath, ownHost),
  }
  return deepFreeze({ ...provider, address })
}

const isImage = (operation: Operation | undefined): boolean =>
  operation === 'imageGeneration' || operation === 'imageEdit'

/** The provider with images that run as jobs: a receipt, then requests for the result. */
function withImageJobs(provider: Provider<OpenAIQuirks>, path: string): Provider<OpenAIQuirks> {
  const address: Provider['address'] = { ...provider.address, path: (_, model) => path.replace('{model}', model) }
  const dialect = { ...provider.dialect, imageGeneration: kontextImages, imageEdit: kontextImageEdits }
  return deepFreeze({ ...provider, dialect, address, poll: kontextJob })
}

/** Builds the provider of a row. The row is copied: the provider is frozen, the row belongs to the caller. */
export function compatible(row: CompatibleRow): Provider<OpenAIQuirks> {
  const copy = structuredClone(row)
  const { id, name = id, base, env = [], baseEnv = [], headers, optionHeaders, keyUrl, quirks } = copy
  const rerankHost = typeof copy.rerank === 'object' ? copy.rerank : undefined
  const paths = { ...openaiPaths, ...copy.paths, ...(rerankHost && { rerank: rerankHost.pathElsewhere }) }
  const { textCompletionModels: textModels, decisions, imageJobs } = copy
  const provider: Provider<OpenAIQuirks> = {
    id,
    name,
    dialect: dialectOf(row),
    ...((row.responses ||
      row.betaChatPath !== undefined ||
      rerankHost ||
      textModels !== undefined ||
      decisions ||
      imageJobs) && {
      route: (model: string, request?: RouteRequest) => {
        if (rerankHost && request?.operation === 'rerank' && request.ownHost) return atRerank as Provider
        if (request?.operation === 'textCompletion' && !model.includes(textModels ?? '')) return overChat as Provider
        if (withJobs && isImage(request?.operation) && model.includes(imageJobs?.models ?? ''))
          return withJobs as Provider
        if (decisions && request?.operation === 'decide') {
          if (!decisions.models.some((name) => model.includes(name))) return overChat as Provider
          return (request.ownHost ? atDecisions : provider) as Provider
        }
        const hosted =
          row.hostedToolsOnResponses &&
          request?.operation === 'chat' &&
          hasHostedTools(request.params, 'web_search_options')
        if (row.responses && (isExplicit(model) || hosted)) return bridge ?? loadBridge()
        const inBeta =
          beta !== undefined && request?.operation === 'chat' && usesBeta(request.params) && request.ownHost
        return (inBeta ? beta : provider) as Provider
      },
    }),
    address: {
      base: base?.replace(/\/+$/, ''),
      example: copy.baseExample ?? 'http://localhost:8000/v1',
      env: baseEnv,
      path: (operation, model) => paths[operation].replace('{model}', model),
    },
    auth: {
      schemes: [{ option: 'apiKey', env, header: 'authorization', prefix: 'Bearer ' }],
      required: row.keyRequired ?? env.length > 0,
      ...(keyUrl !== undefined && { url: keyUrl }),
    },
    ...(headers && { headers }),
    ...(optionHeaders && { optionHeaders }),
    quirks: { ...defaultQuirks, ...quirks },
  }
  const beta = withChatPath(provider, copy.betaChatPath)
  const atRerank = rerankHost && atRerankHost(provider, rerankHost)
  const atDecisions = decisions && deepFreeze({ ...provider, address: { ...provider.address, base: decisions.base } })
  const withJobs = imageJobs && withImageJobs(provider, imageJobs.path)
  /** For operations that a model does not have itself. */
  const overChat = deepFreeze({ ...provider, dialect: openai })
  let bridge: Provider | undefined
  /** Chat over the Responses API, for model strings that request it. */
  const loadBridge = async (): Promise<Provider> => {
    const [{ overResponses }, { plainResponses }] = await Promise.all([
      import('./responses.js'),
      import('./dialects/responses/index.js'),
    ])
    bridge = overResponses(provider as Provider, { ...plainResponses, ...quirks, thinking: 'effort' }) as Provider
    return bridge
  }
  return deepFreeze(provider)
}
