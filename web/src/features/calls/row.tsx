import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { Dot } from "~/components/dot";
import classes from "~/components/list.module.css";
import { Marked } from "~/components/marked";
import { Age } from "~/components/time";
import { agentName } from "~/lib/agents";
import { CALL_STATUSES, OUTCOMES, callerOf, clock, colorOf, isLive, labelOf } from "~/lib/calls";
import type { CallSearch } from "./search";
import type { CallLine } from "./use-call-list";

/** One call of the list: who, what about, with which agent, how long, what became of it. */
export const Row = memo(function Row({ call, search }: { call: CallLine; search: CallSearch }) {
  const live = isLive(call);
  const state = live
    ? { color: colorOf(CALL_STATUSES, call.status), label: labelOf(CALL_STATUSES, call.status) }
    : { color: colorOf(OUTCOMES, call.aiResolution), label: labelOf(OUTCOMES, call.aiResolution) };
  return (
    <div>
      <Link
        to="/calls/$call"
        params={{ call: call.id }}
        search={search}
        className={classes.row}
        data-row={call.id}
        draggable={false}
      >
        <span className={classes.line}>
          <span className={classes.who}>{callerOf(call)}</span>
          <span className={classes.when}>
            {call.durationSeconds !== null && <span>{clock(call.durationSeconds * 1_000)}</span>}
            <Age at={call.startedAt} short />
          </span>
        </span>
        <span className={classes.subject}>
          {call.excerpt ? <Marked text={said(call.excerpt)} words={search.q} /> : subjectOf(call)}
        </span>
        <span className={classes.line}>
          <span className={classes.organization}>
            {[call.organization?.name, call.currentAgent && agentName(call.currentAgent)].filter(Boolean).join(" · ") ||
              call.toNumber}
          </span>
          <span className={classes.marks}>
            <Dot color={state.color}>{state.label}</Dot>
          </span>
        </span>
      </Link>
    </div>
  );
});

/** `[00:12] Caller: My printer …` without the time. */
function said(line: string): string {
  return line.replace(/^\[[\d:]+\] /, "");
}

/** What a call was about, as far as it is known. */
export function subjectOf(call: CallLine): string {
  if (call.isErased) return "What was said is erased";
  if (call.ticket) return call.ticket.subject;
  if (call.summary) return call.summary;
  if (isLive(call)) return "Being spoken right now";
  return call.answeredAt ? "No summary" : "Not answered";
}
