/** Lists of the API, as one run of items. What must hold: a page is fetched when its first item is asked for, not before. */

export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor?: string | undefined;
}

/**
 * `for await (const account of paginate((cursor) => client.get('/v1/accounts', { params: { query: { cursor } } })))`.
 * `cursor` is undefined for the first page.
 */
export async function* paginate<T>(
  fetchPage: (cursor: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const page: Page<T> = await fetchPage(cursor);
    yield* page.data;
    cursor = page.has_more ? page.next_cursor : undefined;
  } while (cursor !== undefined);
}
