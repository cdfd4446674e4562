/** Short names in the build for workers, of functions that are called hundreds of times: tsup.worker.ts puts them in. */
export const { entries: $entries, freeze: $freeze, fromEntries: $fromEntries, hasOwn: $hasOwn, keys: $keys } = Object
export const { isArray: $isArray } = Array
export const { stringify: $stringify, parse: $parse } = JSON
export const { isFinite: $isFinite } = Number
export const { ceil: $ceil, floor: $floor, max: $max, min: $min, round: $round } = Math
