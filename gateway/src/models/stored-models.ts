import { randomUUID } from 'node:crypto'
import { object, text } from '../admin/fields.js'
import { Checker } from '../config/checker.js'
import type { GatewayConfig } from '../config/config.js'
import { checkDeployment, type ModelEntry, readDeployment } from '../config/deployment.js'
import { parseConfigText } from '../config/document.js'
import { badRequest, forbidden, notFound } from '../refusal.js'
import type { DocumentStore } from '../types.js'
import { idOf } from './catalog.js'

const collection = 'models'

type Json = Readonly<Record<string, unknown>>

/** Models that were added at run time, in the database. They come after those of the file, which can't be changed. */
export class StoredModels {
  readonly #documents: DocumentStore
  readonly #config: () => GatewayConfig
  readonly #fromFile: (id: string) => boolean
  readonly #report: (message: string) => void
  readonly #reported = new Set<string>()

  constructor(
    documents: DocumentStore,
    config: () => GatewayConfig,
    fromFile: (id: string) => boolean,
    report: (message: string) => void = () => {},
  ) {
    this.#documents = documents
    this.#config = config
    this.#fromFile = fromFile
    this.#report = report
  }

  /** Stored entries. One that is not valid, after an import or an update of the gateway for example, is left out and reported. */
  entries(): ModelEntry[] {
    return this.#documents.list(collection).flatMap(({ id, value }) => {
      try {
        return this.#read(value)
      } catch (error) {
        const name = isRecord(value) ? String(value.model_name) : ''
        const message = `The stored model '${name}' (${id}) is left out: ${error instanceof Error ? error.message : error}`
        if (!this.#reported.has(message)) this.#report(message)
        this.#reported.add(message)
        return []
      }
    })
  }

  watch(changed: () => void): () => void {
    return this.#documents.watch(collection, changed)
  }

  /**
   * Reads a model as `add()` does, without storing it.
   * @throws a refusal with the first problem
   */
  check(body: Json): ModelEntry {
    const [entry] = this.#read({
      model_name: body.model_name,
      litellm_params: body.litellm_params,
      model_info: { ...(isRecord(body.model_info) ? body.model_info : {}), id: 'test' },
    })
    if (!entry) throw badRequest('The model is not for this environment.', 'model_info')
    return entry
  }

  async add(body: Json, by: string): Promise<ModelEntry> {
    this.#checkAllowed()
    checkTypes(body)
    const info = isRecord(body.model_info) ? body.model_info : {}
    const id = typeof info.id === 'string' && info.id !== '' ? info.id : randomUUID()
    if (this.#fromFile(id) || this.#find(id)) throw badRequest(`A model with the id '${id}' exists.`, 'model_info.id')
    const value = { model_name: body.model_name, litellm_params: body.litellm_params, model_info: { ...info, id } }
    const [entry] = this.#read(value)
    if (!entry) throw badRequest('The model is not for this environment.', 'model_info')
    await this.#documents.put(collection, id, value, by)
    return entry
  }

  /** Changes fields. A parameter that is null is removed. */
  async update(id: string, body: Json, by: string): Promise<ModelEntry> {
    this.#checkAllowed()
    checkTypes(body)
    const old = this.#find(id)
    if (!old) throw this.#unknown(id)
    const merge = (before: unknown, change: unknown) =>
      Object.fromEntries(
        Object.entries({ ...(isRecord(before) ? before : {}), ...(isRecord(change) ? change : {}) }).filter(
          ([, value]) => value !== null,
        ),
      )
    const value = {
      model_name: body.model_name ?? old.model_name,
      litellm_params: merge(old.litellm_params, body.litellm_params),
      model_info: { ...merge(old.model_info, body.model_info), id },
    }
    const [entry] = this.#read(value)
    if (!entry) throw badRequest('The model is not for this environment.', 'model_info')
    await this.#documents.put(collection, id, value, by)
    return entry
  }

  async remove(id: string, by: string): Promise<void> {
    this.#checkAllowed()
    if (!this.#find(id)) throw this.#unknown(id)
    await this.#documents.remove(collection, id, by)
  }

  #checkAllowed(): void {
    if (!this.#config().settings.storeModels)
      throw forbidden("Models can't be changed at run time: general_settings.store_model_in_db is false.")
  }

  #unknown(id: string): Error {
    if (this.#fromFile(id)) return badRequest(`The model '${id}' is in the configuration file. Change it there.`, 'id')
    const error = badRequest(`There is no stored model with the id '${id}'.`, 'id', 'not_found_error')
    return error instanceof Error ? error : notFound(String(error))
  }

  #find(id: string): Json | undefined {
    const value = this.#documents.list(collection).find((document) => document.id === id)?.value
    return isRecord(value) ? value : undefined
  }

  /** @throws a refusal with the first problem */
  #read(value: unknown): ModelEntry[] {
    const checker = new Checker(parseConfigText('{}', 'model'), readableVariables())
    const found = readDeployment(checker, [], value, this.#config().credentials, {}, true)
    for (const entry of found) checkDeployment(checker, entry)
    const [problem] = checker.problems
    if (problem) throw badRequest(problem.message.replaceAll("'.", "'"), problem.path.replace(/^\./, '') || undefined)
    return found.filter((entry) => idOf(entry) !== '')
  }
}

function checkTypes(body: Json): void {
  text(body, 'model_name')
  object(body, 'litellm_params')
  object(body, 'model_info')
}

/** A body may refer to the keys of providers, and to no other secret of the gateway. */
const readableVariables = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => /_(API_KEY|API_BASE|ENDPOINT)$/.test(name)))

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
