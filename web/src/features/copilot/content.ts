import type { Suggestion } from "~/api/client";
import { z } from "~/lib/zod";

const Citations = z.optional(z.nullable(z.array(z.string())));

export const Analysis = z.object({
  summary: z.string(),
  sentiment: z.string(),
  category: z.string(),
  urgency: z.optional(z.nullable(z.string())),
  suggestedActions: z.optional(z.nullable(z.array(z.string()))),
});
export const NextSteps = z.object({ steps: z.array(z.string()), citations: Citations });
export const DraftReply = z.object({
  reply: z.string(),
  tone: z.optional(z.nullable(z.string())),
  citations: Citations,
});
export const ChatAnswer = z.object({ answer: z.string(), citations: Citations });

/** The newest result of a kind, read by its schema; null when there is none yet. */
export function newest<S extends z.core.$ZodType>(runs: Suggestion[], kind: string, schema: S) {
  const run = runs.find((candidate) => candidate.kind === kind && candidate.state === "success");
  return run ? read(run, schema) : null;
}

/** A run and its result; null when it has none, or one of another shape. */
export function read<S extends z.core.$ZodType>(run: Suggestion, schema: S) {
  if (run.state !== "success") return null;
  const content = z.safeParse(schema, run.content);
  return content.success ? { run, content: content.data } : null;
}

export function isPending({ state }: Pick<Suggestion, "state">): boolean {
  return state === "queued" || state === "running";
}

/** How kinds are called by people. */
export const TITLES: Record<string, string> = {
  analysis: "Analysis",
  next_steps: "Next steps",
  draft_reply: "Draft reply",
  chat: "Answer",
};
