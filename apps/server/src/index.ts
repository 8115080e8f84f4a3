/** The back-end: HTTP over the issuer's core, PostgreSQL and keys. */
export { effectiveSettings, type Setting } from './config/show.ts';
export { type Config, DEFAULT_DATA_FOLDER, DEFAULT_PORT, readConfig } from './config.ts';
export { changePassphrase } from './keys/change-passphrase.ts';
export { forgetSecrets, type KeyConfig, keyConfigOf } from './keys/key-config.ts';
export { PROBLEMS, type ProblemCode, type ProblemDocument } from './problems.ts';
export {
  createServer,
  type RunningServer,
  type Server,
  type ServerOptions,
  startServer,
  VERSION,
} from './server.ts';
