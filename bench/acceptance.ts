/** Area `acceptance`: what a shop's payment costs, part by part and as a whole (docs/pos.md, section 6). */
import { host } from './acceptance-host.ts';
import { parts } from './acceptance-parts.ts';
import type { Row } from './row.ts';

export const acceptance = async (options: { readonly full: boolean }): Promise<Row[]> => [
  ...(await parts()),
  ...(await host(options)),
];
