/** The back-end: HTTP over the issuer's core, PostgreSQL and keys. */
export { inspectBackup, restoreBackup } from './backup/restore.ts';
export { takeBackup } from './backup/take.ts';
export { withDatabase, withNewDatabase } from './backup/with-database.ts';
export { effectiveSettings, type Setting } from './config/show.ts';
export { type Config, DEFAULT_DATA_FOLDER, DEFAULT_PORT, type Mode, readConfig } from './config.ts';
export { contractDocument } from './contract-document.ts';
export { catalogueDocument as problemCatalogue } from './http/problem-catalogue.ts';
export { changePassphrase } from './keys/change-passphrase.ts';
export { forgetSecrets, type KeyConfig, keyConfigOf } from './keys/key-config.ts';
export { sandboxGuide } from './operations/sandbox.ts';
export { PROBLEMS, type ProblemCode, type ProblemDocument } from './problems.ts';
export {
  createServer,
  type RunningServer,
  type Server,
  type ServerOptions,
  startServer,
} from './server.ts';
export { applyScale, planScale } from './start/scale.ts';
export { VERSION } from './version.ts';
