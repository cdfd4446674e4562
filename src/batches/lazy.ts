import type { ClientContext } from '../call/context.js'
import type { Batches, Files } from '../types/batch.js'
import type { ListedModel } from '../types/model-list.js'
import type { CallOptions } from '../types/options.js'
import type { Report } from './place.js'

/** Lists the models of a provider. */
export const lazyModels =
  (context: ClientContext) =>
  async (provider: string, options?: CallOptions): Promise<ListedModel[]> =>
    (await import('./parts.js')).listModels(context, provider, options)

/** `files` and `batches` of a client: their code loads with the first use. */
export function lazyResources(context: ClientContext, report: Report): { files: Files; batches: Batches } {
  let loading: Promise<{ files: Files; batches: Batches }> | undefined
  const load = () => {
    loading ??= import('./parts.js').then(({ resourcesOf }) => resourcesOf(context, report))
    return loading
  }
  const iterate = async function* <Item>(open: (resources: { files: Files; batches: Batches }) => AsyncIterable<Item>) {
    yield* open(await load())
  }
  return {
    files: {
      create: async (request) => (await load()).files.create(request),
      retrieve: async (file, options) => (await load()).files.retrieve(file, options),
      list: (request) => iterate(({ files }) => files.list(request)),
      content: (file, options) => iterate(({ files }) => files.content(file, options)),
      delete: async (file, options) => (await load()).files.delete(file, options),
    },
    batches: {
      create: async (request) => (await load()).batches.create(request),
      retrieve: async (batch, options) => (await load()).batches.retrieve(batch, options),
      cancel: async (batch, options) => (await load()).batches.cancel(batch, options),
      list: (request) => iterate(({ batches }) => batches.list(request)),
      wait: async (batch, options) => (await load()).batches.wait(batch, options),
      results: (batch, options) => iterate(({ batches }) => batches.results(batch, options)),
    },
  }
}
