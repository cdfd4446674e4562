import type { AssistantMessage, ImagePart } from '../../../src/types/messages.js'
import type { Kit } from './kit.js'
import { parseDataURI } from './media.js'
import { signatureOf, withSignature } from './signatures.js'
import type { Fields, Part } from './wire.js'

/** An image of an answer, for `message.images`; its signature goes with it. https://ai.google.dev/gemini-api/docs/image-generation */
export function imageOf({ inlineData, thoughtSignature }: Part): ImagePart {
  const image: ImagePart & { provider_specific_fields?: Fields } = {
    type: 'image_url',
    image_url: { url: `data:${inlineData?.mimeType ?? 'image/png'};base64,${inlineData?.data ?? ''}` },
  }
  if (thoughtSignature !== undefined) image.provider_specific_fields = { thought_signature: thoughtSignature }
  return image
}

/** Images that the model made: it goes on with them. */
export function imageParts({ images }: AssistantMessage, index: number, kit: Kit): Part[] {
  return (images ?? []).flatMap((image) => {
    const url = typeof image.image_url === 'string' ? image.image_url : image.image_url.url
    const media = parseDataURI(url)
    if (media) return [withSignature({ inlineData: { mimeType: media.type, data: media.data } }, signatureOf(image))]
    kit.report.repaired(index, `messages[${index}]: an image that is no data URI was left out.`)
    return []
  })
}
