import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { deploymentKeys, modelInfoKeys, paramKeys } from '../../src/config/deployment-keys.js'
import type { KeyTable } from '../../src/config/key-table.js'
import {
  cacheKeys,
  generalKeys,
  guardrailKeys,
  guardrailParamKeys,
  hookKeys,
  litellmKeys,
  ownKeys,
  routerKeys,
  topLevelKeys,
} from '../../src/config/keys.js'
import { callbackKeys, otelKeys } from '../../src/config/otel.js'
import { jwtKeys } from '../../src/config/sso-keys.js'

const file = new URL('../../../docs/gateway-config.md', import.meta.url)

const sections: readonly (readonly [title: string, table: KeyTable])[] = [
  ['Top level', topLevelKeys],
  ['hooks[]', hookKeys],
  ['guardrails[]', guardrailKeys],
  ['guardrails[].litellm_params', guardrailParamKeys],
  ['model_list[]', deploymentKeys],
  ['litellm_params', paramKeys],
  ['model_info', modelInfoKeys],
  ['router_settings', routerKeys],
  ['litellm_settings', litellmKeys],
  ['cache_params', cacheKeys],
  ['callback_settings', callbackKeys],
  ['callback_settings.otel', otelKeys],
  ['general_settings', generalKeys],
  ['litellm_jwtauth', jwtKeys],
  ['llmux_settings', ownKeys],
]

const order = ['honoured', 'dangerous', 'refused', 'ignored']

/** Keys with the same treatment and note share a row. */
function rows(table: KeyTable): string[] {
  const grouped = new Map<string, { treatment: string; note: string; names: string[] }>()
  for (const [name, { treatment, note }] of Object.entries(table)) {
    const key = `${treatment} ${note}`
    const row = grouped.get(key) ?? { treatment, note, names: [] }
    row.names.push(`\`${name}\``)
    grouped.set(key, row)
  }
  return [...grouped.values()]
    .sort((a, b) => order.indexOf(a.treatment) - order.indexOf(b.treatment))
    .map(({ treatment, note, names }) => `| ${names.join(', ')} | ${treatment} | ${note.replaceAll('|', '\\|')} |`)
}

const tables = sections
  .map(
    ([title, table]) =>
      `### ${title}\n\n| keys | treatment | effect or reason |\n| --- | --- | --- |\n${rows(table).join('\n')}\n`,
  )
  .join('\n')

// UPDATE_DOCS=1 writes the tables
it('documents every key of the configuration with its treatment', () => {
  const text = readFileSync(file, 'utf8')
  const [head = ''] = text.split('<!-- tables -->')
  const wanted = `${head}<!-- tables -->\n\n${tables}`
  if (process.env.UPDATE_DOCS) writeFileSync(file, wanted)
  else expect(text).toBe(wanted)
})
