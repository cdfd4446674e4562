/** The interfaces of a provider's settings and credentials. */

/** Values of a provider's options other than key and base, from options, environment or defaults. */
export type Settings = Readonly<Partial<Record<SettingName, string>>>

/** Name of a provider option other than key and base URL. */
export type SettingName =
  | 'apiVersion'
  | 'region'
  | 'project'
  | 'location'
  | 'accessKeyId'
  | 'secretAccessKey'
  | 'sessionToken'
  | 'profile'
  | 'credentials'
  | 'accountId'
  | 'spaceId'
  | 'clientId'
  | 'clientSecret'

/** An option of a provider. */
export interface Setting {
  /** The option's name, on a call and under `providers`. */
  readonly option: SettingName
  /** Environment variables with the value, first match wins. */
  readonly env: readonly string[]
  /** Value without option and environment variable. */
  readonly default?: string
  /** An example, for the error message about a missing value. */
  readonly example?: string
  /** True if no call works without it: the error names option and variables. */
  readonly required?: boolean
  /** The only credential that needs no such setting at the provider's own host. */
  readonly requiredUnless?: AuthScheme['option']
  /** True if it must not be printed. */
  readonly secret?: boolean
}

/** A request that is about to be sent. */
export interface Signable {
  /** HTTP method. */
  readonly method: 'POST'
  /** Address with path and query. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Serialised body. */
  readonly body: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Input of `authorize` besides the request. */
export interface AuthorizeContext {
  /** The key to exchange for a token, if the caller has one (`AuthScheme.traded`). */
  readonly key: string | undefined
  /** Sends an auxiliary request (for a token) over the same connections. It has a timeout of its own, because several calls may share it. */
  readonly send: (request: AuxiliaryRequest) => Promise<AuxiliaryResponse>
}

/** A response that rejects a token: an invalid one (401) or an insufficient one (403). */
export interface RejectedToken {
  /** The bearer token of the request. */
  readonly token: string
  /** HTTP status, 401 or 403. */
  readonly status: number
  /** The provider's message. */
  readonly message: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A request besides the call itself, such as a token exchange. */
export interface AuxiliaryRequest {
  /** HTTP method. */
  readonly method: 'GET' | 'POST'
  /** Address with path and query. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Serialised body. */
  readonly body?: string
}

/** Response to an auxiliary request. */
export interface AuxiliaryResponse {
  /** HTTP status. */
  readonly status: number
  /** Body as text. */
  readonly text: string
}

/** One form of credential. */
export interface AuthScheme {
  /** The option that carries the credential, for messages. */
  readonly option: 'apiKey' | 'authToken'
  /** Environment variables with the value, first match wins. */
  readonly env: readonly string[]
  /** Header name, lower case. */
  readonly header: string
  /** Put before the credential: `Bearer `. */
  readonly prefix?: string
  /** True if it is not sent, but passed to `authorize`, which exchanges it for a token. */
  readonly traded?: boolean
}

/** Authentication of a provider. */
export interface Auth {
  /** First scheme with a credential wins. */
  readonly schemes: readonly AuthScheme[]
  /** False if servers of the provider may run without a key. @default true */
  readonly required?: boolean
  /** Page where keys are created, for the error message about a missing key. */
  readonly url?: string
}

/** Request headers with lower-case names. */
export type HeaderFields = Readonly<Record<string, string>>

/** A header made from an option. */
export interface OptionHeader {
  /** Name of the option. */
  readonly option: 'organization' | 'project'
  /** Environment variables for the option, first match wins. */
  readonly env: readonly string[]
  /** Name of the header, lower case. */
  readonly header: string
}
