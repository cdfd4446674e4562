import { AuthenticationError } from '../src/errors.js'

/** The error for a credential that an optional package would have found. */
export const missingPackage = (problem: string, name: string, why: string, cause: unknown): AuthenticationError =>
  new AuthenticationError(`${problem}, or 'npm install ${name}' ${why}.`, { cause })
