export { type AccelHeader, type AccelMiddleware, type AccelOptions, accel } from './accel.ts';
