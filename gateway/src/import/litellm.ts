import type { Change, CollectionName, Collections } from '../keys/collections.js'
import { Directory } from '../keys/directory.js'
import { addTotals, dailyShares } from '../ledger/rollups.js'
import { currentPeriod, effectiveLimits, total } from '../limits/accounts.js'
import { toNanos } from '../limits/money.js'
import { checkSalt } from '../store/canary.js'
import { migrate } from '../store/migrations.js'
import { openStore } from '../store/open.js'
import { openPostgres } from '../store/postgres.js'
import { createVault } from '../store/secrets.js'
import { placeholders, type Sql, type SqlRunner, type SqlValue } from '../store/sql.js'
import {
  budgetOf,
  customerOf,
  keyOf,
  membershipOf,
  numberOf,
  objectOf,
  organizationOf,
  type SourceRow,
  tagOf,
  teamOf,
  textOf,
  timeOf,
  userOf,
} from './litellm-rows.js'
import { decryptLitellm, looksEncrypted } from './litellm-secrets.js'

/** Options of {@link importLitellm}. */
export interface ImportOptions {
  /** `postgresql://…` of LiteLLM's database. It is only read. */
  readonly source: string
  /** Folder of the gateway's data. */
  readonly data: string
  /** Database of the gateway; may be the source itself. @default SQLite in `data` */
  readonly databaseUrl?: string | undefined
  readonly masterKey: string
  /** The gateway's salt key. @default the master key */
  readonly saltKey?: string | undefined
  /** LiteLLM's `LITELLM_SALT_KEY`, or its master key. @default the gateway's own */
  readonly sourceSaltKey?: string | undefined
}

/** Number of imported rows by kind, and the rows and fields that could not be imported. */
export interface ImportReport {
  readonly counts: Readonly<Record<string, number>>
  readonly problems: readonly string[]
}

const actor = { user: 'import', key: '' }

/**
 * Copies keys (by their hashes), teams, users, budgets, customers, tags, organizations, models and spend from a database of LiteLLM. Rows that exist
 * stay as they are, so the import can be repeated.
 */
export async function importLitellm(options: ImportOptions): Promise<ImportReport> {
  const { data, databaseUrl, masterKey, saltKey } = options
  const source = openPostgres(options.source)
  const sql = await openStore({ data, databaseUrl })
  const directory = new Directory(sql, createVault(saltKey ?? masterKey), () => {})
  try {
    await migrate(sql)
    await checkSalt(sql, createVault(saltKey ?? masterKey))
    await directory.start()
    return await new LitellmImport(source, sql, directory, options.sourceSaltKey ?? saltKey ?? masterKey).run()
  } finally {
    await directory.stop()
    await Promise.all([source.close(), sql.close()])
  }
}

class LitellmImport {
  readonly #source: Sql
  readonly #sql: Sql
  readonly #directory: Directory
  readonly #secret: string
  readonly #now = new Date().toISOString()
  readonly #counts: Record<string, number> = {}
  readonly #problems: string[] = []

  constructor(source: Sql, sql: Sql, directory: Directory, secret: string) {
    this.#source = source
    this.#sql = sql
    this.#directory = directory
    this.#secret = secret
  }

  async run(): Promise<ImportReport> {
    if (!(await this.#has('LiteLLM_VerificationToken'))) {
      throw new Error("The database has no table 'LiteLLM_VerificationToken': it is not one of LiteLLM.")
    }
    const now = this.#now
    const modelNames = await this.#models()
    const aliases = new Map(
      (await this.#read('LiteLLM_ModelTable')).map((row) => [
        String(row.id),
        objectOf(row.aliases ?? row.model_aliases),
      ]),
    )
    await this.#copy('budgets', 'LiteLLM_BudgetTable', 'budget_id', (row) => budgetOf(row, now))
    await this.#copy(
      'organizations',
      'LiteLLM_OrganizationTable',
      'organization_id',
      (row) => organizationOf(row, now),
      'organization',
    )
    await this.#copy(
      'teams',
      'LiteLLM_TeamTable',
      'team_id',
      (row) => teamOf(row, aliases.get(String(row.model_id)) ?? {}, now),
      'team',
    )
    await this.#copy('users', 'LiteLLM_UserTable', 'user_id', (row) => userOf(row, now), 'user')
    await this.#copy('memberships', 'LiteLLM_TeamMembership', 'id', (row) => membershipOf(row, now), 'member')
    await this.#copy('customers', 'LiteLLM_EndUserTable', 'user_id', (row) => customerOf(row, now), 'customer')
    await this.#copy('tags', 'LiteLLM_TagTable', 'name', (row) => tagOf(row, modelNames, now), 'tag')
    await this.#copy('keys', 'LiteLLM_VerificationToken', 'token', (row) => keyOf(row, now), 'key')
    await this.#rotated()
    await this.#dailySpend()
    await this.#dailyTags()
    return { counts: this.#counts, problems: this.#problems }
  }

  async #has(table: string): Promise<boolean> {
    const [row] = await this.#source.query('SELECT to_regclass(?) AS name', [`"${table}"`])
    return row?.name !== null && row?.name !== undefined
  }

  /** All rows as JSON, so that every release can be read; none if the table is missing. */
  async #read(table: string): Promise<SourceRow[]> {
    if (!(await this.#has(table))) return []
    const rows = await this.#source.query(`SELECT to_jsonb(t) AS source_row FROM "${table}" t`)
    return rows.map(({ source_row }) => source_row as unknown as SourceRow)
  }

  async #copy<Name extends CollectionName>(
    collection: Name,
    table: string,
    idName: keyof Collections[Name] & string,
    convert: (row: SourceRow) => Collections[Name],
    scope?: string,
  ): Promise<void> {
    const rows = await this.#read(table)
    this.#counts[collection] = await this.#directory.change(actor, 'imported from LiteLLM', (change) => {
      let count = 0
      for (const source of rows) {
        const row = convert(source)
        const id = String(row[idName])
        if (change.get(collection, id)) continue
        change.put(collection, id, row)
        if (scope) this.#spend(change, `${scope}:${id}`, source, row)
        count++
      }
      return count
    })
  }

  /** Keeps the spend of the current period. */
  #spend(change: Change, name: string, source: SourceRow, row: object): void {
    const spend = numberOf(source.spend) ?? 0
    const all = Math.max(spend, numberOf(source.total_spend) ?? 0)
    if (all <= 0) return
    const limits = effectiveLimits(this.#directory, row as Parameters<typeof effectiveLimits>[1])
    const period = currentPeriod(limits, 0, Date.now())
    const sums =
      period === total
        ? [[total, spend]]
        : [
            [total, all],
            [period, spend],
          ]
    change.also((tx) =>
      upsertSpend(
        tx,
        sums.map(([key, dollars]) => [name, String(key), toNanos(Number(dollars))]),
      ),
    )
  }

  /** Keys that were rotated and live on for a grace period. */
  async #rotated(): Promise<void> {
    const rows = await this.#read('LiteLLM_DeprecatedVerificationToken')
    await this.#directory.change(actor, 'imported from LiteLLM', (change) => {
      for (const source of rows) {
        const token = textOf(source.token)
        const active = textOf(source.active_token_id)
        const successor = active === null ? undefined : change.get('keys', active)
        const expires = timeOf(source.revoke_at)
        if (token === null || !successor || expires === null || change.get('keys', token)) continue
        change.put('keys', token, {
          ...successor,
          token,
          key_alias: null,
          expires,
          extra: { replaced_by: successor.token },
        })
      }
    })
  }

  /** Models that were added at run time. Returns the names of all by their ids. */
  async #models(): Promise<Map<string, string>> {
    const names = new Map<string, string>()
    const credentials = await this.#credentials()
    const known = this.#directory.documents('models')
    let count = 0
    for (const row of await this.#read('LiteLLM_ProxyModelTable')) {
      const id = String(row.model_id)
      const name = String(row.model_name)
      names.set(id, name)
      if (known.has(id)) continue
      const params = withCredential(this.#decrypted(objectOf(row.litellm_params)), credentials)
      if (!params) {
        this.#problems.push(
          `The model '${name}' (${id}) was encrypted with another key. Pass LiteLLM's salt key, or add the model again.`,
        )
        continue
      }
      const value = { model_name: name, litellm_params: params, model_info: { ...objectOf(row.model_info), id } }
      await this.#directory.changeDocument(actor, 'imported from LiteLLM', 'models', id, value)
      count++
    }
    this.#counts.models = count
    return names
  }

  /** Named credentials. A name that is missing here may be in `credential_list` of the configuration. */
  async #credentials(): Promise<Map<string, Record<string, unknown>>> {
    const found = new Map<string, Record<string, unknown>>()
    if (!(await this.#has('LiteLLM_CredentialsTable'))) return found
    for (const row of await this.#read('LiteLLM_CredentialsTable')) {
      const values = this.#decrypted(objectOf(row.credential_values))
      const name = String(row.credential_name)
      if (values) found.set(name, values)
      else this.#problems.push(`The credential '${name}' was encrypted with another key. Add it to 'credential_list'.`)
    }
    return found
  }

  /** Each text in the parameters is encrypted by itself. */
  #decrypted(params: Record<string, unknown>): Record<string, unknown> | undefined {
    const found: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(params)) {
      if (typeof value !== 'string') found[name] = value
      else {
        const plain = decryptLitellm(value, this.#secret)
        if (plain === undefined && looksEncrypted(value)) return undefined
        found[name] = plain ?? value
      }
    }
    return found
  }

  /** Daily sums, which every report reads. */
  async #dailySpend(): Promise<void> {
    const rows = await this.#read('LiteLLM_DailyUserSpend')
    const columns = [
      ...[
        'day',
        'key_hash',
        'user_id',
        'team_id',
        'customer_id',
        'model_group',
        'model',
        'provider',
        'deployment',
        'path',
      ],
      ...[
        'calls',
        'failures',
        'input_tokens',
        'output_tokens',
        'cached_tokens',
        'cache_hits',
        'unknown_costs',
        'duration_ms',
        'nanos',
      ],
    ]
    const team = (hash: string) => this.#directory.get('keys', hash)?.team_id ?? ''
    this.#counts.daily_sums = await this.#sums('llmux_daily', columns, rows, (row) => {
      const hash = textOf(row.api_key) ?? ''
      const names = [String(row.date), hash, textOf(row.user_id) ?? '', team(hash), '']
      return [
        [
          ...names,
          textOf(row.model_group) ?? '',
          textOf(row.model) ?? '',
          textOf(row.custom_llm_provider) ?? '',
          imported,
          textOf(row.endpoint) ?? '',
        ],
        [...callSums(row), 0, 0, 0, toNanos(numberOf(row.spend) ?? 0)],
      ]
    })
  }

  async #dailyTags(): Promise<void> {
    const rows = (await this.#read('LiteLLM_DailyTagSpend')).filter(({ tag }) => textOf(tag) !== null)
    const columns = [
      ...['day', 'tag', 'key_hash', 'model_group', 'model', 'provider', 'path'],
      ...['calls', 'failures', 'input_tokens', 'output_tokens', 'cached_tokens', 'duration_ms', 'nanos'],
    ]
    await this.#sums('llmux_daily_tags', columns, rows, (row) => [
      [
        String(row.date),
        String(row.tag),
        textOf(row.api_key) ?? '',
        textOf(row.model_group) ?? '',
        textOf(row.model) ?? '',
        textOf(row.custom_llm_provider) ?? '',
        // marks the row, so that a second import finds it
        `${imported} ${textOf(row.endpoint) ?? ''}`.trim(),
      ],
      [...callSums(row), 0, toNanos(numberOf(row.spend) ?? 0)],
    ])
  }

  async #sums(
    table: string,
    columns: readonly string[],
    rows: readonly SourceRow[],
    convert: (row: SourceRow) => [names: string[], sums: number[]],
  ): Promise<number> {
    const found = new Map<string, [string[], number[]]>()
    for (const row of rows) {
      const [names, sums] = convert(row)
      const key = names.join('\n')
      const before = found.get(key)
      found.set(key, [names, before ? sums.map((value, at) => value + (before[1][at] ?? 0)) : sums])
    }
    const all = [...found.values()]
    for (let at = 0; at < all.length; at += 100) {
      const group = all.slice(at, at + 100)
      await this.#sql.transaction(async (tx) => {
        const added = await tx.query(
          `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${placeholders(group.length, columns.length)} ON CONFLICT DO NOTHING RETURNING *`,
          group.flatMap(([names, sums]): SqlValue[] => [...names, ...sums]),
        )
        await addTotals(tx, added.flatMap(dailyShares))
      })
    }
    return all.length
  }
}

const imported = 'litellm'

const callSums = (row: SourceRow): number[] => [
  numberOf(row.api_requests) ?? 0,
  numberOf(row.failed_requests) ?? 0,
  numberOf(row.prompt_tokens) ?? 0,
  numberOf(row.completion_tokens) ?? 0,
  numberOf(row.cache_read_input_tokens) ?? 0,
]

async function upsertSpend(
  tx: SqlRunner,
  sums: readonly (readonly [name: string, period: string, nanos: number])[],
): Promise<void> {
  for (const [name, period, nanos] of sums) {
    await tx.query(
      `INSERT INTO llmux_spend (subject, period, nanos, updated) VALUES (?, ?, ?, ?)
       ON CONFLICT (subject, period) DO UPDATE SET nanos = excluded.nanos, updated = excluded.updated`,
      [name, period, nanos, Date.now()],
    )
  }
}

/** Parameters with the values of the credential that they name: models of the gateway have their own. */
function withCredential(
  params: Record<string, unknown> | undefined,
  credentials: ReadonlyMap<string, Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const values = credentials.get(String(params?.litellm_credential_name))
  if (!params || !values) return params
  const { litellm_credential_name: _, ...rest } = params
  return { ...values, ...rest }
}
