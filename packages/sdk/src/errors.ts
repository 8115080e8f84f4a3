/** How calls fail: the API refuses with a problem (RFC 9457), or there is no answer at all. */

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The API's refusal. Branch on `code`, which is stable; docs/api/errors.md lists all. */
export class SokkinApiError extends Error {
  override readonly name = 'SokkinApiError';
  readonly code: string;
  readonly status: number;
  /** The field of the request that is to blame. */
  readonly param: string | undefined;
  /** What the operator of the server finds the request by. */
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  /** The whole problem document. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    const code = text(problem.code) ?? text(problem.error) ?? `http_${status}`;
    const detail =
      text(problem.detail) ?? text(problem.error_description) ?? `The server answered ${status}.`;
    super(`${code}: ${detail}`);
    this.code = code;
    this.status = status;
    this.param = text(problem.param);
    this.requestId = text(problem.request_id);
    this.retryable = problem.retryable === true;
    this.problem = problem;
  }
}

/** No answer came, however often it was tried. The cause is what `fetch` said. */
export class SokkinNetworkError extends Error {
  override readonly name = 'SokkinNetworkError';
  constructor(method: string, url: string, cause: unknown) {
    super(`${method} ${url}: no answer from the server. Is it running, and reachable from here?`, { cause });
  }
}

/** What the body of an answer says; a proxy's page is an empty problem. */
export async function problemOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    const body: unknown = await response.clone().json();
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}
