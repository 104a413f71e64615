import { Alert, Skeleton } from "@mantine/core";
import { type Suggestion, api } from "~/api/client";
import { Problem } from "~/api/problem";
import { useMayAct } from "~/api/session";
import { RequestId } from "~/components/refusal";
import { Failure } from "~/components/route-error";
import { Actions } from "./actions";
import { Chat } from "./chat";
import { isPending } from "./content";
import { type Sources, ResultContext } from "./context";
import classes from "./copilot.module.css";
import { History } from "./history";
import { Result } from "./results";
import { RunCard } from "./run-card";
import { StateBadge } from "./state-badge";
import { type Ask, useRuns } from "./use-runs";

const KINDS = ["analysis", "next_steps", "draft_reply"];

/**
 * What is on top: of every kind the newest run, what was just asked for first. A run without a result stands above the
 * newest result of its kind.
 */
export function onTop(runs: Suggestion[]): Suggestion[] {
  const seen = new Set<string>();
  return runs.filter((run) => {
    if (!KINDS.includes(run.kind) || seen.has(run.kind)) return false;
    if (run.state === "success") {
      seen.add(run.kind);
      return true;
    }
    // Of those without a result only the newest counts.
    return runs.find(({ kind }) => kind === run.kind) === run;
  });
}

/** The request that asks for the same again. */
function again({ kind, request }: Suggestion, tone?: string): Ask | null {
  const asked = request as { tone?: string | null; message?: string };
  switch (kind) {
    case "analysis":
    case "next_steps":
      return { kind };
    case "draft_reply":
      return { kind, tone: tone ?? asked.tone ?? "professional" };
    case "chat":
      return asked.message ? { kind, message: asked.message } : null;
    default:
      return null;
  }
}

interface Props {
  ticketId: string;
  /** What a result may cite, by id. */
  sources: Sources;
  onInsert: (text: string, suggestionId: string) => void;
  /** Opens an article or a ticket that a result cites. */
  onOpen?: (what: { article: string } | { ticket: string }) => void;
}

/** The copilot beside a ticket: four things to ask for, where the newest is, and what came of them. */
export function CopilotPanel({ ticketId, sources, onInsert, onOpen = () => undefined }: Props) {
  const mayAct = useMayAct();
  const health = api.useQuery("get", "/api/copilot/v1/health", {}, { staleTime: 60_000, refetchInterval: 60_000 });
  const { runs, list, refusal, isBusy, ask, cancel } = useRuns(ticketId);
  const status = health.data?.data;
  const available = status?.reachable === true;
  const mayAsk = mayAct && available;
  const latest = runs[0];
  const top = onTop(runs);
  const chatting = runs.find(({ kind }) => kind === "chat");
  const earlier = runs.filter((run) => !top.includes(run) && run !== chatting && !isPending(run));
  const retry = (run: Suggestion, tone?: string) => {
    const asked = again(run, tone);
    if (asked) ask(asked);
  };
  return (
    <div className={classes.panel} data-testid="copilot-panel">
      <div className={classes.top}>
        <Actions disabled={!mayAsk} isBusy={isBusy} onAsk={ask} />
        {(status ? !status.reachable : health.isError) && (
          <Alert color="yellow" title="Copilot is unavailable" variant="outline">
            {status
              ? (status.reason ?? "The model cannot be reached.")
              : `Whether it answers could not be asked: ${Problem.of(health.error).message}`}
          </Alert>
        )}
        {!mayAct && <p className={classes.hint}>Your role can read what the copilot found, not ask it.</p>}
        {refusal && (
          <div>
            <p className={classes.refusal} data-testid="copilot-error" role="alert">
              {refusal.message}
            </p>
            <RequestId problem={refusal} />
          </div>
        )}
        {/* What is there when the panel opens is shown as it is; what is asked for later is followed step by step. */}
        <StateBadge
          key={list.isSuccess ? "loaded" : "loading"}
          run={latest?.id ?? ""}
          state={latest?.state ?? ""}
          error={latest?.error ?? null}
          hidden={refusal !== null}
        />
      </div>
      <div className={classes.results} role="region" aria-label="Copilot results" tabIndex={0}>
        {list.isPending && <Skeleton height={120} radius="lg" aria-label="Loading results" />}
        {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && runs.length === 0 && (
          <p className={classes.hint}>
            Nothing yet. Analyze the ticket for a summary, get next steps, or let the copilot draft a reply. You review
            everything before it is sent.
          </p>
        )}
        <ResultContext
          value={{ ticketId, sources, mayAct, onInsert, onOpen, onRetry: mayAsk ? retry : undefined, onCancel: cancel }}
        >
          {top.map((run) =>
            run.state === "success" ? <Result key={run.id} run={run} /> : <RunCard key={run.id} run={run} />,
          )}
          <History runs={earlier} />
          <Chat
            key={ticketId}
            ticketId={ticketId}
            runs={runs}
            disabled={!mayAct}
            ready={available}
            busy={isBusy("chat")}
            onAsk={ask}
          />
        </ResultContext>
      </div>
    </div>
  );
}
