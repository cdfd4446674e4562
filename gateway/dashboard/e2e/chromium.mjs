import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The path of an installed Chromium. */
export function findChromium() {
  const programs = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  const found = programs.find((path) => path && existsSync(path))
  if (!found) throw new Error('Chromium is missing. Install it, or set CHROMIUM to its path.')
  return found
}

/**
 * A Chromium for measurements, and the port of its developer tools. Playwright's own has a session of the system of its own; in this one
 * the priority of the caller counts.
 */
export async function openChromium() {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-chromium-'))
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-port=0']
  const browser = spawn(findChromium(), [...args, `--user-data-dir=${folder}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const port = await new Promise((resolve, reject) => {
    let text = ''
    browser.once('error', reject)
    browser.once('exit', () => reject(new Error(`Chromium ended: ${text.slice(-500)}`)))
    browser.stderr.on('data', (part) => {
      text += part
      const found = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (found) resolve(Number(found))
    })
  })
  return {
    port,
    close: async () => {
      const ended = new Promise((resolve) => browser.once('exit', resolve))
      browser.kill()
      await ended
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
