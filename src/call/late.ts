/**
 * Code that loads with its first use. Concurrent first uses share one load, and later ones find it without a promise. A load that fails, as
 * with too many open files, is tried again by the next use.
 * @param load an `import()`
 */
export function late<Module>(load: () => Promise<Module>): Late<Module> {
  let loading: Promise<Module> | undefined
  const self: { loaded: Module | undefined; load(): Promise<Module> } = {
    loaded: undefined,
    load() {
      loading ??= load().then(
        (module) => {
          self.loaded = module
          return module
        },
        (error: unknown) => {
          loading = undefined
          throw error
        },
      )
      return loading
    },
  }
  return self
}

export interface Late<Module> {
  /** The code, once it is loaded. */
  readonly loaded: Module | undefined
  load(): Promise<Module>
}

/**
 * A copy of a request for the time until its code is loaded: the caller may use the object for the next call. A loaded call reads the same
 * fields at once. What is no request is returned as it is, for the call to reject.
 */
export function held<Value>(request: Value): Value {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) return request
  const fields: [string, unknown][] = []
  for (const name in request) fields.push([name, request[name]])
  return Object.fromEntries(fields) as Value
}
