// The gateways of the benchmark: how each is installed and started, and how it is asked.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeKey, startGateway } from './llmux.mjs'

const versions = { portkey: '1.15.2', honoNodeServer: '1.13.5', litellm: '1.108.7' }
const quiet = { stdio: ['ignore', 'ignore', 'inherit'] }
const script =
  (name) =>
  ({ port, origin }) =>
    spawn(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), String(port), origin], {
      ...quiet,
      env: { ...process.env, NODE_ENV: 'production' },
    })

const paths = { openai: '/v1/chat/completions', anthropic: '/v1/messages' }
const claude = 'claude-sonnet-4-20250514'

/** A proxy sends each API's own request. */
const passed = ({ provider, paced }) => ({
  path: `${paced ? '/paced' : ''}${paths[provider]}`,
  headers: { authorization: 'Bearer k' },
  model: provider === 'openai' ? 'gpt-4o' : claude,
  native: true,
})

/** A gateway with a list of models gets OpenAI's request. */
const listed =
  (key) =>
  ({ provider, paced }) => ({
    path: paths.openai,
    headers: { authorization: `Bearer ${key}` },
    model: provider === 'openai' ? (paced ? 'paced' : 'gpt-4o') : paced ? 'claude-paced' : 'claude',
  })

function installed(folder, title, run) {
  mkdirSync(folder, { recursive: true })
  try {
    run()
    return undefined
  } catch (error) {
    return `${title} could not be installed: ${String(error.stderr || error.message).slice(-300)}`
  }
}

const command = (name, args, options) => execFileSync(name, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options })

/**
 * A contestant: `prepare(folder)` returns why it can't run; `scale` is its share of the calls; `calls` names the kinds of answers it has.
 */
export const contestants = {
  node: { title: 'node:http proxy, 8 lines', start: script('node'), request: passed },
  fastify: { title: 'Fastify, bare proxy', start: script('fastify'), request: passed },
  completion: {
    title: 'Fastify with completion()',
    start: script('completion'),
    request: ({ provider, paced }) => ({
      path: `${paced ? '/paced' : ''}${paths.openai}`,
      headers: {},
      model: provider === 'openai' ? 'openai/gpt-4o' : `anthropic/${claude}`,
    }),
  },
  llmux: {
    title: 'llmux-gateway',
    start: startGateway,
    async ready(port) {
      this.request = listed(await makeKey(port))
    },
  },
  nginx: {
    title: 'nginx, one worker',
    prepare: () => (nginx() ? undefined : 'nginx is not installed (Debian: nginx-light).'),
    start({ port, origin, folder }) {
      const home = mkdtempSync(join(folder, 'nginx-'))
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${home}/${name};`,
      )
      writeFileSync(
        join(home, 'nginx.conf'),
        `worker_processes 1; daemon off; pid ${home}/pid; error_log ${home}/error.log; events { worker_connections 4096; }
http { access_log off; ${temporary.join(' ')} client_max_body_size 20m; client_body_buffer_size 2m; keepalive_requests 1000000;
upstream provider { server ${new URL(origin).host}; keepalive 512; keepalive_requests 1000000; }
server { listen 127.0.0.1:${port} backlog=4096; location / { proxy_pass http://provider; proxy_http_version 1.1;
proxy_set_header Connection ""; proxy_buffering off; } } }`,
      )
      return spawn(nginx(), ['-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')], quiet)
    },
    request: passed,
  },
  portkey: {
    title: `Portkey ${versions.portkey}`,
    scale: 0.2,
    prepare: (folder) =>
      installed(join(folder, 'portkey'), 'Portkey', () => {
        const home = join(folder, 'portkey')
        if (existsSync(join(home, 'node_modules/@portkey-ai/gateway'))) return
        const { portkey, honoNodeServer } = versions
        const manifest = {
          private: true,
          dependencies: { '@portkey-ai/gateway': portkey },
          // its lock file's version; the newest that its range allows answers every stream with 500
          overrides: { '@hono/node-server': honoNodeServer },
        }
        writeFileSync(join(home, 'package.json'), JSON.stringify(manifest))
        command('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: home })
      }),
    start: ({ port, origin, folder }) =>
      spawn(
        process.execPath,
        [
          join(folder, 'portkey/node_modules/@portkey-ai/gateway/build/start-server.js'),
          `--port=${port}`,
          '--headless',
        ],
        {
          ...quiet,
          env: { ...process.env, NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: 'localhost,127.0.0.1', ORIGIN: origin },
        },
      ),
    ready(_, origin) {
      this.request = ({ provider, paced }) => ({
        path: paths.openai,
        headers: {
          authorization: 'Bearer k',
          'x-portkey-provider': provider,
          'x-portkey-custom-host': `${origin}${paced ? '/paced' : ''}/v1`,
        },
        model: provider === 'openai' ? 'gpt-4o' : claude,
      })
    },
  },
  litellm: {
    title: `LiteLLM ${versions.litellm}, without a database`,
    scale: 0.02,
    prepare: (folder) =>
      installed(join(folder, 'litellm'), 'LiteLLM', () => {
        const home = join(folder, 'litellm')
        if (existsSync(join(home, 'bin/litellm'))) return
        command('python3', ['-m', 'venv', home])
        command(join(home, 'bin/pip'), ['install', '--quiet', `litellm[proxy]==${versions.litellm}`])
      }),
    start({ port, origin, folder }) {
      const entry = (name, model, base) => ({
        model_name: name,
        litellm_params: { model, api_key: 'k', api_base: `${origin}${base}` },
      })
      const model_list = [
        entry('gpt-4o', 'openai/gpt-4o', '/v1'),
        entry('paced', 'openai/gpt-4o', '/paced/v1'),
        entry('claude', `anthropic/${claude}`, ''),
        entry('claude-paced', `anthropic/${claude}`, '/paced'),
      ]
      const file = join(mkdtempSync(join(folder, 'litellm-config-')), 'config.yaml')
      writeFileSync(file, JSON.stringify({ model_list, general_settings: { master_key: 'sk-bench' } }))
      return spawn(
        join(folder, 'litellm/bin/litellm'),
        ['--config', file, '--host', '127.0.0.1', '--port', String(port), '--telemetry', 'False'],
        {
          stdio: 'ignore',
          env: {
            ...process.env,
            LITELLM_LOCAL_MODEL_COST_MAP: 'True',
            LITELLM_MODE: 'PRODUCTION',
            LITELLM_LOG: 'ERROR',
          },
        },
      )
    },
    request: listed('sk-bench'),
  },
}

const nginx = () => ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((file) => existsSync(file))
