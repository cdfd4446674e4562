/** The little that is used of packages which a user installs where they want them: they are not there when llmux is built. */

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
