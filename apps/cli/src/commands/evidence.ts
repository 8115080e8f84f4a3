/** Alerts judged offline. What must hold: nothing is asked of the back-end; exit 1 where nothing is proven or signed. */
import { SokkinError } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import { type AlertJudgement, judgeAlert } from '@sokkin/issuer';
import { type Json, list, object, text } from '@sokkin/sdk/json';
import { jsonObject, readIfThere } from '../data/files.ts';
import type { Command } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { rootToJudgeBy } from './proof.ts';

export const evidenceCommand: Command = {
  name: 'evidence',
  says: 'judge the evidence of an alert offline: what it proves, and what is only our word',
  positionals: [
    { name: 'file', says: 'an alert as GET /v1/alerts/{id} shows it, or a page of GET /v1/alerts, in JSON' },
  ],
  flags: {
    root: { value: 'FILE', says: 'the root certificate to judge by: binary, hexadecimal, or a trust.json' },
  },
  examples: [
    'sokkin evidence alert.json',
    'sokkin evidence alerts.json',
    'sokkin evidence alert.json --root root.cert --json',
  ],
  async run(context, args) {
    const path = args.text('file');
    const bytes = await readIfThere(path);
    if (bytes === undefined) throw new SokkinError('not_found', `There is no file ${path}.`);
    const { root } = await rootToJudgeBy(context, args.maybe('root'));
    const file = jsonObject(bytes, path);
    if (file.data === undefined) {
      const judged = await judge(context, root, file);
      const { kind, verdict, says, purses } = judged;
      return { json: { kind, verdict, says, purses }, lines: linesOf(judged), exit: exitOf([judged]) };
    }
    const all: Judged[] = [];
    for (const [i, alert] of list(file.data, 'data').entries())
      all.push(await judge(context, root, object(alert, `data[${i}]`)));
    const lines = all.flatMap((judged) => [`${judged.id} ${judged.kind}`, ...linesOf(judged)]);
    return { json: { alerts: all }, lines, exit: exitOf(all) };
  },
};

interface Judged extends AlertJudgement {
  readonly id: string;
  readonly kind: string;
}

async function judge({ crypto }: Context, root: Certificate, alert: Json): Promise<Judged> {
  const [id, kind] = [text(alert.id, 'id'), text(alert.kind, 'kind')];
  return { id, kind, ...(await judgeAlert(crypto, root, kind, object(alert.evidence, 'evidence'))) };
}

const linesOf = ({ verdict, says, purses }: Judged): string[] => [
  `${verdict.toUpperCase().replace('_', ' ')}. ${says}`,
  ...purses.map((purse) => `  purse ${purse}`),
];

const exitOf = (all: readonly Judged[]): number =>
  all.some(({ verdict }) => verdict === 'not_proven') ? 1 : 0;
