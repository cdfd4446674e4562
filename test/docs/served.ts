/** The examples that serve until they are stopped: `servers.test.ts` calls them. */
export const served: readonly string[] = ['express.mjs', 'fastify.mjs', 'hono.mjs', 'next-route.mjs']
