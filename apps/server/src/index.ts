/** The back-end: HTTP over the issuer's core, PostgreSQL and keys. */
export { effectiveSettings, type Setting } from './config/show.ts';
export { type Config, DEFAULT_DATA_FOLDER, DEFAULT_PORT, readConfig } from './config.ts';
export { contractDocument } from './contract-document.ts';
export { catalogueDocument as problemCatalogue } from './http/problem-catalogue.ts';
export { PROBLEMS, type ProblemCode, type ProblemDocument } from './problems.ts';
export {
  createServer,
  type RunningServer,
  type Server,
  type ServerOptions,
  startServer,
} from './server.ts';
export { VERSION } from './version.ts';
