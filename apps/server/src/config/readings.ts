/**
 * How the text of an environment variable becomes a value.
 *
 * What must hold: nothing is guessed and nothing is cut short; what is wrong is said in the second half of a sentence that
 * begins with the variable's name; a value that may be secret is not repeated.
 */
export type Reading<T> = { readonly value: T } | { readonly wrong: string };
export type Reader<T> = (text: string) => Reading<T>;

const wrong = (why: string) => ({ wrong: why });

export const text: Reader<string> = (value) =>
  /^[\x20-\x7e]{1,1000}$/.test(value) ? { value } : wrong('must be 1 to 1000 printable ASCII characters.');

export const secret: Reader<string> = (value) =>
  value.length <= 1000 ? { value } : wrong('is longer than 1000 characters.');

export const whole =
  (least: number, most: number, meaning = ''): Reader<number> =>
  (value) => {
    const number = Number(value);
    if (/^[0-9]{1,9}$/.test(value) && number >= least && number <= most) return { value: number };
    const hint = meaning === '' ? '' : ` (${meaning})`;
    return wrong(`is "${value}": a number from ${least} to ${most} is expected${hint}.`);
  };

export const matching =
  (shape: RegExp, expected: string): Reader<string> =>
  (value) =>
    shape.test(value) ? { value } : wrong(`is "${value}": ${expected}.`);

/** As they are written; whether they overlap is looked at when the vault is opened. */
export const tokenRanges: Reader<readonly string[]> = (value) => {
  const list = value.split(',').map((part) => part.trim());
  return list.every((part) => /^[0-9]{6,10}:[0-9]{2}$/.test(part))
    ? { value: list }
    : wrong(`is "${value}": ranges such as 999913:16 are expected, with commas between.`);
};

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Reader<T> =>
  (value) => {
    const found = choices.find((choice) => choice === value);
    return found === undefined
      ? wrong(`is "${value}": one of ${choices.join(', ')} is expected.`)
      : { value: found };
  };

export const postgresUrl: Reader<string> = (value) => {
  const protocol = URL.canParse(value) ? new URL(value).protocol : undefined;
  if (protocol === 'postgres:' || protocol === 'postgresql:') return { value };
  return wrong('must look like postgres://user:password@host:5432/database.');
};

/** An address of a web server, without credentials in it. */
export const webUrl: Reader<string> = (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!isWeb || url.search !== '' || url.hash !== '')
    return wrong('must look like https://api.example.org, without a query.');
  if (url.username !== '' || url.password !== '') return wrong('must not hold a user name or a password.');
  return { value: value.replace(/\/+$/, '') };
};

const NETWORK_NAMES: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);
const ADDRESS =
  /^([0-9]{1,3}(\.[0-9]{1,3}){3}(\/([0-9]|[12][0-9]|3[0-2]))?|[0-9a-fA-F:]{2,39}(\/[0-9]{1,3})?)$/;

/** Addresses, networks and their names, as Fastify's trustProxy takes them. */
export const networks: Reader<readonly string[]> = (value) => {
  const list = value.split(',').map((part) => part.trim());
  const bad = list.find((part) => !NETWORK_NAMES.has(part) && !ADDRESS.test(part));
  if (bad === undefined) return { value: list };
  return wrong(
    `has "${bad}": addresses (10.0.0.5), networks (10.0.0.0/8), loopback, linklocal and uniquelocal are expected, with commas between.`,
  );
};
