/** Proof: disputes exported and judged offline, conversations decoded. */
import { fromHex, hex, SokkinError } from '@sokkin/codec';
import { type Certificate, describeCertificate, parseCertificate } from '@sokkin/crypto';
import { type DisputeVerdict, judgeDispute, STATUS, type Trust } from '@sokkin/purse';
import { certificate } from '@sokkin/sdk/json';
import { createTracer, traceLines } from '@sokkin/terminal';
import {
  type Evidence,
  encodeEvidence,
  evidenceJson,
  findEvidence,
  parseEvidence,
  paymentName,
} from '../data/evidence.ts';
import { jsonObject, readIfThere, writeWhole } from '../data/files.ts';
import { loadTrust, today } from '../data/trust.ts';
import { type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { money } from './common.ts';

export const disputeCommand: Command = {
  name: 'dispute',
  says: 'write the evidence of a payment into one file',
  positionals: [{ name: 'payment', says: 'its id, or how that begins ("sokkin pay" says it with --json)' }],
  flags: { out: { value: 'FILE', says: 'ends in .json for JSON, else binary TLV', required: true } },
  examples: ['sokkin dispute 5c01 --out dispute.json', 'sokkin dispute 5c01 --out dispute.tlv'],
  async run(context, args) {
    const evidence = await findEvidence(context, args.text('payment'));
    const out = args.text('out');
    const content = out.endsWith('.json')
      ? `${JSON.stringify(evidenceJson(evidence), null, 2)}\n`
      : encodeEvidence(evidence);
    await writeWhole(out, content);
    const id = paymentName(evidence.payment);
    const what = evidence.receipt === undefined ? 'the Payment (no Receipt is known)' : 'Payment and Receipt';
    return {
      json: { payment: id, file: out, receipt: evidence.receipt !== undefined },
      lines: [`${out} holds ${what} with certificates. Judge it anywhere: sokkin verify ${out}`],
    };
  },
};

export const verifyCommand: Command = {
  name: 'verify',
  says: 'judge a dispute offline: Payment, Receipt, certificates',
  positionals: [{ name: 'file', says: 'what "sokkin dispute" wrote' }],
  flags: {
    root: { value: 'FILE', says: 'the root certificate to judge by: binary, hexadecimal, or a trust.json' },
  },
  examples: ['sokkin verify dispute.json', 'sokkin verify dispute.tlv --root root.cert'],
  async run(context, args) {
    const path = args.text('file');
    const bytes = await readIfThere(path);
    if (bytes === undefined) throw new SokkinError('not_found', `There is no file ${path}.`);
    const trust = await rootToJudgeBy(context, args.maybe('root'));
    const evidence = readable(bytes);
    if (evidence === undefined) {
      const says = 'Not evidence: the file cannot be read as Payment, Receipt and certificates.';
      return { json: { verdict: 'unreadable', says }, lines: [says], exit: 1 };
    }
    const verdict = await judgeDispute(context.crypto, trust, {
      payment: evidence.payment.message,
      receipt: evidence.receipt?.message,
      payerChain: evidence.payment.chain,
      payeeChain: evidence.receipt?.chain,
    });
    return {
      json: verdictJson(verdict, evidence),
      lines: verdictLines(verdict, evidence),
      exit: verdict.verdict === 'invalid' ? 1 : 0,
    };
  },
};

function readable(bytes: Uint8Array): Evidence | undefined {
  try {
    return parseEvidence(bytes);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

export async function rootToJudgeBy(context: Context, path: string | undefined): Promise<Trust> {
  if (path === undefined) {
    const trust = await loadTrust(context);
    if (trust !== undefined) return trust;
    throw new SokkinError(
      'no_trust',
      `There is no root certificate in ${context.data}: give one with --root FILE.`,
    );
  }
  const bytes = await readIfThere(path);
  if (bytes === undefined) throw new SokkinError('not_found', `There is no file ${path}.`);
  return { root: rootIn(bytes, path), knownIssuers: [], epoch: today() };
}

/** A certificate in binary or hexadecimal, or the `trust.json` of a data folder. */
function rootIn(bytes: Uint8Array, path: string): Certificate {
  const text = new TextDecoder().decode(bytes).trim();
  if (text.startsWith('{')) return certificate(jsonObject(bytes, path).root, 'root');
  return parseCertificate(/^[0-9a-fA-F]+$/.test(text) ? fromHex(text) : bytes);
}

function verdictLines(v: DisputeVerdict, { payment, receipt }: Evidence): string[] {
  const payer = describeCertificate(payment.chain.leaf);
  switch (v.verdict) {
    case 'paid':
      return [
        `PAID. ${money(v.payment.amount)} was debited, and the payee signed that it was credited. It is final.`,
        `  payer: ${payer}, its entry ${v.payment.seq}`,
        ...(receipt === undefined ? [] : [`  payee: ${describeCertificate(receipt.chain.leaf)}`]),
      ];
    case 'cancelled':
      return [
        `CANCELLED. ${money(v.payment.amount)} was debited, and the payee signed that it will never credit it. This receipt refunds the payer.`,
        `  payer: ${payer}, its entry ${v.payment.seq}`,
        ...(receipt === undefined ? [] : [`  payee: ${describeCertificate(receipt.chain.leaf)}`]),
      ];
    case 'debited_not_acknowledged':
      return [
        `DEBITED, NOT ACKNOWLEDGED. ${money(v.payment.amount)} left the payer for purse ${hex(v.payment.payee)}; the file holds no word of the payee. Tap the payee's card to deliver it, or sync both.`,
        `  payer: ${payer}, its entry ${v.payment.seq}`,
      ];
    case 'invalid': {
      const what = v.which === 'payment' ? 'Payment' : 'Receipt';
      const why = v.because === 'unrelated' ? 'It is the word on another payment.' : STATUS[v.because].says;
      return [`INVALID. The ${what} proves nothing: ${why}`];
    }
  }
}

function verdictJson(v: DisputeVerdict, evidence: Evidence): Record<string, unknown> {
  const says = verdictLines(v, evidence)[0];
  if (v.verdict === 'invalid') return { verdict: v.verdict, which: v.which, because: v.because, says };
  const { purse, seq, payee, amount, ticketNo } = v.payment;
  return {
    verdict: v.verdict,
    payment: paymentName(evidence.payment),
    payer: hex(purse),
    payee: hex(payee),
    amount: amount.toString(),
    seq,
    ticket: ticketNo,
    says,
  };
}

export const traceCommand: Command = {
  name: 'trace',
  says: 'decode APDUs: every byte range named',
  positionals: [{ name: 'file', says: 'hex lines, command and response by turns; - reads from the pipe' }],
  examples: [
    'sokkin trace conversation.txt',
    "printf '> 00a4040008f0534f4b4b494e0100\\n< 6a82\\n' | sokkin trace -",
    'sokkin pay --from emi --to shop --amount 10 --trace',
  ],
  async run(_context, args) {
    const path = args.text('file');
    const pairs = readPairs(path === '-' ? await readAll(process.stdin) : await fileText(path));
    const tracer = createTracer();
    const traced = pairs.map((p) => tracer.exchange(p.command, p.response));
    return {
      json: {
        exchanges: traced.map((t) => ({
          title: t.title,
          status: t.status,
          command: { hex: hex(t.command.bytes), ranges: t.command.ranges },
          response:
            t.response === undefined ? null : { hex: hex(t.response.bytes), ranges: t.response.ranges },
        })),
      },
      lines: traced.flatMap(traceLines),
    };
  },
};

async function fileText(path: string): Promise<string> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) throw new SokkinError('not_found', `There is no file ${path}.`);
  return new TextDecoder().decode(bytes);
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

interface Pair {
  readonly command: Uint8Array;
  readonly response: Uint8Array | undefined;
}

function readPairs(text: string): Pair[] {
  const lines = text
    .split('\n')
    .map((line, i) => ({ no: i + 1, line: line.replace(/#.*/, '').trim() }))
    .filter(({ line }) => line !== '');
  const pairs: Pair[] = [];
  for (let i = 0; i < lines.length; i += 2) {
    const [command, response] = [lines[i], lines[i + 1]];
    if (command === undefined) break;
    pairs.push({
      command: octets(command, '>') ?? new Uint8Array(0),
      response: response === undefined ? undefined : octets(response, '<'),
    });
  }
  return pairs;
}

/** undefined: "lost". */
function octets({ no, line }: { no: number; line: string }, mark: string): Uint8Array | undefined {
  const wrong = mark === '>' ? '<' : '>';
  if (line.startsWith(wrong)) {
    throw new UsageError(`Line ${no}: ${mark === '>' ? 'a command' : 'a response'} was due here.`);
  }
  const body = line.startsWith(mark) ? line.slice(1).trim() : line;
  if (mark === '<' && body === 'lost') return undefined;
  try {
    return fromHex(body);
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    throw new UsageError(`Line ${no}: ${error.message}.`);
  }
}
