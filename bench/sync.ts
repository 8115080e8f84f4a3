/** Area `sync`: what the back-end accepts. */
import type { Row } from './row.ts';

export async function sync(): Promise<Row[]> {
  return [];
}
