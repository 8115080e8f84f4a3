/** Lists of the back-end, page by page to their end. */

import * as read from '@sokkin/sdk/json';
import type { HttpApi } from './http-api.ts';

export async function all(api: HttpApi, path: string): Promise<read.Json[]> {
  const found: read.Json[] = [];
  let cursor: string | undefined;
  do {
    const query: string = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await api.get(`${path}?limit=100${query}`);
    found.push(...read.list(page.data, 'data').map((item) => read.object(item, 'data[]')));
    cursor = page.has_more === true ? read.text(page.next_cursor, 'next_cursor') : undefined;
  } while (cursor !== undefined);
  return found;
}
