import { z } from "~/lib/zod";

/** Everything that can go wrong with a request, in one shape. */
export class Problem extends Error {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly fields: { field: string; message: string }[];
  /** Seconds to wait, when the server said so. */
  readonly retryAfter: number | null;
  /** How the thing is now that was changed by somebody else in the meantime, with code `stale_version`. */
  readonly current: unknown;

  constructor(message: string, about: Partial<Omit<Problem, "message">> & { status: number; code: string }) {
    super(message);
    this.name = "Problem";
    this.status = about.status;
    this.code = about.code;
    this.requestId = about.requestId ?? null;
    this.fields = about.fields ?? [];
    this.retryAfter = about.retryAfter ?? null;
    this.current = about.current ?? null;
  }

  static offline(): Problem {
    return new Problem("The server cannot be reached. Check the connection and try again.", {
      status: 0,
      code: "unreachable",
    });
  }

  /** Of any thrown value. */
  static of(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem(error instanceof Error ? error.message : "Something went wrong.", {
      status: 0,
      code: "internal",
    });
  }

  /** Of a refused request: problem details, or the copilot's envelope of the same. */
  static async from(response: Response): Promise<Problem> {
    const body = z.safeParse(Refused, await response.json().catch(() => null));
    const told = body.success ? body.data : {};
    const retryAfter = Number(response.headers.get("Retry-After"));
    return new Problem(told.detail ?? told.error ?? `The server answered with status ${String(response.status)}.`, {
      status: response.status,
      code: told.code ?? `http_${String(response.status)}`,
      requestId: told.requestId ?? response.headers.get("X-Request-Id"),
      fields: told.errors ?? [],
      retryAfter: retryAfter > 0 ? retryAfter : null,
      current: told.current,
    });
  }

  /** By field, for forms. */
  byField(): Record<string, string> {
    return Object.fromEntries(this.fields.map(({ field, message }) => [field, message]));
  }
}

const Refused = z.object({
  detail: z.optional(z.string()),
  error: z.optional(z.string()),
  code: z.optional(z.string()),
  requestId: z.optional(z.string()),
  current: z.optional(z.unknown()),
  errors: z.optional(z.array(z.object({ field: z.string(), message: z.string() }))),
});
