/** Statements on one connection. `pipeline: true`: those that are asked for together travel together. */
import type pg from 'pg';

/** Runs a statement that its connection prepares once, by its name. */
export type Run = <R extends object>(
  name: string,
  text: string,
  values: readonly unknown[],
) => Promise<readonly R[]>;

export const runOn =
  (client: Pick<pg.ClientBase, 'query'>): Run =>
  async <R extends object>(name: string, text: string, values: readonly unknown[]) =>
    (await client.query<R>({ name: `desk_${name}`, text, values: [...values] })).rows;

/** Waits for every one, so that none fails later, unheard. */
export async function together<T extends readonly Promise<unknown>[]>(
  ...asked: T
): Promise<{ [I in keyof T]: Awaited<T[I]> }> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}
