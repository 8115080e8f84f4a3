/** The configuration for people: what is in force, and the page of the documentation. Secrets are never shown. */
import { type Config, ELSEWHERE, type Environment, VARIABLES, type Variable } from './table.ts';

export interface Setting {
  readonly name: string;
  /** undefined: not set, and without a default. */
  readonly value: string | undefined;
  readonly from: 'environment' | 'default';
}

/** What is in force; the values are those of a Config that readConfig gave for this environment. */
export function effectiveSettings(env: Environment, config: Config): Setting[] {
  const names = Object.keys(VARIABLES) as (keyof Config)[];
  return names.map((key) => {
    const variable: Variable<unknown> = VARIABLES[key];
    const from = env[variable.name] ? 'environment' : 'default';
    return { name: variable.name, value: shown(variable, config[key]), from };
  });
}

function shown(variable: Variable<unknown>, value: Config[keyof Config]): string | undefined {
  if (value === undefined) return undefined;
  if (variable === VARIABLES.databaseUrl || variable === VARIABLES.identityDatabaseUrl)
    return withoutCredentials(String(value));
  return variable.isSecret ? '(set, not shown)' : String(value);
}

/** User, password and query may all be secret. */
function withoutCredentials(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** docs/configuration.md, made from the table. */
export function configurationPage(): string {
  const rows = Object.values<Variable<unknown>>(VARIABLES).map((v) =>
    row(`\`${v.name}\``, v.initial === undefined ? '' : `\`${v.initial}\``, v.isSecret ? 'yes' : '', v.says),
  );
  const others = Object.entries(ELSEWHERE).map(([name, says]) => row(`\`${name}\``, says));
  return [...HEAD, ...rows, ...LIVE, ...others, ''].join('\n');
}

const HEAD = [
  '# Configuration',
  '',
  'The back-end is configured by environment variables, and by nothing else. `sokkin config` shows what is in force, without secrets;',
  '`sokkin start --check` only says whether it would start with it. A wrong value stops the start with a sentence that names the',
  'variable; all wrong ones are named at once. A `SOKKIN_` variable that is not in these tables stops the start, too: it was meant for',
  'something. A variable that is set to nothing is one that is not set. This page is made from the table in',
  '[apps/server/src/config/table.ts](../apps/server/src/config/table.ts); a test compares them (`npx vitest run config -u` writes it anew).',
  '',
  row('variable', 'default', 'secret', 'meaning'),
  row('---', '---', '---', '---'),
];

const LIVE = [
  '',
  '## Live mode',
  '',
  '`SOKKIN_MODE=live` starts only if',
  '',
  '- `SOKKIN_PUBLIC_URL` is set and begins with `https:`;',
  '- `SOKKIN_TRUST_PROXY` is set, or the server listens on this machine alone: it speaks plain HTTP, so a proxy must end TLS before it;',
  '- `SOKKIN_METRICS` is not `open`;',
  '- with `SOKKIN_KEYS=file`, a passphrase is given. Prefer `SOKKIN_KEY_PASSPHRASE_FILE`: other programs of the same user can read the environment.',
  '',
  '## Read by others',
  '',
  'The exporter of traces reads further `OTEL_EXPORTER_OTLP_...` variables by itself, such as `OTEL_EXPORTER_OTLP_HEADERS` for its credentials.',
  'The variables that Kubernetes makes for a service named `sokkin` (`SOKKIN_SERVICE_HOST`, `SOKKIN_PORT=tcp://...`) are passed over.',
  '',
  row('variable', 'meaning'),
  row('---', '---'),
];
