/**
 * Amounts over a day, as bars or as a line. What must hold: the same figures stand in a table beside it, for those who do not see it and those who want
 * to know exactly; nothing is rounded in the table.
 */
import { catalogue, useTexts } from '../language/language.tsx';
import { useMoneyWords } from '../money/currency.tsx';
import { Money } from './money.tsx';

const TEXTS = catalogue(
  {
    table: 'As a table',
    none: 'Nothing yet',
    says: (most: string, at: string) => `At most ${most}, at ${at}`,
  },
  {
    table: '表で見る',
    none: 'まだありません',
    says: (most: string, at: string) => `最大は${at}の${most}`,
  },
);

export interface ChartPoint {
  readonly label: string;
  /** Minor units, zero or more. */
  readonly amount: bigint;
}
export interface ChartProps {
  readonly name: string;
  /** What the points are: "Hour". */
  readonly axis: string;
  /** What they say: "Sales". */
  readonly figure: string;
  readonly kind?: 'bars' | 'line';
  readonly points: readonly ChartPoint[];
}

const HEIGHT = 180;
const [TOP, FOOT, SIDE] = [12, 24, 4] as const;
const PLOT = HEIGHT - TOP - FOOT;
/** So that labels do not touch on a small phone. */
const MOST_LABELS = 6;

/** The next of 1, 2, 5, 10, 20, ... */
export function roundUp(amount: bigint): bigint {
  let step = 1n;
  for (;;) {
    for (const times of [1n, 2n, 5n]) if (amount <= step * times) return step * times;
    step *= 10n;
  }
}

export function DayChart({ name, axis, figure, kind = 'bars', points }: ChartProps) {
  const t = useTexts(TEXTS);
  const { spoken, text } = useMoneyWords();
  const highest = points.reduce((most, one) => (one.amount > most.amount ? one : most), {
    label: '',
    amount: 0n,
  });
  const full = roundUp(highest.amount);
  const heightOf = (amount: bigint) => Number((amount * 1000n) / full) / 1000;
  const every = Math.ceil(points.length / MOST_LABELS);
  return (
    <figure className="sk-chart">
      <figcaption className="sk-strong">{name}</figcaption>
      <svg
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label={`${name}. ${highest.amount === 0n ? t.none : t.says(spoken(highest.amount), highest.label)}`}
      >
        {(full % 2n === 0n ? [full, full / 2n] : [full]).map((mark, at) => (
          <g key={at === 0 ? 'full' : 'half'}>
            <line
              x1="0"
              x2="100%"
              y1={TOP + PLOT * (at / 2)}
              y2={TOP + PLOT * (at / 2)}
              className="sk-chart-rule"
            />
            <text x="0" y={TOP + PLOT * (at / 2) + 14}>
              {text(mark)}
            </text>
          </g>
        ))}
        <line x1="0" x2="100%" y1={TOP + PLOT} y2={TOP + PLOT} className="sk-chart-ground" />
        {kind === 'bars' ? (
          <Bars points={points} heightOf={heightOf} />
        ) : (
          <Line points={points} heightOf={heightOf} />
        )}
        {points.map(
          ({ label }, at) =>
            at % every === 0 && (
              <text key={label} x={`${middle(at, points.length)}%`} y={HEIGHT - 6} textAnchor="middle">
                {label}
              </text>
            ),
        )}
      </svg>
      <details>
        <summary>{t.table}</summary>
        <table className="sk-table">
          <thead>
            <tr>
              <th scope="col">{axis}</th>
              <th scope="col">{figure}</th>
            </tr>
          </thead>
          <tbody>
            {points.map(({ label, amount }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td>
                  <Money amount={amount} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

interface DrawnProps {
  readonly points: readonly ChartPoint[];
  /** 0 to 1. */
  readonly heightOf: (amount: bigint) => number;
}

/** Per cent of the width. */
const middle = (at: number, count: number): number => ((at + 0.5) / count) * (100 - 2 * SIDE) + SIDE;

function Bars({ points, heightOf }: DrawnProps) {
  const width = ((100 - 2 * SIDE) / points.length) * 0.62;
  return points.map(({ label, amount }, at) => {
    const height = amount === 0n ? 0 : Math.max(3, heightOf(amount) * PLOT);
    return (
      <rect
        key={label}
        className="sk-chart-bar"
        x={`${middle(at, points.length) - width / 2}%`}
        width={`${width}%`}
        y={TOP + PLOT - height}
        height={height}
        rx="3"
      />
    );
  });
}

function Line({ points, heightOf }: DrawnProps) {
  const path = points
    .map(({ amount }, at) => `${middle(at, points.length)},${PLOT - heightOf(amount) * PLOT}`)
    .join(' ');
  return (
    <svg
      x="0"
      y={TOP}
      width="100%"
      height={PLOT}
      viewBox={`0 0 100 ${PLOT}`}
      preserveAspectRatio="none"
      aria-hidden
    >
      <polyline className="sk-chart-line" points={path} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
