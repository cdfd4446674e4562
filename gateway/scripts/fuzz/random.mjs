import { options } from './options.mjs'

let state = Number(options.seed)
/** A repeatable source of randomness. */
function random() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  return (state >>> 0) / 4_294_967_296
}
export const below = (n) => Math.floor(random() * n)
export const pick = (list) => list[below(list.length)]
export const chance = (share) => random() < share
