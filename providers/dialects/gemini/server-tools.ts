import type { Kit } from './kit.js'
import { type Fields, isFields, toCamel } from './wire.js'

/** Tools in Gemini's own terms. https://ai.google.dev/api/caching#Tool */
const own: ReadonlySet<string> = new Set([
  'functionDeclarations',
  'googleSearch',
  'googleSearchRetrieval',
  'googleMaps',
  'codeExecution',
  'urlContext',
  'fileSearch',
  'computerUse',
  'mcpServers',
  'retrieval',
  'enterpriseWebSearch',
  'parallelAiSearch',
  'exaAiSearch',
])

/** Other providers' names for tools that Google has too, whatever their version. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^web_search(?:_preview)?(?:_[\d_]+)?$/, 'googleSearch'],
  [/^(?:code_interpreter|code_execution(?:_\d+)?)$/, 'codeExecution'],
  [/^web_fetch(?:_\d+)?$/, 'urlContext'],
]

/**
 * A tool that Google runs: `{ googleSearch: {} }`, `{ type: 'google_search' }` with its settings beside it, or another
 * provider's name for the like.
 */
export function serverTool(tool: Fields, where: string, kit: Kit): Fields {
  const { type, ...settings } = tool
  const name = typeof type === 'string' ? toCamel(type) : undefined
  if (name !== undefined && own.has(name)) {
    const inner = settings[name] ?? settings[String(type)]
    return { [name]: isFields(inner) ? inner : settings }
  }
  const known = typeof type === 'string' ? others.find(([pattern]) => pattern.test(type))?.[1] : undefined
  if (known) {
    kit.report.changed(where, `'${String(type)}' is ${known} with Gemini, which takes none of its settings.`)
    return { [known]: {} }
  }
  if (type === undefined) {
    const camel = Object.entries(tool).map(([key, value]) => [toCamel(key), value] as const)
    if (camel.length > 0 && camel.every(([key]) => own.has(key))) {
      // SDKs write what they don't ask for as null
      return Object.fromEntries(camel.filter(([, value]) => value !== null))
    }
    throw kit.report.invalid(where, "is not a tool: it has no 'type'.")
  }
  kit.report.unsupported(where, `Gemini has no tool of the type '${String(type)}'`)
  return {}
}
