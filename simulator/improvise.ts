import type { Conversation, SeenImage, SeenTool } from './conversation.js'
import { clip, pieces } from './digest.js'
import { exampleOf } from './example.js'
import type { Reply } from './reply.js'

/** Words in tool names that carry no meaning. */
const common = new Set(['get', 'set', 'the', 'and', 'for', 'run', 'call', 'make', 'tool', 'function', 'with', 'from'])

/** The unscripted answer of the simulated model. Deterministic for the same request. */
export function improvise(conversation: Conversation, choice: number): Reply {
  const reasoning = conversation.reasons && {
    reasoning: `The user says: "${clip(conversation.userText, 200)}". I answer that.`,
  }
  const tool = toolToCall(conversation)
  if (tool) {
    const made = exampleOf(tool.schema, { text: conversation.userText })
    const call = { name: tool.name, arguments: JSON.stringify(made ?? {}) }
    return { ...reasoning, toolCalls: [call] }
  }
  return { ...reasoning, ...limit(say(conversation, choice), conversation) }
}

function toolToCall({ tools, toolChoice, toolResults, userText }: Conversation): SeenTool | undefined {
  if (toolChoice === 'none') return undefined
  if (typeof toolChoice === 'object') return tools.find(({ name }) => name === toolChoice.name)
  const text = userText.toLowerCase()
  const fitting = tools.find(({ name }) => nameWords(name).some((word) => text.includes(word)))
  if (toolChoice === 'required') return fitting ?? tools[0]
  return toolResults.length > 0 ? undefined : fitting
}

function nameWords(name: string): string[] {
  const all = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2)
  const telling = all.filter((word) => !common.has(word))
  return telling.length > 0 ? telling : all
}

function say(conversation: Conversation, choice: number): string {
  const { json, toolResults, images, userText } = conversation
  if (json) {
    return JSON.stringify(
      json.schema === undefined ? { answer: `You said: ${userText}` } : exampleOf(json.schema, { text: userText }),
    )
  }
  const sentences: string[] = []
  if (toolResults.length > 0) {
    for (const { name, text } of toolResults) sentences.push(`${name} says: ${clip(text, 2_000)}`)
  } else {
    sentences.push(`You said: ${clip(userText, 2_000)}`)
  }
  if (images.length > 0)
    sentences.push(`I see ${images.length} image${images.length > 1 ? 's' : ''}: ${images.map(describe).join(', ')}.`)
  if (choice > 0) sentences.push(`(choice ${choice + 1})`)
  return sentences.join('\n')
}

function describe(image: SeenImage): string {
  switch (image.kind) {
    case 'data':
      return `${image.mediaType} (${image.bytes} bytes)`
    case 'url':
      return `from ${image.host}`
    case 'file':
      return `file ${image.id}`
  }
}

function limit(text: string, { maxTokens, stops }: Conversation): Reply {
  const stop = Math.min(...stops.map((word) => text.indexOf(word)).filter((at) => at >= 0))
  const said = Number.isFinite(stop) ? text.slice(0, stop) : text
  if (maxTokens === undefined || said.length <= maxTokens * 4) return { text: said }
  return { text: pieces(said, maxTokens * 4)[0] ?? '', finishReason: 'length' }
}
