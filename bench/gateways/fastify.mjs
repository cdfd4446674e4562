// A bare proxy on Fastify: it reads no body.
import fastify from 'fastify'
import { Pool } from 'undici'

const pool = new Pool(process.argv[3])
const app = fastify()
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
app.all('/*', async ({ method, url: path, headers, body }, reply) => {
  const { host: _, connection: __, ...rest } = headers
  const answer = await pool.request({ method, path, headers: rest, body })
  const { connection: ___, 'keep-alive': ____, 'transfer-encoding': _____, ...back } = answer.headers
  return reply.code(answer.statusCode).headers(back).send(answer.body)
})
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
