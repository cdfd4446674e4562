/** What llmux uses of the optional package, so that it type-checks where the package isn't installed. */
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
