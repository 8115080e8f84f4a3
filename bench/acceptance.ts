/** Area `acceptance`: what a shop's payment costs, part by part and as a whole (docs/pos.md, section 6). */
import { parts } from './acceptance-parts.ts';
import type { Row } from './row.ts';

export const acceptance = async (): Promise<Row[]> => parts();
