import { Alert, Skeleton } from "@mantine/core";
import type { ComponentType } from "react";
import { type Suggestion, api } from "~/api/client";
import { useMayAct } from "~/api/session";
import { Failure } from "~/components/route-error";
import { Actions } from "./actions";
import { Chat } from "./chat";
import { type Sources, ResultContext } from "./context";
import { AnalysisResult, DraftResult, StepsResult } from "./results";
import classes from "./copilot.module.css";
import { StateBadge } from "./state-badge";
import { useRuns } from "./use-runs";

const RESULTS: Record<string, ComponentType<{ runs: Suggestion[] }>> = {
  analysis: AnalysisResult,
  next_steps: StepsResult,
  draft_reply: DraftResult,
};

/** Kinds that have a result, the newest first: what was just asked for is on top. */
function kindsOf(runs: Suggestion[]): string[] {
  return [...new Set(runs.filter(({ state }) => state === "success").map(({ kind }) => kind))];
}

interface Props {
  ticketId: string;
  /** What a result may cite, by id. */
  sources: Sources;
  onInsert: (text: string, suggestionId: string) => void;
}

/** The copilot beside a ticket: four things to ask for, where the newest is, and what came of them. */
export function CopilotPanel({ ticketId, sources, onInsert }: Props) {
  const mayAct = useMayAct();
  const health = api.useQuery("get", "/api/copilot/v1/health", {}, { staleTime: 60_000, refetchInterval: 60_000 });
  const { runs, list, refusal, isBusy, ask } = useRuns(ticketId);
  const status = health.data?.data;
  const available = status?.reachable === true;
  const latest = runs[0];
  return (
    <div className={classes.panel} data-testid="copilot-panel">
      <div className={classes.top}>
        <Actions disabled={!mayAct || !available} isBusy={isBusy} onAsk={ask} />
        {status && !status.reachable && (
          <Alert color="yellow" title="Copilot is unavailable" variant="outline">
            {status.reason ?? "The model cannot be reached."}
          </Alert>
        )}
        {!mayAct && <p className={classes.hint}>Your role can read what the copilot found, not ask it.</p>}
        {refusal ? (
          <p className={classes.refusal} data-testid="copilot-error" role="alert">
            {refusal.message}
          </p>
        ) : (
          latest && <StateBadge state={latest.state} error={latest.error} />
        )}
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
        <ResultContext value={{ sources, mayAct, onInsert }}>
          {kindsOf(runs).map((kind) => {
            const Result = RESULTS[kind];
            return Result && <Result key={kind} runs={runs} />;
          })}
          <Chat ticketId={ticketId} runs={runs} disabled={!mayAct || !available} busy={isBusy("chat")} onAsk={ask} />
        </ResultContext>
      </div>
    </div>
  );
}
