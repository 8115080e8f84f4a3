/**
 * The log of privileged acts: shown, taken along, verified.
 *
 * What must hold: `verify` trusts nothing of what it reads but a root certificate, and the heads that were kept outside
 * of the back-end: entries that were changed, removed or added are found by the chain, a log that was cut off or
 * written anew by a kept head.
 */
import { join } from 'node:path';
import { hex } from '@sokkin/codec';
import { ROLE, verifyChain } from '@sokkin/crypto';
import { checkLog, LOG_FAULTS, type LogEntry, logHeadBody } from '@sokkin/issuer';
import type { HttpApi } from '../api/http-api.ts';
import {
  entryOf,
  FORMAT,
  keptHead,
  type LogSource,
  logOfBackend,
  logOfFile,
  logPages,
  type SignedHead,
} from '../data/audit-log.ts';
import { writeLines, writeWhole } from '../data/files.ts';
import { loadTrust } from '../data/trust.ts';
import type { Answer, Args, Command } from '../io/command.ts';
import { UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { rootToJudgeBy } from './proof.ts';

const LAST = 50n;

export const logShow: Command = {
  name: 'log show',
  says: 'privileged acts: who did what to what',
  flags: {
    action: { value: 'ACTION', says: 'those of this kind, like proposal.approved' },
    actor: { value: 'ID', says: 'those of this operator or client' },
    subject: { value: 'ID', says: 'what happened to this' },
    all: { says: `all of them (else the last ${LAST})` },
  },
  examples: ['sokkin log show', 'sokkin log show --action proposal.approved --all'],
  async run(context, args) {
    const api = context.api();
    const filter = {
      action: args.maybe('action'),
      actor: args.maybe('actor'),
      subject: args.maybe('subject'),
    };
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    const { no } = (await logOfBackend(api)).head;
    const after = args.has('all') || isFiltered || no < LAST ? 0n : no - LAST;
    const entries: LogEntry[] = [];
    for await (const item of logPages(api, after, filter)) entries.push(entryOf(item, 'data[]'));
    const shown = args.has('all') ? entries : entries.slice(-Number(LAST));
    return {
      json: { entries: shown.map(entryJson) },
      lines: shown.length === 0 ? ['There are no entries.'] : shown.map(entryLine),
    };
  },
};

const entryJson = ({ no, at, previous, hash, ...rest }: LogEntry) => ({
  no: no.toString(),
  at: at.toISOString(),
  ...rest,
  previous: hex(previous),
  hash: hex(hash),
});

const entryLine = (e: LogEntry): string =>
  `${e.no.toString().padStart(6)}  ${e.at.toISOString()}  ${e.actor}  ${e.action}  ${e.subject}  ${e.details}`;

export const logExport: Command = {
  name: 'log export',
  says: 'write the whole log into one file, with its signed head',
  positionals: [{ name: 'file', says: 'a JSON object on every line' }],
  examples: ['sokkin log export log.jsonl', 'sokkin log verify --from log.jsonl'],
  async run(context, args) {
    const file = args.text('file');
    const api = context.api();
    const { head } = await logOfBackend(api);
    await writeLines(file, exported(api, head));
    return {
      json: { file, entries: head.no.toString() },
      lines: [`${file} holds ${head.no} entries and their head. Check it: sokkin log verify --from ${file}`],
    };
  },
};

async function* exported(api: HttpApi, head: SignedHead): AsyncIterable<object> {
  yield { format: FORMAT };
  for await (const item of logPages(api, 0n, {})) {
    // What was written since the head was read is not under it.
    if (entryOf(item, 'data[]').no > head.no) break;
    yield item;
  }
  yield { head: head.raw };
}

export const logVerify: Command = {
  name: 'log verify',
  says: 'follow the chain of the log from its first entry on',
  flags: {
    from: { value: 'FILE', says: 'what "log export" wrote, instead of asking the back-end' },
    against: { value: 'FILE', says: 'a head that was kept: it must still be in the log' },
    keep: { value: 'FILE', says: 'write the head there, for --against' },
    root: { value: 'FILE', says: 'the root certificate to judge the signature by' },
  },
  examples: ['sokkin log verify --keep head.json', 'sokkin log verify --against head.json'],
  async run(context, args) {
    const from = args.maybe('from');
    const source = from === undefined ? await logOfBackend(context.api()) : await logOfFile(from);
    const kept = await headsToFind(context, args, from === undefined);
    const wrong =
      (await signatureFault(context, args, source.head)) ??
      (await firstFault(source, [...kept, source.head]));
    if (wrong !== undefined) return wrong;
    const { no, hash, raw } = source.head;
    const text = `${JSON.stringify(raw, null, 2)}\n`;
    const keep = args.maybe('keep');
    if (keep !== undefined) await writeWhole(keep, text);
    if (from === undefined) await writeWhole(rememberedAt(context), text);
    return {
      json: { holds: true, entries: no.toString(), hash: hex(hash), kept_heads: kept.length },
      lines: [
        `The log holds: ${no} entries, each follows the one before, and the head is signed by the authority.`,
        kept.length === 0
          ? 'No earlier head was kept, so a log that was cut off or written anew would not show.'
          : `The heads that were kept are in it (${kept.map((k) => `entry ${k.no}`).join(', ')}).`,
      ],
    };
  },
};

/** The last head that was verified from this folder. */
const rememberedAt = ({ data }: Context): string => join(data, 'log-head.json');

async function headsToFind(context: Context, args: Args, isLive: boolean): Promise<SignedHead[]> {
  const heads: SignedHead[] = [];
  const against = args.maybe('against');
  if (against !== undefined) {
    const head = await keptHead(against);
    if (head === undefined) throw new UsageError(`There is no file ${against}.`);
    heads.push(head);
  }
  const remembered = isLive ? await keptHead(rememberedAt(context)) : undefined;
  if (remembered !== undefined) heads.push(remembered);
  return heads;
}

const bad = (no: bigint, fault: string, says: string): Answer => ({
  json: { holds: false, entry: no.toString(), fault, says },
  lines: [says],
  exit: 1,
});

async function signatureFault(context: Context, args: Args, head: SignedHead): Promise<Answer | undefined> {
  const root = args.maybe('root');
  const trust = root === undefined ? await loadTrust(context) : await rootToJudgeBy(context, root);
  const anchor = trust?.root ?? (await context.api().pki()).root;
  const rules = { epoch: undefined, roles: [ROLE.authority] };
  const chain = await verifyChain(context.crypto, anchor, head.issuer, head.authority, rules);
  const body = logHeadBody(head, head.at);
  const isSigned = await context.crypto.verify(head.authority.publicKey, body, head.signature);
  if (chain === 'ok' && isSigned) return undefined;
  const why =
    chain === 'ok' ? 'its signature is wrong' : `its certificates are not to be believed (${chain})`;
  return bad(
    head.no,
    'unsigned',
    `The head of the log, entry ${head.no}, is not the back-end's word: ${why}.`,
  );
}

async function firstFault(source: LogSource, heads: readonly SignedHead[]): Promise<Answer | undefined> {
  const check = checkLog();
  for await (const entry of source.entries()) {
    const found = check.take(entry);
    if (found !== undefined)
      return bad(found.no, found.fault, `Entry ${found.no} of the log ${LOG_FAULTS[found.fault]}.`);
    const other = heads.find((h) => h.no === entry.no && hex(h.hash) !== hex(entry.hash));
    if (other !== undefined)
      return bad(
        entry.no,
        'rewritten',
        `Entry ${entry.no}, or one before it, was written anew: it is not what the head of ${other.at.toISOString()} was signed over.`,
      );
  }
  const { no } = check.head;
  const lost = heads.find((h) => h.no > no);
  if (lost === undefined) return undefined;
  return bad(
    no + 1n,
    'missing',
    `Entry ${no + 1n} is missing: the log ends with ${no}, but it had ${lost.no} on ${lost.at.toISOString()}.`,
  );
}
