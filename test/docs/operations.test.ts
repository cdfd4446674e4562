import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../providers/contract.js'
import { operationList } from '../../src/operations/specs.js'
import { type Target, targets } from '../contract/targets.js'
import { checkSection, table } from './section.js'

/**
 * The table of providers and operations, made from the registry and the table of operations: a new one appears by itself. Update the page
 * with
 *
 *     LLMUX_UPDATE_DOCS=1 npx vitest run test/docs/operations.test.ts
 */
const page = 'docs/providers.md'

type Spec = (typeof operationList)[number]

async function how(spec: Spec, dialects: readonly Dialect[]): Promise<string> {
  const own = await Promise.all(dialects.map((dialect) => spec.part(dialect)))
  if (own.some((part) => part !== undefined)) return 'yes'
  return spec.bridge && dialects.some(({ chat }) => chat) ? 'over chat' : '–'
}

const all = await targets()
const byId = new Map<string, Target[]>()
for (const target of all) byId.set(target.id, [...(byId.get(target.id) ?? []), target])

async function operationsTable(): Promise<string> {
  const rows = [['provider', ...operationList.map(({ method }) => `\`${method}\``)]]
  for (const [id, group] of byId) {
    const dialects = group.map(({ provider }) => provider.dialect)
    rows.push([`\`${id}/\``, ...(await Promise.all(operationList.map((spec) => how(spec, dialects))))])
  }
  return table(rows)
}

describe(page, () => {
  it('lists the operations of every provider as in the code', async () => {
    expect(byId.size).toBeGreaterThan(100)
    checkSection(page, 'operations', await operationsTable(), 'test/docs/operations.test.ts')
  })
})
