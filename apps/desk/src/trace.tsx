/** Every byte that went over the field, with its name. */
import { hex } from '@sokkin/codec';
import type { TracedPart } from '@sokkin/terminal';
import { Button, catalogue, useTexts } from '@sokkin/ui';
import { Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type Heard, listen } from './field.ts';

const TEXTS = catalogue(
  {
    title: 'On the air',
    nothing: 'Nothing yet. Every command and answer of a tap will stand here, byte for byte.',
    sent: 'sent',
    answered: 'answered',
    lost: 'no answer',
    bytes: (n: number) => `${n} bytes`,
    clear: 'Clear',
    took: (ms: number) => `${ms} ms`,
  },
  {
    title: '電波の中身',
    nothing: 'まだ何もありません。タッチのすべての命令と応答が、1バイトずつここに出ます。',
    sent: '送信',
    answered: '応答',
    lost: '応答なし',
    bytes: (n: number) => `${n}バイト`,
    clear: '消去',
    took: (ms: number) => `${ms}ミリ秒`,
  },
);
/** More would be nobody's to read. */
const MOST = 200;

export function Trace() {
  const t = useTexts(TEXTS);
  const [heard, setHeard] = useState<readonly Heard[]>([]);
  useEffect(() => listen((one) => setHeard((before) => [one, ...before].slice(0, MOST))), []);
  return (
    <section className="d-trace" aria-labelledby="trace">
      <div className="d-trace-head">
        <h2 id="trace">{t.title}</h2>
        <Button tone="quiet" icon={Trash2} onPress={() => setHeard([])}>
          {t.clear}
        </Button>
      </div>
      {heard.length === 0 && <p className="sk-soft">{t.nothing}</p>}
      <ol>
        {heard.map((one) => (
          <li key={one.no}>
            <details>
              <summary>
                <strong>{one.title}</strong>
                <span className="sk-soft">
                  {t.bytes(one.command.bytes.length)} →{' '}
                  {one.response ? t.bytes(one.response.bytes.length) : t.lost}, {t.took(Math.round(one.took))}
                </span>
                <span className="sk-soft">{one.status}</span>
              </summary>
              <Part name={t.sent} part={one.command} />
              {one.response !== undefined && <Part name={t.answered} part={one.response} />}
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Part({ name, part }: { readonly name: string; readonly part: TracedPart }) {
  return (
    <table>
      <caption>{name}</caption>
      <tbody>
        {part.ranges.map(({ start, end, name: field, text, depth }, i) => (
          <tr key={`${start}-${end}-${depth}-${field}`}>
            <th scope="row" style={{ paddingInlineStart: `${depth}rem` }}>
              {field}
            </th>
            <td>{text === '' ? '' : text}</td>
            <td className="d-hex">
              {(part.ranges[i + 1]?.depth ?? 0) > depth
                ? ''
                : shown(hex(part.bytes.subarray(start, end)), text)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Secrets are named, and not shown. */
const HIDDEN = 'not shown';
const shown = (octets: string, text: string): string => (text.includes(HIDDEN) ? '' : octets);
