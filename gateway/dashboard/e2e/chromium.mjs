import { existsSync } from 'node:fs'

/** The path of an installed Chromium. */
export function findChromium() {
  const programs = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  const found = programs.find((path) => path && existsSync(path))
  if (!found) throw new Error('Chromium is missing. Install it, or set CHROMIUM to its path.')
  return found
}
