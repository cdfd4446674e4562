import { afterAll, expect, it } from 'vitest'
import { masterKey, openTest } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

let server: PostgresServer | undefined
afterAll(() => server?.stop())
const seeds = (process.env.FUZZ_SEEDS ?? '20261129').split(',').map(Number)
const rounds = Number(process.env.FUZZ_ROUNDS ?? 2_000)
const engines = noPostgres() ? ['sqlite'] : ['sqlite', 'postgres']
const cases = engines.flatMap((engine) => seeds.map((seed) => [engine, seed] as const))

/** A repeatable source of randomness. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 4_294_967_296
  }
}

const fields = [
  ...[
    'key',
    'keys',
    'key_alias',
    'key_aliases',
    'user_id',
    'user_ids',
    'team_id',
    'team_ids',
    'budget_id',
    'budgets',
    'id',
  ],
  ...['models', 'aliases', 'metadata', 'tags', 'max_budget', 'soft_budget', 'budget_duration', 'duration', 'rpm_limit'],
  ...['tpm_limit', 'max_parallel_requests', 'model_max_budget', 'budget_limits', 'spend', 'blocked', 'permissions'],
  ...[
    'allowed_routes',
    'key_type',
    'member',
    'members',
    'members_with_roles',
    'role',
    'user_role',
    'user_email',
    'teams',
  ],
  ...[
    'max_budget_in_team',
    'model_rpm_limit',
    'name',
    'names',
    'organization_id',
    'organization_alias',
    'organization_ids',
  ],
  ...[
    'organizations',
    'reset_to',
    'grace_period',
    'new_key',
    'completion_response',
    'model',
    'messages',
    'users',
    'all_users',
  ],
  ...[
    'user_updates',
    'auto_create_key',
    'alias',
    'startTime',
    'endTime',
    'api_key',
    'usage',
    'team_alias',
    'model_aliases',
  ],
]
const parameters = [
  ...[
    'key',
    'page',
    'size',
    'page_size',
    'user_id',
    'team_id',
    'start_date',
    'end_date',
    'api_key',
    'model',
    'group_by',
    'limit',
  ],
  ...[
    'after',
    'format',
    'summarize',
    'sort_by',
    'sort_order',
    'search',
    'end_user_id',
    'budget_id',
    'organization_id',
    'tags',
  ],
]

it.each(cases)(
  'answers every malformed request with a refusal, and never fails inside, on %s with seed %d',
  async (engine, seed) => {
    if (engine === 'postgres') server ??= await startPostgres()
    const databaseUrl = engine === 'postgres' ? await server?.database() : undefined
    const { control, ask, key, call } = await openTest({ databaseUrl })
    await ask('POST', '/team/new', { team_id: 't' })
    await ask('POST', '/user/new', { user_id: 'u' })
    await ask('POST', '/customer/new', { user_id: 'c', max_budget: 1 })
    await ask('POST', '/budget/new', { budget_id: 'b' })
    await call(await key({ key: 'sk-fuzz-key-1', team_id: 't', user_id: 'u' }))
    const next = random(seed)
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item
    const value = (depth: number): unknown => {
      switch (Math.floor(next() * (depth > 0 ? 14 : 12))) {
        case 0:
          return null
        case 1:
          return pick([0, 1, -1, 1.5, 1e308, 1e-9, 2 ** 53])
        case 2:
          return pick([
            '',
            't',
            'u',
            'c',
            'b',
            'sk-fuzz-key-1',
            'sk-',
            '🙂',
            '__proto__',
            'constructor',
            "'; DROP TABLE x; --",
            'a\u0000b',
          ])
        case 3:
          return pick(['1d', '30d', 'monthly', '99999999999d', '-1', 'x'.repeat(5_000), '2026-11-29', 'default'])
        case 4:
          return next() < 0.5
        case 5:
          return pick([[], [null], ['t'], ['u', 5], ['sk-fuzz-key-1'], [[]], [{}]])
        case 6:
          return pick([
            {},
            { user_id: 'u' },
            { role: 'admin' },
            { role: 'user', user_id: 'u' },
            { large: 1 },
            { large: 'small' },
          ])
        case 7:
          return [{ budget_limit: value(0), time_period: value(0) }]
        case 8:
          return pick(['internal_user', 'proxy_admin', 'admin', 'management'])
        case 12:
          return [value(depth - 1), value(depth - 1)]
        case 13:
          return { [pick(fields)]: value(depth - 1), [pick(['__proto__', 'toString', 'a'])]: value(depth - 1) }
        default:
          return pick(['t', 'u', 'c', 'b', 'sk-fuzz-key-1', 5, ['t']])
      }
    }
    const statuses = new Map<number, number>()
    for (let i = 0; i < rounds; i++) {
      const { method, path } = pick(control.routes)
      const body =
        next() < 0.05
          ? value(2)
          : Object.fromEntries(Array.from({ length: Math.floor(next() * 6) }, () => [pick(fields), value(2)]))
      const query = new URLSearchParams(
        Array.from({ length: Math.floor(next() * 4) }, (): [string, string] => [pick(parameters), String(value(0))]),
      )
      const url = `${path.replace(/:\w+/g, () => encodeURIComponent(String(pick(['sk-fuzz-key-1', 'x', '%', ' ']))))}?${query}`
      const answer = await ask(method, url, body, masterKey).catch((error: unknown) => {
        throw new Error(`${method} ${url} ${JSON.stringify(body)}: ${(error as Error).stack}`)
      })
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    }
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([])
    expect(statuses.get(200)).toBeGreaterThan(rounds / 10)
    expect(({} as Record<string, unknown>).a).toBeUndefined()
  },
  120_000,
)
