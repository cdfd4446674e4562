import { AuthenticationError } from '../src/errors.js'

/** The error for a missing credential that an optional package could provide. */
export const missingPackage = (problem: string, name: string, why: string, cause: unknown): AuthenticationError =>
  new AuthenticationError(`${problem}, or 'npm install ${name}' ${why}.`, { cause })
