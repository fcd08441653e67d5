export { checkpointJob, setCheckpoints } from './checkpoints.ts'
export { closeMonth, countUncaused, lastDayOf, type Months, readMonths } from './close.ts'
