import { join } from 'node:path'
import { activityRoutes } from './admin/activity.js'
import { auditRoutes } from './admin/audit.js'
import { budgetRoutes } from './admin/budgets.js'
import type { AdminContext } from './admin/context.js'
import { customerRoutes } from './admin/customers.js'
import { keyRoutes } from './admin/keys.js'
import { organizationRoutes } from './admin/organizations.js'
import { spendRoutes } from './admin/spend.js'
import { tagRoutes } from './admin/tags.js'
import { teamRoutes } from './admin/teams.js'
import { userRoutes } from './admin/users.js'
import { Directory } from './keys/directory.js'
import { FailedAttempts } from './keys/failed-attempts.js'
import { isTeamAdmin, KeyRing } from './keys/key-ring.js'
import { authorizeRoute } from './keys/routes.js'
import { CallStream } from './ledger/call-stream.js'
import { Contents } from './ledger/contents.js'
import { Customers } from './ledger/customers.js'
import { Ledger } from './ledger/ledger.js'
import { OpenCalls } from './ledger/open-calls.js'
import { ledgerReader } from './ledger/reader.js'
import { keepRetention } from './ledger/retention.js'
import { SpendBook } from './ledger/spend-book.js'
import { Spool } from './ledger/spool.js'
import { createAdmission } from './limits/admission.js'
import { JwtKeys } from './sso/jwt.js'
import { KeySessions } from './sso/sessions.js'
import { OidcSignIn } from './sso/sign-in.js'
import { checkSalt } from './store/canary.js'
import { migrate } from './store/migrations.js'
import { openStore } from './store/open.js'
import { SqlOwners } from './store/response-owners.js'
import { createVault } from './store/secrets.js'
import { SqlTexts } from './store/sql-texts.js'
import type { Control, ControlEvent, ControlOptions, ControlSettings, DocumentStore } from './types.js'

const mostCustomers = 100_000

/**
 * Opens the database, brings its schema up to date, books the calls left in the spool of an earlier process, and loads the keys.
 * @throws if the database can't be reached, is newer than this release, or was encrypted with another salt key
 */
export async function openControl(options: ControlOptions): Promise<Control> {
  const { data, databaseUrl, masterKey, saltKey, catalog } = options
  const now = () => options.now?.() ?? Date.now()
  const notify = (event: ControlEvent) => {
    try {
      options.notify?.(event)
    } catch {}
  }
  let settings: ControlSettings = options.settings ?? {}
  const sql = (databaseUrl === undefined && options.sql) || (await openStore({ data, databaseUrl, exclusive: true }))
  try {
    await migrate(sql)
    const vault = createVault(saltKey ?? masterKey)
    await checkSalt(sql, vault)
    const directory = new Directory(sql, vault, notify, options.bus, options.mostKept)
    directory.timezone = settings.timezone
    await directory.start()
    const spool = new Spool(join(data, 'spool'), (error) => notify({ kind: 'trouble', part: 'spool', error }))
    const book = new SpendBook(options.mostKept)
    // nothing outside of this machine without a server
    const isShared = settings.durability !== 'local' && (sql.engine === 'postgres' || options.redis !== undefined)
    const shared = isShared
      ? {
          commits: sql.engine === 'postgres',
          open: sql.engine === 'postgres' ? new OpenCalls(sql) : undefined,
          stream: options.redis && new CallStream(options.redis),
        }
      : undefined
    const ledger = new Ledger(sql, book, spool, notify, { shared })
    await ledger.recover()
    await book.load(sql, now())
    const customers = new Customers(sql, directory, () => settings.maxCustomers ?? mostCustomers)
    await customers.count()
    const contents = settings.contents && new Contents(sql, settings.contents, now)
    const texts = new SqlTexts(sql, settings.keepResponsesMs, now)
    const responseOwners = new SqlOwners(sql, settings.keepResponsesMs, now)
    const endRetention = keepRetention(sql, () => settings.retention, now)
    const ring = new KeyRing(directory, masterKey, now)
    const parts = { sql, directory, book, ledger, customers, catalog, settings: () => settings, now }
    const context: AdminContext = { ...parts, masterKey }
    const jwt = new JwtKeys(context, ring)
    const signIn = new OidcSignIn(context, vault)
    const sessions = new KeySessions(directory, ring, now)
    const failedAttempts = new FailedAttempts(now, (ip) => options.bus?.publish('failed attempt', ip))
    options.bus?.subscribe('failed attempt', (ip: string) => failedAttempts.note(ip))
    return {
      admission: createAdmission({ ...parts, limits: options.limits, notify }),
      routes: [
        ...keyRoutes(context),
        ...teamRoutes(context),
        ...userRoutes(context),
        ...customerRoutes(context),
        ...budgetRoutes(context),
        ...tagRoutes(context),
        ...organizationRoutes(context),
        ...spendRoutes(context),
        ...activityRoutes(context),
        ...auditRoutes(context),
      ],
      health: () => ({
        database: sql.engine,
        connected: directory.connected && ledger.writable,
        lagMs: directory.lagMs,
      }),
      prepare(token) {
        if (sessions.isSession(token)) return sessions.prepare(token)
        return jwt.accepts(token) ? jwt.prepare(token) : ring.prepare(token)
      },
      authenticate: (token, ip) =>
        failedAttempts.check(
          ip,
          () => sessions.authenticate(token) ?? jwt.authenticate(token) ?? ring.authenticate(token),
        ),
      authorizeRoute,
      documents: documentStore(directory),
      reader: ledgerReader({ ...parts, backlog: () => ledger.backlog, flush: () => ledger.flush() }),
      contents,
      amend: (booking) => ledger.amend(booking),
      teamAlias: (id) => directory.get('teams', id)?.team_alias ?? null,
      emailOf: (scope, id) => {
        const user = scope === 'user' ? id : scope === 'key' ? directory.get('keys', id)?.user_id : undefined
        return user ? (directory.get('users', user)?.user_email ?? null) : null
      },
      signIn,
      sessions,
      texts,
      responseOwners,
      teamsOf: (principal) =>
        [...directory.all('teams')].flatMap(({ team_id }) =>
          isTeamAdmin(directory, principal, team_id) ? [team_id] : [],
        ),
      configure(next) {
        settings = next
        directory.timezone = next.timezone
      },
      async close() {
        endRetention()
        texts.close()
        responseOwners.close()
        await customers.flush()
        await contents?.close()
        await ledger.close()
        await directory.stop()
        await sql.close()
      },
    }
  } catch (error) {
    await sql.close().catch(() => {})
    throw error
  }
}

const actor = (by: string) => ({ user: by, key: '' })

function documentStore(directory: Directory): DocumentStore {
  return {
    list: (collection) => [...directory.documents(collection)].map(([id, value]) => ({ id, value })),
    async put(collection, id, value, by) {
      await directory.changeDocument(actor(by), 'document stored', collection, id, value)
    },
    remove: (collection, id, by) => directory.changeDocument(actor(by), 'document removed', collection, id, undefined),
    watch: (collection, changed) =>
      directory.watch((collections) => {
        if (collections.has(collection)) changed()
      }),
  }
}
