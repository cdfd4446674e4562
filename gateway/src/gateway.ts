import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { type LimitStore, Router, redisLimits, redisState } from 'llmux'
import { Alerts } from './alerts/alerts.js'
import { CallWatch } from './alerts/call-watch.js'
import { keepReports } from './alerts/reports.js'
import { openCache } from './cache.js'
import { CallNotes, loadCallbacks } from './callbacks.js'
import { ConfigError } from './config/checker.js'
import type { Environment, GatewayConfig } from './config/config.js'
import { type ConfigSource, readSource } from './config/source.js'
import { openControl } from './control.js'
import { deploymentRoutes } from './dashboard/deployments.js'
import { settingsRoutes } from './dashboard/settings.js'
import { tailRoutes } from './dashboard/tail.js'
import { uiRoutes } from './dashboard/ui.js'
import { loadHooks } from './hooks/load.js'
import type { Hook } from './hooks/types.js'
import { BackgroundCalls } from './http/background.js'
import { BodyReader } from './http/body.js'
import { LlmRoutes } from './http/llm.js'
import { passThrough } from './http/pass-through.js'
import { ResponseOwners } from './http/responses-store.js'
import { createServer } from './http/server.js'
import { SlowReaders } from './http/slow-readers.js'
import { type Log, silent } from './log.js'
import { findMasterKey, isLoopback, type MasterKey } from './master-key.js'
import { GatewayMetrics } from './metrics/gateway-metrics.js'
import { serveMetrics } from './metrics/server.js'
import { idOf, ModelCatalog } from './models/catalog.js'
import { PriceBook } from './models/price-book.js'
import { StoredModels } from './models/stored-models.js'
import { observe } from './observe.js'
import { withDocument } from './openapi/route.js'
import { connectRedis } from './redis.js'
import { redisTexts } from './redis-texts.js'
import { badRequest } from './refusal.js'
import { type HealthParts, healthRoutes, probes } from './routes/health.js'
import { modelRoutes } from './routes/models.js'
import { operationRoutes, pages } from './routes/operation.js'
import { priceRoutes } from './routes/prices.js'
import { sessionRoutes } from './routes/session.js'
import { ssoRoutes } from './routes/sso.js'
import { applyModels, changesOf, fallbackTable, loadMocks, routerOptions } from './routing.js'
import { prepareFolder } from './store/folder.js'
import { openTracing } from './tracing/tracing.js'
import type { Control } from './types.js'
import { version } from './version.js'
import type { Shared } from './workers/shared.js'

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /**
   * Path of a config.yaml, or its content as an object.
   * @default one wildcard deployment for all providers that have a key in the environment
   */
  readonly config?: ConfigSource | undefined
  /** Folder of the database and the spool. Created if it doesn't exist. @default './llmux-data' */
  readonly data?: string | undefined
  /** Key of the administrator. @default that of the configuration, else one that the first start makes in `data` */
  readonly masterKey?: string | undefined
  /** Variables of the environment, for `os.environ/NAME` and settings without a line in the file. @default process.env */
  readonly environment?: Environment | undefined
  /** Hooks of this process, in front of those of the configuration. @default none */
  readonly hooks?: Hook | readonly Hook[] | undefined
  /** Receives the gateway's own messages. @default none */
  readonly log?: Log | undefined
}

/** Address of the HTTP server. */
export interface ListenOptions {
  /** Port; 0 for any free one. @default 4000 */
  readonly port?: number | undefined
  /** Address of the interface. @default '127.0.0.1' */
  readonly host?: string | undefined
}

/** A running gateway. */
export interface Gateway {
  /** Answers one request, without a socket. */
  fetch(request: Request): Promise<Response>
  /**
   * Starts an HTTP server.
   * @returns the URL of the server, with the port in use
   * @throws {Error} if the address is public and the master key is weak
   */
  listen(address?: ListenOptions): Promise<{ readonly url: string }>
  /**
   * Reads the configuration file again. Calls in flight are not affected. A wrong file changes nothing.
   * @returns one line per change, such as an added model
   * @throws {ConfigError} with all problems of the file
   */
  reload(): Promise<{ readonly changes: readonly string[] }>
  /**
   * Makes a link that signs the admin in to the dashboard, once and within 15 minutes.
   * @param url of the server
   */
  dashboardLink(url: string): Promise<string>
  /** Stops accepting calls, lets open ones finish up to a limit, and releases all resources. */
  close(): Promise<void>
  /** The key of the administrator. */
  readonly masterKey: MasterKey
  /** The configuration in use. */
  readonly config: GatewayConfig
}

/**
 * Creates a gateway.
 * @throws {ConfigError} with file, line and path of every problem of the configuration
 * @example
 * const gateway = await createGateway({ config: 'config.yaml' })
 * const { url } = await gateway.listen({ port: 4000 })
 */
export const createGateway = (options: GatewayOptions = {}): Promise<Gateway> => openGateway(options)

/**
 * Creates a gateway, or one of its workers.
 * @param shared the parts that the workers of one gateway have in common
 */
export async function openGateway(options: GatewayOptions, shared?: Shared): Promise<Gateway> {
  const { data = './llmux-data', environment = process.env, log = silent } = options
  let config = readSource(options.config, environment)
  // the SDK and its integrations read the environment by themselves
  Object.assign(process.env, config.variables)
  prepareFolder(data)
  const masterKey = findMasterKey(options.masterKey ?? config.settings.masterKey, data)
  const settings = () => config.settings
  const ownHooks = [options.hooks ?? []].flat()
  let hooks = await loadHooks(config.hooks, ownHooks, log)
  const { redis, databaseUrl, saltKey, processes } = config.settings

  const link = redis && (await connectRedis(redis))
  // nodes of a Cluster need a client of their own kind
  const place = link && redis?.nodes ? { client: link.client } : { url: redis?.url }
  let limits: LimitStore | undefined
  let teamAlias: (id: string) => string | null = () => null
  const catalog = new ModelCatalog()
  const metrics = new GatewayMetrics(
    (id) => teamAlias(id),
    (name) => catalog.models().includes(name),
  )
  const alerts = new Alerts(config.settings.alerts)
  const watch = new CallWatch(alerts)
  let emailOf: Control['emailOf'] = () => null
  const observer = observe({
    ...{ metrics, alerts, watch, log, emailOf: (scope: string, id: string) => emailOf(scope, id) },
    logCalls: () => config.settings.logCalls,
  })
  catalog.replace(config.models, config.aliases)
  const notes = new CallNotes()
  const [tracing, cache, callbacks, control] = await Promise.all([
    openTracing(config.settings.callbacks, {
      ...{ settings: config.settings.otel, version, log },
      environment: { ...environment, ...config.variables },
      propagate: config.settings.forwardTraceparent !== false,
    }),
    config.settings.cache ? openCache(config.settings.cache) : undefined,
    loadCallbacks(config.settings.callbacks, config.settings.redactCallbacks, notes, log),
    openControl({
      data,
      databaseUrl,
      masterKey: masterKey.value,
      saltKey,
      catalog,
      settings: config.settings.control,
      notify: observer.control,
      sql: shared?.sql,
      bus: link?.bus ?? shared?.bus,
      // after a timeout each process decides within its share, so a busy machine must not cause one
      redis: link?.client,
      limits: link
        ? (seed) => {
            limits = redisLimits({ ...place, processes, commandTimeout: 1_000, seed })
            limits.attach?.({ changed: (state, error) => observer.limits('limits', state, error) })
            return limits
          }
        : shared?.limits,
    }),
  ])
  const { reader } = control
  emailOf = control.emailOf
  teamAlias = control.teamAlias
  alerts.share(reader.claim)
  watch.connect(reader)
  const endReports = keepReports({ alerts, reader, emailOf, now: Date.now })
  const stored = new StoredModels(
    control.documents,
    () => config,
    (id) => config.models.some((entry) => idOf(entry) === id),
    (message) => log.error(message),
  )
  const prices = new PriceBook(control.documents, Date.now)
  const mocks = new Map<string, unknown>()
  const allEntries = () => prices.apply([...config.models, ...(config.settings.storeModels ? stored.entries() : [])])
  await loadMocks(allEntries(), mocks)
  const router = new Router({
    ...routerOptions(config, allEntries(), mocks),
    callbacks: [tracing?.callback ?? [], callbacks, control.contents?.callback ?? []].flat(),
    ...(cache && { cache: cache.option }),
    state: redis ? redisState({ ...place, processes }) : shared?.state,
  })
  observer.follow(router)
  const readers = new SlowReaders(settings)
  metrics.connect({
    ...{ reader, readers },
    lostAlerts: () => alerts.lost,
    lostEvents: () =>
      Object.fromEntries(
        Object.entries(router.callbackStats().senders).map(([name, sender]) => [name, sender.failed + sender.dropped]),
      ),
  })
  let fallbacksOf = fallbackTable(config)
  const refresh = async () => {
    await loadMocks(allEntries(), mocks)
    applyModels(router, catalog, config, allEntries(), mocks)
  }
  catalog.replace(allEntries(), config.aliases)
  const changedModels = () =>
    void refresh().catch((error: unknown) =>
      log.error(`A stored model can't be used: ${error instanceof Error ? error.message : String(error)}`),
    )
  const unwatchModels = stored.watch(changedModels)
  const unwatchPrices = prices.watch(changedModels)

  const reload = async () => {
    let next: GatewayConfig
    try {
      next = readSource(options.config, environment)
    } catch (error) {
      if (error instanceof ConfigError) log.error(`The configuration was not reloaded.\n${error.message}`)
      throw error instanceof ConfigError ? badRequest(`The configuration was not reloaded. ${error.message}`) : error
    }
    const changes = changesOf(config, next)
    const before = config
    try {
      const loaded = await loadHooks(next.hooks, ownHooks, log)
      config = next
      await refresh()
      hooks = loaded
    } catch (error) {
      config = before
      throw error instanceof ConfigError ? badRequest(`The configuration was not reloaded. ${error.message}`) : error
    }
    fallbacksOf = fallbackTable(config)
    control.configure(config.settings.control)
    alerts.configure(config.settings.alerts)
    log.info(`The configuration was reloaded: ${changes.join('; ') || 'nothing has changed'}.`)
    return { changes }
  }

  let draining = false
  let metricsServer: Awaited<ReturnType<typeof serveMetrics>> | undefined
  const health: HealthParts = { router, control, catalog, settings, draining: () => draining, version }
  const ownMetrics = () => metrics.dump(router.snapshot())
  shared?.offerMetrics(ownMetrics)
  shared?.bus.subscribe('reload', () => void reload().catch(() => {}))
  const reloadAll = async () => {
    const done = await reload()
    shared?.bus.publish('reload', null)
    return done
  }
  const operation = {
    ...{ control, catalog, cache, settings, version, reload: reloadAll },
    metrics: shared ? () => shared.metrics() : ownMetrics,
  }
  const bodies = new BodyReader(config.settings.maxBodyBytes, config.settings.maxBytesInFlight)
  const background = new BackgroundCalls({
    ...{ documents: control.documents, router, claim: reader.claim, now: Date.now },
    amend: (booking) => control.amend(booking),
  })
  const llm = new LlmRoutes({
    environment,
    router,
    control,
    catalog,
    settings,
    observer: observer.calls,
    ...{ tracing, notes, background },
    owners: new ResponseOwners({
      texts: link
        ? redisTexts({ client: link.client, keepMs: config.settings.control.keepResponsesMs })
        : control.texts,
      owners: control.responseOwners,
      passUnknown: () => config.settings.control.passUnknownResponses === true,
    }),
    cacheable: cache !== undefined,
    hooks: () => hooks,
    fallbacksOf: (group) => fallbacksOf(group),
  })
  const pass = { control, catalog, settings, bodies, environment, tracing, hooks: () => hooks }
  const routes = [
    ...control.routes,
    ...healthRoutes(health),
    ...modelRoutes({ control, catalog, stored, alerts, refresh }),
    ...deploymentRoutes({ control, catalog, stored, router }),
    ...settingsRoutes({ config: () => config, alerts, environment, version }),
    ...operationRoutes(operation),
    ...priceRoutes({
      ...{ book: prices, catalog, reader, now: Date.now },
      pricesUrl: () => config.settings.pricesUrl,
    }),
  ]
  const open = [
    ...probes(health),
    ...pages(operation),
    ...ssoRoutes({ control, settings }),
    ...tailRoutes({ control, settings, draining: () => draining }),
    ...uiRoutes(),
    ...sessionRoutes({ control, settings, bodies, routes: () => routes, version }),
  ]
  const app = createServer({
    control,
    llm,
    ...{ settings, bodies, readers },
    routes,
    open: withDocument(routes, open, version),
    passThrough: (request, signal) => passThrough(pass, request, signal),
    draining: () => draining,
    counter: shared?.limits,
    trouble: (error, route) =>
      log.error(`${route} has failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  })

  const close = async () => {
    if (draining) return
    draining = true
    const until = Date.now() + config.settings.drainMs
    while (app.openCalls() > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
    app.abort()
    await app.close()
    unwatchModels()
    unwatchPrices()
    endReports()
    background.close()
    await metricsServer?.close()
    watch.close()
    await router.close()
    await tracing?.close()
    await control.close()
    await limits?.close()
    link?.close()
    await Promise.all([alerts.close(), cache?.close()])
  }

  return {
    masterKey,
    get config() {
      return config
    },
    reload,
    close,
    dashboardLink: async (url) => `${url}/session/open?token=${(await control.sessions.link()).token}`,
    async fetch(request) {
      const url = new URL(request.url)
      const response = await app.server.inject({
        method: request.method as 'GET',
        url: `${url.pathname}${url.search}`,
        headers: { ...Object.fromEntries(request.headers), host: url.host },
        ...(request.body && { payload: Readable.fromWeb(request.body as never) }),
        payloadAsStream: true,
        signal: request.signal,
      })
      const headers = new Headers()
      for (const [name, value] of Object.entries(response.headers))
        for (const item of Array.isArray(value) ? value : [value])
          if (item !== undefined) headers.append(name, String(item))
      const empty = response.statusCode === 204 || request.method === 'HEAD'
      return new Response(empty ? null : (Readable.toWeb(response.stream()) as ReadableStream), {
        status: response.statusCode,
        headers,
      })
    },
    async listen({ port = 4000, host = '127.0.0.1' } = {}) {
      if (masterKey.weakness && !isLoopback(host) && !config.settings.permitWeakMasterKey) {
        throw new Error(
          `The master key must not be used on ${host}: ${masterKey.weakness}. Set a long random one, listen on 127.0.0.1, or set general_settings.dangerously_permit_weak_or_unset_master_key.`,
        )
      }
      await app.server.listen({ port, host })
      const { port: metricsPort, host: metricsHost } = config.settings.metrics
      if (metricsPort !== undefined)
        metricsServer = await serveMetrics({ port: metricsPort, host: metricsHost ?? host }, operation.metrics)
      const address = app.server.server.address() as AddressInfo
      const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
      return { url: `http://${shown}:${address.port}` }
    },
  }
}
