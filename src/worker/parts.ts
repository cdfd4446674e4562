import { BadRequestError } from '../errors.js'

/**
 * The parts of llmux that few workers need: `client.fetch`, the APIs of other vendors, and rare operations. Wrangler puts everything that
 * llmux could load into one file, so the build for workers has them in the entries `llmux/server` and `llmux/batch` (tsup.worker.ts).
 */

type Module = Readonly<Record<string, unknown>>

const parts = new Map<string, Module>()

/** Adds a part. */
export const addPart = (name: string, module: Module): unknown => parts.set(name, module)

/** In the place of `import()` of a module that the worker has. */
export const loaded = <Loaded>(module: Loaded): Promise<Loaded> => Promise.resolve(module)

/**
 * In the place of `import()` of a part.
 * @throws {BadRequestError} if the worker does not import the entry with the part
 */
export const loadPart = async (name: string, entry: string): Promise<Module> => part(name, entry)

/** An export of a part, looked up at each use. */
export function late(name: string, entry: string, key: string): unknown {
  const value = () => part(name, entry)[key] as object
  return new Proxy(() => {}, {
    get: (_, member) => Reflect.get(value(), member),
    apply: (_, self, values) => Reflect.apply(value() as () => unknown, self, values),
  })
}

function part(name: string, entry: string): Module {
  const found = parts.get(name)
  if (found) return found
  throw new BadRequestError(
    `This call needs a part of llmux that is not in the worker's bundle. Add the line: import '${entry}'.`,
  )
}
