/**
 * Chip data that another terminal recorded: hexadecimal BER-TLV, as DE 55 has it, with the card's number (5A or 57).
 *
 *     # lines that begin so are for people; spaces and line ends do not count
 *     5A08 9999120000000000  5F3401 01  9F2701 80  9F2608 ...
 *
 * What must hold: it is read strictly, and paid is what the card's cryptogram was made over, never another amount.
 */
import { readFile } from 'node:fs/promises';
import { type Bytes, decodeTlvs, digitsOf, fromHex, SokkinError } from '@sokkin/codec';

const MOST = 2048;
const [AMOUNT, INFORMATION] = [0x9f02, 0x9f27];

export interface RecordedChip {
  readonly data: ReadonlyMap<number, Bytes>;
  readonly amount: bigint;
  readonly type: 'tc' | 'arqc' | 'aac';
}

export async function readChipFile(path: string): Promise<RecordedChip> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SokkinError('file_failed', `${path} could not be read.`, { cause });
  });
  return parseChip(text, path);
}

export function parseChip(text: string, path: string): RecordedChip {
  const refuse = (why: string, cause?: unknown): never => {
    throw new SokkinError('bad_chip_data', `${path}: ${why}`, { cause });
  };
  const digits = text
    .replaceAll(/^\s*#.*$/gm, '')
    .replaceAll(/\s+/g, '')
    .toLowerCase();
  if (!/^([0-9a-f]{2})+$/.test(digits) || digits.length > 2 * MOST)
    return refuse(`this is no hexadecimal chip data of at most ${MOST} octets.`);
  let objects: readonly { readonly tag: number; readonly value: Bytes }[];
  try {
    objects = decodeTlvs(fromHex(digits));
  } catch (cause) {
    return refuse(`this is no BER-TLV (${cause instanceof Error ? cause.message : String(cause)}).`, cause);
  }
  const data = new Map(objects.map(({ tag, value }) => [tag, value]));
  const [amount, information] = [data.get(AMOUNT), data.get(INFORMATION)];
  if (amount?.length !== 6 || information?.length !== 1)
    return refuse('it has no amount (9F02) or no cryptogram information (9F27).');
  const type = (['aac', 'tc', 'arqc'] as const)[(information[0] ?? 0) >> 6];
  if (type === undefined) return refuse('its 9F27 is of no kind of cryptogram.');
  return { data, amount: BigInt(digitsOf(amount)), type };
}
