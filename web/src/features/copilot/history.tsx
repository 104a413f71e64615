import { UnstyledButton } from "@mantine/core";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import type { Suggestion } from "~/api/client";
import { Dot } from "~/components/dot";
import { Age } from "~/components/time";
import { TITLES } from "./content";
import classes from "./copilot.module.css";
import { Result } from "./results";
import { RunCard } from "./run-card";
import { COLORS } from "./state-badge";

const VERDICTS: Record<string, string> = { ACCEPTED: "used", EDITED: "edited", REJECTED: "rejected" };

/** What the copilot found before, by whoever asked. */
export function History({ runs }: { runs: Suggestion[] }) {
  const [opened, setOpened] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  if (runs.length === 0) return null;
  const Chevron = opened ? ChevronDown : ChevronRight;
  return (
    <section className={classes.history}>
      <UnstyledButton className={classes.historyHead} aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <Chevron size={14} aria-hidden /> Earlier suggestions ({runs.length})
      </UnstyledButton>
      {opened && (
        <ul className={classes.historyList}>
          {runs.map((run) => (
            <li key={run.id}>
              <UnstyledButton
                className={classes.historyLine}
                aria-expanded={shown === run.id}
                onClick={() => setShown(shown === run.id ? null : run.id)}
              >
                <Dot color={COLORS[run.state]}>{TITLES[run.kind] ?? run.kind}</Dot>
                <span className={classes.historyFacts}>
                  {[run.requestedBy?.name, run.feedback && VERDICTS[run.feedback]].filter(Boolean).join(" · ")}{" "}
                  <Age at={run.createdAt} short />
                </span>
              </UnstyledButton>
              {shown === run.id && (run.state === "success" ? <Result run={run} /> : <RunCard run={run} />)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
