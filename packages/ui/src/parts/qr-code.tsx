/** A QR code. What must hold: dark on light whatever the theme, with its quiet zone, or cameras do not see it. */
import encodeQR from 'qr';
import { useMemo } from 'react';

export interface QrCodeProps {
  readonly text: string;
  /** What it is for. */
  readonly name: string;
}

export function QrCode({ text, name }: QrCodeProps) {
  const { size, path } = useMemo(() => {
    const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
    const cells = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { size: rows.length, path: cells.join('') };
  }, [text]);
  return (
    <svg
      className="sk-qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={name}
      shapeRendering="crispEdges"
    >
      <path fill="#fff" d={`M0 0h${size}v${size}H0z`} />
      <path fill="#000" d={path} />
    </svg>
  );
}
