/**
 * What an operation is called in clients, made from its method and address: `GET /v1/accounts/:id/entries` is
 * `listAccountEntries`. What must hold: it depends on nothing else, so that it never changes while the address stays.
 */

/** Last words of addresses that are deeds, not things: POST /v1/purses/:id/block is `blockPurse`. */
const DEEDS = new Set([
  'approve',
  'block',
  'close',
  'dry-run',
  'exchange',
  'lift',
  'ping',
  'refuse',
  'reject',
  'renew',
  'replay',
  'resume',
  'retry',
  'reverse',
  'revoke',
  'rotate',
  'suspend',
  'sync',
  'unblock',
  'withdraw',
]);

const IRREGULAR: Readonly<Record<string, string>> = { entries: 'entry', parties: 'party', keys: 'key' };

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const camel = (segment: string): string => segment.split(/[-_.]/).map(capital).join('');

function singular(segment: string): string {
  if (IRREGULAR[segment] !== undefined) return IRREGULAR[segment];
  if (segment.endsWith('ies')) return `${segment.slice(0, -3)}y`;
  return segment.endsWith('s') && !segment.endsWith('ss') ? segment.slice(0, -1) : segment;
}

export function operationIdOf(method: string, url: string, isList: boolean): string {
  const segments = url.split('/').filter((part) => part !== '' && part !== 'v1');
  const isId = (part: string | undefined): boolean => part?.startsWith(':') === true;
  const last = segments.at(-1) ?? '';
  const rest = segments.slice(0, -1);
  // What stands before an id is one of many.
  const nouns = (parts: readonly string[]): string =>
    parts.map((part, i) => (isId(part) ? '' : camel(isId(parts[i + 1]) ? singular(part) : part))).join('');
  if (method === 'POST' && DEEDS.has(last)) {
    const [first, ...more] = camel(last);
    return `${first?.toLowerCase() ?? ''}${more.join('')}${nouns([...rest])}`;
  }
  switch (method) {
    case 'GET':
      return isId(last) || !isList ? `get${nouns(segments)}` : `list${nouns(segments)}`;
    case 'POST':
      return `create${nouns(rest)}${camel(isId(last) ? '' : singular(last))}`;
    case 'DELETE':
      return `delete${nouns(segments)}`;
    default:
      return `${method === 'PUT' ? 'set' : 'update'}${nouns(segments)}`;
  }
}
