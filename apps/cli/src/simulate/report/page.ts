/**
 * A study as one page that needs nothing else: pictures, tables, and what it was made from.
 *
 * What must hold: it loads nothing from anywhere and runs no script; it reads in light and dark, on 360 pixels and on
 * paper; what is figures in it comes from the runs.
 */
import type { Figure } from './charts.ts';
import { kindName, PANEL, swatch } from './charts.ts';
import type { Study } from './study.ts';
import type { SummaryRow } from './summary.ts';
import { escaped, inline, STYLE, VARIABLES, VARIABLES_DARK } from './svg.ts';

const CSS = `:root{${VARIABLES};color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${VARIABLES_DARK}}}
@media print{:root{${VARIABLES};color-scheme:light}figure{break-inside:avoid}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 16px 64px}h1{font-size:1.7rem;line-height:1.2;margin:0 0 8px}
h2{font-size:1.15rem;line-height:1.3;margin:48px 0 4px}h3{font-size:1rem;margin:28px 0 8px}p{max-width:46rem;margin:0 0 12px}.soft{color:var(--soft)}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px;margin:12px 0 0}
figure{margin:0;padding:12px;background:var(--card);border:1px solid var(--line);border-radius:10px}figure svg{display:block;width:100%;max-width:460px;height:auto;margin:0 auto}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:8px 0 0;padding:0;font-size:.9rem;color:var(--soft)}.legend li{display:flex;gap:8px;align-items:center}.legend svg{width:22px;height:14px}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:10px}table{border-collapse:collapse;width:100%;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:7px 12px;text-align:right;border-bottom:1px solid var(--line)}td{white-space:nowrap}th{vertical-align:bottom;min-width:5.5em;color:var(--soft);font-weight:600;background:var(--card)}th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}tr:last-child td{border-bottom:0}
pre{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px;font-size:.82rem}summary{cursor:pointer}
${STYLE}`;

export function page(study: Study, summary: readonly SummaryRow[], figures: readonly Figure[]): string {
  const title = summary.some((r) => r.attack !== 'none')
    ? 'How long broken cards live, and what they make'
    : 'A nation that pays offline';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><style>${CSS}</style></head>
<body><main><h1>${title}</h1>
${intro(study)}
${figures.map(figureHtml).join('\n')}
${tables(summary)}
<h2>What it was made from</h2>
<p>Seed ${study.seed}. The same scenario and seed give the same bytes.</p>
<details><summary>The scenario, with its defaults</summary><pre>${escaped(JSON.stringify(study.scenario, null, 2))}</pre></details>
</main></body></html>
`;
}

function intro({ scenario: s, runs, wanted }: Study): string {
  const payments = runs.reduce((sum, r) => sum + r.totals.payments, 0);
  const attacks = runs.reduce((sum, r) => sum + r.attacks.length, 0);
  const cut =
    runs.length < wanted || runs.some((r) => r.days.length < s.days)
      ? `<p><strong>Stopped early:</strong> ${runs.length} of ${wanted} runs were begun, and the last ones are cut short.</p>`
      : '';
  return `<p>${counted(runs.length, 'run')} of ${count(s.purses)} purses over ${counted(s.days, 'day')}: ${counted(payments, 'offline payment')}, ${counted(attacks, 'attack')}. People are made up; the purses and the back-end's checks are the real code.</p>${cut}`;
}

const count = (n: number): string => n.toLocaleString('en-US');
const counted = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? '' : 's'}`;

function figureHtml({ title, legend, panels }: Figure): string {
  const names = legend.map(
    (name, i) => `<li><svg viewBox="0 0 22 14" aria-hidden="true">${swatch(i)}</svg>${escaped(name)}</li>`,
  );
  const drawn = panels.map(
    (p) => `<figure>${inline(PANEL.width, PANEL.height, `${title}: ${p.title}`, p.content)}</figure>`,
  );
  return `<section><h2>${escaped(title)}</h2><ul class="legend">${names.join('')}</ul><div class="panels">${drawn.join('')}</div></section>`;
}

type Column = readonly [head: string, cell: (row: SummaryRow) => string];
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
const orNever = (value: number | null): string =>
  value === null ? 'not half' : count(Math.round(value * 10) / 10);
const COLUMNS: readonly Column[] = [
  ['Limits', (r) => r.limits],
  ['Sync', (r) => r.sync],
  ['Attacks', (r) => count(r.attacks)],
  ['Suspected', (r) => percent(r.suspected)],
  ['Proven', (r) => percent(r.proven)],
  ['Blocked', (r) => percent(r.blocked)],
  ['Days to suspicion', (r) => orNever(r.suspected_days_median)],
  ['Days to block', (r) => orNever(r.blocked_days_median)],
  ['Days to half of the contacts', (r) => orNever(r.half_days_median)],
  ['Made, median (yen)', (r) => count(r.made_median)],
  ['Made, most (yen)', (r) => count(r.made_most)],
];
const HONEST: readonly Column[] = [
  ['Limits', (r) => r.limits],
  ['Sync', (r) => r.sync],
  ['Refused by a limit', (r) => percent(r.refused_by_limits)],
  ['Refused for any reason', (r) => percent(r.refused)],
  ['Suspected, of a thousand', (r) => String(r.suspected_per_thousand)],
  ['Proven broken', (r) => count(r.honest_proven)],
  ['Blocked', (r) => count(r.honest_blocked)],
];

function tables(summary: readonly SummaryRow[]): string {
  const kinds = [...new Set(summary.map((r) => r.attack))].filter((k) => k !== 'none');
  const attacked = kinds.map(
    (kind) =>
      `<h3>${escaped(kindName(kind))}</h3>${table(
        COLUMNS,
        summary.filter((r) => r.attack === kind),
      )}`,
  );
  const [first] = summary;
  const honest = summary.filter((r) => r.attack === first?.attack);
  const head =
    kinds.length === 0
      ? ''
      : '<h2>Each attack, by limits and sync</h2><p class="soft">Days are medians since the attack began; “not half”: it did not come to that for half of the attacks.</p>';
  return `${head}${attacked.join('')}<h2>Honest people, by limits and sync</h2>${table(HONEST, honest)}`;
}

function table(columns: readonly Column[], rows: readonly SummaryRow[]): string {
  const head = columns.map(([name]) => `<th scope="col">${escaped(name)}</th>`).join('');
  const body = rows.map(
    (row) => `<tr>${columns.map(([, cell]) => `<td>${escaped(cell(row))}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}
