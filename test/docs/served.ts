/** The examples that serve until they are stopped: `servers.test.ts` calls them. */
export const served: readonly string[] = ['express.mjs', 'fastify.mjs', 'hono.mjs', 'next-route.mjs']

/** The examples of `llmux/server`: `handler-examples.test.ts` calls them. */
export const handlers: readonly string[] = [
  ...['handler-http.mjs', 'handler-express.mjs', 'handler-fastify.mjs', 'handler-hono.mjs'],
]
