import type {
  LimitCandidate,
  LimitObserver,
  Rejection,
  RejectionReason,
  Reservation,
  ReserveRequest,
} from '../limits/types.js'

/** @deprecated Use `ReserveRequest`. */
export type Ask = ReserveRequest
/** @deprecated Use `LimitCandidate`. */
export type Candidate = LimitCandidate
/** @deprecated Use `Reservation`. */
export type Lease = Reservation
/** @deprecated Use `Rejection`. */
export type NoRoom = Rejection
/** @deprecated Use `RejectionReason`. */
export type RoomReason = RejectionReason
/** @deprecated Use `LimitObserver`. */
export type StateHost = LimitObserver
