/** Alerts judged offline. What must hold: nothing is asked of the back-end; exit 1 where nothing is proven or signed. */
import { SokkinError } from '@sokkin/codec';
import { judgeAlert } from '@sokkin/issuer';
import { object, text } from '../api/json.ts';
import { jsonObject, readIfThere } from '../data/files.ts';
import type { Command } from '../io/command.ts';
import { rootToJudgeBy } from './proof.ts';

export const evidenceCommand: Command = {
  name: 'evidence',
  says: 'judge the evidence of an alert offline: what it proves, and what is only our word',
  positionals: [{ name: 'file', says: 'an alert as GET /v1/alerts/{id} shows it, in JSON' }],
  flags: {
    root: { value: 'FILE', says: 'the root certificate to judge by: binary, hexadecimal, or a trust.json' },
  },
  examples: ['sokkin evidence alert.json', 'sokkin evidence alert.json --root root.cert --json'],
  async run(context, args) {
    const path = args.text('file');
    const bytes = await readIfThere(path);
    if (bytes === undefined) throw new SokkinError('not_found', `There is no file ${path}.`);
    const { root } = await rootToJudgeBy(context, args.maybe('root'));
    const alert = jsonObject(bytes, path);
    const kind = text(alert.kind, 'kind');
    const found = await judgeAlert(context.crypto, root, kind, object(alert.evidence, 'evidence'));
    const { verdict, says, purses } = found;
    const title = verdict.toUpperCase().replace('_', ' ');
    return {
      json: { kind, verdict, says, purses },
      lines: [`${title}. ${says}`, ...purses.map((purse) => `  purse ${purse}`)],
      exit: verdict === 'not_proven' ? 1 : 0,
    };
  },
};
