/**
 * A receipt to give away: as lines of text, and as a picture of them.
 *
 * What must hold: it says what the record says and no more; it is not evidence, and says so: that is the file with the signed messages.
 */

export interface ReceiptWords {
  readonly title: string;
  /** As it is shown. */
  readonly amount: string;
  readonly lines: readonly (readonly [label: string, value: string])[];
  readonly foot: string;
}

export const receiptText = ({ title, amount, lines, foot }: ReceiptWords): string =>
  [title, amount, ...lines.map(([label, value]) => `${label}: ${value}`), foot].join('\n');

const [WIDTH, MARGIN, LINE] = [640, 48, 44];
const FONT = 'system-ui, "Noto Sans JP", sans-serif';
/** Whatever the theme: it is printed, and seen by others. */
const [PAPER, INK, SOFT, RULE, SEAL] = ['#ffffff', '#14181f', '#59616e', '#d8dce3', '#b3261e'];

/** A PNG. */
export async function receiptPicture({ title, amount, lines, foot }: ReceiptWords): Promise<File> {
  const height = 300 + lines.length * LINE + 2 * MARGIN;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [WIDTH * 2, height * 2];
  const c = canvas.getContext('2d');
  if (c === null) throw new Error('The browser draws no pictures.');
  c.scale(2, 2);
  c.fillStyle = PAPER;
  c.fillRect(0, 0, WIDTH, height);
  c.fillStyle = SEAL;
  c.fillRect(MARGIN, MARGIN, 28, 28);
  const say = (text: string, x: number, y: number, size: number, color = INK, weight = 400) => {
    c.font = `${weight} ${size}px ${FONT}`;
    c.fillStyle = color;
    c.fillText(text, x, y, WIDTH - 2 * MARGIN);
  };
  say('Sokkin', MARGIN + 42, MARGIN + 22, 22, INK, 700);
  say(title, MARGIN, MARGIN + 90, 24, SOFT);
  say(amount, MARGIN, MARGIN + 160, 60, INK, 700);
  c.fillStyle = RULE;
  c.fillRect(MARGIN, MARGIN + 196, WIDTH - 2 * MARGIN, 1);
  for (const [n, [label, value]] of lines.entries()) {
    const y = MARGIN + 240 + n * LINE;
    c.textAlign = 'left';
    say(label, MARGIN, y, 20, SOFT);
    c.textAlign = 'right';
    say(value, WIDTH - MARGIN, y, 20);
  }
  c.textAlign = 'left';
  say(foot, MARGIN, height - MARGIN + 8, 16, SOFT);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('The browser makes no picture of it.');
  return new File([blob], 'sokkin-receipt.png', { type: 'image/png' });
}

/** To another app where the browser can, else into the downloads. */
export async function giveFile(file: File, text?: string): Promise<void> {
  const shared = { files: [file], ...(text === undefined ? {} : { text }) };
  if (navigator.canShare?.(shared) === true) {
    // Whoever changes their mind has shared nothing.
    await navigator.share(shared).catch(() => undefined);
    return;
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  URL.revokeObjectURL(link.href);
}
