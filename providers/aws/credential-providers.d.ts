/** The used types of the optional package, so that llmux type-checks without it. */
declare module '@aws-sdk/credential-providers' {
  export interface ChainCredentials {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
    readonly expiration?: Date
  }

  /** https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html */
  export function fromNodeProviderChain(init: {
    readonly profile?: string
    readonly clientConfig?: { readonly region?: string }
  }): () => Promise<ChainCredentials>
}
