/** What takes two: money that comes or goes, proposed by one and approved by another. */
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import type { HttpApi } from './http-api.ts';

export interface MoneyOrder {
  readonly kind: 'issue' | 'destroy';
  /** Idempotency-Key; each principal has keys of its own. */
  readonly key: string;
  readonly account: string;
  readonly amount: bigint;
}

const PATHS = { issue: '/v1/issuances', destroy: '/v1/destructions' } as const;

/** As it stands in the end: `done`, or `waiting` if there is nobody who approves. */
export async function moveMoney(
  api: HttpApi,
  approver: HttpApi | undefined,
  { kind, key, account, amount }: MoneyOrder,
): Promise<read.Json> {
  const made = await api[kind](key, account, amount);
  if (approver === undefined) return made;
  const proposal = read.text(made.proposal, 'proposal');
  try {
    await decide(approver, proposal, 'approve', key);
  } catch (error) {
    // What cannot be done now would wait for nobody.
    if (error instanceof SokkinError && error.code === 'backend_refused')
      await decide(api, proposal, 'withdraw', `${key}-withdraw`);
    throw error;
  }
  return api.get(`${PATHS[kind]}/${read.text(made.id, 'id')}`);
}

export const decide = (
  api: HttpApi,
  proposal: string,
  how: 'approve' | 'refuse' | 'withdraw',
  key: string,
): Promise<read.Json> => api.post(`/v1/proposals/${encodeURIComponent(proposal)}/${how}`, {}, key);

/** All pages of a list. */
export async function everything(api: HttpApi, path: string): Promise<read.Json[]> {
  const found: read.Json[] = [];
  let cursor: string | undefined;
  do {
    const join = path.includes('?') ? '&' : '?';
    const page: read.Json = await api.get(
      cursor === undefined ? path : `${path}${join}cursor=${encodeURIComponent(cursor)}`,
    );
    found.push(...read.list(page.data, 'data').map((item) => read.object(item, 'data[]')));
    cursor = page.has_more === true ? read.text(page.next_cursor, 'next_cursor') : undefined;
  } while (cursor !== undefined);
  return found;
}
