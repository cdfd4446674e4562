/** The texts of {@link text}, deflated and written as the price table is. The build fills it (tsup.worker.ts). */
export const packedTexts: string = ''
