export type { BatchPlan } from './batches/index.js'
export type {
  CutFault,
  EndFault,
  ErrorEventFault,
  Fault,
  FaultReason,
  GarbageFault,
  HugeFault,
  RedirectFault,
  ResetFault,
  ScriptOptions,
  SilenceFault,
  SlowFirstTokenFault,
  SlowHeadersFault,
  StatusFault,
} from './fault.js'
export { type MockProvider, type MockProviderOptions, mockProvider } from './mock.js'
export type {
  RawEvent,
  RawReply,
  Reply,
  ReplyToolCall,
  ReplyUsage,
  SimulatedOperation,
  StreamControls,
  WireName,
} from './reply.js'
export type { SimulatedRequest } from './request-log.js'
export type { FaultSource, ReplySource } from './script.js'
export { type Simulator, type SimulatorOptions, startSimulator } from './simulator.js'
export type { SimulationOptions } from './stage.js'
