/**
 * Reading codes with a camera.
 *
 * What must hold: the camera is on for as long as somebody looks, and not longer; what keeps it from being used is told by a code of its own
 * (`camera_refused`, `camera_missing`, `camera_failed`); pictures stay in the page.
 */
import { SokkinError } from '@sokkin/codec';
import { decodeQR } from 'qr/decode.js';

/** Which camera of a phone: the one beside the screen, or the one behind. */
export type Facing = 'user' | 'environment';

/** Enough for a code that fills half of the picture; what is larger only takes longer. */
const LONGEST_SIDE = 720;
/** A film has some eight codes a second. */
const PAUSE_MS = 40;

/** Rejects with SokkinError. */
export async function openCamera(facing: Facing): Promise<MediaStream> {
  const video = { facingMode: facing, width: { ideal: 1280 }, height: { ideal: 720 } };
  try {
    const { mediaDevices } = navigator;
    if (mediaDevices === undefined) throw new DOMException('no secure context', 'NotFoundError');
    return await mediaDevices.getUserMedia({ audio: false, video });
  } catch (cause) {
    throw failureOf(cause);
  }
}

export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function failureOf(cause: unknown): SokkinError {
  switch (cause instanceof DOMException ? cause.name : '') {
    case 'NotAllowedError':
      return new SokkinError('camera_refused', 'The camera may not be used.', { cause });
    case 'NotFoundError':
    case 'OverconstrainedError':
      return new SokkinError('camera_missing', 'There is no camera that can be used.', { cause });
    default:
      return new SokkinError('camera_failed', 'The camera does not start.', { cause });
  }
}

/** `onText` for each picture with a code in it. Answers how to stop. */
export function readCodes(video: HTMLVideoElement, onText: (text: string) => void): () => void {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOn = true;
  const look = () => {
    if (!isOn) return;
    const text = context === null ? undefined : codeIn(video, canvas, context);
    if (text !== undefined) onText(text);
    timer = setTimeout(look, PAUSE_MS);
  };
  look();
  return () => {
    isOn = false;
    clearTimeout(timer);
  };
}

function codeIn(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
): string | undefined {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || videoHeight === 0) return undefined;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
  const [width, height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  try {
    return decodeQR({ width, height, data });
  } catch {
    // No code in this picture.
    return undefined;
  }
}
