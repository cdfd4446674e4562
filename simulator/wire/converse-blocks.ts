import { isRecord, type Json, list, record, records, string } from '../json.js'

const blockKinds: readonly string[] = [
  ...['text', 'image', 'document', 'video', 'audio', 'toolUse', 'toolResult', 'guardContent', 'cachePoint'],
  ...['reasoningContent', 'citationsContent', 'searchResult'],
]
const resultKinds: readonly string[] = ['json', 'text', 'image', 'document', 'video', 'searchResult']

/** Blocks that only one role may use. */
const speakers: ReadonlyMap<string, string> = new Map([
  ...['image', 'document', 'video', 'audio', 'searchResult'].map((kind) => [kind, 'user'] as const),
  ...['toolUse', 'reasoningContent', 'citationsContent'].map((kind) => [kind, 'assistant'] as const),
])

const imageFormats: readonly unknown[] = ['png', 'jpeg', 'gif', 'webp']
const documentFormats: readonly unknown[] = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']
const videoFormats: readonly unknown[] = ['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp']

const id = /^[a-zA-Z0-9_.:-]{1,64}$/
const validName = /^[a-zA-Z0-9_-]{1,64}$/
/** Underscores are accepted, although the page doesn't list them. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
const documentName = /^(?!.*\s\s)[a-zA-Z0-9_\s()[\]-]{1,200}$/
const validBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Validates the content of one message. */
export function findContentFault({ role, content }: Json, index: number): string | undefined {
  const blocks = records(content)
  if (blocks.length === 0) {
    return `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`
  }
  for (const [at, block] of blocks.entries()) {
    const place = `messages.${index}.content.${at}`
    const kind = kindOf(block, blockKinds)
    if (kind === undefined) {
      return `The ContentBlock object at ${place} must set one of the following keys: ${blockKinds.join(', ')}.`
    }
    const speaker = speakers.get(kind)
    // tool results belong to the user, except for server tools
    const ownResult = kind === 'toolResult' && role === 'assistant' && record(block.toolResult).type === undefined
    if ((speaker !== undefined && speaker !== role) || ownResult) {
      return `The ${kind} block at ${place} is not allowed in a message with the role ${String(role)}.`
    }
    const fault = kind === 'text' ? findBlankFault(block, blocks, place) : findBlockFault(kind, block, place)
    if (fault !== undefined) return fault
  }
  const names = blocks.flatMap(({ document }) => string(record(document).name) ?? [])
  if (new Set(names).size < names.length) return `The documents at messages.${index}.content must have different names.`
  const spoken = blocks.some(({ text, guardContent }) => text !== undefined || guardContent !== undefined)
  return names.length > 0 && !spoken
    ? `A text block is required at messages.${index}.content when a document is included. Add a text block and try again.`
    : undefined
}

/** Returns the only key of a block. */
function kindOf(block: Json, kinds: readonly string[]): string | undefined {
  const [kind, ...more] = Object.keys(block)
  return kind !== undefined && more.length === 0 && kinds.includes(kind) ? kind : undefined
}

/** White space is accepted beside text, as recorded requests show. */
function findBlankFault({ text }: Json, blocks: readonly Json[], place: string): string | undefined {
  const spoken = blocks.some((block) => string(block.text)?.trim())
  return text === '' || typeof text !== 'string' || !spoken
    ? `The text field in the ContentBlock object at ${place} is blank. Add text to the text field, and try again.`
    : undefined
}

function findBlockFault(kind: string, block: Json, place: string): string | undefined {
  const value = record(block[kind])
  switch (kind) {
    case 'image':
      return findMediaFault(value, imageFormats, ['bytes', 's3Location'], `${place}.image`)
    case 'video':
      // some clients send the media type
      return findMediaFault(
        { ...value, format: String(value.format).replace('video/', '') },
        videoFormats,
        ['bytes', 's3Location'],
        `${place}.video`,
      )
    case 'document':
      return findDocumentFault(value, `${place}.document`)
    case 'toolUse':
      return findUseFault(value, `${place}.toolUse`)
    case 'toolResult':
      return findResultBlockFault(value, `${place}.toolResult`)
    case 'reasoningContent':
      return kindOf(value, ['reasoningText', 'redactedContent']) === undefined
        ? `The ReasoningContentBlock object at ${place}.reasoningContent must set one of the following keys: reasoningText, redactedContent.`
        : undefined
    default:
      return undefined
  }
}

function findMediaFault(
  { format, source }: Json,
  formats: readonly unknown[],
  sources: readonly string[],
  place: string,
): string | undefined {
  if (!formats.includes(format)) {
    return `1 validation error detected: Value '${String(format)}' at '${place}.format' failed to satisfy constraint: Member must satisfy enum value set: [${formats.join(', ')}]`
  }
  const kind = kindOf(record(source), sources)
  if (kind === undefined) return `The source at ${place} must set one of the following keys: ${sources.join(', ')}.`
  if (kind !== 'bytes') return undefined
  const bytes = string(record(source).bytes) ?? ''
  return bytes === '' || !validBase64.test(bytes) ? `The bytes at ${place}.source are not valid base64.` : undefined
}

function findDocumentFault(document: Json, place: string): string | undefined {
  if (!documentName.test(string(document.name) ?? '')) {
    return `The document file name at ${place} can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.`
  }
  // text without a format
  const given = { ...document, format: document.format ?? 'txt' }
  return findMediaFault(given, documentFormats, ['bytes', 's3Location', 'text', 'content'], place)
}

function findUseFault({ toolUseId, name, input }: Json, place: string): string | undefined {
  const field = !id.test(string(toolUseId) ?? '')
    ? 'toolUseId'
    : !validName.test(string(name) ?? '')
      ? 'name'
      : undefined
  if (field !== undefined) {
    const pattern = field === 'name' ? '[a-zA-Z0-9_-]+' : '[a-zA-Z0-9_.:-]+'
    return `1 validation error detected: Value at '${place}.${field}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern} and have length less than or equal to 64`
  }
  return isRecord(input)
    ? undefined
    : `The format of the value at ${place}.input is invalid. Provide a json object for the field and try again.`
}

function findResultBlockFault({ toolUseId, content, status }: Json, place: string): string | undefined {
  if (typeof toolUseId !== 'string')
    return `1 validation error detected: Value null at '${place}.toolUseId' failed to satisfy constraint: Member must not be null`
  if (!Array.isArray(content))
    return `1 validation error detected: Value null at '${place}.content' failed to satisfy constraint: Member must not be null`
  if (status !== undefined && status !== 'success' && status !== 'error') {
    return `1 validation error detected: Value '${String(status)}' at '${place}.status' failed to satisfy constraint: Member must satisfy enum value set: [success, error]`
  }
  if (status === 'error' && content.length === 0) {
    return `The content field at ${place} cannot be empty when status value is error.`
  }
  for (const [at, part] of list(content).entries()) {
    const kind = isRecord(part) ? kindOf(part, resultKinds) : undefined
    const here = `${place}.content.${at}`
    if (kind === undefined || !isRecord(part)) {
      return `The ToolResultContentBlock object at ${here} must set one of the following keys: ${resultKinds.join(', ')}.`
    }
    if (kind === 'json' && !isRecord(part.json)) {
      return `The format of the value at ${here}.json is invalid. Provide a json object for the field and try again.`
    }
    if (kind !== 'text' && kind !== 'json') {
      const fault = findBlockFault(kind, part, here)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}
