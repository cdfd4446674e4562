import { systemText } from '../request/gemini.js'
import { camelCased, many, plainSchema } from '../wire/google-json.js'
import { type Fields, filled, isObject, object, objects } from '../wire/json.js'
import { type Rule, same } from './rule.js'

/** Differences that are meant between what llmux sends to Gemini and what was recorded. */
export const geminiRules: readonly Rule[] = [
  same('one-case', 'Google takes snake_case and camelCase, and null for what is not said', (body) => {
    const clean = object(camelCased(body))
    for (const key of Object.keys(body)) delete body[key]
    Object.assign(body, clean)
  }),
  same('model-in-the-address', 'the address names the model; some SDKs repeat it', (body) => {
    delete body.model
  }),
  same('system-as-text', 'a text, a part and parts on lines of their own are the same instruction', (body) => {
    const instruction = systemText(body.systemInstruction)
    delete body.systemInstruction
    if (instruction) body.systemInstruction = instruction
  }),
  {
    name: 'begun',
    reason: 'Gemini refuses a conversation that begins with an empty turn: llmux says "Begin." in its place',
    apply: (sent, recorded) => {
      const [first] = many(recorded.contents)
      const [added] = many(sent.contents)
      if (first?.role !== 'model' && many(first?.parts).every(({ text }) => text === '') && isBegin(added)) {
        sent.contents = many(sent.contents).slice(1)
      }
    },
  },
  {
    name: 'budget-as-level',
    reason: 'Gemini 3 thinks by levels: llmux makes one of a budget',
    apply: (sent, recorded) => {
      const asked = object(object(recorded.generationConfig).thinkingConfig)
      const { thinkingLevel } = object(object(sent.generationConfig).thinkingConfig)
      if (thinkingLevel === undefined || asked.thinkingBudget === undefined) return
      delete asked.thinkingBudget
      asked.thinkingLevel = thinkingLevel
    },
  },
  same(
    'turns',
    'no role is the user’s; turns of one role that follow each other are one; one part may stand alone',
    (body) => {
      const turns: { role: string; parts: Fields[] }[] = []
      for (const turn of many(body.contents)) {
        const role = turn.role === 'model' ? 'model' : 'user'
        const parts = many(turn.parts).map(cleanPart).filter(isSaid)
        const last = turns.at(-1)
        if (last?.role === role) last.parts.push(...parts)
        else if (parts.length > 0) turns.push({ role, parts })
      }
      body.contents = turns
    },
  ),
  {
    name: 'ids-added',
    reason: 'Google gives no ids to calls with most models: llmux gives them some, and their results the same',
    apply: (sent, recorded) => {
      const partsOf = (body: Fields) => many(body.contents).flatMap((turn) => many(turn.parts))
      dropAddedIds(partsOf(sent), partsOf(recorded))
    },
  },
  same(
    'tools-by-kind',
    'functions may stand in one tool or in several, and without parameters in several ways',
    (body) => {
      const functions: Fields[] = []
      const others: Fields[] = []
      for (const [kind, value] of many(body.tools).flatMap((tool) => Object.entries(tool))) {
        if (kind === 'functionDeclarations') functions.push(...many(value).map(declaration))
        else others.push({ [kind]: value })
      }
      delete body.tools
      if (functions.length + others.length > 0) body.tools = [...functions, ...others]
    },
  ),
  same('choice-in-capitals', 'the mode is an enumeration, and none at all says nothing', (body) => {
    const { functionCallingConfig, ...others } = object(body.toolConfig)
    const mode = filled(object(functionCallingConfig).mode)?.toUpperCase()
    const config = { ...others, ...(mode && { functionCallingConfig: { ...object(functionCallingConfig), mode } }) }
    delete body.toolConfig
    if (Object.keys(config).length > 0) body.toolConfig = config
  }),
  same(
    'configuration',
    'one candidate and no stops are the default; a schema is one in both of its fields, its types in capitals or not',
    (body) => {
      const { responseSchema, responseJsonSchema, ...config } = object(body.generationConfig)
      if (config.candidateCount === 1) delete config.candidateCount
      if (Array.isArray(config.stopSequences) && config.stopSequences.length === 0) delete config.stopSequences
      const { thinkingLevel, ...thinking } = object(config.thinkingConfig)
      if (thinking.includeThoughts === false) delete thinking.includeThoughts
      const level = filled(thinkingLevel)?.toLowerCase()
      if (isObject(config.thinkingConfig))
        config.thinkingConfig = { ...thinking, ...(level && { thinkingLevel: level }) }
      const schema = responseSchema ?? responseJsonSchema
      if (schema) config.schema = plainSchema(schema)
      delete body.generationConfig
      if (Object.keys(config).length > 0) body.generationConfig = config
    },
  ),
]

const isBegin = (turn: Fields | undefined): boolean => many(turn?.parts).every(({ text }) => text === 'Begin.')

/** Text without words says nothing, and thoughts without a signature are not sent back. */
const isSaid = (part: Fields): boolean =>
  part.thoughtSignature !== undefined || (part.text !== '' && part.thought !== true)

/** A call without arguments has none. */
function cleanPart({ thought, ...part }: Fields): Fields {
  const { functionCall } = part
  return {
    ...part,
    ...(thought === true && { thought }),
    ...(isObject(functionCall) && { functionCall: { ...functionCall, args: functionCall.args ?? {} } }),
  }
}

/** The ids that llmux gave, to calls that came without one and to their results. */
function dropAddedIds(sent: readonly Fields[], recorded: readonly Fields[]): void {
  for (const [at, part] of sent.entries()) {
    for (const kind of ['functionCall', 'functionResponse']) {
      const call = part[kind]
      if (isObject(call) && object(recorded[at]?.[kind]).id === undefined) delete call.id
    }
  }
}

function declaration({ name, description, parameters, parametersJsonSchema }: Fields): Fields {
  const schema = object(plainSchema(parameters ?? parametersJsonSchema ?? {}))
  const empty = Object.keys(object(schema.properties)).length === 0
  return { name, ...(filled(description) && { description }), ...(!empty && { schema }) }
}

/** The turn of the model as its parts, to be compared with what it said. */
export function geminiTurnSent(body: Fields, said: readonly unknown[]): Fields[] {
  const parts = many(many(body.contents).find(({ role }) => role === 'model')?.parts).map(cleanPart)
  dropAddedIds(parts, objects(said))
  return parts
}

export const cleanGeminiTurn = (parts: readonly Fields[]): Fields[] => objects(parts).map(cleanPart)
