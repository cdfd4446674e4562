import { describe, it } from 'vitest'
import { type ModelRules, modelRuleEntries } from '../../providers/models/index.js'
import { checkSection, table } from './section.js'

/** The table of model rules in docs/providers.md is generated from `providers/models`. */

const code = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(', ')

const reasoning: Readonly<Record<ModelRules['reasoning'], string>> = {
  never: 'no',
  'on-request': 'on request',
  'by-default': 'by default',
  always: 'always',
}
const tools: Readonly<Record<ModelRules['tools'], string>> = {
  everywhere: 'yes',
  responses: 'Responses only',
  'responses-while-reasoning': 'Responses while reasoning',
  none: 'no',
}
const forced: Readonly<Record<ModelRules['forcedWhileReasoning'], string>> = {
  any: '',
  required: ', forced by `required` only',
  none: ', not forced while reasoning',
}
const formats: Readonly<Record<ModelRules['formats'], string>> = { schema: 'schema', object: 'JSON mode', text: 'no' }

const refused = ({ refused: always, refusedWhileReasoning: sometimes }: ModelRules): string =>
  [code(always), sometimes.length > 0 ? `(${code(sometimes)})` : ''].filter(Boolean).join(' ')

const efforts = ({ efforts: levels, responsesEfforts: some }: ModelRules): string =>
  levels.map((level) => (some.includes(level) ? `\`${level}\` (Responses)` : `\`${level}\``)).join(', ')

const line = (rules: ModelRules): string[] => [
  code([rules.family]),
  rules.maker,
  rules.api === 'responses' ? 'Responses only' : '',
  tools[rules.tools] + forced[rules.forcedWhileReasoning],
  reasoning[rules.reasoning],
  efforts(rules),
  refused(rules),
  Object.entries(rules.renamed)
    .map(([name, other]) => `${code([name])} → ${code([other])}`)
    .join(', '),
  formats[rules.formats],
  rules.maxOutput?.toString() ?? '',
  rules.input.join(', '),
  rules.output.join(', '),
  rules.checked,
]

/** One line for each family, by maker. */
function lines(): string[][] {
  const families = new Map<string, ModelRules>()
  for (const { rules } of modelRuleEntries) {
    const key = `${rules.maker}/${rules.family}`
    if (!families.has(key)) families.set(key, rules)
  }
  return [...families.values()].map(line)
}

describe('docs/providers.md', () => {
  it('has a table of the model rules', () => {
    const head = ['family', 'maker', 'API', 'function tools', 'reasons', 'effort', 'refused', 'renamed', 'JSON']
    const made = table([[...head, 'most output tokens', 'reads', 'writes', 'checked'], ...lines()])
    checkSection('docs/providers.md', 'model-rules', made, 'test/docs/model-rules.test.ts')
  })
})
