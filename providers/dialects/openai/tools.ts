import type { ChatParams, ToolCallDelta } from '../../../src/types/chat.js'
import type { Message } from '../../../src/types/messages.js'
import { type Fields, fieldsIn, isFields, parseJSON, placeOf, textIn } from '../../fields.js'
import type { Report } from '../../report.js'
import { type Aliases, makeAliases } from '../../shared/aliases.js'
import { argumentsText } from '../../shared/calls.js'
import { type KeptSchemas, once, written } from '../../shared/kept-json.js'
import { completeRoot, flattenRoot } from '../../shared/root-schema.js'
import { argumentsOf, callExtras, callsIn, idOf, madeId, originalName } from './decode.js'
import type { OpenAIQuirks } from './quirks.js'
import { type EncodeScope, type EncodeState, reportMark } from './scope.js'

/** Longest name of a tool that OpenAI accepts. */
const longestName = 64
const goodName = /^[\w-]{1,64}$/

/** Aliases for names of tools that the host refuses; undefined if it accepts all of them. */
export function toolAliases(params: ChatParams): Aliases | undefined {
  const names: string[] = []
  for (const tool of fieldsIn(params.tools)) {
    const definition = isFields(tool.function) ? tool.function : tool.custom
    if (isFields(definition) && typeof definition.name === 'string') names.push(definition.name)
  }
  if (names.every((name) => goodName.test(name)) && historyIsGood(params.messages)) return undefined
  return makeAliases(params, names, longestName).names
}

function historyIsGood(messages: readonly Message[]): boolean {
  if (!Array.isArray(messages)) return true
  for (const message of messages as readonly Message[]) {
    if (message?.role !== 'assistant') continue
    for (const call of fieldsIn(message.tool_calls)) {
      const name = isFields(call.function) ? call.function.name : isFields(call.custom) ? call.custom.name : undefined
      if (typeof name === 'string' && !goodName.test(name)) return false
    }
    const old = message.function_call?.name
    if (typeof old === 'string' && !goodName.test(old)) return false
  }
  return true
}

/** The tools in the host's form: the caller's list itself if nothing changes. */
export function encodeTools(tools: readonly unknown[], scope: EncodeScope): readonly unknown[] {
  const { report } = scope
  if (!Array.isArray(tools)) throw report.invalid('tools', 'must be an array of tools', tools)
  let changed: unknown[] | undefined
  for (let at = 0; at < tools.length; at++) {
    const tool: unknown = tools[at]
    if (!isFields(tool))
      throw report.invalid(`tools[${at}]`, "must be an object such as { type: 'function', function }", tool)
    const sent = encodeTool(tool, `tools[${at}]`, scope)
    if (sent !== tool && !changed) changed = tools.slice(0, at)
    changed?.push(sent)
  }
  return changed ?? tools
}

function encodeTool(given: Fields, where: string, { context, report, names, kept }: EncodeScope): Fields {
  let tool = given
  if (!context.quirks.cacheControl && (isMarked(tool) || isMarked(tool.function))) {
    reportMark(report)
    const { cache_control: _, ...rest } = tool
    tool = rest
    if (isFields(tool.function) && isMarked(tool.function)) {
      const { cache_control: __, ...fn } = tool.function
      tool = { ...tool, function: fn }
    }
  }
  for (const kind of ['function', 'custom'] as const) {
    const definition = tool[kind]
    if (!isFields(definition)) continue
    let sent = names && typeof definition.name === 'string' ? renamed(definition, names) : definition
    if (kind === 'function') sent = withoutNulls(sent, context.quirks.parametersRequired)
    if (kind === 'function' && context.quirks.plainToolSchemas) sent = withPlainSchema(sent, where, report, kept)
    if (kept && isFields(sent.parameters)) sent = { ...sent, parameters: written(kept, sent.parameters) }
    if (sent !== definition) tool = { ...tool, [kind]: sent }
  }
  return tool
}

/** Hosts refuse null for a field that is not given, and some a function without parameters. */
function withoutNulls(definition: Fields, parametersRequired: boolean): Fields {
  const { parameters } = definition
  const lacks = parametersRequired && (parameters === null || parameters === undefined)
  if (!lacks && parameters !== null && definition.description !== null && definition.strict !== null) return definition
  const given = Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== null))
  return lacks ? { ...given, parameters: noParameters } : given
}

const noParameters = Object.freeze({ type: 'object', properties: Object.freeze({}) })

function renamed(definition: Fields, names: Aliases): Fields {
  const name = names.wire(String(definition.name))
  return name === definition.name ? definition : { ...definition, name }
}

/** A function whose schema is one object: it has no alternatives at its root, and the type and properties that OpenAI requires. */
export function withPlainSchema(definition: Fields, where: string, report: Report, kept?: KeptSchemas): Fields {
  const { parameters } = definition
  if (!isFields(parameters)) return definition
  const flat = once(kept, 'flat', parameters, flattenRoot)
  if (!flat) {
    const complete = once(kept, 'complete', parameters, completeRoot)
    return complete === parameters ? definition : { ...definition, parameters: complete }
  }
  report.changed(
    `${where}.function.parameters`,
    'The alternatives at the root of the schema were merged into one object.',
  )
  const { strict, ...rest } = definition
  if (strict === true) {
    report.dropped(
      `${where}.function.strict`,
      'Left out: strict mode takes no merged schema, so arguments may differ from it.',
    )
  }
  return { ...rest, parameters: flat }
}

const isMarked = (value: unknown): boolean => isFields(value) && 'cache_control' in value

/** `tool_choice` with the names that are sent. */
export function encodeToolChoice(choice: unknown, names: Aliases): unknown {
  if (!isFields(choice)) return choice
  for (const kind of ['function', 'custom'] as const) {
    const named = choice[kind]
    if (isFields(named) && typeof named.name === 'string') return { ...choice, [kind]: renamed(named, names) }
  }
  if (!isFields(choice.allowed_tools)) return choice
  const tools = fieldsIn(choice.allowed_tools.tools).map((tool) => encodeToolChoice(tool, names))
  return { ...choice, allowed_tools: { ...choice.allowed_tools, tools } }
}

/** The tools of a request that the host runs itself, unless a function of the caller's has the same name. */
export function serverToolsOf(tools: unknown, { serverTools }: OpenAIQuirks): ReadonlySet<string> | undefined {
  if (serverTools.length === 0 || !Array.isArray(tools)) return undefined
  const names = new Set<string>()
  for (const tool of fieldsIn(tools)) if (serverTools.includes(String(tool.type))) names.add(String(tool.type))
  for (const tool of fieldsIn(tools)) if (isFields(tool.function)) names.delete(String(tool.function.name))
  return names.size > 0 ? names : undefined
}

/** Tool calls of the history in the host's form. */
export function encodeCalls(
  calls: readonly unknown[],
  index: number,
  ids: ReadonlyMap<string, string> | undefined,
  scope: EncodeScope,
): unknown {
  let changed: unknown[] | undefined
  for (let at = 0; at < calls.length; at++) {
    const call = calls[at]
    if (!isFields(call)) throw scope.report.invalid(`messages[${index}].tool_calls[${at}]`, 'must be an object', call)
    const sent = encodeCall(call, `messages[${index}].tool_calls[${at}]`, index, ids, scope)
    if (sent !== call && !changed) changed = calls.slice(0, at)
    changed?.push(sent)
  }
  return calls.length === 0 ? undefined : (changed ?? calls)
}

/** The index is a field of streams; the host's own fields go back to hosts that are not known to refuse them. */
function encodeCall(
  call: Fields,
  where: string,
  index: number,
  ids: ReadonlyMap<string, string> | undefined,
  scope: EncodeScope,
): Fields {
  const id = ids?.get(call.id as string)
  const named = scope.names ? withName(call, scope.names) : call
  const sent = isFields(named.function) ? withArguments(named, named.function, where, index, scope.report) : named
  if (id === undefined && !('provider_specific_fields' in sent) && !('index' in sent)) return sent
  const { provider_specific_fields: extras, index: _, ...rest } = sent
  if (isFields(extras)) {
    for (const name of scope.context.quirks.replayCallFields) if (extras[name]) rest[name] = extras[name]
  }
  if (id !== undefined) rest.id = id
  return rest
}

function withName(call: Fields, names: Aliases): Fields {
  for (const kind of ['function', 'custom'] as const) {
    const definition = call[kind]
    if (!isFields(definition) || typeof definition.name !== 'string') continue
    const sent = renamed(definition, names)
    if (sent !== definition) return { ...call, [kind]: sent }
  }
  return call
}

/** The call with arguments that are a JSON object: the model may have written something else. */
function withArguments(call: Fields, fn: Fields, where: string, index: number, report: Report): Fields {
  const text = argumentsText(fn.arguments, where, index, report)
  return text === fn.arguments ? call : { ...call, function: { ...fn, arguments: text } }
}

/** Longest id of a tool call that OpenAI accepts. */
const longest = 40

/**
 * New ids for calls of other providers whose ids the host would refuse; undefined if there are none. Equal histories get equal ids, so
 * that prompt caches still match.
 */
export function newIds(
  messages: readonly Message[],
  kind: OpenAIQuirks['toolIds'],
): ReadonlyMap<string, string> | undefined {
  if (kind === 'any') return undefined
  let ids: Map<string, string> | undefined
  let taken: Set<unknown> | undefined
  for (const message of messages) {
    for (const { id } of callsOf(message)) {
      if (typeof id !== 'string' || ids?.has(id) || fits(id, kind)) continue
      ids ??= new Map()
      taken ??= new Set(messages.flatMap(callsOf).map((call) => call.id))
      let made = make(id, kind, 0)
      for (let attempt = 1; taken.has(made); attempt++) made = make(id, kind, attempt)
      taken.add(made)
      ids.set(id, made)
    }
  }
  return ids
}

const callsOf = (message: Message): Fields[] => {
  const calls: unknown = message?.role === 'assistant' ? message.tool_calls : undefined
  return Array.isArray(calls) ? calls.filter(isFields) : []
}

/** Mistral: "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9" (code 3280). */
const fits = (id: string, kind: OpenAIQuirks['toolIds']): boolean =>
  kind === 'nine' ? /^[a-zA-Z0-9]{9}$/.test(id) : id.length <= longest

function make(id: string, kind: OpenAIQuirks['toolIds'], attempt: number): string {
  const digest = hash(`${id}${attempt === 0 ? '' : `#${attempt}`}`)
  return kind === 'nine' ? digest : `call_${id.slice(0, 20).replace(/[^\w-]/g, '_')}_${digest}`
}

/** Nine letters and digits derived from a text: two rounds of FNV-1a, 32 bits each. */
function hash(text: string): string {
  let [low, high] = [0x811c9dc5, 0x01000193]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ (code + at), 0x85ebca6b)
  }
  const digits = (part: number) => (part >>> 0).toString(36).padStart(7, '0')
  return (digits(low).slice(-5) + digits(high).slice(-4)).slice(0, 9)
}

interface OpenCall {
  id: string
  /** Its name on the wire; empty before that has come. */
  name: string
  custom: boolean
  /** The arguments so far: those of a complete call are JSON. */
  written: string
}

const isEmpty = (value: unknown): boolean => isFields(value) && Object.keys(value).length === 0

/**
 * The tool calls of one choice while they arrive. Fields that the host leaves out are added: OpenAI sends an index with every delta, and
 * id, type and name with the first one of a call.
 */
export class ToolDeltas {
  readonly #calls: OpenCall[] = []
  readonly #prefix: string
  readonly #names: EncodeState['names']
  #last = -1
  /** Places of calls by their index on the wire, if another call has it. */
  #moved: Map<number, number> | undefined

  /** @param prefix of the ids for calls without one */
  constructor(prefix: string, names?: EncodeState['names']) {
    this.#prefix = prefix
    this.#names = names
  }

  get hasCalls(): boolean {
    return this.#calls.length > 0
  }

  /** Whether there are calls, and all of them are complete. */
  get complete(): boolean {
    const calls = this.#calls.filter((call) => call !== undefined)
    return calls.length > 0 && calls.every(({ custom, written }) => custom || parseJSON(written || '{}') !== undefined)
  }

  /** Calls without arguments get `{}`, as an empty text is no JSON. */
  close(): ToolCallDelta[] {
    const deltas: ToolCallDelta[] = []
    for (const [index, call] of this.#calls.entries()) {
      if (!call || call.custom || call.written !== '') continue
      call.written = '{}'
      deltas.push({ index, function: { arguments: '{}' } })
    }
    return deltas
  }

  read(raw: unknown): ToolCallDelta[] {
    const deltas: ToolCallDelta[] = []
    const calls = Array.isArray(raw) ? raw : callsIn(raw)
    for (const call of calls) if (isFields(call)) deltas.push(this.#delta(call))
    return deltas
  }

  #delta(raw: Fields): ToolCallDelta {
    const fn = isFields(raw.function) ? raw.function : typeof raw.name === 'string' ? raw : undefined
    const id = idOf(raw)
    const name = fn && textIn(fn, 'name')
    const index = this.#indexOf(raw.index, id, name, fn?.arguments)
    const delta: ToolCallDelta = { index }
    let open = this.#calls[index]
    if (!open) {
      open = { id: id || madeId(this.#prefix, index), name: '', custom: false, written: '' }
      this.#calls[index] = open
      delta.id = open.id
      delta.type = 'function'
    }
    if (fn) {
      delta.function = {}
      // some hosts repeat the name with every piece of the arguments
      if (name && open.name === '') {
        open.name = name
        delta.function.name = originalName(name, this.#names)
      }
      if (fn.arguments !== undefined && fn.arguments !== null) {
        // a placeholder at the start: the arguments follow, or close() adds an empty object
        const isNone = isEmpty(fn.arguments) || (open.written === '' && fn.arguments === 'null')
        delta.function.arguments = isNone ? '' : argumentsOf(fn.arguments)
        open.written += delta.function.arguments
      }
    } else if (raw.custom !== undefined) {
      open.custom = true
      Object.assign(delta, { custom: raw.custom }, delta.type && { type: 'custom' })
    }
    const extras = callExtras(raw)
    if (extras) delta.provider_specific_fields = extras
    return delta
  }

  /** By index; by id if the host sends no index, or one index for several calls; otherwise the latest call. */
  #indexOf(rawIndex: unknown, id: string, name: string | undefined, rest: unknown): number {
    const given = placeOf(rawIndex)
    let index = this.#last
    if (given !== undefined) {
      index = this.#moved?.get(given) ?? given
      const open = this.#calls[index]
      if (this.#isOther(open, id, name, rest)) index = this.#find(id, given)
    } else if (id) index = this.#find(id)
    else if (name || index < 0) index = this.#calls.length
    this.#last = index
    return index
  }

  /** Whether a piece is not of the call that has its index. */
  #isOther(open: OpenCall | undefined, id: string, name: string | undefined, rest: unknown): boolean {
    // a known id with another index is the same call
    if (!open) return id !== '' && !name
    if (id === open.id) return false
    if (!name) return this.#moved !== undefined && id !== '' && this.#calls.some((call) => call?.id === id)
    if (open.name === '') return false
    // some hosts change the id with every piece of a call, but then send no name
    if (id !== '') return true
    // others send no ids, and some the name with every piece: nothing follows a complete object
    const begins = name !== open.name || (open.written.endsWith('}') && argumentsOf(rest).startsWith('{'))
    return begins && isFields(parseJSON(open.written || '{}'))
  }

  /**
   * The call of this id, or the place of a new one.
   * @param given the index on the wire: pieces without an id have it too
   */
  #find(id: string, given?: number): number {
    let index = this.#calls.findIndex((call) => call?.id === id)
    if (index < 0) index = given !== undefined && this.#calls[given] === undefined ? given : this.#calls.length
    if (given !== undefined && index !== given) {
      this.#moved ??= new Map()
      this.#moved.set(given, index)
    }
    return index
  }
}
