/**
 * A receipt as paper has it: on the screen, from a printer, and as a QR code that the payer takes along.
 *
 * What must hold: a page that is printed while one is on the screen prints the receipt alone, black on white, whatever the theme.
 */
import { type BasketLine, type SumLine, Sums } from './basket.tsx';
import { Money } from './money.tsx';
import { QrCode } from './qr-code.tsx';

export interface ReceiptFact {
  readonly label: string;
  readonly value: string;
}
export interface ReceiptPaperProps {
  /** Names it to those who do not see it. */
  readonly name: string;
  readonly merchant: string;
  /** "Receipt", "Refund". */
  readonly title: string;
  readonly at: string;
  readonly lines: readonly Pick<BasketLine, 'id' | 'name' | 'quantity' | 'amount'>[];
  readonly sums: readonly SumLine[];
  readonly facts: readonly ReceiptFact[];
  /** Where the payer signs: what stands under the line. */
  readonly signature?: string | undefined;
  readonly thanks?: string | undefined;
  readonly qr?: { readonly text: string; readonly name: string } | undefined;
}

export function ReceiptPaper(props: ReceiptPaperProps) {
  const { name, merchant, title, at, lines, sums, facts, signature, thanks, qr } = props;
  return (
    <article className="sk-receipt" aria-label={name}>
      <header>
        <p className="sk-receipt-shop">{merchant}</p>
        <p>{title}</p>
        <p className="sk-number">{at}</p>
      </header>
      {lines.length > 0 && (
        <ul>
          {lines.map((line) => (
            <li key={line.id}>
              <span>
                {line.name}
                {line.quantity > 1 && <span className="sk-number"> × {line.quantity}</span>}
              </span>
              <Money amount={line.amount} />
            </li>
          ))}
        </ul>
      )}
      <Sums lines={sums} />
      <dl className="sk-receipt-facts">
        {facts.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="sk-number">{value}</dd>
          </div>
        ))}
      </dl>
      {signature !== undefined && <p className="sk-receipt-sign">{signature}</p>}
      {qr !== undefined && <QrCode {...qr} />}
      {thanks !== undefined && <p className="sk-receipt-thanks">{thanks}</p>}
    </article>
  );
}
