/** Every byte that went over the field, and every message to the acquirer, with its name. What must hold: newest first, and nothing is left out. */
import { hex } from '@sokkin/codec';
import type { TracedPart } from '@sokkin/terminal';
import { Badge, Button, catalogue, useLanguage, useTexts } from '@sokkin/ui';
import { ArrowRight, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Heard } from '../field/field.ts';
import type { NewsRoom } from '../news.ts';
import type { IsoHeard, IsoPart } from './iso.ts';
import { isoNameInJapanese, nameInJapanese, statusInJapanese } from './names-ja.ts';

const TEXTS = catalogue(
  {
    title: 'On the air',
    nothing:
      'Nothing yet. Every command and answer of a tap, and every message to the acquirer, will stand here byte for byte.',
    sent: 'sent',
    answered: 'answered',
    lost: 'no answer',
    bytes: (n: number) => `${n} bytes`,
    clear: 'Clear',
    took: (ms: number) => `${ms} ms`,
    acquirer: 'To the acquirer (ISO 8583)',
    code: (code: string) => `Response code ${code}`,
    field: 'Field',
    meaning: 'Name',
    value: 'Value',
    someone: 'a card',
  },
  {
    title: '電波の中身',
    nothing: 'まだ何もありません。タッチの命令と応答、加盟店管理会社への電文が、1バイトずつここに出ます。',
    sent: '送信',
    answered: '応答',
    lost: '応答なし',
    bytes: (n: number) => `${n}バイト`,
    clear: '消去',
    took: (ms: number) => `${ms}ミリ秒`,
    acquirer: '加盟店管理会社へ（ISO 8583）',
    code: (code: string) => `応答コード ${code}`,
    field: '項目',
    meaning: '名前',
    value: '値',
    someone: 'カード',
  },
);
/** More would be nobody's to read. */
const MOST = 200;

type Line =
  | { readonly kind: 'apdu'; readonly no: number; readonly heard: Heard }
  | { readonly kind: 'iso'; readonly no: number; readonly heard: IsoHeard };

export interface TraceProps {
  readonly news: NewsRoom;
  /** Of a place on the field, in words. */
  readonly nameOf: (place: string | undefined) => string | undefined;
  /** The tour points at it. */
  readonly marked: boolean;
}

export function Trace({ news, nameOf, marked }: TraceProps) {
  const t = useTexts(TEXTS);
  const lines = useLines(news);
  return (
    <section className="d-trace" aria-labelledby="trace" data-marked={marked || undefined}>
      <div className="d-trace-head">
        <h2 id="trace">{t.title}</h2>
        <Button tone="quiet" icon={Trash2} onPress={lines.clear}>
          {t.clear}
        </Button>
      </div>
      {lines.all.length === 0 && <p className="sk-soft">{t.nothing}</p>}
      <ol>
        {lines.all.map((line) => (
          <li key={line.no} data-kind={line.kind}>
            {line.kind === 'apdu' ? (
              <Exchange heard={line.heard} nameOf={nameOf} />
            ) : (
              <Message heard={line.heard} />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function useLines(news: NewsRoom) {
  const [all, setAll] = useState<readonly Line[]>([]);
  useEffect(() => {
    let count = 0;
    const add = (line: Line) => setAll((before) => [line, ...before].slice(0, MOST));
    return news.hear((one) => {
      if (one.kind === 'heard') add({ kind: 'apdu', no: ++count, heard: one.heard });
      if (one.kind === 'iso') add({ kind: 'iso', no: ++count, heard: one.heard });
    });
  }, [news]);
  return { all, clear: () => setAll([]) };
}

function Exchange({ heard, nameOf }: { readonly heard: Heard; readonly nameOf: TraceProps['nameOf'] }) {
  const t = useTexts(TEXTS);
  const { title, command, response, status, took, reader, holder } = heard;
  return (
    <details>
      <summary>
        <span className="d-trace-what">
          <strong>{title}</strong>
          <span className="d-trace-way">
            {nameOf(reader) ?? '?'} <ArrowRight aria-hidden size={12} /> {nameOf(holder) ?? t.someone}
          </span>
        </span>
        <span className="d-trace-how sk-soft">
          <span>
            <Own english={status} japanese={statusInJapanese(status)} />
          </span>
          <span>
            {t.bytes(command.bytes.length)} / {response ? t.bytes(response.bytes.length) : t.lost} /{' '}
            {t.took(Math.round(took))}
          </span>
        </span>
      </summary>
      <Part name={t.sent} part={command} />
      {response !== undefined && <Part name={t.answered} part={response} />}
    </details>
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
              <Own english={field} japanese={nameInJapanese(field)} />
            </th>
            <Value text={text} octets={hasInside(part, i) ? '' : hex(part.bytes.subarray(start, end))} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What has no name in the language of the page is said to be English, so that a voice reads it well. */
function Own({ english, japanese }: { readonly english: string; readonly japanese: string | undefined }) {
  const { language } = useLanguage();
  return language === 'ja' ? (japanese ?? <span lang="en">{english}</span>) : english;
}

/** What it says, and its octets; once, where it says no more than those. Secrets are named, and not shown. */
function Value({ text, octets }: { readonly text: string; readonly octets: string }) {
  const shown = text.includes(HIDDEN) ? '' : octets;
  if (text.toLowerCase() === shown.toLowerCase())
    return (
      <td className="d-hex" colSpan={2}>
        {shown}
      </td>
    );
  return (
    <>
      <td>{text}</td>
      <td className="d-hex">{shown}</td>
    </>
  );
}
const HIDDEN = 'not shown';

const hasInside = ({ ranges }: TracedPart, at: number): boolean =>
  (ranges[at + 1]?.depth ?? 0) > (ranges[at]?.depth ?? 0);

function Message({ heard }: { readonly heard: IsoHeard }) {
  const t = useTexts(TEXTS);
  const { asked, answered, code } = heard;
  return (
    <details>
      <summary>
        <span className="d-trace-what">
          <strong>
            {asked.mti} <ArrowRight aria-hidden size={14} /> {answered?.mti ?? t.lost}
          </strong>
          {code !== undefined && <Badge mood={code === '00' ? 'good' : 'plain'}>{t.code(code)}</Badge>}
        </span>
        <span className="d-trace-how sk-soft">
          <span>{t.acquirer}</span>
          <span>
            {t.bytes(asked.length)} / {answered ? t.bytes(answered.length) : t.lost}
          </span>
        </span>
      </summary>
      <MessagePart name={`${t.sent}: ${asked.mti}`} part={asked} />
      {answered !== undefined && <MessagePart name={`${t.answered}: ${answered.mti}`} part={answered} />}
    </details>
  );
}

function MessagePart({ name, part }: { readonly name: string; readonly part: IsoPart }) {
  const t = useTexts(TEXTS);
  return (
    <table className="d-iso">
      <caption>{name}</caption>
      <thead className="sk-unseen">
        <tr>
          <th scope="col">{t.field}</th>
          <th scope="col">{t.meaning}</th>
          <th scope="col">{t.value}</th>
        </tr>
      </thead>
      <tbody>
        {part.lines.map(({ field, name: meaning, value, depth }) => (
          <tr key={`${field}-${meaning}-${depth}`}>
            <th scope="row" style={{ paddingInlineStart: `${depth}rem` }}>
              {field}
            </th>
            <td>
              <Own english={meaning} japanese={isoNameInJapanese(field)} />
            </td>
            <td className="d-hex">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
