/**
 * Sync: a purse proves its journal and gets its Grant (docs/spec/protocol.md, sections 6.5 and 6.6). What happens to an
 * upload is in uploads/: read.ts, batch.ts, and writer.ts, which has uploads share transactions.
 */
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';
import type { Answered, Upload } from './uploads/upload.ts';

/** The answer, once what the upload brought is on disk. */
export async function sync(b: Backend, upload: Upload): Promise<object> {
  const { answer, signers } = await b.uploads.submit(upload);
  await b.bell.ring([upload.purse], signers);
  return answer;
}

/** Each for itself: its answer, or what it was refused for. */
export async function syncAll(
  b: Backend,
  uploads: readonly Upload[],
): Promise<readonly (object | Problem)[]> {
  const results = await Promise.all(uploads.map((upload) => answeredOrRefused(b, upload)));
  const taken = results.flatMap((result, i) =>
    result instanceof Problem ? [] : [{ result, upload: uploads[i] }],
  );
  await b.bell.ring(
    taken.flatMap(({ upload }) => (upload === undefined ? [] : [upload.purse])),
    taken.flatMap(({ result }) => result.signers),
  );
  return results.map((result) => (result instanceof Problem ? result : result.answer));
}

async function answeredOrRefused(b: Backend, upload: Upload): Promise<Answered | Problem> {
  try {
    return await b.uploads.submit(upload);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
