import type { Address, Provider, ResponsesDialect, StoredAction } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import { sendOnce, sendStreamed } from '../call/execute.js'
import type { Job, OperationSpec, Params } from '../call/operation.js'
import { prepare } from '../call/prepare.js'
import { splitRequest } from '../call/request.js'
import { resolveModel } from '../call/resolve.js'
import { BadRequestError, got } from '../errors.js'
import type { HttpMethod } from '../transport/exchange.js'
import type { DeletedResponse, InputItemPage } from '../types/stored-response.js'
import { responses } from './responses.js'

interface ActionSpec {
  readonly method: HttpMethod
  /** Path after that of the response. */
  readonly path: string
  /** Parameters in the query. */
  readonly query: readonly string[]
  /** Reads an answer that is no response. */
  readonly decode?: (body: unknown, id: string) => object
}

const actions: Readonly<Record<StoredAction, ActionSpec>> = {
  retrieve: { method: 'GET', path: '', query: ['include', 'stream', 'starting_after', 'include_obfuscation'] },
  cancel: { method: 'POST', path: '/cancel', query: [] },
  // some hosts answer without a body
  delete: {
    method: 'DELETE',
    path: '',
    query: [],
    decode: (_, id): Omit<DeletedResponse, 'meta'> => ({ id, deleted: true }),
  },
  inputItems: {
    method: 'GET',
    path: '/input_items',
    query: ['after', 'limit', 'order', 'include'],
    decode: (body): Omit<InputItemPage, 'meta'> => {
      const { data, first_id: first, last_id: last, has_more: more } = (body ?? {}) as Partial<InputItemPage>
      const items = Array.isArray(data) ? data : []
      return {
        object: 'list',
        data: items,
        first_id: first ?? items[0]?.id ?? null,
        last_id: last ?? items.at(-1)?.id ?? null,
        has_more: more === true,
      }
    },
  },
}

const params: ReadonlySet<string> = new Set([
  ...['model', 'response_id', 'include', 'stream', 'starting_after', 'include_obfuscation', 'completion_window'],
  ...['after', 'limit', 'order'],
])

/**
 * Sends a request about a stored response.
 * @throws {BadRequestError} if the host does not store responses
 */
export async function runStored(context: ClientContext, action: StoredAction, request: object): Promise<unknown> {
  const startedAt = context.clock.now()
  const { params: given, options } = splitRequest(request, params)
  const id = checkId(given.response_id)
  // the host of the model, not its chat over the Responses API
  const route = { operation: 'compactResponse', params: given, options } as const
  const { provider, model } = await resolveModel(given.model, context, route)
  const { responses: part, storedResponses = [] } = provider.dialect
  if (!part || !storedResponses.includes(action)) {
    throw new BadRequestError(`${provider.name} can't ${names[action]}. Hosts that can: ${hosts[action]}.`, {
      provider: provider.id,
      model,
      param: 'model',
    })
  }
  const stream = action === 'retrieve' && given.stream === true
  const job: Job<ResponsesDialect> = {
    context,
    spec: specOf(actions[action], id, given),
    provider: storedProvider(provider, action, id, given),
    part,
    model,
    params: given,
    options,
    extraBody: undefined,
    schema: undefined,
    stream,
    startedAt,
    observer: undefined,
    recorder: undefined,
  }
  const call = await prepare(job, given)
  call.method = actions[action].method
  return stream ? sendStreamed(job as Job, call) : sendOnce(job, given, call)
}

const names: Readonly<Record<StoredAction, string>> = {
  retrieve: 'return stored responses',
  cancel: 'cancel responses',
  delete: 'delete responses',
  inputItems: 'list the input of responses',
}

const hosts: Readonly<Record<StoredAction, string>> = {
  retrieve: 'OpenAI, Azure OpenAI, xAI, Fireworks AI and vLLM',
  cancel: 'OpenAI, Azure OpenAI and vLLM',
  delete: 'OpenAI, Azure OpenAI, xAI and Fireworks AI',
  inputItems: 'OpenAI and Azure OpenAI',
}

function checkId(id: unknown): string {
  if (typeof id === 'string' && id !== '') return id
  throw new BadRequestError(`'response_id' must be the id of a response; ${got(id)}.`, { param: 'response_id' })
}

/** The Responses operation, with an answer that may have another form. */
function specOf({ decode }: ActionSpec, id: string, given: Params): OperationSpec<ResponsesDialect, never> {
  const { bridge: _, ready: __, ...same } = responses
  const window = given.completion_window
  const spec: OperationSpec<ResponsesDialect> = {
    ...(same as unknown as OperationSpec<ResponsesDialect>),
    encode: () => ({ body: {}, ...(typeof window === 'string' && { encodeState: { completionWindow: window } }) }),
    ...(decode && {
      decode: (_: unknown, body: unknown) => decode(body, id),
      settle: (call: Parameters<OperationSpec['settle']>[0]) => call.settle(undefined),
    }),
  }
  return spec as unknown as OperationSpec<ResponsesDialect, never>
}

/** The provider with the path of the response. Address, credentials and signature are those of its calls. */
function storedProvider(provider: Provider, action: StoredAction, id: string, given: Params): Provider {
  const { path: after, query } = actions[action]
  const added = new URLSearchParams()
  for (const name of query) {
    const value = given[name]
    if (value === undefined || value === null || value === false) continue
    for (const one of Array.isArray(value) ? value : [value])
      added.append(Array.isArray(value) ? `${name}[]` : name, String(one))
  }
  const path: Address['path'] = (_, ...rest) => {
    const [base = '', search] = provider.address.path('responses', ...rest).split('?')
    const all = [search, added.toString()].filter(Boolean).join('&')
    return `${base}/${encodeURIComponent(id)}${after}${all && `?${all}`}`
  }
  const address: Address = Object.create(provider.address, { path: { value: path } })
  return Object.create(provider, { address: { value: address } })
}
