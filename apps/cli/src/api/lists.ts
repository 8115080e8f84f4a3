/** Lists of the back-end, page by page to their end. */

import * as read from '@sokkin/sdk/json';
import type { HttpApi } from './http-api.ts';

/** `query`: what narrows the list. */
export async function all(
  api: HttpApi,
  path: string,
  query: URLSearchParams = new URLSearchParams(),
): Promise<read.Json[]> {
  const found: read.Json[] = [];
  let cursor: string | undefined;
  do {
    const page: read.Json = await api.get(
      `${path}?${new URLSearchParams({ limit: '100', ...Object.fromEntries(query), ...(cursor && { cursor }) })}`,
    );
    found.push(...read.list(page.data, 'data').map((item) => read.object(item, 'data[]')));
    cursor = page.has_more === true ? read.text(page.next_cursor, 'next_cursor') : undefined;
  } while (cursor !== undefined);
  return found;
}
