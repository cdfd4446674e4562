import { awsEvents } from '../wire/aws-events.js'
import { count, type Fields, filled, isObject, object, objects, parse, text } from '../wire/json.js'
import type { ExpectedAnswer, ExpectedThinking, ExpectedUsage } from './expectation.js'
import type { ExpectedStream } from './openai-stream.js'

const finishes: Readonly<Record<string, string>> = {
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
}

/** What a whole answer of Converse says; undefined where it is an error. */
export function expectConverse(body: unknown): ExpectedAnswer | undefined {
  const { output, stopReason, usage, trace } = object(body)
  return isObject(output) ? answerOf(converseBlocks(body), filled(stopReason), object(usage), trace) : undefined
}

export const converseBlocks = (body: unknown): Fields[] => objects(object(object(object(body).output).message).content)

function answerOf(blocks: Fields[], stop: string | undefined, usage: Fields, trace: unknown): ExpectedAnswer {
  return {
    id: undefined,
    model: undefined,
    choices: [
      {
        index: 0,
        text: blocks.map(textOf).join(''),
        refusal: '',
        reasoning: blocks
          .flatMap(({ reasoningContent }) => filled(object(object(reasoningContent).reasoningText).text) ?? [])
          .join('\n\n'),
        tools: blocks.flatMap(({ toolUse }) =>
          isObject(toolUse) && toolUse.type !== 'server_tool_use'
            ? [
                {
                  id: filled(toolUse.toolUseId),
                  name: text(toolUse.name) ?? '',
                  arguments: JSON.stringify(toolUse.input),
                },
              ]
            : [],
        ),
        functionCall: undefined,
        finish: stop === undefined ? undefined : (finishes[stop] ?? stop),
        nativeFinish: stop,
        logprobs: 0,
        citedUrls: blocks.flatMap(({ citationsContent }) =>
          objects(object(citationsContent).citations).flatMap(
            ({ location }) => filled(object(object(location).web).url) ?? [],
          ),
        ),
        thinking: thinkingOf(blocks),
      },
    ],
    usage: usageOf(usage),
    kept: [
      ...blocks.flatMap(({ citationsContent }) => objects(object(citationsContent).citations).flatMap(quotedIn)),
      ...(trace === undefined ? [] : ['trace']),
    ],
    replayed: [],
  }
}

const quotedIn = (citation: Fields): string[] =>
  objects(citation.sourceContent).flatMap((source) => filled(source.text) ?? [])

function textOf(block: Fields): string {
  const cited = objects(object(block.citationsContent).content).map((part) => text(part.text) ?? '')
  return (text(block.text) ?? '') + cited.join('')
}

function thinkingOf(blocks: readonly Fields[]): ExpectedThinking[] {
  return blocks.flatMap(({ reasoningContent }): ExpectedThinking[] => {
    if (!isObject(reasoningContent)) return []
    const { reasoningText, redactedContent } = reasoningContent
    if (!isObject(reasoningText)) {
      // Bedrock also gives reasoning with nothing in it
      if (filled(redactedContent) === undefined) return []
      const data = Buffer.from(text(redactedContent) ?? '', 'base64').toString('utf8')
      return [{ type: 'redacted_thinking', text: data }]
    }
    const signature = filled(reasoningText.signature)
    // unsigned, no model takes it back
    return signature ? [{ type: 'thinking', text: text(reasoningText.text) ?? '', signature }] : []
  })
}

/**
 * What a next turn must have of what was said: reasoning that is signed, text with something in it, citations with the words that
 * they stand behind (the API refuses others), and the model itself as the one who calls.
 */
export const converseTurnOf = (blocks: readonly Fields[]): Fields[] =>
  blocks.filter(isTakenBack).map((block) => {
    const { toolUse } = block
    if (!isObject(toolUse) || toolUse.type !== 'tool_use') return block
    const { type: _, ...call } = toolUse
    return { ...block, toolUse: call }
  })

function isTakenBack(block: Fields): boolean {
  const { reasoningContent, citationsContent } = block
  if (typeof block.text === 'string') return block.text.trim() !== ''
  if (isObject(citationsContent)) return textOf(block) !== ''
  if (!isObject(reasoningContent)) return true
  const { reasoningText, redactedContent } = reasoningContent
  return filled(object(reasoningText).signature) !== undefined || filled(redactedContent) !== undefined
}

/** Cache reads and writes are counted beside the prompt. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html */
function usageOf(wire: Fields): ExpectedUsage | undefined {
  const input = count(wire.inputTokens)
  if (input === undefined) return undefined
  const cached = count(wire.cacheReadInputTokens)
  const cacheWritten = count(wire.cacheWriteInputTokens)
  return {
    prompt: input + (cached ?? 0) + (cacheWritten ?? 0),
    completion: count(wire.outputTokens) ?? 0,
    cached,
    cacheWritten,
    reasoning: undefined,
    cost: undefined,
  }
}

/** What a ConverseStream says when all its events are put together. */
export function expectConverseStream(bytes: Buffer): ExpectedStream {
  const parts: { start: Fields; deltas: Fields[] }[] = []
  let stop: string | undefined
  let metadata: Fields = {}
  let failed = false
  for (const { name, data } of awsEvents(bytes)) {
    const event = object(parse(data))
    const index = count(event.contentBlockIndex) ?? 0
    if (name === 'contentBlockStart' || name === 'contentBlockDelta') {
      parts[index] ??= { start: object(event.start), deltas: [] }
      if (isObject(event.delta)) parts[index].deltas.push(event.delta)
    } else if (name === 'messageStop') stop = filled(event.stopReason)
    else if (name === 'metadata') metadata = event
    else if (name.endsWith('Exception')) failed = true
  }
  const blocks = parts.filter((part) => part !== undefined).flatMap(({ start, deltas }) => blockOf(start, deltas))
  const answer = answerOf(blocks, stop, object(metadata.usage), metadata.trace)
  return { answer, failed, ended: stop !== undefined, blocks }
}

function blockOf(start: Fields, deltas: readonly Fields[]): Fields[] {
  const joined = (read: (delta: Fields) => unknown): string => deltas.map((delta) => text(read(delta)) ?? '').join('')
  if (isObject(start.toolUse)) {
    const input = joined((delta) => object(delta.toolUse).input)
    return [{ toolUse: { ...start.toolUse, input: input === '' ? {} : parse(input) } }]
  }
  if (isObject(start.toolResult)) {
    const content = deltas.flatMap((delta) => objects(delta.toolResult))
    return [{ toolResult: { ...start.toolResult, content } }]
  }
  if (deltas.some((delta) => isObject(delta.reasoningContent))) {
    const reasoning = joined((delta) => object(delta.reasoningContent).text)
    const signature = joined((delta) => object(delta.reasoningContent).signature)
    const redacted = deltas.filter((delta) => filled(object(delta.reasoningContent).redactedContent))
    const open = { reasoningContent: { reasoningText: { text: reasoning, ...(signature && { signature }) } } }
    return [...redacted, ...(reasoning || signature ? [open] : [])]
  }
  const said = joined((delta) => delta.text)
  const citations = deltas.flatMap((delta) => (isObject(delta.citation) ? [delta.citation] : []))
  if (citations.length > 0) return [{ citationsContent: { ...(said && { content: [{ text: said }] }), citations } }]
  return said ? [{ text: said }] : []
}
