// A reverse proxy of eight lines.
import { Agent, request as call, createServer } from 'node:http'

const { hostname, port, host } = new URL(process.argv[3])
const agent = new Agent({ keepAlive: true, noDelay: true })
const server = createServer((request, response) => {
  const { method, url: path, headers } = request
  const sent = call({ agent, hostname, port, method, path, headers: { ...headers, host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers)
    answer.pipe(response)
  })
  request.pipe(sent)
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096)
