/** Types of optional packages, which are not installed when llmux is built. Only the members that llmux uses. */

declare module '@azure/identity' {
  export class DefaultAzureCredential {
    getToken(scope: string): Promise<{ token: string; expiresOnTimestamp: number } | null>
  }
}

declare module 'google-auth-library' {
  export class GoogleAuth {
    constructor(options: { scopes: string[]; keyFile?: string; credentials?: object })
    getAccessToken(): Promise<string | null | undefined>
  }
}
